//! Judging one snapshot.

use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::all_time::Movement;
use super::reference::reached;
use super::state::{Dated, Last, State};
use super::{DealEffect, Outcome, Reception, Rule, Severity, Snapshot, Violation};
use crate::domain::is_in_range;
use crate::domain::plan::{DailyKind, Plan};

impl State {
    pub(super) fn apply_snapshot(&mut self, plan: &Plan, snapshot: &Snapshot) -> Outcome {
        if !is_in_range(snapshot.balance) || !is_in_range(snapshot.equity) {
            return Outcome::ignored(Reception::OutOfRange);
        }
        let at = snapshot.recorded_at;
        if at < self.started_at || self.last.is_some_and(|last| at < last.at) {
            return Outcome::ignored(Reception::Late);
        }
        let mut outcome = Outcome::judged();
        self.judge_inactivity(plan, at, &mut outcome.violations);
        let gap_ms = self
            .last
            .map_or(0, |last| (at - last.at).num_milliseconds());
        self.gap_max_ms = self.gap_max_ms.max(gap_ms);
        if self.last.is_none() || at >= self.next_reset {
            outcome.day_began = Some(self.begin_day(plan, snapshot));
        }
        if snapshot.flagged {
            self.flagged_at = Some(at);
        }
        let used = self.all_time.note(plan, snapshot);
        let is_open = !self.is_final();
        self.judge_daily(plan, snapshot, gap_ms, is_open, &mut outcome.violations);
        self.judge_max(plan, snapshot, used, is_open, &mut outcome.violations);
        for dated in &mut self.dated {
            dated.adjusted = Decimal::ZERO;
            dated.credited = Decimal::ZERO;
        }
        self.last = Some(Last {
            at,
            balance: snapshot.balance,
            equity: snapshot.equity,
            balance_recorded: snapshot.balance,
        });
        if !self.is_final() && self.paused_until.is_none() && self.passes(plan, snapshot.balance) {
            self.is_passed = true;
        }
        self.settle(at, outcome)
    }

    /// Goes over to the day of a snapshot; gives the reset that began it.
    fn begin_day(&mut self, plan: &Plan, snapshot: &Snapshot) -> Timestamp {
        let at = snapshot.recorded_at;
        let reset_at = plan.reset.latest_at_or_before(at);
        if self.next_reset < at {
            // At each reset passed the balance was the last one known, or for
            // want of one the first after.
            let (balance, seen_at) = self
                .last
                .map_or((snapshot.balance, at), |last| (last.balance, last.at));
            self.all_time.note_eod(balance, seen_at);
        }
        if reset_at == at && self.next_reset <= at {
            self.all_time.note_eod(snapshot.balance, at);
        }
        self.daily = plan
            .daily
            .as_ref()
            .map(|rule| self.day_of(plan, rule, reset_at, snapshot));
        if self.paused_until.is_some_and(|until| until <= at) {
            self.paused_until = None;
        }
        self.next_reset = plan.reset.next_after(at);
        reset_at
    }

    fn judge_daily(
        &mut self,
        plan: &Plan,
        snapshot: &Snapshot,
        gap_ms: i64,
        is_open: bool,
        violations: &mut Vec<Violation>,
    ) {
        let (Some(rule), Some(daily)) = (&plan.daily, &mut self.daily) else {
            return;
        };
        daily.gap_max_ms = daily.gap_max_ms.max(gap_ms);
        let value = Self::basis(plan, snapshot.balance, snapshot.equity);
        let used = (daily.reference().value - value).max(Decimal::ZERO);
        if used > daily.deepest {
            daily.deepest = used;
        }
        if is_forgiveness_over(daily.forgiven, used, &daily.thresholds) {
            daily.forgiven = None;
            daily.told &= !Severity::Breach.bit();
        }
        if !is_open || used < daily.thresholds[0] {
            return;
        }
        let (told, reset_at) = (daily.told, daily.reset_at);
        let (thresholds, gap_max_ms) = (daily.thresholds, daily.gap_max_ms);
        for (severity, threshold) in reached(&thresholds, used, told) {
            let amounts = (threshold, used);
            let at = snapshot.recorded_at;
            violations.push(Violation {
                reset_at: Some(reset_at),
                gap_max_ms,
                flagged: snapshot.flagged,
                ..self.violation(Rule::DailyDrawdown, severity, amounts, at)
            });
            if let Some(daily) = &mut self.daily {
                daily.told |= severity.bit();
            }
            match (severity, rule.kind) {
                (Severity::Breach, DailyKind::Hard) => self.breach(Rule::DailyDrawdown),
                (Severity::Breach, DailyKind::Pause) => self.paused_until = Some(self.next_reset),
                _ => {}
            }
        }
    }

