//! Every key of the signals' table, in one place.
//!
//! | partition | sort key | what |
//! |---|---|---|
//! | `S#{org}#{user}` | `DESK` | how much a person has, and their active strategy |
//! | | `COUNTS` | how many of their own signals stand where |
//! | | `SIGNAL#{sig}` | a signal of their own |
//! | | `CHANNEL#{chn}` | a channel |
//! | | `STRATEGY#{stg}` | a strategy |
//! | `PUBLISHED#{tier}` | `SIGNAL#{sig}` | a published signal that this tier sees |
//! | | `CLOSED#{ms}#{sig}` | the same once it is closed, by the time of its result |
//! | | `TALLY` | what all closed signals come to that this tier sees |
//! | | `TALLY#TIER#{tier}`, `TALLY#SYMBOL#{symbol}` | those of a tier, of a symbol |
//!
//! What the platform publishes is no tenant's. Each tier has a list of its
//! own, so nothing above a caller's tier is ever read for them.

use kernel::access::Tier;
use kernel::id::{SignalChannelId, SignalId, StrategyId, ulid_at};
use kernel::time::Timestamp;
use platform::dynamo::Key;

use crate::model::Owner;

/// Prefix of signals.
pub const SIGNAL_PREFIX: &str = "SIGNAL#";
/// Prefix of channels.
pub const CHANNEL_PREFIX: &str = "CHANNEL#";
/// Prefix of strategies.
pub const STRATEGY_PREFIX: &str = "STRATEGY#";
/// Prefix of closed published signals.
pub const CLOSED_PREFIX: &str = "CLOSED#";
/// Sort key of the tally of all, and prefix of each.
pub const TALLY: &str = "TALLY";
/// Prefix of the tallies of tiers.
pub const TALLY_OF_TIER: &str = "TALLY#TIER#";
/// Prefix of the tallies of symbols.
pub const TALLY_OF_SYMBOL: &str = "TALLY#SYMBOL#";
/// Characters of a ULID that are its time.
const ULID_TIME_LEN: usize = 10;

/// A person's partition.
#[must_use]
pub fn of(owner: &Owner) -> String {
    format!("S#{}#{}", owner.org, owner.user)
}

/// How much they have.
#[must_use]
pub fn desk(owner: &Owner) -> Key {
    Key::new(of(owner), "DESK")
}

/// How many of their own signals stand where.
#[must_use]
pub fn counts(owner: &Owner) -> Key {
    Key::new(of(owner), "COUNTS")
}

/// A signal of theirs.
#[must_use]
pub fn signal(owner: &Owner, id: &SignalId) -> Key {
    Key::new(of(owner), format!("{SIGNAL_PREFIX}{id}"))
}

/// A channel of theirs.
#[must_use]
pub fn channel(owner: &Owner, id: &SignalChannelId) -> Key {
    Key::new(of(owner), format!("{CHANNEL_PREFIX}{id}"))
}

/// A strategy of theirs.
#[must_use]
pub fn strategy(owner: &Owner, id: &StrategyId) -> Key {
    Key::new(of(owner), format!("{STRATEGY_PREFIX}{id}"))
}

/// The partition of what a tier sees.
#[must_use]
pub fn seen_by(tier: Tier) -> String {
    format!("PUBLISHED#{}", tier.as_str())
}

/// A published signal, as a tier sees it.
#[must_use]
pub fn published(tier: Tier, id: &SignalId) -> Key {
    Key::new(seen_by(tier), format!("{SIGNAL_PREFIX}{id}"))
}

/// A published signal that is closed, as a tier sees it.
#[must_use]
pub fn closed(tier: Tier, at: Timestamp, id: &SignalId) -> Key {
    let ms = at.timestamp_millis();
    Key::new(seen_by(tier), format!("{CLOSED_PREFIX}{ms:015}#{id}"))
}

/// What all closed signals come to that a tier sees.
#[must_use]
pub fn tally(tier: Tier) -> Key {
    Key::new(seen_by(tier), TALLY)
}

/// The same of those of one tier.
#[must_use]
pub fn tally_of_tier(tier: Tier, of: Tier) -> Key {
    Key::new(seen_by(tier), format!("{TALLY_OF_TIER}{}", of.as_str()))
}

/// The same of those of one symbol.
#[must_use]
pub fn tally_of_symbol(tier: Tier, symbol: &str) -> Key {
    Key::new(seen_by(tier), format!("{TALLY_OF_SYMBOL}{symbol}"))
}

/// The first and last sort key of signals made between two moments, both
/// included; all where neither is given.
#[must_use]
pub fn made_between(from: Option<Timestamp>, to: Option<Timestamp>) -> (String, String) {
    let bound = |at: Timestamp| {
        let ulid = ulid_at(at);
        format!(
            "{SIGNAL_PREFIX}{}_{}",
            SignalId::PREFIX,
            &ulid[..ULID_TIME_LEN]
        )
    };
    let first = from.map_or_else(|| SIGNAL_PREFIX.to_owned(), bound);
    let last = to.map_or_else(|| SIGNAL_PREFIX.to_owned(), bound);
    (first, format!("{last}~"))
}

/// The same of signals closed between two moments.
#[must_use]
pub fn closed_between(from: Option<Timestamp>, to: Option<Timestamp>) -> (String, String) {
    let bound = |at: Timestamp| format!("{CLOSED_PREFIX}{:015}", at.timestamp_millis().max(0));
    let first = from.map_or_else(|| CLOSED_PREFIX.to_owned(), bound);
    let last = to.map_or_else(|| CLOSED_PREFIX.to_owned(), bound);
    (first, format!("{last}~"))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn what_was_made_or_closed_between_two_moments_is_between_their_keys() {
        let moment = Timestamp::UNIX_EPOCH + TimeDelta::days(20_000);
        let at = |ms| moment + TimeDelta::milliseconds(ms);
        let made = |ms| published(Tier::Free, &SignalId::generate(at(ms))).sk;
        let (first, last) = made_between(Some(at(0)), Some(at(9)));
        assert!(made(-1) < first && first <= made(0) && made(9) <= last && last < made(10));
        let id = SignalId::generate(moment);
        let ended = |ms| closed(Tier::Free, at(ms), &id).sk;
        let (first, last) = closed_between(Some(at(0)), Some(at(9)));
        assert!(ended(-1) < first && first <= ended(0) && ended(9) <= last && last < ended(10));
        let (first, last) = made_between(None, None);
        assert!(first <= made(0) && made(0) <= last && last.as_str() < "STRATEGY#");
    }

    #[test]
    fn keys_of_a_person_name_the_tenant_first() {
        let user = kernel::id::UserId::generate(Timestamp::UNIX_EPOCH);
        let owner = Owner {
            org: "org_1".to_owned(),
            user,
        };
        assert!(desk(&owner).pk.starts_with("S#org_1#usr_"));
    }
}
