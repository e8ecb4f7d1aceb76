//! Good bodies, spoiled.

use serde_json::{Map, Value};

use super::values::{documents, long, numbers, others, strings};
use super::{Dice, texts};

/// Stands for what is written in its place: what JSON's own values cannot say.
const MARK: (char, char) = ('\u{f0000}', '\u{f0001}');

/// How often an item of a list, or a field, is written at most.
const COPIES_MAX: usize = 2_000;

/// Spoils bodies.
#[derive(Debug)]
pub struct Spoiler {
    texts: Vec<String>,
    strings: Vec<String>,
    numbers: Vec<String>,
    others: Vec<String>,
    long: Vec<String>,
    documents: Vec<Vec<u8>>,
}

impl Default for Spoiler {
    fn default() -> Self {
        Self {
            texts: texts(),
            strings: strings(),
            numbers: numbers(),
            others: others(),
            long: long(),
            documents: documents(),
        }
    }
}

impl Spoiler {
    /// A body out of a good one: most often with one value changed, so that
    /// all else is as it must be and what comes late is reached.
    pub fn spoil(&self, dice: &mut Dice, body: &Value) -> Vec<u8> {
        match dice.below(100) {
            0..55 => self.with_others(dice, body, 1),
            55..65 => self.with_others(dice, body, 3),
            65..69 => self.with_one_everywhere(dice, body),
            69..76 => without(dice, body),
            76..80 => self.with_unknown(dice, body),
            80..86 => self.with_twice(dice, body),
            86..89 => with_many(dice, body),
            89..92 => cut(dice, body),
            92..95 => broken(dice, body),
            95..97 => self.long(dice, body),
            _ => dice.pick(&self.documents).clone(),
        }
    }

    /// A good body with a value of some ten thousands of bytes.
    pub fn long(&self, dice: &mut Dice, body: &Value) -> Vec<u8> {
        let place = dice.pick(&places(body)).clone();
        written(body, &[(place, dice.pick(&self.long).clone())])
    }

    /// A text.
    pub fn text<'a>(&'a self, dice: &mut Dice) -> &'a str {
        dice.pick::<String>(&self.texts)
    }

    fn with_others(&self, dice: &mut Dice, body: &Value, count: usize) -> Vec<u8> {
        let all = places(body);
        let changes: Vec<(String, String)> = (0..count)
            .map(|_| {
                let place = dice.pick(&all).clone();
                let value = self.instead_of(dice, body.pointer(&place)).to_owned();
                (place, value)
            })
            .collect();
        written(body, &changes)
    }

    fn with_one_everywhere(&self, dice: &mut Dice, body: &Value) -> Vec<u8> {
        let value = self.instead_of(dice, None).to_owned();
        let leaves = places(body).into_iter().filter(|place| {
            let value = body.pointer(place);
            value.is_some_and(|value| !value.is_object() && !value.is_array())
        });
        let changes: Vec<_> = leaves.map(|place| (place, value.clone())).collect();
        written(body, &changes)
    }

    fn with_unknown(&self, dice: &mut Dice, body: &Value) -> Vec<u8> {
        let mut body = body.clone();
        if let Value::Object(fields) = &mut body {
            let name = self.text(dice).to_owned();
            fields.insert(name, Value::Null);
        }
        body.to_string().into_bytes()
    }

    fn with_twice(&self, dice: &mut Dice, body: &Value) -> Vec<u8> {
        let Some((name, value)) = field(dice, body) else {
            return body.to_string().into_bytes();
        };
        let name_text = Value::from(name.as_str()).to_string();
        let other = self.instead_of(dice, Some(value));
        let both = match dice.once_in(2) {
            true => format!("{value},{name_text}:{other}"),
            false => format!("{other},{name_text}:{value}"),
        };
        written(body, &[(format!("/{}", escaped(&name)), both)])
    }

    /// Most often of the same type, which is read and then has to be judged.
    fn instead_of(&self, dice: &mut Dice, value: Option<&Value>) -> &str {
        let same = match value {
            _ if dice.once_in(4) => None,
            Some(Value::String(_)) => Some(&self.strings),
            Some(Value::Number(_)) => Some(&self.numbers),
            Some(_) => Some(&self.others),
            None => None,
        };
        let lists = [&self.strings, &self.numbers, &self.others];
        let list = same.unwrap_or_else(|| *dice.pick(&lists));
        dice.pick::<String>(list)
    }
}

/// Every place of a value by its JSON pointer, that of the whole included
/// where there is no other.
#[must_use]
pub fn places(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(value, "", &mut found);
    if found.is_empty() {
        found.push(String::new());
    }
    found
}

