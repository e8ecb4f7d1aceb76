//! The largest open volume.

use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::ledger::{FillEntry, Ledger, Point};
use super::plan::Plan;

/// An opening after which the open volume is above the limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooLarge {
    pub(crate) at: Timestamp,
    pub(crate) lots: Decimal,
    pub(crate) limit: Decimal,
}

/// Returns the openings after a moment that make the volume too large. A
/// volume carried over counts at the next opening only.
pub(crate) fn too_large(
    plan: &Plan,
    ledger: &Ledger,
    points: &[Point],
    (start, after): (Timestamp, Timestamp),
) -> Vec<TooLarge> {
    let Some(limit) = plan.max_lots else {
        return Vec::new();
    };
    let opens = |id: u64| {
        let deal = ledger.deals.iter().find(|deal| deal.id == id);
        let fill = deal.and_then(|deal| deal.fill);
        fill.is_some_and(|fill| fill.entry != FillEntry::Out)
    };
    points
        .iter()
        .filter(|point| point.at >= start && point.at > after && point.lots > limit)
        .filter(|point| point.deal.is_some_and(opens))
        .map(|point| TooLarge {
            at: point.at,
            lots: point.lots,
            limit,
        })
        .collect()
}
