//! The moments at which figures are known: by a snapshot, or proven by deals.

use chrono::TimeDelta;
use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::ledger::{Ledger, Point, Snapshot};
use super::plan::Basis;

/// Deals at most so far apart are one movement.
const GAP: TimeDelta = TimeDelta::seconds(1);
/// The longest movement.
const MOVEMENT: TimeDelta = TimeDelta::seconds(10);

/// The evidence of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// By deals.
    Deals,
    /// By the reset of a challenge.
    Reset,
    /// By a snapshot.
    Snapshot,
}

/// A moment at which the balance is known, and perhaps the equity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) at: Timestamp,
    pub(crate) source: Source,
    pub(crate) balance: Decimal,
    /// Unknown after a movement that leaves a position open.
    pub(crate) equity: Option<Decimal>,
}

impl Moment {
    /// Returns the figure that drawdown is measured on, where it is known.
    pub(crate) fn value(&self, basis: Basis) -> Option<Decimal> {
        match basis {
            Basis::Floating => self.equity,
            Basis::ClosedOnly => Some(self.balance),
        }
    }
}

/// Returns all moments of a ledger, in order.
pub(crate) fn all(ledger: &Ledger, points: &[Point]) -> Vec<Moment> {
    let shown = ledger.snapshots.iter().map(shown);
    let mut moments = movements(points, &ledger.snapshots);
    moments.extend(shown);
    moments.sort_by_key(|moment| (moment.at, moment.source));
    moments
}

fn shown(snapshot: &Snapshot) -> Moment {
    Moment {
        at: snapshot.at,
        source: Source::Snapshot,
        balance: snapshot.balance,
        equity: Some(snapshot.equity),
    }
}

/// The moments that deals prove: the last deal of each movement.
fn movements(points: &[Point], snapshots: &[Snapshot]) -> Vec<Moment> {
    let mut moments = Vec::new();
    let mut first = None;
    for (number, point) in points.iter().enumerate() {
        let begun = *first.get_or_insert(point.at);
        let next = points.get(number + 1);
        let goes_on = next.is_some_and(|next| is_one_movement(begun, point, next, snapshots));
        if !goes_on {
            moments.push(proven(point));
            first = None;
        }
    }
    moments
}

/// A snapshot between two deals parts them: it shows the first alone.
fn is_one_movement(begun: Timestamp, point: &Point, next: &Point, snapshots: &[Snapshot]) -> bool {
    let seen = |at: Timestamp| snapshots.partition_point(|seen| seen.at < at);
    let parted = seen(point.at) < seen(next.at);
    next.at - point.at <= GAP && next.at - begun <= MOVEMENT && !parted
}

fn proven(point: &Point) -> Moment {
    Moment {
        at: point.at,
        source: Source::Deals,
        balance: point.balance,
        equity: point.is_flat.then_some(point.balance + point.credit),
    }
}