fn collect(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut enter = |name: String, value: &Value| {
        let place = format!("{at}/{name}");
        found.push(place.clone());
        collect(value, &place, found);
    };
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| enter(escaped(name), value)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, value)| enter(index.to_string(), value)),
        _ => {}
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A body's text with other text in some of its places; of two that lie within
/// each other the first counts.
fn written(body: &Value, changes: &[(String, String)]) -> Vec<u8> {
    let mut marked = body.clone();
    for (index, (place, _)) in changes.iter().enumerate() {
        if let Some(value) = marked.pointer_mut(place) {
            *value = format!("{}{index}{}", MARK.0, MARK.1).into();
        }
    }
    let mut text = marked.to_string();
    for (index, (_, value)) in changes.iter().enumerate() {
        text = text.replace(&format!("\"{}{index}{}\"", MARK.0, MARK.1), value);
    }
    text.into_bytes()
}

fn field<'a>(dice: &mut Dice, body: &'a Value) -> Option<(String, &'a Value)> {
    let fields: &Map<String, Value> = body.as_object().filter(|fields| !fields.is_empty())?;
    let (name, value) = fields.iter().nth(dice.below(fields.len()))?;
    Some((name.clone(), value))
}

/// Without a field, of the body or of something in it.
fn without(dice: &mut Dice, body: &Value) -> Vec<u8> {
    let mut body = body.clone();
    let place = dice.pick(&places(&body)).clone();
    if let Some((parent, name)) = place.rsplit_once('/') {
        let name = name.replace("~1", "/").replace("~0", "~");
        match body.pointer_mut(parent) {
            Some(Value::Object(fields)) => drop(fields.remove(&name)),
            Some(Value::Array(items)) => items.clear(),
            _ => {}
        }
    }
    body.to_string().into_bytes()
}

/// With a list's item many times, or a list of a field.
fn with_many(dice: &mut Dice, body: &Value) -> Vec<u8> {
    let lists: Vec<String> = places(body)
        .into_iter()
        .filter(|place| body.pointer(place).is_some_and(Value::is_array))
        .collect();
    let place = match lists.is_empty() {
        true => dice.pick(&places(body)).clone(),
        false => dice.pick(&lists).clone(),
    };
    let item = match body.pointer(&place) {
        Some(Value::Array(items)) => items.first().cloned().unwrap_or_default(),
        Some(value) => value.clone(),
        None => Value::Null,
    };
    let copies = vec![item; 1 + dice.below(COPIES_MAX)];
    written(body, &[(place, Value::from(copies).to_string())])
}

fn cut(dice: &mut Dice, body: &Value) -> Vec<u8> {
    let mut bytes = body.to_string().into_bytes();
    bytes.truncate(dice.below(bytes.len()));
    bytes
}

/// With bytes that are no UTF-8, or a byte lost.
fn broken(dice: &mut Dice, body: &Value) -> Vec<u8> {
    const WRONG: [&[u8]; 6] = [
        b"\xff",
        b"\x80",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"",
    ];
    let mut bytes = body.to_string().into_bytes();
    let at = dice.below(bytes.len());
    let wrong = dice.pick(&WRONG).iter().copied();
    bytes.splice(at..=at, wrong);
    bytes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::naughty::Plan;

    fn many(seed: u64) -> Vec<Vec<u8>> {
        let plan = Plan { seed, cases: 400 };
        let mut dice = plan.dice("a body");
        let body = json!({"name": "Ann", "list": [{"price": 1.5}], "flag": true});
        let spoiler = Spoiler::default();
        (0..plan.cases)
            .map(|_| spoiler.spoil(&mut dice, &body))
            .collect()
    }

    #[test]
    fn a_seed_says_what_is_chosen() {
        assert_eq!(many(1), many(1));
        assert_ne!(many(1), many(2));
    }

    #[test]
    fn bodies_are_spoiled_in_every_place_and_manner() {
        let bodies = many(3);
        let texts: Vec<String> = bodies
            .iter()
            .map(|body| String::from_utf8_lossy(body).into_owned())
            .collect();
        let has = |wanted: &dyn Fn(&str) -> bool| texts.iter().any(|text| wanted(text));
        assert!(has(
            &|text| !text.contains("\"name\"") && text.contains("\"flag\"")
        ));
        assert!(has(&|text| text.matches("\"flag\"").count() == 2));
        assert!(has(&|text| text.contains(r#"{"price":-"#)));
        assert!(has(&|text| text.contains("\\ud800")));
        assert!(has(&|text| text.len() > 60_000));
        assert!(bodies.iter().any(|body| std::str::from_utf8(body).is_err()));
        assert!(!has(&|text| text.contains(MARK.0)), "a mark was left");
        let good = texts
            .iter()
            .filter(|text| serde_json::from_str::<Value>(text).is_ok());
        assert!(good.count() > 200, "most are JSON");
    }

    #[test]
    fn places_are_those_of_values_within_values() {
        let body = json!({"a/b": [1, {"c": null}]});
        assert_eq!(places(&body), ["/a~1b", "/a~1b/0", "/a~1b/1", "/a~1b/1/c"]);
        assert_eq!(places(&json!({})), [""]);
    }
}
