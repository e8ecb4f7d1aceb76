//! The trading days that passing needs.

use crate::domain::ledger::Standing;
use crate::domain::plan::Plan;

/// Returns whether positions were opened on as many days as the plan wants.
pub(super) fn are_enough(plan: &Plan, standing: &Standing) -> bool {
    standing.trading_days >= plan.min_trading_days.unwrap_or_default()
}
