//! Paths, queries and headers that mean no good.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde_json::Value;
use testkit::naughty::{Dice, Spoiler};
use url::form_urlencoded::byte_serialize;

use crate::operation::{Call, Operation};

/// Characters of a cursor that bind it to its query; its position follows.
const BINDING_CHARS: usize = 12;

/// Queries that are none, or more than one.
const ODD_QUERIES: [&str; 14] = [
    "&&&",
    "=",
    "=1",
    "?",
    "limit",
    "limit=",
    "limit=1&limit=2",
    "limit[]=1",
    "limit=0",
    "limit=-1",
    "limit=1e2",
    "cursor=%ff%fe",
    "cursor=%",
    "%00=%00",
];

/// Headers that any request may have.
const HEADERS: [&str; 6] = [
    "if-match",
    "if-none-match",
    "accept-encoding",
    "origin",
    "cookie",
    "user-agent",
];

/// What clients call their bodies; most of them are right.
pub(crate) fn a_content_type(dice: &mut Dice) -> Option<&'static str> {
    const OTHERS: [Option<&str>; 6] = [
        None,
        Some("text/plain"),
        Some("application/xml"),
        Some("application/json; charset=utf-16"),
        Some("multipart/form-data"),
        Some("/"),
    ];
    match dice.once_in(8) {
        true => *dice.pick(&OTHERS),
        false => Some("application/json"),
    }
}

/// The cursor that an answer has, wherever it has it.
pub(crate) fn a_next_cursor(answer: &Value) -> Option<String> {
    match answer {
        Value::Object(fields) => match fields.get("next_cursor").and_then(Value::as_str) {
            Some(cursor) => Some(cursor.to_owned()),
            None => fields.values().find_map(a_next_cursor),
        },
        _ => None,
    }
}

/// Spoils calls.
#[derive(Default)]
pub(crate) struct Addresses(Spoiler);

impl Addresses {
    /// A call out of a good one, with other values of its parameters.
    pub(crate) fn spoil(
        &self,
        dice: &mut Dice,
        operation: &Operation,
        mut call: Call,
        cursor: Option<&str>,
    ) -> Call {
        let has = |place: &str| {
            operation
                .parameters
                .iter()
                .any(|known| known.place == place)
        };
        // What an operation without a query does, it does once.
        let is_safe = operation.method == Method::GET || has("query");
        if has("path") && (!is_safe || dice.once_in(3)) {
            call.target = self.path(dice, operation, &call.target);
        }
        if has("query") || dice.once_in(8) {
            let query = match cursor {
                Some(cursor) if dice.once_in(2) => self.forged(dice, cursor),
                _ => self.query(dice, operation),
            };
            call = call.with_query(&query);
        }
        let mut names: Vec<&str> = HEADERS.to_vec();
        if operation.method == Method::POST {
            names.push("idempotency-key");
        }
        for parameter in &operation.parameters {
            if parameter.place == "header" {
                let value = self.0.text(dice).as_bytes().to_vec();
                call.headers.push((parameter.name.clone(), value));
            }
        }
        if dice.once_in(4) {
            let value = self.0.text(dice).as_bytes().to_vec();
            call.headers.push(((*dice.pick(&names)).to_owned(), value));
        }
        call
    }

    /// With another text in one of the path's parameters.
    fn path(&self, dice: &mut Dice, operation: &Operation, target: &str) -> String {
        let named: Vec<&str> = operation.path().split('/').collect();
        let mut parts: Vec<String> = target.split('/').map(str::to_owned).collect();
        let open: Vec<usize> = (0..named.len())
            .filter(|index| named[*index].starts_with('{'))
            .collect();
        let at = *dice.pick(&open);
        parts[at] = match dice.below(4) {
            // Part of what is there: an id that is nearly one.
            0 => parts[at].chars().skip(1).collect(),
            _ => self.encoded(dice),
        };
        parts.join("/")
    }

    fn query(&self, dice: &mut Dice, operation: &Operation) -> String {
        if dice.once_in(8) {
            return (*dice.pick(&ODD_QUERIES)).to_owned();
        }
        let mut names: Vec<&str> = operation
            .parameters
            .iter()
            .filter(|known| known.place == "query")
            .map(|known| known.name.as_str())
            .collect();
        if names.is_empty() {
            names.push("unknown");
        }
        let pairs: Vec<String> = (0..=dice.below(3))
            .map(|_| format!("{}={}", dice.pick(&names), self.encoded(dice)))
            .collect();
        pairs.join("&")
    }

    /// A cursor that its list takes for one of its own.
    fn forged(&self, dice: &mut Dice, cursor: &str) -> String {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).expect("a cursor");
        let (binding, position) = bytes.split_at(BINDING_CHARS);
        let position = match dice.below(4) {
            0 => Vec::new(),
            1 => position[..dice.below(position.len())].to_vec(),
            2 => [position, self.0.text(dice).as_bytes()].concat(),
            _ => self.0.text(dice).as_bytes().to_vec(),
        };
        let cursor = URL_SAFE_NO_PAD.encode([binding, &position].concat());
        format!("limit=1&cursor={cursor}")
    }

    fn encoded(&self, dice: &mut Dice) -> String {
        let text: String = byte_serialize(self.0.text(dice).as_bytes()).collect();
        text.replace('+', "%20")
    }
}
