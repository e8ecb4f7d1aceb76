//! What an operator changes: the plan or the initial balance, and an
//! annulment.

use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::all_time::Movement;
use super::state::State;
use super::{PhaseChange, Rule, Severity, Snapshot};
use crate::domain::plan::Plan;

/// What an adoption could and could not carry over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// Whether the deepest all-time use is the one that the new plan would
    /// have seen. It is for a static reference that stays, and wherever basis,
    /// mode and payout stay the same and no lock has held. Otherwise it starts
    /// again from the present.
    pub is_depth_exact: bool,
    /// Whether the day's reference is the one that the new plan would have
    /// seen. It is unless the reset changes or the old plan had no daily rule;
    /// then the newest snapshot stands in.
    pub is_reference_exact: bool,
}

impl State {
    /// Goes over to another plan, initial balance, or both. Nothing fires by
    /// itself: what the new figures cross is told with the next snapshot, and
    /// a breach that stands goes on standing until it is annulled. Severities
    /// whose threshold is no longer reached can be told again.
    pub fn adopt(&mut self, old: &Plan, new: &Plan, initial_balance: Decimal) -> Adoption {
        let initial_before = std::mem::replace(&mut self.initial_balance, initial_balance);
        self.round += 1;
        let moved = Movement {
            adjusted: self.adjusted,
            credited: self.credited,
        };
        let balances = (initial_before, initial_balance);
        let is_depth_exact = self.all_time.adopt((old, new), balances, moved);
        let value = self
            .last
            .map(|last| Self::basis(new, last.balance, last.equity));
        let current = value.map_or(Decimal::ZERO, |value| {
            (self.all_time.reference() - value).max(Decimal::ZERO)
        });
        if !is_depth_exact {
            self.all_time.deepest = current;
        }
        self.all_time.forgiven = None;
        self.all_time.told = still_told(
            self.all_time.told,
            self.all_time.deepest,
            &self.all_time.thresholds,
        );
        let is_reference_exact = self.adopt_day(old, new);
        Adoption {
            is_depth_exact,
            is_reference_exact,
        }
    }

    fn adopt_day(&mut self, old: &Plan, new: &Plan) -> bool {
        let Some(last) = self.last else {
            self.next_reset = new.reset.next_after(self.started_at);
            return true;
        };
        let is_kept = old.reset == new.reset && self.daily.is_some();
        if old.reset != new.reset {
            self.next_reset = new.reset.next_after(last.at);
        }
        let Some(rule) = &new.daily else {
            self.daily = None;
            self.paused_until = None;
            return true;
        };
        if !is_kept {
            let snapshot = Snapshot {
                recorded_at: last.at,
                balance: last.balance,
                equity: last.equity,
                flagged: false,
            };
            let reset_at = new.reset.latest_at_or_before(last.at);
            // The newest snapshot is its own neighbour: it stands for the day.
            let before = self.last.take();
            self.daily = Some(self.day_of(new, rule, reset_at, &snapshot));
            self.last = before;
        }
        let refers_alike = old.daily.as_ref().map(|old| old.reference) == Some(rule.reference);
        if let Some(daily) = &mut self.daily {
            if is_kept && !refers_alike {
                daily.choose(rule);
            }
            daily.set_rule(new, rule, self.initial_balance);
            daily.forgiven = None;
            let value = Self::basis(new, last.balance, last.equity);
            let used = (daily.reference().value - value).max(Decimal::ZERO);
            daily.told = still_told(daily.told, used, &daily.thresholds);
        }
        is_kept
    }

    /// Lifts a rule's breach, or the pause of a daily rule. The rule's depth
    /// starts again from the present; what is still exceeded does not fire by
    /// itself: only a deeper use than any that was annulled, or a new one
    /// after a recovery. The phase is active again unless another breach
    /// stands. `None`: there was nothing to lift, and nothing has changed.
    pub fn annul(&mut self, plan: &Plan, rule: Rule, now: Timestamp) -> Option<PhaseChange> {
        let is_paused = rule == Rule::DailyDrawdown && self.paused_until.is_some();
        if self.breaches & rule.bit() == 0 && !is_paused {
            return None;
        }
        self.breaches &= !rule.bit();
        self.round += 1;
        let value = self
            .last
            .map(|last| Self::basis(plan, last.balance, last.equity));
        match rule {
            Rule::DailyDrawdown => {
                self.paused_until = None;
                self.forgive_day(value);
            }
            Rule::MaxDrawdown => self.forgive_depth(value),
            Rule::Inactivity => {
                self.activity.inactivity_told = 0;
                self.activity.last_trade_at = Some(now.max(self.clock));
            }
            _ => {}
        }
        let from = self.phase;
        self.clock = self.clock.max(now);
        self.phase = self.phase_at(self.clock);
        Some(PhaseChange {
            from,
            to: self.phase,
        })
    }

    fn forgive_day(&mut self, value: Option<Decimal>) {
        let (Some(daily), Some(value)) = (&mut self.daily, value) else {
            return;
        };
        let used = (daily.reference().value - value).max(Decimal::ZERO);
        daily.forgiven = (used >= daily.limit).then_some(daily.deepest);
        daily.told = still_told(daily.told, used, &daily.thresholds);
        daily.deepest = used;
    }

    fn forgive_depth(&mut self, value: Option<Decimal>) {
        let Some(value) = value else {
            return;
        };
        let all_time = &mut self.all_time;
        let used = (all_time.reference() - value).max(Decimal::ZERO);
        all_time.forgiven = (used >= all_time.limit).then_some(all_time.deepest);
        all_time.told = still_told(all_time.told, used, &all_time.thresholds);
        all_time.deepest = used;
    }
}

/// Of the severities told, those whose threshold a use still reaches.
fn still_told(told: u8, used: Decimal, thresholds: &[Decimal; 3]) -> u8 {
    Severity::ALL
        .into_iter()
        .zip(thresholds)
        .filter(|(_, threshold)| used >= **threshold)
        .fold(0, |kept, (severity, _)| kept | (told & severity.bit()))
}
