//! What both drawdown rules share: the use of a limit and its severities.

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Severity;
use crate::domain::plan::Plan;

/// Returns how far a value is below its reference; 0 where it is above.
#[must_use]
pub fn drawdown(reference: Decimal, value: Decimal) -> Decimal {
    (reference - value).max(Decimal::ZERO)
}

pub(super) fn percent_of(whole: Decimal, percent: Decimal) -> Decimal {
    whole * percent / Decimal::ONE_HUNDRED
}

/// Returns a part in percent of a whole; of nothing, 0 or 100.
pub(super) fn use_pct(part: Decimal, whole: Decimal) -> Decimal {
    (part * Decimal::ONE_HUNDRED)
        .checked_div(whole)
        .unwrap_or(if part.is_zero() {
            Decimal::ZERO
        } else {
            Decimal::ONE_HUNDRED
        })
        .normalize()
}

/// A limit, and which of its severities have been reported.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Limit {
    /// The drawdown that breaches.
    pub(super) amount: Decimal,
    /// The drawdown from which a violation is a warning, critical, a breach.
    pub(super) thresholds: [Decimal; 3],
    /// Severities reported, as bits.
    pub(super) reported: u8,
    /// The depth up to which an annulled breach is waived.
    pub(super) waived_up_to: Option<Decimal>,
    /// Until when the waiver lasts whatever the drawdown recovers to: the
    /// moments up to an annulment, where they are judged again after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) waived_until: Option<Timestamp>,
}

impl Limit {
    /// Sets the limit and the thresholds that follow from it.
    pub(super) fn set(&mut self, plan: &Plan, amount: Decimal) {
        self.amount = amount;
        self.thresholds = [
            percent_of(amount, plan.severity.warning_pct),
            percent_of(amount, plan.severity.critical_pct),
            amount,
        ];
    }

    /// Returns the severities that a drawdown reaches and that have not been
    /// reported, mildest first, each with its threshold.
    pub(super) fn newly_reached(&self, used: Decimal) -> Vec<(Severity, Decimal)> {
        if used < self.thresholds[0] || used.is_zero() {
            return Vec::new();
        }
        Severity::ALL
            .into_iter()
            .zip(self.thresholds)
            .filter(|(severity, threshold)| {
                used >= *threshold && self.reported & severity.bit() == 0
            })
            .collect()
    }

    pub(super) fn report(&mut self, severity: Severity) {
        self.reported |= severity.bit();
    }

    /// Ends the waiver of an annulled breach where the drawdown is deeper than
    /// the waived one, or has recovered above the floor. Returns whether it
    /// ended.
    pub(super) fn end_waiver(&mut self, used: Decimal, at: Timestamp) -> bool {
        let may_recover = self.waived_until.is_none_or(|until| at > until);
        let is_over = self
            .waived_up_to
            .is_some_and(|depth| used > depth || (may_recover && used < self.amount));
        if is_over {
            self.waived_up_to = None;
            self.waived_until = None;
            self.reported &= !Severity::Breach.bit();
        }
        is_over
    }

    /// Waives an annulled breach as deep as it was, where it still lasts.
    pub(super) fn waive(&mut self, used: Decimal, deepest: Decimal) {
        self.waived_up_to = (used >= self.amount).then_some(deepest);
        self.keep_reached(used);
    }

    /// Forgets reported severities whose threshold a drawdown no longer
    /// reaches, so that they can be reported again.
    pub(super) fn keep_reached(&mut self, used: Decimal) {
        self.reported = Severity::ALL
            .into_iter()
            .zip(self.thresholds)
            .filter(|(_, threshold)| used >= *threshold)
            .fold(0, |kept, (severity, _)| {
                kept | (self.reported & severity.bit())
            });
    }
}
