//! The evaluator: one input applied to a challenge's state.

use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::max_drawdown::Movement;
use super::reset_values::Known;
use super::state::{Last, State};
use super::{DealEffect, Input, Moment, Outcome, ProvenMoment, Reception, Snapshot};
use crate::domain::is_in_range;
use crate::domain::plan::Plan;

impl State {
    /// Takes one input. Inputs come in order of time.
    pub fn apply(&mut self, plan: &Plan, input: &Input) -> Outcome {
        match input {
            Input::Snapshot(snapshot) => self.apply_snapshot(plan, snapshot),
            Input::Deal(effect) => self.apply_deal(plan, effect),
            Input::Proven(moment) => self.apply_proven(plan, moment),
            Input::Tick(now) => {
                let mut outcome = Outcome::judged();
                self.judge_inactivity(plan, *now, &mut outcome.violations);
                self.settle(*now, outcome)
            }
        }
    }

    fn apply_deal(&mut self, plan: &Plan, effect: &DealEffect) -> Outcome {
        if !is_in_range(effect.adjustment)
            || !is_in_range(effect.credit)
            || !is_in_range(effect.result)
        {
            return Outcome::ignored(Reception::OutOfRange);
        }
        let mut outcome = Outcome::judged();
        let at = self
            .last
            .map_or(effect.time, |last| effect.time.max(last.at));
        self.judge_inactivity(plan, effect.time, &mut outcome.violations);
        self.pass_resets(plan, at, Known::of(effect.deals_known, effect.flat_credit));
        let opens = effect.standing.open_volume > self.standing.open_volume;
        self.standing = effect.standing;
        self.results_since += effect.result;
        if !effect.adjustment.is_zero() || !effect.credit.is_zero() {
            self.move_references(
                plan,
                Movement {
                    adjusted: effect.adjustment,
                    credited: effect.credit,
                },
            );
        }
        if effect.is_payout && plan.max.as_ref().is_some_and(|max| max.lock_on_payout) {
            self.max.lock();
        }
        self.cover_deal(at);
        if effect.is_trade {
            self.record_trade(effect.time);
            self.judge_lots(plan, (at, opens), &mut outcome.violations);
        }
        if effect.closes_trade {
            self.waits_for_trade = false;
        }
        self.settle(at, outcome)
    }

    /// Moves the references by money that came or left, or by credit.
    pub(super) fn move_references(&mut self, plan: &Plan, by: Movement) {
        let of_equity = by.adjusted + by.credited;
        self.adjusted += by.adjusted;
        self.moved.adjusted += by.adjusted;
        self.moved.credited += by.credited;
        self.outflow = (self.outflow - by.adjusted).max(Decimal::ZERO);
        if let Some(last) = &mut self.last {
            last.balance += by.adjusted;
            last.equity += of_equity;
        }
        if let Some(daily) = &mut self.daily {
            daily.shift(by.adjusted, by.credited);
        }
        if let Some(passed) = &mut self.passed {
            passed.balance.shift(by.adjusted);
            passed.moved_since += of_equity;
            if let Some(equity) = &mut passed.equity {
                equity.shift(of_equity);
            }
        }
        self.max.shift(plan, by);
    }

    fn apply_proven(&mut self, plan: &Plan, proven: &ProvenMoment) -> Outcome {
        if !is_in_range(proven.balance) || !is_in_range(proven.equity.unwrap_or_default()) {
            return Outcome::ignored(Reception::OutOfRange);
        }
        let at = self.last.map_or(proven.at, |last| proven.at.max(last.at));
        let mut outcome = Outcome::judged();
        let moment = Moment {
            at,
            balance: proven.balance,
            equity: proven.equity,
            next_equity: proven.next_equity,
            flagged: proven.flagged,
            is_certain: proven.is_certain,
            is_proven: true,
            outflow: self.outflow,
        };
        self.judge_moment(plan, &moment, &mut outcome);
        let has_position = self.standing.open_positions > 0;
        self.cover_moment(at, plan.reset.latest_at_or_before(at), has_position);
        self.settle(at, outcome)
    }

    fn apply_snapshot(&mut self, plan: &Plan, snapshot: &Snapshot) -> Outcome {
        if !is_in_range(snapshot.balance) || !is_in_range(snapshot.equity) {
            return Outcome::ignored(Reception::OutOfRange);
        }
        let at = snapshot.recorded_at;
        if at < self.started_at || self.last.is_some_and(|last| at < last.at) {
            return Outcome::ignored(Reception::Late);
        }
        let mut outcome = Outcome::judged();
        self.judge_inactivity(plan, at, &mut outcome.violations);
        self.pass_resets(
            plan,
            at,
            Known::of(snapshot.deals_known, snapshot.flat_credit),
        );
        let moment = Moment {
            at,
            balance: snapshot.balance,
            equity: Some(snapshot.equity),
            next_equity: None,
            flagged: snapshot.flagged,
            is_certain: snapshot.is_certain,
            is_proven: false,
            outflow: self.outflow,
        };
        self.judge_moment(plan, &moment, &mut outcome);
        self.compare_positions(snapshot);
        self.confirm_lots(plan, snapshot);
        let shown = snapshot.positions.is_some_and(|list| list.count > 0);
        let has_position = self.standing.open_positions > 0 || shown;
        // The day is known by now without a search of the zone's resets.
        let reset_at = self.daily.as_ref().map(|daily| daily.reset_at);
        let reset_at = reset_at.unwrap_or_else(|| plan.reset.latest_at_or_before(at));
        self.cover_moment(at, reset_at, has_position);
        if !self.is_final() && self.passes(plan, snapshot) {
            self.is_passed = true;
        }
        self.settle(at, outcome)
    }

    /// Returns whether a moment is the first one of its day to be judged.
    pub(crate) fn begins_day_at(&self, at: Timestamp) -> bool {
        self.last.is_none() || at >= self.next_reset || self.passed.is_some()
    }

    fn judge_moment(&mut self, plan: &Plan, moment: &Moment, outcome: &mut Outcome) {
        let at = moment.at;
        let gap_ms = self
            .last
            .map_or(0, |last| (at - last.at).num_milliseconds());
        self.gap_max_ms = self.gap_max_ms.max(gap_ms);
        if self.begins_day_at(at) {
            outcome.day_began = Some(self.begin_day(plan, moment));
        }
        self.clock = self.clock.max(at);
        // Both rules of one moment count, also where the first one breaches.
        let is_final = self.is_final();
        self.judge_daily(plan, moment, (gap_ms, is_final), &mut outcome.violations);
        self.judge_max(plan, moment, is_final, &mut outcome.violations);
        self.results_since = Decimal::ZERO;
        self.outflow = Decimal::ZERO;
        let before = self.last;
        self.last = Some(Last {
            at,
            balance: moment.balance,
            equity: moment
                .equity
                .or(before.map(|last| last.equity))
                .unwrap_or(moment.balance),
            equity_at: match (moment.equity, before) {
                (None, Some(last)) => last.equity_at,
                _ => at,
            },
            balance_recorded: moment.balance,
        });
    }

    /// Judges the all-time rule again although money that left took the value
    /// to the floor. Returns whether it had not been judged.
    pub fn judge_below_floor(&mut self, now: Timestamp) -> bool {
        let was_below = std::mem::take(&mut self.max.is_below_floor);
        self.clock = self.clock.max(now);
        self.phase = self.phase_at(self.clock);
        was_below
    }
}

impl Known {
    fn of(deals_known: bool, flat_credit: Option<Decimal>) -> Self {
        if deals_known {
            Self::Deals { flat_credit }
        } else {
            Self::Snapshots
        }
    }
}
