//! The consistency rule: the best day's share of the total profit.

use rust_decimal::Decimal;

use super::drawdown::percent_of;
use crate::domain::ledger::Standing;
use crate::domain::plan::Plan;

/// Returns whether the best day's share of the total profit is small enough.
pub(super) fn is_met(plan: &Plan, standing: &Standing) -> bool {
    let Some(share_pct) = plan.consistency_pct else {
        return true;
    };
    standing.total_profit > Decimal::ZERO
        && standing.best_day_profit <= percent_of(standing.total_profit, share_pct)
}

/// Returns the best day's share of the total profit in percent; `None`
/// without a profit.
#[must_use]
pub fn best_day_share_pct(standing: &Standing) -> Option<Decimal> {
    (standing.total_profit > Decimal::ZERO)
        .then(|| standing.best_day_profit * Decimal::ONE_HUNDRED / standing.total_profit)
}
