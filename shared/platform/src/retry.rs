//! Waiting before another attempt.

use std::time::Duration;

/// How long to wait after attempt `attempt` (from 0): a random time up to
/// `base` doubled each attempt, at most 64 times `base`, so that many callers
/// that failed at once do not come back at once.
#[must_use]
pub fn backoff(attempt: u32, base: Duration) -> Duration {
    let ceiling_ms = base.as_millis() << attempt.min(6);
    let ceiling_ms = u64::try_from(ceiling_ms).unwrap_or(u64::MAX).max(1);
    Duration::from_millis(random_below(ceiling_ms) + 1)
}

/// A random number below `bound`, even enough for spreading load.
#[must_use]
pub fn random_below(bound: u64) -> u64 {
    let random = getrandom::u64().unwrap_or(0);
    random % bound.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_bounded() {
        for attempt in 0..40 {
            let wait = backoff(attempt, Duration::from_millis(20));
            assert!(wait >= Duration::from_millis(1));
            assert!(wait <= Duration::from_millis(20 * 64 + 1));
        }
    }
}
