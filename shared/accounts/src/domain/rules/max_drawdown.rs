//! The all-time drawdown: the deepest loss from the all-time reference.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::drawdown::{Limit, drawdown, percent_of};
use super::state::State;
use super::{Moment, PriorHistory, Rule, Severity, Violation};
use crate::domain::plan::{Basis, MaxMode, MaxRule, Payout, Plan};

/// All that the all-time rule remembers. Peaks and lows are kept for every
/// mode, so that another plan can be adopted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct MaxDrawdown {
    pub(super) equity_peak: Option<Decimal>,
    pub(super) balance_peak: Option<Decimal>,
    pub(super) reset_peak: Option<Decimal>,
    pub(super) equity_low: Option<Decimal>,
    pub(super) balance_low: Option<Decimal>,
    /// The lowest value, moved as the plan's reference moves.
    pub(super) low_moved: Option<Decimal>,
    /// The deepest fall from a peak, the initial balance left out.
    pub(super) fall: Decimal,
    /// The initial balance, moved as the plan's reference moves.
    pub(super) origin: Decimal,
    /// The reference without its lock.
    pub(super) top: Decimal,
    /// The highest `top` of any judged moment.
    pub(super) top_highest: Decimal,
    /// The reference at which the floor stops rising.
    pub(super) cap: Option<Decimal>,
    /// Whether the reference has reached its cap, where it then stays.
    pub(super) is_locked: bool,
    /// The deepest drawdown so far.
    pub(super) max_used: Decimal,
    pub(super) limit: Limit,
    /// Whether money that left the account took the value to the floor: the
    /// rule is not judged until the value is above it.
    pub(super) is_below_floor: bool,
}

/// A movement of money, as it moves references.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Movement {
    /// Of the balance.
    pub(super) adjusted: Decimal,
    /// Of the equity alone.
    pub(super) credited: Decimal,
}

impl Movement {
    /// Returns how far the plan's all-time reference moves.
    fn of_reference(self, plan: &Plan, rule: &MaxRule) -> Decimal {
        let adjusted = match plan.payout {
            Payout::Keep => Decimal::ZERO,
            Payout::Shift => self.adjusted,
        };
        match (rule.mode, plan.basis) {
            (MaxMode::TrailingIntraday, Basis::Floating) => adjusted + self.credited,
            _ => adjusted,
        }
    }
}

impl MaxDrawdown {
    pub(super) fn start(plan: &Plan, initial_balance: Decimal, prior: &PriorHistory) -> Self {
        let (balance_peak, reset_peak) = prior.peaks();
        let mut new = Self {
            equity_peak: None,
            balance_peak,
            reset_peak,
            equity_low: None,
            balance_low: None,
            low_moved: None,
            fall: Decimal::ZERO,
            origin: initial_balance,
            top: initial_balance,
            top_highest: initial_balance,
            cap: None,
            is_locked: false,
            max_used: Decimal::ZERO,
            limit: Limit::default(),
            is_below_floor: false,
        };
        new.set_rule(plan, initial_balance, initial_balance);
        new.lock_where_reached();
        new
    }

    /// Sets what follows from the plan. `origin` is the initial balance as the
    /// plan's reference has moved.
    fn set_rule(&mut self, plan: &Plan, initial_balance: Decimal, origin: Decimal) {
        let Some(rule) = &plan.max else {
            return;
        };
        self.origin = origin;
        self.limit
            .set(plan, percent_of(initial_balance, rule.limit_pct));
        self.cap = rule
            .lock_at
            .map(|lock_at| initial_balance + lock_at + self.limit.amount);
        self.top = self.top_of(plan, rule);
    }

    /// Returns the peak that the plan's mode looks at, where it looks at one.
    fn peak_of(&self, plan: &Plan, rule: &MaxRule) -> Option<Decimal> {
        match (rule.mode, plan.basis) {
            (MaxMode::Static, _) => None,
            (MaxMode::TrailingIntraday, Basis::Floating) => self.equity_peak,
            (MaxMode::TrailingIntraday, Basis::ClosedOnly) | (MaxMode::TrailingClosed, _) => {
                self.balance_peak
            }
            (MaxMode::TrailingEod, _) => self.reset_peak,
        }
    }

    fn top_of(&self, plan: &Plan, rule: &MaxRule) -> Decimal {
        self.peak_of(plan, rule)
            .map_or(self.origin, |peak| peak.max(self.origin))
    }

    /// Returns what the drawdown is measured from.
    pub(super) fn reference(&self) -> Decimal {
        self.reference_at(self.top)
    }

    /// Returns the reference that a top gives under the lock.
    pub(super) fn reference_at(&self, top: Decimal) -> Decimal {
        match self.cap {
            Some(cap) if self.is_locked => cap,
            Some(cap) => cap.min(top),
            None => top,
        }
    }

    /// Returns the value that breaches.
    pub(super) fn floor(&self) -> Decimal {
        self.reference() - self.limit.amount
    }

    fn lock_where_reached(&mut self) {
        self.is_locked |= self.cap.is_some_and(|cap| self.top >= cap);
    }

    /// Locks the floor at its cap: the first payout does so in some plans.
    pub(super) fn lock(&mut self) {
        self.is_locked |= self.cap.is_some();
    }

    /// Records the balance at a reset.
    pub(super) fn record_reset(&mut self, balance: Decimal) {
        raise(&mut self.reset_peak, balance);
    }

