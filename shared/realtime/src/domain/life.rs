//! The life of a connection: what is due with it, and when.

use chrono::TimeDelta;
use kernel::time::Timestamp;

/// How long somebody without a token in the address has to authenticate, in
/// seconds.
pub const AUTHENTICATE_WITHIN_S: i64 = 10;
/// How long a new connection's own events are held for its `resume`, in
/// seconds; without one they then begin with the first after its opening.
pub const HELD_FOR_S: i64 = 1;
/// Connections of one person, or of one terminal, in a tenant.
pub const CONNECTIONS_MAX: u8 = 10;
/// Channels of one connection.
pub const CHANNELS_MAX: usize = 100;

/// When API Gateway ends a connection, whatever happens on it.
const LIFE: TimeDelta = TimeDelta::hours(2);
/// How long before that its client is told to make another.
const TOLD_AHEAD: TimeDelta = TimeDelta::minutes(8);
/// How long after that a connection that is still known is forgotten.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::minutes(5);

/// Where a connection stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Until when its bearer is believed; nobody has said who they are where
    /// there is none.
    pub good_until: Option<Timestamp>,
    /// Whether its client was told to make another.
    pub is_told: bool,
}

/// What is due with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing yet.
    Nothing,
    /// Nobody has said in time who they are: it ends.
    Unauthenticated,
    /// Its bearer has to be looked at again: it ends where they are not good.
    Bearer,
    /// Its client is told to make another.
    Reconnect,
    /// API Gateway has ended it long ago.
    Forgotten,
}

impl Life {
    /// When something is due next.
    #[must_use]
    pub fn due_at(&self) -> Timestamp {
        let Some(good_until) = self.good_until else {
            return self.opened_at + TimeDelta::seconds(AUTHENTICATE_WITHIN_S);
        };
        let end = self.opened_at + LIFE;
        match self.is_told {
            true => good_until.min(end + FORGOTTEN_AFTER),
            false => good_until.min(end - TOLD_AHEAD),
        }
    }

    /// What is due now.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Due {
        if now < self.due_at() {
            return Due::Nothing;
        }
        let end = self.opened_at + LIFE;
        match self.good_until {
            None => Due::Unauthenticated,
            Some(_) if now >= end + FORGOTTEN_AFTER => Due::Forgotten,
            Some(good_until) if now >= good_until => Due::Bearer,
            Some(_) => Due::Reconnect,
        }
    }

    /// When nothing of it is left in the store, whatever went wrong.
    #[must_use]
    pub fn kept_until(&self) -> Timestamp {
        self.opened_at + LIFE + TimeDelta::hours(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(good_for_min: Option<i64>, is_told: bool) -> Life {
        let opened_at = Timestamp::from_timestamp(1_700_000_000, 0).expect("a time");
        Life {
            opened_at,
            good_until: good_for_min.map(|minutes| opened_at + TimeDelta::minutes(minutes)),
            is_told,
        }
    }

    fn due_after(life: Life, seconds: i64) -> Due {
        life.due(life.opened_at + TimeDelta::seconds(seconds))
    }

    #[test]
    fn who_says_nothing_for_ten_seconds_is_ended() {
        assert_eq!(due_after(life(None, false), 9), Due::Nothing);
        assert_eq!(due_after(life(None, false), 10), Due::Unauthenticated);
    }

    #[test]
    fn a_bearer_is_looked_at_again_when_the_token_ends() {
        assert_eq!(due_after(life(Some(15), false), 899), Due::Nothing);
        assert_eq!(due_after(life(Some(15), false), 900), Due::Bearer);
    }

    #[test]
    fn a_client_is_told_five_to_ten_minutes_before_two_hours_and_once() {
        let long = life(Some(200), false);
        let told_at_min = (long.due_at() - long.opened_at).num_minutes();
        // The sweeper comes by once a minute.
        assert!((110..=114).contains(&told_at_min), "{told_at_min}");
        assert_eq!(due_after(long, told_at_min * 60), Due::Reconnect);
        let told = life(Some(200), true);
        assert_eq!(due_after(told, 119 * 60), Due::Nothing);
        assert_eq!(due_after(told, 125 * 60), Due::Forgotten);
    }

    #[test]
    fn a_token_that_ends_first_counts_before_all_else() {
        assert_eq!(due_after(life(Some(113), false), 113 * 60), Due::Bearer);
    }
}
