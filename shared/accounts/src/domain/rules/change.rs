//! What an operator changes: the plan or the initial balance, and an
//! annulment.

use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::daily_drawdown::Daily;
use super::drawdown::drawdown;
use super::max_drawdown::Movement;
use super::reset_values::{Reference, Source};
use super::state::State;
use super::{PhaseChange, Rule, Severity};
use crate::domain::plan::Plan;

/// What an adoption could and could not carry over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// Whether the deepest all-time drawdown is the one that the new plan would
    /// have seen. It is for a static reference that stays, and wherever basis,
    /// mode and payout stay the same and no lock has held. Otherwise it starts
    /// again from the present.
    pub is_depth_exact: bool,
    /// Whether the day's reference is the one that the new plan would have
    /// seen. It is unless the reset changes or the old plan had no daily rule;
    /// then the newest judged moment stands in.
    pub is_reference_exact: bool,
}

impl State {
    /// Moves to another plan, initial balance, or both. Nothing fires by
    /// itself: what the new figures cross is reported with the next judged
    /// moment, and a breach that stands goes on standing until it is annulled.
    /// Severities whose threshold is no longer reached can be reported again.
    pub fn adopt(&mut self, old: &Plan, new: &Plan, initial_balance: Decimal) -> Adoption {
        let initial_before = std::mem::replace(&mut self.initial_balance, initial_balance);
        // The gain is what trading has brought, whatever the nominal balance.
        self.adjusted -= initial_balance - initial_before;
        self.round += 1;
        let balances = (initial_before, initial_balance);
        let is_depth_exact = self.max.adopt((old, new), balances, self.moved);
        let current = self
            .value(new)
            .map_or(Decimal::ZERO, |value| drawdown(self.max.reference(), value));
        if !is_depth_exact {
            self.max.max_used = current;
        }
        self.max.limit.waived_up_to = None;
        let used = self.max.max_used;
        self.max.limit.keep_reached(used);
        let is_reference_exact = self.adopt_day(old, new);
        Adoption {
            is_depth_exact,
            is_reference_exact,
        }
    }

    /// Moves the present day to another plan. With another reset the day keeps
    /// its reference and ends at the first reset instant of the new plan.
    fn adopt_day(&mut self, old: &Plan, new: &Plan) -> bool {
        let Some(last) = self.last else {
            self.next_reset = new.reset.next_after(self.started_at);
            return true;
        };
        if old.reset != new.reset {
            self.next_reset = new.reset.next_after(last.at);
            self.passed = None;
        }
        let Some(rule) = &new.daily else {
            self.daily = None;
            self.paused_until = None;
            return true;
        };
        let refers_alike = old
            .daily
            .as_ref()
            .is_some_and(|before| before.reference == rule.reference);
        let is_kept = self.daily.is_some();
        if !is_kept {
            let reset_at = new.reset.latest_at_or_before(last.at);
            let taken = |value| Reference::taken(value, Source::After);
            let mut day = Daily::new(reset_at, taken(last.balance), taken(last.equity));
            day.choose(rule);
            self.daily = Some(day);
        }
        let value = self.value(new).unwrap_or_default();
        if let Some(daily) = &mut self.daily {
            if is_kept && !refers_alike {
                daily.choose(rule);
            }
            daily.set_rule(new, rule, self.initial_balance);
            daily.limit.waived_up_to = None;
            let used = drawdown(daily.reference().value, value);
            daily.limit.keep_reached(used);
        }
        is_kept && old.reset == new.reset
    }

    /// Keeps the end of an earlier state of the same challenge: a final end
    /// that a run again does not find stays until it is annulled.
    pub fn keep_end(&mut self, before: &Self) {
        self.breaches |= before.breaches;
        self.is_passed |= before.is_passed;
        self.pending = None;
        self.phase = self.phase_at(self.clock);
    }

    /// Moves a deal of the challenge from one class to another, as if it had
    /// been so on arrival; `by` is what becomes an adjustment. Nothing fires by
    /// itself.
    pub fn reclassify(&mut self, plan: &Plan, by: Decimal, deal_at: Timestamp) {
        self.adjusted += by;
        self.moved.adjusted += by;
        if let Some(daily) = &mut self.daily
            && deal_at >= daily.reset_at
        {
            daily.shift(by, Decimal::ZERO);
        }
        self.max.shift(
            plan,
            Movement {
                adjusted: by,
                credited: Decimal::ZERO,
            },
        );
    }

    /// Returns the depth up to which a rule's annulled breach is waived.
    #[must_use]
    pub fn waiver(&self, rule: Rule) -> Option<Decimal> {
        match rule {
            Rule::DailyDrawdown => self.daily.as_ref()?.limit.waived_up_to,
            Rule::MaxDrawdown => self.max.limit.waived_up_to,
            _ => None,
        }
    }

    /// Waives a rule's breach up to a depth, where the rule has not reached it
    /// yet: for the state before it, whose moments up to `until` may be judged
    /// again.
    pub fn waive(&mut self, rule: Rule, depth: Decimal, until: Timestamp) {
        let limit = match rule {
            Rule::DailyDrawdown => self.daily.as_mut().map(|daily| &mut daily.limit),
            Rule::MaxDrawdown => Some(&mut self.max.limit),
            _ => None,
        };
        if let Some(limit) = limit {
            limit.waived_up_to = Some(depth);
            limit.waived_until = Some(until);
            limit.report(Severity::Breach);
        }
    }

    /// Annuls a breach, confirmed or pending, the pause of a daily rule, or
    /// with [`Rule::ProfitTarget`] a pass. A rule's depth starts again from
    /// the present; what is still exceeded does not fire by itself: only a
    /// deeper drawdown than any that was annulled, or a new one after a
    /// recovery. An annulled pass comes again only after a trade has closed.
    /// The phase is active again unless another end stands. Returns `None`
    /// where there was nothing to annul, and nothing has changed.
    pub fn annul(&mut self, plan: &Plan, rule: Rule, now: Timestamp) -> Option<PhaseChange> {
        let is_paused = rule == Rule::DailyDrawdown && self.paused_until.is_some();
        let is_pass = rule == Rule::ProfitTarget && self.is_passed;
        if !self.has_breach(rule) && !is_paused && !is_pass {
            return None;
        }
        self.breaches &= !rule.bit();
        self.lift_rule(rule);
        self.round += 1;
        let value = self.value(plan);
        match rule {
            Rule::DailyDrawdown => {
                self.paused_until = None;
                if let (Some(daily), Some(value)) = (&mut self.daily, value) {
                    daily.annul(value);
                }
            }
            Rule::MaxDrawdown => {
                if let Some(value) = value {
                    self.max.annul(value);
                }
            }
            Rule::Inactivity => {
                self.inactivity.reported = 0;
                self.inactivity.last_trade_at = Some(now.max(self.clock));
            }
            Rule::MaxLots => self.max_lots.unconfirmed_since = None,
            Rule::ProfitTarget => {
                self.is_passed = false;
                self.waits_for_trade = true;
            }
            Rule::MinTradingDays | Rule::Consistency => {}
        }
        let from = self.phase;
        self.clock = self.clock.max(now);
        self.phase = self.phase_at(self.clock);
        Some(PhaseChange {
            from,
            to: self.phase,
        })
    }
}
