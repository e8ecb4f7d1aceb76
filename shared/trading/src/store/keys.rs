//! Every key of the trading's table, in one place.
//!
//! | partition | sort key | what |
//! |---|---|---|
//! | `P#{org}#{user}` | `ROSTER` | how many terminals a person has |
//! | | `DEVICE#{device}` | a paired terminal and what it last said; due index |
//! | | `POSITIONS#{device}` | the open positions that it last told of |
//! | | `SWITCHES` | how trading is switched, and the number of the last command |
//! | | `CMD#Q#{device}#{number}` | a command that is not done |
//! | | `CMD#D#{number}` | one that is; 30 days |
//! | | `SIGNAL#{sha256}` | what a signal said, for the trades that follow it; 90 days |
//! | | `TRADE#{trade}` | a trade |
//! | | `OPEN#{trade}` | that it is open |
//! | | `CLOSED#{ms}#{trade}` | when it was closed |
//! | | `RESULT#{sha256}` | that a result was counted |
//! | | `TOTALS` | figures of all trades |
//! | | `DAY#{date}` | figures of the trades closed on a day |
//! | | `PROVIDER#{name}` | figures of a provider's signals |
//! | | `ALERT#{alert}` | what a terminal reported as wrong; 30 days |
//! | | `SAME#{sha256}` | which alert counts the same fault; 10 minutes |
//! | | `STRATEGY` | the strategy that terminals follow |
//! | `C#{sha256 of code}` | `PAIRING` | for whom a pairing code is; 5 minutes |
//! | `OUTBOX#{n}` | `{ulid}` | events on their way |

use chrono::NaiveDate;
use kernel::digest::sha256_hex;
use kernel::id::{AlertId, DeviceId, TradeId};
use kernel::time::Timestamp;
use platform::dynamo::Key;

use crate::model::Owner;

/// Prefix of terminals.
pub const DEVICE_PREFIX: &str = "DEVICE#";
/// Prefix of all commands: descending, those that are not done come first.
pub const COMMAND_PREFIX: &str = "CMD#";
/// Prefix of trades that are open.
pub const OPEN_PREFIX: &str = "OPEN#";
/// Prefix of trades that are closed.
pub const CLOSED_PREFIX: &str = "CLOSED#";
/// Prefix of providers.
pub const PROVIDER_PREFIX: &str = "PROVIDER#";
/// Prefix of alerts.
pub const ALERT_PREFIX: &str = "ALERT#";
/// The kind of due work: a terminal that somebody is to look after.
pub const DUE: &str = "terminal";
/// Partitions that due work is spread over.
const DUE_SHARDS: u32 = 8;

/// A person's partition.
#[must_use]
pub fn of(owner: &Owner) -> String {
    format!("P#{}#{}", owner.org, owner.user)
}

fn item(owner: &Owner, sk: impl Into<String>) -> Key {
    Key::new(of(owner), sk)
}

/// How many terminals they have.
#[must_use]
pub fn roster(owner: &Owner) -> Key {
    item(owner, "ROSTER")
}

/// A terminal of theirs.
#[must_use]
pub fn device(owner: &Owner, id: &DeviceId) -> Key {
    item(owner, format!("{DEVICE_PREFIX}{id}"))
}

/// Whose terminal a key of the due index names.
#[must_use]
pub fn parse_device(key: &Key) -> Option<(Owner, DeviceId)> {
    let (org, user) = key.pk.strip_prefix("P#")?.split_once('#')?;
    let owner = Owner {
        org: org.to_owned(),
        user: user.parse().ok()?,
    };
    let id = key.sk.strip_prefix(DEVICE_PREFIX)?.parse().ok()?;
    Some((owner, id))
}

/// What positions a terminal told of.
#[must_use]
pub fn positions(owner: &Owner, id: &DeviceId) -> Key {
    item(owner, format!("POSITIONS#{id}"))
}

/// How trading is switched.
#[must_use]
pub fn switches(owner: &Owner) -> Key {
    item(owner, "SWITCHES")
}

/// Prefix of a terminal's commands that are not done.
#[must_use]
pub fn queue_prefix(device: &DeviceId) -> String {
    format!("{COMMAND_PREFIX}Q#{device}#")
}