    fn judge_max(
        &mut self,
        plan: &Plan,
        snapshot: &Snapshot,
        current: Decimal,
        is_open: bool,
        violations: &mut Vec<Violation>,
    ) {
        if plan.max.is_none() {
            return;
        }
        let all_time = &mut self.all_time;
        if is_forgiveness_over(all_time.forgiven, current, &all_time.thresholds) {
            all_time.forgiven = None;
            all_time.told &= !Severity::Breach.bit();
            all_time.deepest = current;
        }
        let used = all_time.deepest;
        if !is_open || used < all_time.thresholds[0] {
            return;
        }
        let (thresholds, told) = (all_time.thresholds, all_time.told);
        for (severity, threshold) in reached(&thresholds, used, told) {
            let amounts = (threshold, used);
            let at = snapshot.recorded_at;
            violations.push(Violation {
                flagged: snapshot.flagged,
                ..self.violation(Rule::MaxDrawdown, severity, amounts, at)
            });
            self.all_time.told |= severity.bit();
            if severity == Severity::Breach {
                self.breach(Rule::MaxDrawdown);
            }
        }
    }

    /// Moves the references by an adjustment that has arrived.
    pub(super) fn adjust(&mut self, plan: &Plan, effect: &DealEffect) {
        let by = Movement {
            adjusted: effect.adjustment,
            credited: effect.credit,
        };
        let of_equity = by.adjusted + by.credited;
        let flagged_at = self.flagged_at.filter(|flagged| effect.time <= *flagged);
        let contains = |origin: Timestamp| flagged_at.is_some_and(|flagged| flagged <= origin);
        self.adjusted += by.adjusted;
        self.credited += by.credited;
        if let Some(last) = &mut self.last
            && !contains(last.at)
        {
            last.balance += by.adjusted;
            last.equity += of_equity;
        }
        if let Some(daily) = &mut self.daily {
            if !contains(daily.equity.origin) {
                daily.equity.value += of_equity;
            }
            if !contains(daily.balance.origin) {
                daily.balance.value += by.adjusted;
            }
        }
        self.all_time.adjust(plan, by, contains);
        if !self.last.is_some_and(|last| contains(last.at)) {
            self.date(plan, effect);
        }
    }

    /// Notes an adjustment under the day that it is dated in.
    fn date(&mut self, plan: &Plan, effect: &DealEffect) {
        let [newest, before] = &mut self.dated;
        let reset_at = plan.reset.latest_at_or_before(effect.time);
        if newest.reset_at < reset_at {
            *before = std::mem::replace(newest, Dated::of(reset_at));
        } else if before.reset_at < reset_at && effect.time < newest.reset_at {
            *before = Dated::of(reset_at);
        }
        let bucket = if effect.time >= newest.reset_at {
            newest
        } else if effect.time >= before.reset_at {
            before
        } else {
            return;
        };
        bucket.adjusted += effect.adjustment;
        bucket.credited += effect.credit;
    }
}

/// An annulled breach is forgiven as deep as it was; what is deeper, or comes
/// after a recovery, counts anew.
fn is_forgiveness_over(
    forgiven: Option<Decimal>,
    used: Decimal,
    thresholds: &[Decimal; 3],
) -> bool {
    forgiven.is_some_and(|depth| used > depth || used < thresholds[2])
}