    /// Records a judged moment's peaks and lows. Returns the drawdown, where
    /// the plan has the rule and the value is known.
    fn record(&mut self, plan: &Plan, moment: &Moment) -> Option<Decimal> {
        raise(&mut self.balance_peak, moment.balance);
        if let Some(equity) = moment.equity {
            raise(&mut self.equity_peak, equity);
        }
        let rule = plan.max.as_ref()?;
        let value = moment.value(plan)?;
        let peak = self.peak_of(plan, rule);
        if let Some(peak) = peak {
            self.top = self.top.max(peak);
        }
        self.top_highest = self.top_highest.max(self.top);
        self.lock_where_reached();
        let floor = self.floor();
        if self.is_below_floor && value > floor {
            self.is_below_floor = false;
        } else if value <= floor && value + moment.outflow > floor {
            self.is_below_floor = true;
        }
        if self.is_below_floor {
            return None;
        }
        lower(&mut self.balance_low, moment.balance);
        if let Some(equity) = moment.equity {
            lower(&mut self.equity_low, equity);
        }
        lower(&mut self.low_moved, value);
        if let Some(peak) = peak {
            self.fall = self.fall.max(peak - value);
        }
        let used = drawdown(self.reference(), value);
        self.max_used = self.max_used.max(used);
        Some(used)
    }

    /// Moves what a movement of money moves.
    pub(super) fn shift(&mut self, plan: &Plan, by: Movement) {
        if let Some(peak) = &mut self.equity_peak {
            *peak += by.credited;
        }
        if plan.payout == Payout::Shift {
            for peak in [
                &mut self.equity_peak,
                &mut self.balance_peak,
                &mut self.reset_peak,
            ]
            .into_iter()
            .flatten()
            {
                *peak += by.adjusted;
            }
        }
        if let Some(rule) = &plan.max {
            let amount = by.of_reference(plan, rule);
            self.origin += amount;
            self.low_moved = self.low_moved.map(|low| low + amount);
            self.top = self.top_of(plan, rule);
        }
    }

    /// Moves to another plan and initial balance. Returns whether the deepest
    /// drawdown is the one that they would have seen from the start; where it
    /// is not, the caller sets it.
    pub(super) fn adopt(
        &mut self,
        (old, new): (&Plan, &Plan),
        (initial_before, initial_balance): (Decimal, Decimal),
        moved: Movement,
    ) -> bool {
        let Some(rule) = &new.max else {
            return true;
        };
        let origin = initial_balance + moved.of_reference(new, rule);
        self.set_rule(new, initial_balance, origin);
        let is_alike = is_alike(old, new);
        if is_alike {
            let rise = (initial_balance - initial_before).max(Decimal::ZERO);
            self.top_highest = (self.top_highest + rise).max(self.top);
        } else {
            self.low_moved = None;
            self.fall = Decimal::ZERO;
            self.top_highest = self.top;
        }
        self.is_locked = self.cap.is_some_and(|cap| self.top_highest >= cap);
        let low_raw = match new.basis {
            Basis::Floating => self.equity_low,
            Basis::ClosedOnly => self.balance_low,
        };
        let stays = rule.mode == MaxMode::Static && new.payout == Payout::Keep;
        let low = if stays { low_raw } else { self.low_moved };
        let below_origin = low.map_or(Decimal::ZERO, |low| origin - low);
        let below_peak = match rule.mode {
            MaxMode::Static => Decimal::ZERO,
            _ => self.fall,
        };
        self.max_used = below_origin.max(below_peak).max(Decimal::ZERO);
        stays || (is_alike && !self.is_locked)
    }

    /// Annuls a breach as deep as it was.
    pub(super) fn annul(&mut self, value: Decimal) {
        let used = drawdown(self.reference(), value);
        self.limit.waive(used, self.max_used);
        self.max_used = used;
    }
}

/// Returns whether two plans' all-time references are made and moved alike.
fn is_alike(old: &Plan, new: &Plan) -> bool {
    let mode = |plan: &Plan| plan.max.as_ref().map(|rule| rule.mode);
    old.basis == new.basis && old.payout == new.payout && mode(old) == mode(new)
}

fn raise(peak: &mut Option<Decimal>, value: Decimal) {
    *peak = Some(peak.map_or(value, |peak| peak.max(value)));
}

fn lower(low: &mut Option<Decimal>, value: Decimal) {
    *low = Some(low.map_or(value, |low| low.min(value)));
}

impl State {
    pub(super) fn judge_max(
        &mut self,
        plan: &Plan,
        moment: &Moment,
        is_final: bool,
        violations: &mut Vec<Violation>,
    ) {
        let Some(used) = self.max.record(plan, moment) else {
            return;
        };
        if self.max.limit.end_waiver(used, moment.at) {
            self.max.max_used = used;
        }
        if is_final {
            return;
        }
        let used = self.max.max_used;
        for (severity, threshold) in self.max.limit.newly_reached(used) {
            self.max.limit.report(severity);
            violations.push(Violation {
                flagged: moment.flagged,
                ..self.violation(Rule::MaxDrawdown, severity, (threshold, used), moment.at)
            });
            if severity == Severity::Breach {
                self.breach(plan, Rule::MaxDrawdown, moment.at, moment.is_certain);
            }
        }
    }
}
