//! What a client says: `{"type","data"}`. Older clients write the fields of
//! `data` beside `type`.

use kernel::Error;
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::life::CHANNELS_MAX;

/// The largest message, in bytes.
pub const BYTES_MAX: usize = 32 * 1024;
/// Longest name of a channel, in characters.
const CHANNEL_CHARS_MAX: usize = 128;
/// Longest id of a command or a person, in characters.
const ID_CHARS_MAX: usize = 128;
/// Commands that one message may name.
const COMMANDS_MAX: usize = 100;

/// What a client says.
#[derive(Clone, Debug)]
pub enum ClientMessage {
    /// Who it is.
    Authenticate {
        /// An access token.
        token: SecretString,
        /// Whom the token must name.
        subject: String,
    },
    /// That it wants to hear these channels.
    Subscribe(Vec<String>),
    /// That it wants to hear these no more.
    Unsubscribe(Vec<String>),
    /// That it is there.
    Ping,
    /// That it has seen all of its own events, or of a channel's, up to a
    /// number.
    Resume {
        /// The channel; its own events where there is none.
        channel: Option<String>,
        /// The last number it has seen.
        after: u64,
    },
    /// That it has taken these commands.
    Ack(Vec<String>),
}

/// Reads a message.
///
/// # Errors
/// Where it is too long, no JSON, of an unknown type, or a field is missing
/// or out of bounds.
pub fn parse(text: &str) -> Result<ClientMessage, Error> {
    if text.len() > BYTES_MAX {
        return Err(Error::TooLarge {
            bytes_max: BYTES_MAX,
        });
    }
    let message: Map<String, Value> = serde_json::from_str(text)
        .map_err(|_| Error::field("", "the message is no JSON object"))?;
    let kind = message.get("type").and_then(Value::as_str);
    let kind = kind.ok_or_else(|| Error::field("type", "must be a text"))?;
    let fields = match message.get("data") {
        None | Some(Value::Null) => Fields(&message),
        Some(Value::Object(data)) => Fields(data),
        Some(_) if kind == "ping" => Fields(&message),
        Some(_) => return Err(Error::field("data", "must be an object")),
    };
    match kind {
        "authenticate" => Ok(ClientMessage::Authenticate {
            token: fields.text("sessionId", BYTES_MAX)?.into(),
            subject: fields.text("userId", ID_CHARS_MAX)?.to_owned(),
        }),
        "subscribe" => Ok(ClientMessage::Subscribe(fields.channels()?)),
        "unsubscribe" => Ok(ClientMessage::Unsubscribe(fields.channels()?)),
        "ping" => Ok(ClientMessage::Ping),
        "resume" => Ok(ClientMessage::Resume {
            channel: match fields.0.get("channel") {
                None | Some(Value::Null) => None,
                Some(_) => Some(fields.text("channel", CHANNEL_CHARS_MAX)?.to_owned()),
            },
            after: fields.number("after")?,
        }),
        "ack" => {
            let commands = fields.texts("commands", COMMANDS_MAX, ID_CHARS_MAX)?;
            Ok(ClientMessage::Ack(commands))
        }
        _ => Err(Error::field("type", "no message has this type")),
    }
}

struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn text(&self, name: &str, chars_max: usize) -> Result<&str, Error> {
        let text = self.0.get(name).and_then(Value::as_str);
        let text = text.ok_or_else(|| Error::field(name, "must be a text"))?;
        bounded(name, text, chars_max)
    }

    fn number(&self, name: &str) -> Result<u64, Error> {
        let number = self.0.get(name).and_then(Value::as_u64);
        number.ok_or_else(|| Error::field(name, "must be a whole number from 0"))
    }

    fn channels(&self) -> Result<Vec<String>, Error> {
        self.texts("channels", CHANNELS_MAX, CHANNEL_CHARS_MAX)
    }

    fn texts(&self, name: &str, count_max: usize, chars_max: usize) -> Result<Vec<String>, Error> {
        let list = self.0.get(name).and_then(Value::as_array);
        let list = list.ok_or_else(|| Error::field(name, "must be a list"))?;
        if list.len() > count_max {
            let message = format!("has more than {count_max} entries");
            return Err(Error::field(name, message));
        }
        list.iter()
            .map(|entry| {
                let text = entry.as_str();
                let text = text.ok_or_else(|| Error::field(name, "must be a list of texts"))?;
                bounded(name, text, chars_max).map(str::to_owned)
            })
            .collect()
    }
}

fn bounded<'a>(name: &str, text: &'a str, chars_max: usize) -> Result<&'a str, Error> {
    match text.chars().count() <= chars_max {
        true => Ok(text),
        false => {
            let message = format!("is longer than {chars_max} characters");
            Err(Error::field(name, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    fn refusal(text: &str) -> String {
        parse(text).expect_err(text).to_string()
    }

    #[test]
    fn fields_are_read_from_data_or_from_beside_the_type() {
        for text in [
            r#"{"type":"authenticate","data":{"sessionId":"t","userId":"u"}}"#,
            r#"{"type":"authenticate","sessionId":"t","userId":"u"}"#,
            r#"{"type":"authenticate","data":null,"sessionId":"t","userId":"u"}"#,
        ] {
            let Ok(ClientMessage::Authenticate { token, subject }) = parse(text) else {
                panic!("{text}");
            };
            assert_eq!((token.expose_secret(), subject.as_str()), ("t", "u"));
        }
        let resume = parse(r#"{"type":"resume","data":{"after":7,"channel":"signals"}}"#);
        let Ok(ClientMessage::Resume { channel, after }) = resume else {
            panic!("a resume");
        };
        assert_eq!((channel.as_deref(), after), (Some("signals"), 7));
        assert!(matches!(
            parse(r#"{"type":"ping"}"#),
            Ok(ClientMessage::Ping)
        ));
    }

    #[test]
    fn a_message_that_is_none_says_what_is_wrong() {
        assert_eq!(refusal("{"), "the message is no JSON object");
        assert_eq!(refusal("[]"), "the message is no JSON object");
        assert_eq!(refusal(r#"{"data":{}}"#), "type: must be a text");
        assert_eq!(
            refusal(r#"{"type":"order"}"#),
            "type: no message has this type"
        );
        assert_eq!(
            refusal(r#"{"type":"subscribe","data":{}}"#),
            "channels: must be a list"
        );
        assert_eq!(
            refusal(r#"{"type":"subscribe","data":{"channels":[1]}}"#),
            "channels: must be a list of texts"
        );
        assert_eq!(
            refusal(r#"{"type":"resume","data":{"after":-1}}"#),
            "after: must be a whole number from 0"
        );
        assert_eq!(
            refusal(r#"{"type":"resume","data":7}"#),
            "data: must be an object"
        );
    }

    #[test]
    fn what_is_too_long_is_refused_as_too_large() {
        let text = format!(r#"{{"type":"ping","x":"{}"}}"#, "x".repeat(BYTES_MAX));
        assert!(matches!(parse(&text), Err(Error::TooLarge { .. })));
        let many = vec!["\"signals\""; CHANNELS_MAX + 1].join(",");
        let text = format!(r#"{{"type":"subscribe","channels":[{many}]}}"#);
        assert_eq!(refusal(&text), "channels: has more than 100 entries");
        let deep = format!(r#"{{"type":"ping","data":{}"#, "[".repeat(5_000));
        assert_eq!(refusal(&deep), "the message is no JSON object");
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}
