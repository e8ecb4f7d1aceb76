//! The all-time reference and the deepest use of its limit.

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::reference::{percent_of, thresholds};
use super::{PriorHistory, Snapshot};
use crate::domain::plan::{Basis, MaxMode, MaxRule, Payout, Plan};

/// A highest value, as it stands after the adjustments since.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Peak {
    pub(super) value: Decimal,
    /// The time of the snapshot it was seen in.
    pub(super) at: Timestamp,
}

/// All that the all-time rule remembers. Peaks and lows are kept for every
/// mode, so that another plan can be adopted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct AllTime {
    pub(super) equity_peak: Option<Peak>,
    pub(super) balance_peak: Option<Peak>,
    pub(super) eod_peak: Option<Peak>,
    pub(super) equity_low: Option<Decimal>,
    pub(super) balance_low: Option<Decimal>,
    /// The lowest V, moved as the plan's reference moves.
    pub(super) low_moved: Option<Decimal>,
    /// The deepest of peak less V, the initial balance left out.
    pub(super) fall: Decimal,
    /// The initial balance, moved as the plan's reference moves.
    pub(super) origin: Decimal,
    /// The reference but for its lock.
    pub(super) top: Decimal,
    /// The highest that it ever was at a snapshot.
    pub(super) top_highest: Decimal,
    /// What a lock keeps the reference at.
    pub(super) cap: Option<Decimal>,
    /// The deepest use so far.
    pub(super) deepest: Decimal,
    pub(super) limit: Decimal,
    pub(super) thresholds: [Decimal; 3],
    /// Severities told, as bits.
    pub(super) told: u8,
    /// The depth up to which an annulled breach is forgiven.
    pub(super) forgiven: Option<Decimal>,
}

/// An adjustment as it moves references.
#[derive(Clone, Copy)]
pub(super) struct Movement {
    /// Of the balance.
    pub(super) adjusted: Decimal,
    /// Of the equity alone.
    pub(super) credited: Decimal,
}

impl Movement {
    /// How far the plan's all-time reference moves.
    fn of_reference(self, plan: &Plan, rule: &MaxRule) -> Decimal {
        match (rule.mode, plan.payout, plan.basis) {
            (MaxMode::Static, Payout::Keep, _) => Decimal::ZERO,
            (MaxMode::TrailingIntraday, _, Basis::Floating) => self.adjusted + self.credited,
            _ => self.adjusted,
        }
    }
}

impl AllTime {
    pub(super) fn start(
        plan: &Plan,
        initial_balance: Decimal,
        started_at: Timestamp,
        prior: &PriorHistory,
    ) -> Self {
        let (balance, eod) = prior.peaks_until(started_at);
        let peak = |value| Peak {
            value,
            at: started_at,
        };
        let mut new = Self {
            equity_peak: None,
            balance_peak: balance.map(peak),
            eod_peak: eod.map(peak),
            equity_low: None,
            balance_low: None,
            low_moved: None,
            fall: Decimal::ZERO,
            origin: initial_balance,
            top: initial_balance,
            top_highest: initial_balance,
            cap: None,
            deepest: Decimal::ZERO,
            limit: Decimal::ZERO,
            thresholds: [Decimal::ZERO; 3],
            told: 0,
            forgiven: None,
        };
        new.set_rule(plan, initial_balance, initial_balance);
        new
    }

    /// Sets what follows from the plan. `origin` is the initial balance as
    /// the plan's reference has moved.
    pub(super) fn set_rule(&mut self, plan: &Plan, initial_balance: Decimal, origin: Decimal) {
        let Some(rule) = &plan.max else {
            return;
        };
        self.origin = origin;
        self.limit = percent_of(initial_balance, rule.limit_pct);
        self.thresholds = thresholds(plan, self.limit);
        self.cap = rule
            .lock_at
            .map(|lock_at| initial_balance + lock_at + self.limit);
        self.top = self.top_of(plan, rule);
    }

