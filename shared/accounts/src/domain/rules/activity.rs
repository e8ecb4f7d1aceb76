//! The rules that go by deals: inactivity, open volume, and passing.

use chrono::Duration;
use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::{Rule, Severity, State, Violation};
use crate::domain::ledger::Standing;
use crate::domain::plan::Plan;

impl State {
    /// When the warning and the breach of the inactivity rule are due. Days
    /// count from the last trade, or from the start, by 24 hours; balance
    /// operations are no trading.
    fn inactivity_moments(&self, plan: &Plan) -> Option<(Timestamp, Timestamp)> {
        let days = i64::from(plan.inactivity_days?);
        let since = self.activity.last_trade_at.unwrap_or(self.started_at);
        let breach = since + Duration::days(days);
        Some((breach - Duration::days(1), breach))
    }

    pub(super) fn inactivity_due(&self, plan: &Plan) -> Option<Timestamp> {
        let (warning, breach) = self.inactivity_moments(plan)?;
        let told = |severity: Severity| self.activity.inactivity_told & severity.bit() != 0;
        if self.is_final() || told(Severity::Breach) {
            None
        } else if told(Severity::Warning) {
            Some(breach)
        } else {
            Some(warning)
        }
    }

    /// Records what the time without a trade has come to by a moment.
    pub(super) fn judge_inactivity(
        &mut self,
        plan: &Plan,
        at: Timestamp,
        violations: &mut Vec<Violation>,
    ) {
        // Twice at most: the warning, then the breach.
        while let Some(due) = self.inactivity_due(plan).filter(|due| *due <= at) {
            let Some((warning, breach)) = self.inactivity_moments(plan) else {
                return;
            };
            let is_warned = self.activity.inactivity_told & Severity::Warning.bit() != 0;
            let severity = if is_warned {
                Severity::Breach
            } else {
                Severity::Warning
            };
            self.activity.inactivity_told |= severity.bit();
            let days = Decimal::from(plan.inactivity_days.unwrap_or_default());
            let used = if severity == Severity::Breach {
                days
            } else {
                days - Decimal::ONE
            };
            debug_assert!(due == warning || due == breach);
            let mut violation = self.violation(Rule::Inactivity, severity, (used, used), due);
            // A warning comes once for each spell, so the day tells two apart.
            violation.reset_at = Some(plan.reset.latest_at_or_before(due));
            violations.push(violation);
            if severity == Severity::Breach {
                self.breach(Rule::Inactivity);
            }
        }
    }

    pub(super) fn note_trade(&mut self, at: Timestamp) {
        if self.activity.last_trade_at.is_none_or(|last| last < at) {
            self.activity.last_trade_at = Some(at);
            if self.breaches & Rule::Inactivity.bit() == 0 {
                self.activity.inactivity_told = 0;
            }
        }
    }

    pub(super) fn judge_lots(
        &mut self,
        plan: &Plan,
        at: Timestamp,
        violations: &mut Vec<Violation>,
    ) {
        let Some(lots_max) = plan.max_lots else {
            return;
        };
        let open = self.standing.open_volume;
        if open <= lots_max {
            // An annulled breach is forgiven until the volume is back in its
            // bounds; from then on it counts anew.
            if self.breaches & Rule::MaxLots.bit() == 0 {
                self.activity.lots_told = false;
            }
        } else if !self.activity.lots_told && !self.is_final() {
            self.activity.lots_told = true;
            violations.push(self.violation(Rule::MaxLots, Severity::Breach, (lots_max, open), at));
            self.breach(Rule::MaxLots);
        }
    }

    /// Whether a snapshot of this balance passes the challenge.
    pub(super) fn passes(&self, plan: &Plan, balance: Decimal) -> bool {
        let Some(target_pct) = plan.profit_target_pct else {
            return false;
        };
        let gain = balance - self.initial_balance - self.adjusted;
        gain * Decimal::ONE_HUNDRED >= self.initial_balance * target_pct
            && self.standing.open_positions == 0
            && self.standing.trading_days >= plan.min_trading_days.unwrap_or_default()
            && self.is_consistent(plan)
    }

    /// Whether the best day's share of the total profit is small enough.
    fn is_consistent(&self, plan: &Plan) -> bool {
        let Some(share_pct) = plan.consistency_pct else {
            return true;
        };
        let Standing {
            best_day_profit,
            total_profit,
            ..
        } = self.standing;
        total_profit > Decimal::ZERO
            && best_day_profit * Decimal::ONE_HUNDRED <= total_profit * share_pct
    }
}
