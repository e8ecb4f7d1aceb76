//! Whether a snapshot can be judged yet.
//!
//! Snapshot and deals are separate calls to the gateway. A payout between
//! them would look like a loss, so a balance that the deals do not explain is
//! fetched again before it is believed.

use chrono::Duration;
use kernel::time::Timestamp;
use rust_decimal::Decimal;

/// Fetches after which a snapshot is judged as it is.
pub const FETCHES_MAX: u32 = 3;

/// Time since the first mismatch after which a snapshot is judged as it is.
pub const WAIT_MAX: Duration = Duration::minutes(2);

/// What to compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reconciliation {
    /// The balance of the snapshot judged last; `None` before the first.
    pub balance_before: Option<Decimal>,
    /// What the deals since have moved the balance by.
    pub deals_effect: Decimal,
    /// The balance of the new snapshot.
    pub balance: Decimal,
    /// Fetches of this snapshot so far, this one included: from 1.
    pub fetches: u32,
    /// When a mismatch was first seen; `None` where this is the first fetch.
    pub mismatch_since: Option<Timestamp>,
    /// Now.
    pub now: Timestamp,
}

/// What to do with a snapshot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    /// The balance is explained: judge it.
    Consistent,
    /// Fetch snapshot and deals again.
    Refetch {
        /// The number of the fetch to come.
        fetch: u32,
        /// When the mismatch was first seen, to be handed in again.
        mismatch_since: Timestamp,
    },
    /// Judge it all the same, flagged, and raise an alarm.
    JudgeFlagged {
        /// The part of the balance that the deals do not explain.
        unexplained: Decimal,
    },
}

/// Decides whether a snapshot can be judged.
#[must_use]
pub fn reconcile(input: &Reconciliation) -> Decision {
    let Some(before) = input.balance_before else {
        return Decision::Consistent;
    };
    let unexplained = input.balance - before - input.deals_effect;
    if unexplained.is_zero() {
        return Decision::Consistent;
    }
    let mismatch_since = input.mismatch_since.unwrap_or(input.now);
    if input.fetches >= FETCHES_MAX || input.now - mismatch_since >= WAIT_MAX {
        return Decision::JudgeFlagged { unexplained };
    }
    Decision::Refetch {
        fetch: input.fetches + 1,
        mismatch_since,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("a time")
    }

    fn mismatch(fetches: u32, seconds: i64) -> Reconciliation {
        Reconciliation {
            balance_before: Some(Decimal::from(100_000)),
            deals_effect: Decimal::from(-250),
            balance: Decimal::from(95_000),
            fetches,
            mismatch_since: (fetches > 1).then(|| at(0)),
            now: at(seconds),
        }
    }

    #[test]
    fn a_balance_that_the_deals_explain_is_judged_at_once() {
        let explained = Reconciliation {
            balance: Decimal::new(9_975_000, 2),
            ..mismatch(1, 0)
        };
        assert_eq!(reconcile(&explained), Decision::Consistent);
    }

    #[test]
    fn the_first_snapshot_has_nothing_to_be_compared_with() {
        let first = Reconciliation {
            balance_before: None,
            ..mismatch(1, 0)
        };
        assert_eq!(reconcile(&first), Decision::Consistent);
    }

    #[test]
    fn a_mismatch_is_fetched_three_times_and_then_judged_flagged() {
        for (fetches, seconds) in [(1, 0), (2, 5)] {
            assert_eq!(
                reconcile(&mismatch(fetches, seconds)),
                Decision::Refetch {
                    fetch: fetches + 1,
                    mismatch_since: at(0)
                }
            );
        }
        let flagged = Decision::JudgeFlagged {
            unexplained: Decimal::from(-4_750),
        };
        assert_eq!(reconcile(&mismatch(3, 10)), flagged);
    }

    #[test]
    fn a_mismatch_is_judged_flagged_after_two_minutes_whatever_the_fetches() {
        assert!(matches!(
            reconcile(&mismatch(2, 119)),
            Decision::Refetch { .. }
        ));
        assert!(matches!(
            reconcile(&mismatch(2, 120)),
            Decision::JudgeFlagged { .. }
        ));
    }
}
