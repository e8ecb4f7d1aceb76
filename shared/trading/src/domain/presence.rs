//! Whether a terminal is there.

use chrono::TimeDelta;
use kernel::time::Timestamp;

/// How often a terminal gives a sign, in seconds.
pub const HEARTBEAT_S: u32 = 30;
/// How long a terminal is there after its last sign: two heartbeats.
pub const THERE_FOR: TimeDelta = TimeDelta::seconds(60);

/// Whether a terminal that was last heard of then is there now.
#[must_use]
pub fn is_there(last_seen: Option<Timestamp>, now: Timestamp) -> bool {
    last_seen.is_some_and(|seen| now - seen < THERE_FOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_away_after_two_heartbeats_without_a_sign() {
        let seen = Timestamp::UNIX_EPOCH;
        assert!(!is_there(None, seen));
        assert!(is_there(Some(seen), seen + TimeDelta::seconds(59)));
        assert!(!is_there(Some(seen), seen + TimeDelta::seconds(60)));
    }
}
