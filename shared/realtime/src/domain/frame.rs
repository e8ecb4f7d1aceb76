//! What a client is sent: `{"type","data","id","timestamp"}`, and where the
//! event stands in its log.

use chrono::SecondsFormat;
use kernel::time::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::Refusal;
use super::channel::Channel;

/// A message to a client. Its data is written as it stands, so that numbers
/// keep their exact text.
#[derive(Debug, Serialize)]
pub struct Frame<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    data: &'a RawValue,
    id: &'a str,
    #[serde(serialize_with = "rfc3339")]
    timestamp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
}

/// Where events of a log stand, as its listeners are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In one's own log: by `seq`.
    Own,
    /// In a channel, by `offset`.
    Channel(String),
    /// In a channel without a past.
    Passing(String),
}

impl Place {
    /// Of a channel, by its name.
    #[must_use]
    pub fn of_channel(name: String) -> Self {
        match name.parse::<Channel>() {
            Ok(channel) if !channel.has_history() => Self::Passing(name),
            _ => Self::Channel(name),
        }
    }
}

/// An event, as it is sent to everybody who listens.
#[must_use]
pub fn event(
    place: &Place,
    (kind, data): (&str, &RawValue),
    (number, id, at): (u64, &str, Timestamp),
) -> String {
    let (seq, channel, offset) = match place {
        Place::Own => (Some(number), None, None),
        Place::Channel(name) => (None, Some(name.as_str()), Some(number)),
        Place::Passing(name) => (None, Some(name.as_str()), None),
    };
    write(&Frame {
        kind,
        data,
        id,
        timestamp: at,
        seq,
        channel,
        offset,
    })
}

/// A message to one connection that is in no log.
#[must_use]
pub fn notice<T: Serialize>(kind: &str, data: &T, channel: Option<&str>, now: Timestamp) -> String {
    let data = serde_json::value::to_raw_value(data).expect("our own data is JSON");
    write(&Frame {
        kind,
        data: &data,
        id: &format!("evt_{}", kernel::id::ulid_at(now)),
        timestamp: now,
        seq: None,
        channel,
        offset: None,
    })
}

/// The answer to a `ping`.
#[must_use]
pub fn pong(now: Timestamp) -> String {
    notice("pong", &Empty {}, None, now)
}

/// Says that the connection will end soon.
#[must_use]
pub fn reconnect(now: Timestamp) -> String {
    notice("reconnect", &Empty {}, None, now)
}

/// Says that nobody good was found at the other end; the connection ends.
#[must_use]
pub fn auth_failed(message: &str, now: Timestamp) -> String {
    notice("auth_failed", &Sentence { message }, None, now)
}

/// Says why a message was not carried out.
#[must_use]
pub fn error(refusal: &Refusal, now: Timestamp) -> String {
    notice("error", refusal, None, now)
}

/// Says that what was missed is gone: what is shown must be read anew, and
/// events go on after the number in `after`.
#[must_use]
pub fn resync(place: &Place, after: u64, now: Timestamp) -> String {
    let channel = match place {
        Place::Own => None,
        Place::Channel(name) | Place::Passing(name) => Some(name.as_str()),
    };
    notice("resync", &Resync { after }, channel, now)
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
struct Sentence<'a> {
    message: &'a str,
}

#[derive(Serialize)]
struct Resync {
    after: u64,
}

fn write(frame: &Frame<'_>) -> String {
    serde_json::to_string(frame).expect("a frame is JSON")
}

fn rfc3339<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        Timestamp::from_timestamp_millis(1_732_202_240_188).expect("a time")
    }

    fn sample(place: &Place) -> String {
        let data = RawValue::from_string(r#"{"pnl":-12.340}"#.to_owned()).expect("JSON");
        event(place, ("trade_update", &data), (7, "evt_1", at()))
    }

    #[test]
    fn an_event_keeps_the_text_of_its_numbers_and_says_where_it_stands() {
        let start = r#"{"type":"trade_update","data":{"pnl":-12.340},"id":"evt_1","timestamp":"2024-11-21T15:17:20.188Z""#;
        assert_eq!(sample(&Place::Own), format!(r#"{start},"seq":7}}"#));
        let place = Place::of_channel("signals".to_owned());
        let expected = format!(r#"{start},"channel":"signals","offset":7}}"#);
        assert_eq!(sample(&place), expected);
        let place = Place::of_channel("ticker:X".to_owned());
        let expected = format!(r#"{start},"channel":"ticker:X"}}"#);
        assert_eq!(sample(&place), expected);
    }

    #[test]
    fn an_error_has_a_code_and_a_message() {
        let refusal = Refusal::from(&kernel::Error::NotFound("account"));
        let refusal = refusal.about(vec!["account:x".to_owned()]);
        let frame: serde_json::Value = serde_json::from_str(&error(&refusal, at())).expect("JSON");
        assert_eq!(frame["type"], "error");
        let data = r#"{"code":"not-found","message":"no such account","channels":["account:x"]}"#;
        let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
        assert_eq!(frame["data"], data);
    }
}
