//! Passing: the profit target, and what must hold beside it.

use chrono::Duration;
use rust_decimal::Decimal;

use super::drawdown::percent_of;
use super::state::State;
use super::{Phase, Snapshot, consistency, trading_days};
use crate::domain::plan::Plan;

/// Time after which a position that the ledger has and the list of positions
/// does not show counts as closed.
pub const LIST_DECIDES_AFTER: Duration = Duration::minutes(10);

/// Returns the gain that passes a challenge, where the plan has a target.
pub(super) fn gain_target(plan: &Plan, initial_balance: Decimal) -> Option<Decimal> {
    plan.profit_target_pct
        .map(|target_pct| percent_of(initial_balance, target_pct))
}

impl State {
    /// Returns the result of trading that a balance stands for.
    pub(super) fn gain_of(&self, balance: Decimal) -> Decimal {
        balance - self.initial_balance - self.adjusted - self.unexplained
    }

    /// Returns whether a snapshot passes the challenge.
    pub(super) fn passes(&self, plan: &Plan, snapshot: &Snapshot) -> bool {
        let Some(target) = gain_target(plan, self.initial_balance) else {
            return false;
        };
        let gain = self.gain_of(snapshot.balance);
        gain >= target
            && gain > Decimal::ZERO
            && !snapshot.flagged
            && !snapshot.looks_back
            && self.phase_at(snapshot.recorded_at) == Phase::Active
            && self.is_flat_beyond_doubt(snapshot)
            && !self.waits_for_trade
            && trading_days::are_enough(plan, &self.standing)
            && consistency::is_met(plan, &self.standing)
    }

    /// Returns whether neither the list of positions nor the ledger shows an
    /// open position. The list alone decides where both have differed for ten
    /// minutes.
    fn is_flat_beyond_doubt(&self, snapshot: &Snapshot) -> bool {
        let Some(list) = snapshot.positions.filter(|list| list.count == 0) else {
            return false;
        };
        debug_assert_eq!(list.count, 0);
        self.standing.open_positions == 0
            || self
                .positions_differ_since
                .is_some_and(|since| snapshot.recorded_at - since >= LIST_DECIDES_AFTER)
    }

    /// Records whether the ledger has positions that the list does not show,
    /// or the reverse.
    pub(super) fn compare_positions(&mut self, snapshot: &Snapshot) {
        let Some(list) = snapshot.positions else {
            return;
        };
        if list.count == self.standing.open_positions {
            self.positions_differ_since = None;
        } else if self.positions_differ_since.is_none() {
            self.positions_differ_since = Some(snapshot.recorded_at);
        }
    }
}
