//! Every key of connections in the realtime table, in one place. The logs'
//! own keys are [`platform::live`]'s.
//!
//! | partition | sort key | what |
//! |---|---|---|
//! | `C#{connection}` | `CONNECTION` | a connection |
//! | | `WATCH#{sid}#{iat}#{org}#{sub}` | when something is due with it |
//! | `TO#{log}` | `SLOT#{n}` | who listens to a person's or a terminal's own log |
//! | | `{connection}` | who listens to a channel |

use std::fmt;

use platform::dynamo::Key;
use platform::live::Log;

use crate::domain::grant::Grant;

/// Partitions of the due index that connections are spread over.
const DUE_SHARDS: u32 = 8;

const CONNECTION: &str = "CONNECTION";
const WATCH: &str = "WATCH#";

/// A connection.
#[must_use]
pub fn connection(id: &str) -> Key {
    Key::new(format!("C#{id}"), CONNECTION)
}

/// When something is due with a connection. The key says whom it is good for,
/// so that one walk through the due index finds those who no longer are.
#[must_use]
pub fn watch(id: &str, grant: Option<&Grant>) -> Key {
    let bearer = grant.map(|grant| {
        let Grant {
            sid,
            iat_s,
            org,
            sub,
            ..
        } = grant;
        format!("{sid}#{iat_s}#{org}#{sub}")
    });
    Key::new(
        format!("C#{id}"),
        format!("{WATCH}{}", bearer.unwrap_or_default()),
    )
}

/// The parts of a token that a watch's key names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchedBearer<'a> {
    /// The session.
    pub sid: &'a str,
    /// When the token was issued, in seconds since the epoch.
    pub iat_s: i64,
    /// The tenant.
    pub org: &'a str,
    /// The person.
    pub sub: &'a str,
}

/// The connection that a watch's key is of, and for whom it is good.
#[must_use]
pub fn parse_watch(key: &Key) -> Option<(&str, Option<WatchedBearer<'_>>)> {
    let id = key.pk.strip_prefix("C#")?;
    let mut parts = key.sk.strip_prefix(WATCH)?.splitn(4, '#');
    let bearer = (|| {
        Some(WatchedBearer {
            sid: parts.next()?,
            iat_s: parts.next()?.parse().ok()?,
            org: parts.next()?,
            sub: parts.next()?,
        })
    })();
    Some((id, bearer))
}

/// The partition of who listens to a log.
#[must_use]
pub fn listeners(log: &Log) -> String {
    format!("TO#{log}")
}

/// The place of a connection among those who listen to a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat<'a> {
    /// One of the few of an own log, by its number.
    Slot(u8),
    /// One of a channel, by its connection.
    Connection(&'a str),
}

impl fmt::Display for Seat<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slot(number) => write!(f, "SLOT#{number:02}"),
            Self::Connection(id) => f.write_str(id),
        }
    }
}

/// Somebody who listens to a log.
#[must_use]
pub fn listener(log: &Log, seat: Seat<'_>) -> Key {
    Key::new(listeners(log), seat.to_string())
}

/// The shard of the due index that a connection is in.
#[must_use]
pub fn due_shard(id: &str) -> String {
    let sum = id.bytes().fold(0_u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    shard(sum % DUE_SHARDS)
}

/// All shards of the due index.
pub fn due_shards() -> impl Iterator<Item = String> {
    (0..DUE_SHARDS).map(shard)
}

fn shard(number: u32) -> String {
    format!("connection#{number}")
}

#[cfg(test)]
mod tests {
    use kernel::access::Tier;

    use super::*;

    #[test]
    fn a_watch_says_whose_it_is() {
        let grant = Grant {
            org: "demo".to_owned(),
            sub: "wp:demo:7".to_owned(),
            sid: "ses_1".to_owned(),
            iat_s: 1_700_000_000,
            exp_s: 1_700_000_900,
            tier: Tier::Free,
            terminal: None,
        };
        let bearer = WatchedBearer {
            sid: "ses_1",
            iat_s: 1_700_000_000,
            org: "demo",
            sub: "wp:demo:7",
        };
        let known = watch("a=", Some(&grant));
        assert_eq!(parse_watch(&known), Some(("a=", Some(bearer))));
        assert_eq!(parse_watch(&watch("a=", None)), Some(("a=", None)));
        assert_eq!(parse_watch(&connection("a=")), None);
    }
}