    /// The peak that the plan's mode looks at, where it looks at one.
    fn peak_of(&self, plan: &Plan, rule: &MaxRule) -> Option<Decimal> {
        let peak = match (rule.mode, plan.basis) {
            (MaxMode::Static, _) => None,
            (MaxMode::TrailingIntraday, Basis::Floating) => self.equity_peak,
            (MaxMode::TrailingIntraday, Basis::ClosedOnly) | (MaxMode::TrailingClosed, _) => {
                self.balance_peak
            }
            (MaxMode::TrailingEod, _) => self.eod_peak,
        };
        peak.map(|peak| peak.value)
    }

    pub(super) fn top_of(&self, plan: &Plan, rule: &MaxRule) -> Decimal {
        self.peak_of(plan, rule)
            .map_or(self.origin, |peak| peak.max(self.origin))
    }

    pub(super) fn reference(&self) -> Decimal {
        self.cap.map_or(self.top, |cap| cap.min(self.top))
    }

    /// Tells of a balance at a reset.
    pub(super) fn note_eod(&mut self, balance: Decimal, at: Timestamp) {
        raise(&mut self.eod_peak, balance, at);
    }

    /// Tells of a judged snapshot; gives the use that it makes of the limit.
    pub(super) fn note(&mut self, plan: &Plan, snapshot: &Snapshot) -> Decimal {
        let Snapshot {
            recorded_at: at,
            balance,
            equity,
            ..
        } = *snapshot;
        raise(&mut self.equity_peak, equity, at);
        raise(&mut self.balance_peak, balance, at);
        lower(&mut self.equity_low, equity);
        lower(&mut self.balance_low, balance);
        let Some(rule) = &plan.max else {
            return Decimal::ZERO;
        };
        let value = match plan.basis {
            Basis::Floating => equity,
            Basis::ClosedOnly => balance,
        };
        lower(&mut self.low_moved, value);
        if let Some(peak) = self.peak_of(plan, rule) {
            self.top = self.top.max(peak);
            self.fall = self.fall.max(peak - value);
        }
        if self.top > self.top_highest {
            self.top_highest = self.top;
        }
        let used = (self.reference() - value).max(Decimal::ZERO);
        if used > self.deepest {
            self.deepest = used;
        }
        used
    }

    /// Moves what an adjustment moves; `contains` says whether a snapshot of
    /// that time has it already.
    pub(super) fn adjust(
        &mut self,
        plan: &Plan,
        by: Movement,
        contains: impl Fn(Timestamp) -> bool,
    ) {
        let peaks = [
            (&mut self.equity_peak, by.adjusted + by.credited),
            (&mut self.balance_peak, by.adjusted),
            (&mut self.eod_peak, by.adjusted),
        ];
        for (peak, amount) in peaks {
            if let Some(peak) = peak
                && !contains(peak.at)
            {
                peak.value += amount;
            }
        }
        if let Some(rule) = &plan.max {
            let amount = by.of_reference(plan, rule);
            self.origin += amount;
            self.low_moved = self.low_moved.map(|low| low + amount);
            self.top = self.top_of(plan, rule);
        }
    }

    /// Moves to another plan and initial balance. Gives whether the deepest
    /// use is the one that they would have seen from the start; where it is
    /// not, the caller sets it.
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
        self.deepest = below_origin.max(below_peak).max(Decimal::ZERO);
        let never_locked = self.cap.is_none_or(|cap| self.top_highest <= cap);
        stays || (is_alike && never_locked)
    }
}

/// Whether two plans' all-time references are made and moved alike.
fn is_alike(old: &Plan, new: &Plan) -> bool {
    let mode = |plan: &Plan| plan.max.as_ref().map(|rule| rule.mode);
    old.basis == new.basis && old.payout == new.payout && mode(old) == mode(new)
}

fn raise(peak: &mut Option<Peak>, value: Decimal, at: Timestamp) {
    if peak.is_none_or(|peak| value > peak.value) {
        *peak = Some(Peak { value, at });
    }
}

fn lower(low: &mut Option<Decimal>, value: Decimal) {
    if low.is_none_or(|low| value < low) {
        *low = Some(value);
    }
}