/// A command that is not done.
#[must_use]
pub fn queued(owner: &Owner, device: &DeviceId, number: u64) -> Key {
    item(owner, format!("{}{number:012}", queue_prefix(device)))
}

/// A command that is done.
#[must_use]
pub fn done(owner: &Owner, number: u64) -> Key {
    item(owner, format!("{COMMAND_PREFIX}D#{number:012}"))
}

/// What a signal said.
#[must_use]
pub fn signal(owner: &Owner, signal: &str) -> Key {
    item(owner, format!("SIGNAL#{}", sha256_hex(signal.as_bytes())))
}

/// A trade.
#[must_use]
pub fn trade(owner: &Owner, id: &TradeId) -> Key {
    item(owner, format!("TRADE#{id}"))
}

/// That a trade is open.
#[must_use]
pub fn open(owner: &Owner, id: &TradeId) -> Key {
    item(owner, format!("{OPEN_PREFIX}{id}"))
}

/// When a trade was closed.
#[must_use]
pub fn closed(owner: &Owner, at: Timestamp, id: &TradeId) -> Key {
    let ms = at.timestamp_millis().max(0);
    item(owner, format!("{CLOSED_PREFIX}{ms:014}#{id}"))
}

/// That a result was counted.
#[must_use]
pub fn result(owner: &Owner, result_id: &str) -> Key {
    item(
        owner,
        format!("RESULT#{}", sha256_hex(result_id.as_bytes())),
    )
}

/// Figures of all trades.
#[must_use]
pub fn totals(owner: &Owner) -> Key {
    item(owner, "TOTALS")
}

/// Figures of a day.
#[must_use]
pub fn day(owner: &Owner, date: NaiveDate) -> Key {
    item(owner, day_sk(date))
}

/// The sort key of a day.
#[must_use]
pub fn day_sk(date: NaiveDate) -> String {
    format!("DAY#{date}")
}

/// Figures of a provider's signals.
#[must_use]
pub fn provider(owner: &Owner, name: &str) -> Key {
    item(owner, format!("{PROVIDER_PREFIX}{name}"))
}

/// What a terminal reported as wrong.
#[must_use]
pub fn alert(owner: &Owner, id: &AlertId) -> Key {
    item(owner, format!("{ALERT_PREFIX}{id}"))
}

/// Which alert counts the same fault.
#[must_use]
pub fn same_fault(owner: &Owner, fault_sha256: &str) -> Key {
    item(owner, format!("SAME#{fault_sha256}"))
}

/// The strategy that terminals follow.
#[must_use]
pub fn strategy(owner: &Owner) -> Key {
    item(owner, "STRATEGY")
}

/// For whom a pairing code is.
#[must_use]
pub fn pairing(code_sha256: &str) -> Key {
    Key::new(format!("C#{code_sha256}"), "PAIRING")
}

/// The shard of the due index that a terminal is in.
#[must_use]
pub fn due_shard(device: &DeviceId) -> String {
    let sum = device.as_str().bytes().fold(0_u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    format!("{DUE}#{}", sum % DUE_SHARDS)
}

/// All shards of due work.
pub fn due_shards() -> impl Iterator<Item = String> {
    (0..DUE_SHARDS).map(|shard| format!("{DUE}#{shard}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminals_key_says_whose_it_is() {
        let owner = Owner {
            org: "org_01jd7bz8v6m3t9q2x4w7y0c1df".to_owned(),
            user: "usr_01jd7bz8v6m3t9q2x4w7y0c1df".parse().expect("an id"),
        };
        let id: DeviceId = "dev_01jd7bz8v6m3t9q2x4w7y0c1df".parse().expect("an id");
        assert_eq!(
            parse_device(&device(&owner, &id)),
            Some((owner.clone(), id))
        );
        assert_eq!(parse_device(&roster(&owner)), None);
    }

    #[test]
    fn commands_that_are_not_done_come_first_from_the_end() {
        let owner = Owner {
            org: "o".to_owned(),
            user: "usr_01jd7bz8v6m3t9q2x4w7y0c1df".parse().expect("an id"),
        };
        let id: DeviceId = "dev_01jd7bz8v6m3t9q2x4w7y0c1df".parse().expect("an id");
        assert!(done(&owner, 999).sk < queued(&owner, &id, 1).sk);
        assert!(queued(&owner, &id, 9).sk < queued(&owner, &id, 10).sk);
    }
}
