//! When a message that was not taken is tried again.

use chrono::TimeDelta;
use platform::retry::random_below;

/// Attempts at one message, the first included.
pub const ATTEMPTS_MAX: u32 = 10;
/// Seconds from each attempt to the next: the specification's schedule, over
/// three days and three hours.
const WAITS_S: [i64; ATTEMPTS_MAX as usize - 1] = [
    5,
    5 * 60,
    30 * 60,
    2 * 3_600,
    5 * 3_600,
    10 * 3_600,
    14 * 3_600,
    20 * 3_600,
    24 * 3_600,
];
/// Longest that a shop's `Retry-After` is believed: the schedule's own longest
/// wait, so that all attempts end well before a message expires.
const RETRY_AFTER_MAX: TimeDelta = TimeDelta::hours(24);
/// One part in this many of a wait is what it may be lengthened by, so that
/// messages that failed together do not come back together.
const JITTER_PART: i64 = 10;

/// Time from attempt number `attempts` (from 1), which failed, to the next:
/// as scheduled and a random tenth, or what the shop asked for, if longer.
/// Nothing where that was the last.
#[must_use]
pub fn wait(attempts: u32, retry_after: Option<TimeDelta>) -> Option<TimeDelta> {
    let index = usize::try_from(attempts.checked_sub(1)?).ok()?;
    let scheduled_ms = WAITS_S.get(index)? * 1_000;
    let asked_ms = retry_after
        .map_or(TimeDelta::zero(), |asked| asked.min(RETRY_AFTER_MAX))
        .num_milliseconds();
    let jitter_ms_max = u64::try_from(scheduled_ms / JITTER_PART).unwrap_or(0);
    let jitter_ms = i64::try_from(random_below(jitter_ms_max)).unwrap_or(0);
    Some(TimeDelta::milliseconds(
        scheduled_ms.max(asked_ms) + jitter_ms,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_the_specifications_with_at_most_a_tenth_more() {
        let scheduled_s = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
        for (attempts, scheduled_s) in (1..).zip(scheduled_s) {
            for _ in 0..50 {
                let waited = wait(attempts, None).expect("another attempt");
                assert!(waited >= TimeDelta::seconds(scheduled_s), "{attempts}");
                assert!(
                    waited < TimeDelta::milliseconds(scheduled_s * 1_100),
                    "{attempts}"
                );
            }
        }
    }

    #[test]
    fn the_tenth_attempt_is_the_last() {
        assert!(wait(9, None).is_some());
        assert_eq!(wait(10, None), None);
        assert_eq!(wait(10, Some(TimeDelta::seconds(1))), None);
        assert_eq!(wait(0, None), None);
    }

    #[test]
    fn waits_of_one_attempt_differ() {
        let waits: std::collections::HashSet<_> = (0..20).map(|_| wait(9, None)).collect();
        assert!(waits.len() > 10);
    }

    #[test]
    fn a_shop_can_ask_for_a_longer_wait_and_for_no_shorter_one() {
        let asked = |seconds| wait(1, Some(TimeDelta::seconds(seconds))).expect("a wait");
        assert!((60_000..60_500).contains(&asked(60).num_milliseconds()));
        assert!((5_000..5_500).contains(&asked(1).num_milliseconds()));
        assert!((5_000..5_500).contains(&asked(-9).num_milliseconds()));
    }

    #[test]
    fn what_a_shop_asks_for_has_a_bound() {
        let waited = wait(1, Some(TimeDelta::days(3_000))).expect("a wait");
        assert_eq!(waited.num_seconds(), 86_400);
    }
}
