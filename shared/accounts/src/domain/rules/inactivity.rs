//! Days without a trade and without an open position.

use chrono::Duration;
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::state::State;
use super::{Rule, Severity, Violation};
use crate::domain::plan::Plan;

/// What the rule remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Inactivity {
    pub(super) last_trade_at: Option<Timestamp>,
    /// Severities reported for the present spell without a trade, as bits.
    pub(super) reported: u8,
}

impl State {
    /// Returns when the warning and the breach are due. Days count from the
    /// last trade, or from the start, by 24 hours; balance operations are no
    /// trading, and an open position stops the count.
    fn inactivity_moments(&self, plan: &Plan) -> Option<(Timestamp, Timestamp)> {
        let days = i64::from(plan.inactivity_days?);
        if self.standing.open_positions > 0 {
            return None;
        }
        let since = self.last_active_at();
        let breach = since + Duration::days(days);
        Some((breach - Duration::days(1), breach))
    }

    /// Returns since when the account is idle; `None` while a position is open.
    #[must_use]
    pub fn idle_since(&self, now: Timestamp) -> Option<Timestamp> {
        (self.standing.open_positions == 0).then(|| self.last_active_at().min(now))
    }

    /// Returns the last trade of the challenge, or its start.
    fn last_active_at(&self) -> Timestamp {
        let last = self.inactivity.last_trade_at;
        last.map_or(self.started_at, |last| last.max(self.started_at))
    }

    pub(super) fn inactivity_due(&self, plan: &Plan) -> Option<Timestamp> {
        let (warning, breach) = self.inactivity_moments(plan)?;
        let is_reported = |severity: Severity| self.inactivity.reported & severity.bit() != 0;
        if self.is_final() || is_reported(Severity::Breach) {
            None
        } else if is_reported(Severity::Warning) {
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
            let is_warned = self.inactivity.reported & Severity::Warning.bit() != 0;
            let days = Decimal::from(plan.inactivity_days.unwrap_or_default());
            let (severity, used) = if is_warned {
                (Severity::Breach, days)
            } else {
                (Severity::Warning, days - Decimal::ONE)
            };
            self.inactivity.reported |= severity.bit();
            let mut violation = self.violation(Rule::Inactivity, severity, (used, used), due);
            // A warning comes once for each spell, so the day tells two apart.
            violation.reset_at = Some(plan.reset.latest_at_or_before(due));
            violations.push(violation);
            if severity == Severity::Breach {
                let is_certain = self.unexplained.is_zero();
                self.breach(plan, Rule::Inactivity, due, is_certain);
            }
        }
    }

    pub(super) fn record_trade(&mut self, at: Timestamp) {
        let last = &mut self.inactivity.last_trade_at;
        if last.is_none_or(|last| last < at) {
            *last = Some(at);
            if !self.has_breach(Rule::Inactivity) {
                self.inactivity.reported = 0;
            }
        }
    }
}
