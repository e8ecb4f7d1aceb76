//! Days without a trade and without an open position.

use chrono::TimeDelta;
use kernel::time::Timestamp;

use super::ledger::{Ledger, Point};
use super::plan::Plan;

/// A moment at which an account has been idle for long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Idle {
    pub(crate) at: Timestamp,
    pub(crate) days: u32,
    /// `true` if the limit is reached; else it is a day away.
    pub(crate) is_breach: bool,
}

/// Returns the idle moments from a start on. Each needs a snapshot that is
/// later.
pub(crate) fn idle(plan: &Plan, ledger: &Ledger, points: &[Point], start: Timestamp) -> Vec<Idle> {
    let Some(days) = plan.inactivity_days else {
        return Vec::new();
    };
    let trades = ledger.deals.iter().filter(|deal| deal.fill.is_some());
    let trades: Vec<Timestamp> = trades
        .map(|deal| deal.at)
        .filter(|at| *at > start)
        .collect();
    let begins = std::iter::once(start).chain(trades.iter().copied());
    let mut idle = Vec::new();
    for begin in begins.filter(|begin| Point::at(points, *begin).is_flat) {
        let end = trades.iter().find(|at| **at > begin).copied();
        let moments = [(days.saturating_sub(1), false), (days, true)];
        for (after, is_breach) in moments {
            let at = begin + TimeDelta::days(i64::from(after));
            let seen = ledger.snapshots.iter().any(|snapshot| snapshot.at > at);
            if seen && end.is_none_or(|end| at < end) {
                idle.push(Idle {
                    at,
                    days: after,
                    is_breach,
                });
            }
        }
    }
    idle
}
