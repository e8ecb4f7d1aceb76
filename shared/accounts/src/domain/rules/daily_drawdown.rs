//! The daily drawdown: the loss of a day, measured from its reference.

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::drawdown::{Limit, drawdown, percent_of};
use super::reset_values::{Reference, Source};
use super::state::State;
use super::{Moment, Rule, Severity, Violation};
use crate::domain::plan::{DailyKind, DailyRule, FirstDay, LimitOf, Plan, ReferenceKind};

/// The value at the reset that a day is measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ReferenceField {
    Equity,
    Balance,
}

/// The present day under the daily rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Daily {
    pub(super) reset_at: Timestamp,
    pub(super) equity: Reference,
    pub(super) balance: Reference,
    pub(super) measured_from: ReferenceField,
    pub(super) limit: Limit,
    /// The deepest drawdown of the day.
    pub(super) max_used: Decimal,
    pub(super) gap_max_ms: i64,
}

impl Daily {
    pub(super) fn new(reset_at: Timestamp, balance: Reference, equity: Reference) -> Self {
        Self {
            reset_at,
            equity,
            balance,
            measured_from: ReferenceField::Equity,
            limit: Limit::default(),
            max_used: Decimal::ZERO,
            gap_max_ms: 0,
        }
    }

    pub(super) fn reference(&self) -> &Reference {
        match self.measured_from {
            ReferenceField::Equity => &self.equity,
            ReferenceField::Balance => &self.balance,
        }
    }

    /// Chooses the value that the day is measured from, once: credit that
    /// comes later moves the equity alone and must not change the choice.
    pub(super) fn choose(&mut self, rule: &DailyRule) {
        self.measured_from = measured_from(rule, self.equity.value, self.balance.value);
    }

    /// Sets what follows from the plan and the fixed reference.
    pub(super) fn set_rule(&mut self, plan: &Plan, rule: &DailyRule, initial_balance: Decimal) {
        let amount = limit(rule, initial_balance, self.reference().fixed);
        self.limit.set(plan, amount);
    }

    /// Moves the reference by a deposit, a withdrawal or credit.
    pub(super) fn shift(&mut self, adjustment: Decimal, credit: Decimal) {
        self.equity.shift(adjustment + credit);
        self.balance.shift(adjustment);
    }

    /// Annuls the day's breach as deep as it was.
    pub(super) fn annul(&mut self, value: Decimal) {
        let used = drawdown(self.reference().value, value);
        self.limit.waive(used, self.max_used);
        self.max_used = used;
    }
}

fn measured_from(rule: &DailyRule, equity: Decimal, balance: Decimal) -> ReferenceField {
    match rule.reference {
        ReferenceKind::Equity => ReferenceField::Equity,
        ReferenceKind::Balance => ReferenceField::Balance,
        ReferenceKind::Max if equity >= balance => ReferenceField::Equity,
        ReferenceKind::Max => ReferenceField::Balance,
    }
}

fn limit(rule: &DailyRule, initial_balance: Decimal, fixed: Decimal) -> Decimal {
    let whole = match rule.of {
        LimitOf::Initial => initial_balance,
        LimitOf::Reference => fixed,
    };
    percent_of(whole, rule.limit_pct).max(Decimal::ZERO)
}

/// A day's reference before its first judged moment.
#[derive(Clone, Copy)]
pub(super) struct Provisional {
    pub(super) value: Decimal,
    pub(super) source: Source,
    pub(super) limit: Decimal,
}

impl State {
    /// Begins the day of a moment. Returns the reset that began it.
    pub(super) fn begin_day(&mut self, plan: &Plan, moment: &Moment) -> Timestamp {
        let at = moment.at;
        let is_first = self.last.is_none();
        let reset_at = plan.reset.latest_at_or_before(at);
        let is_at_reset = reset_at == at;
        if is_at_reset && self.next_reset == at {
            self.max.record_reset(moment.balance);
        }
        let (known_at, value) = match (moment.equity, moment.next_equity) {
            (Some(equity), _) => (at, equity),
            (None, Some(next)) => next,
            (None, None) => (at, moment.balance),
        };
        let point = super::reset_values::Point {
            at: known_at,
            value,
        };
        let is_exact = is_at_reset || (is_first && moment.is_proven);
        let (mut balance, mut equity) = self.values_at_reset(point, moment.balance, is_exact);
        if is_first
            && let Some(rule) = &plan.daily
            && rule.first_day == FirstDay::Initial
        {
            balance = Reference::taken(self.initial_balance, Source::Initial);
            equity = balance;
        }
        self.daily = plan.daily.as_ref().map(|rule| {
            let mut day = Daily::new(reset_at, balance, equity);
            day.choose(rule);
            day.set_rule(plan, rule, self.initial_balance);
            day
        });
        if self.paused_until.is_some_and(|until| until <= at) {
            self.paused_until = None;
        }
        self.next_reset = plan.reset.next_after(at);
        reset_at
    }

    pub(super) fn judge_daily(
        &mut self,
        plan: &Plan,
        moment: &Moment,
        (gap_ms, is_final): (i64, bool),
        violations: &mut Vec<Violation>,
    ) {
        let (Some(rule), Some(daily)) = (&plan.daily, &mut self.daily) else {
            return;
        };
        daily.gap_max_ms = daily.gap_max_ms.max(gap_ms);
        let Some(value) = moment.value(plan) else {
            return;
        };
        let used = drawdown(daily.reference().value, value);
        daily.max_used = daily.max_used.max(used);
        daily.limit.end_waiver(used, moment.at);
        if is_final {
            return;
        }
        let (reset_at, gap_max_ms) = (daily.reset_at, daily.gap_max_ms);
        for (severity, threshold) in daily.limit.newly_reached(used) {
            if let Some(daily) = &mut self.daily {
                daily.limit.report(severity);
            }
            violations.push(Violation {
                reset_at: Some(reset_at),
                gap_max_ms,
                flagged: moment.flagged,
                ..self.violation(Rule::DailyDrawdown, severity, (threshold, used), moment.at)
            });
            match (severity, rule.kind) {
                (Severity::Breach, DailyKind::Hard) => {
                    self.breach(plan, Rule::DailyDrawdown, moment.at, moment.is_certain);
                }
                (Severity::Breach, DailyKind::Pause) => {
                    self.paused_until = Some(self.next_reset);
                }
                _ => {}
            }
        }
    }

    /// Returns what stands in for the reference of a day without a judged
    /// moment.
    pub(super) fn provisional_day(&self, rule: &DailyRule, reset_at: Timestamp) -> Provisional {
        let Some(last) = &self.last else {
            return Provisional {
                value: self.initial_balance,
                source: Source::Initial,
                limit: limit(rule, self.initial_balance, self.initial_balance),
            };
        };
        let (balance, equity) = self.provisional_values(reset_at, last);
        let reference = match measured_from(rule, equity.value, balance.value) {
            ReferenceField::Equity => equity,
            ReferenceField::Balance => balance,
        };
        let is_settled = rule.reference == ReferenceKind::Balance;
        Provisional {
            value: reference.value,
            // The equity may still turn out to be the larger one.
            source: if is_settled {
                balance.source
            } else {
                equity.source
            },
            limit: limit(rule, self.initial_balance, reference.fixed),
        }
    }
}
