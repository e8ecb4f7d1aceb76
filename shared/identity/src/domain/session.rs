//! What a session makes of a refresh token that is presented.

use chrono::TimeDelta;
use kernel::digest::constant_time_eq;
use kernel::time::Timestamp;

use super::refresh::RefreshToken;

/// How long a session lives on after its last refresh.
pub const LIFE: TimeDelta = TimeDelta::days(7);
/// How long after a rotation the parent gets the same successor again: for an
/// answer that was lost, and for pages that asked at the same time.
pub const GRACE: TimeDelta = TimeDelta::seconds(20);

/// Where a session's tokens stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lineage {
    /// The generation of the token that is good.
    pub generation: u32,
    /// Hash of the token that is good.
    pub current: String,
    /// Hash of the one before it.
    pub parent: Option<String>,
    /// When the token that is good was made.
    pub rotated_at: Timestamp,
    /// When the session ends if nothing happens.
    pub expires_at: Timestamp,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The token is good: its successor takes its place.
    Rotate,
    /// Its successor is good and was not used yet: send the same one again.
    SendSuccessor,
    /// It was used before: one of two who have it should not. End the session.
    Reuse,
    /// It says nothing about this session.
    Refused,
}

impl Lineage {
    /// Of a session that starts with its first token.
    #[must_use]
    pub fn started(first: &RefreshToken, now: Timestamp) -> Self {
        Self {
            generation: first.generation(),
            current: first.hash(),
            parent: None,
            rotated_at: now,
            expires_at: now + LIFE,
        }
    }

    /// After a rotation to the successor of the token that was good.
    #[must_use]
    pub fn rotated(&self, successor: &RefreshToken, now: Timestamp) -> Self {
        Self {
            generation: successor.generation(),
            current: successor.hash(),
            parent: Some(self.current.clone()),
            rotated_at: now,
            expires_at: now + LIFE,
        }
    }

    /// What a token that the server made means for its session. Older tokens
    /// are not compared: the server's mark shows that they were given out.
    #[must_use]
    pub fn present(&self, token: &RefreshToken, now: Timestamp) -> Verdict {
        if now >= self.expires_at || token.generation() > self.generation {
            return Verdict::Refused;
        }
        let is = |hash: &str| constant_time_eq(hash.as_bytes(), token.hash().as_bytes());
        if token.generation() == self.generation {
            return match is(&self.current) {
                true => Verdict::Rotate,
                false => Verdict::Refused,
            };
        }
        let is_parent =
            token.generation() + 1 == self.generation && self.parent.as_deref().is_some_and(is);
        match is_parent && now - self.rotated_at <= GRACE {
            true => Verdict::SendSuccessor,
            false => Verdict::Reuse,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::refresh::tests::{first, key};
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_700_000_000 + seconds, 0).expect("a time")
    }

    #[test]
    fn the_grace_sends_the_successor_until_it_is_over() {
        let key = key(1);
        let token = first();
        let successor = token.successor(&key);
        let lineage = Lineage::started(&token, at(0));
        assert_eq!(lineage.present(&token, at(5)), Verdict::Rotate);
        let lineage = lineage.rotated(&successor, at(5));
        assert_eq!(lineage.present(&token, at(25)), Verdict::SendSuccessor);
        assert_eq!(lineage.present(&token, at(26)), Verdict::Reuse);
        assert_eq!(lineage.present(&successor, at(26)), Verdict::Rotate);
    }

    #[test]
    fn the_grace_ends_when_the_successor_is_used() {
        let key = key(1);
        let token = first();
        let second = token.successor(&key);
        let third = second.successor(&key);
        let lineage = Lineage::started(&token, at(0))
            .rotated(&second, at(1))
            .rotated(&third, at(2));
        assert_eq!(lineage.present(&token, at(3)), Verdict::Reuse);
        assert_eq!(lineage.present(&second, at(3)), Verdict::SendSuccessor);
    }

    #[test]
    fn a_session_ends_seven_days_after_its_last_refresh() {
        let token = first();
        let lineage = Lineage::started(&token, at(0));
        let week = 7 * 86_400;
        assert_eq!(lineage.present(&token, at(week - 1)), Verdict::Rotate);
        assert_eq!(lineage.present(&token, at(week)), Verdict::Refused);
    }

    #[test]
    fn a_token_that_was_not_given_out_does_not_end_the_session() {
        let (key, other) = (key(1), key(2));
        let token = first();
        let lineage = Lineage::started(&token, at(0));
        let ahead = token.successor(&key);
        assert_eq!(lineage.present(&ahead, at(1)), Verdict::Refused);
        let lineage = lineage.rotated(&ahead, at(1));
        let forged = token.successor(&other);
        assert_eq!(lineage.present(&forged, at(1)), Verdict::Refused);
    }

    #[derive(Clone, Debug)]
    enum Step {
        /// Somebody presents the token this many generations before the
        /// newest.
        Present(usize),
        /// Somebody makes a token of the newest's name.
        Forge,
        /// Time passes, in seconds.
        Wait(i64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => (0..2_usize).prop_map(Step::Present),
            1 => (0..6_usize).prop_map(Step::Present),
            1 => Just(Step::Forge),
            3 => (0..40_i64).prop_map(Step::Wait),
            1 => (0..300_000_i64).prop_map(Step::Wait),
        ];
        prop::collection::vec(step, 1..60)
    }

    proptest! {
        /// The model knows when each token was given out and used, and
        /// nothing of hashes.
        #[test]
        fn whatever_the_order_a_stale_token_is_reuse_and_a_forged_one_is_nothing(steps in steps()) {
            let key = key(1);
            let mut given = vec![first()];
            let mut lineage = Lineage::started(&given[0], at(0));
            let (mut now_s, mut given_at_s) = (0, 0);
            for step in steps {
                match step {
                    Step::Wait(seconds) => now_s += seconds,
                    Step::Forge => {
                        let forged = given[given.len() - 1].successor(&self::key(9)).encode(&self::key(9));
                        prop_assert_eq!(RefreshToken::parse(&forged, &key), None);
                    }
                    Step::Present(back) => {
                        let newest = given.len() - 1;
                        let index = newest.saturating_sub(back);
                        let age_s = now_s - given_at_s;
                        let expected = if age_s >= 7 * 86_400 {
                            Verdict::Refused
                        } else if index == newest {
                            Verdict::Rotate
                        } else if index + 1 == newest && age_s <= 20 {
                            Verdict::SendSuccessor
                        } else {
                            Verdict::Reuse
                        };
                        let verdict = lineage.present(&given[index], at(now_s));
                        prop_assert_eq!(verdict, expected);
                        let successor = given[index].successor(&key);
                        match verdict {
                            Verdict::Rotate => {
                                lineage = lineage.rotated(&successor, at(now_s));
                                given.push(successor);
                                given_at_s = now_s;
                            }
                            Verdict::SendSuccessor => prop_assert_eq!(&successor, &given[newest]),
                            // The session is gone.
                            Verdict::Reuse | Verdict::Refused => return Ok(()),
                        }
                    }
                }
            }
        }
    }
}
