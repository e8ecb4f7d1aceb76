//! How long an invitation is open, and for whom.

use chrono::TimeDelta;
use kernel::time::Timestamp;

/// Open invitations of one organization.
pub const OPEN_MAX: u32 = 200;
/// How long an invitation can be accepted.
pub const LIFE: TimeDelta = TimeDelta::days(7);

/// Whether an invitation can be accepted at a moment.
#[must_use]
pub fn is_open(expires_at: Timestamp, now: Timestamp) -> bool {
    now < expires_at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_open_for_seven_days_and_no_longer() {
        let now = Timestamp::UNIX_EPOCH;
        let expires_at = now + LIFE;
        assert!(is_open(
            expires_at,
            now + TimeDelta::days(7) - TimeDelta::milliseconds(1)
        ));
        assert!(!is_open(expires_at, now + TimeDelta::days(7)));
    }
}
