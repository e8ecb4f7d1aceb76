//! A plan over the recorded history of an account, input by input.

use chrono::Duration;
use kernel::currency::Currency;
use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::{Course, SNAPSHOTS_MAX, Simulation};
use crate::domain::deal::Deal;
use crate::domain::judging::{History, NumberedSnapshot};
use crate::domain::plan::Plan;
use crate::domain::rules::{ChallengeStart, Input, PriorHistory, State, Violation};
use crate::domain::snapshot::AccountSnapshot;

/// The most violations kept; a run has three a day at most for the daily rule.
const VIOLATIONS_MAX: usize = 3 * SNAPSHOTS_MAX;

/// A run over recorded inputs in the order of their arrival; deals prove
/// moments as they do in life. Memory is bounded: one entry per reset, and at
/// most [`SNAPSHOTS_MAX`] of them.
#[derive(Debug)]
pub struct HistorySimulation<'a> {
    plan: &'a Plan,
    history: History<'a>,
    course: Course,
    reset_next: Timestamp,
    snapshots: u64,
}

impl<'a> HistorySimulation<'a> {
    /// Returns a run that starts with a snapshot and the deals before it, which
    /// are in order of time.
    #[must_use]
    pub fn start(
        plan: &'a Plan,
        currency: &'a Currency,
        initial_balance: Decimal,
        first: &AccountSnapshot,
        before: &[Deal],
    ) -> Self {
        let history = History::start(plan, currency, initial_balance, first, before);
        let at = first.recorded_at;
        let start = ChallengeStart::fresh(initial_balance, at);
        let state = State::start(plan, &start, &PriorHistory::default());
        let mut simulation = Self {
            plan,
            course: Course::new(plan.clone(), state, 0),
            history,
            reset_next: plan.reset.next_after(at),
            snapshots: 0,
        };
        simulation.snapshot(first);
        simulation
    }

    /// Takes a deal.
    pub fn deal(&mut self, deal: &Deal) {
        self.history.deal(deal);
    }

    /// Takes a snapshot.
    pub fn snapshot(&mut self, snapshot: &AccountSnapshot) {
        self.pass_resets_until(snapshot.recorded_at);
        self.snapshots += 1;
        let violations = self.history.snapshot(&NumberedSnapshot {
            number: self.snapshots,
            snapshot: snapshot.clone(),
        });
        self.follow(violations);
    }

    fn follow(&mut self, violations: Vec<Violation>) {
        if let Some(rules) = self.history.rules() {
            self.course.follow(rules, violations);
        }
    }

    /// Ends the run at a moment.
    #[must_use]
    pub fn finish(mut self, at: Timestamp) -> Simulation {
        self.pass_resets_until(at);
        self.course.apply(&Input::Tick(at));
        if !self.course.crossings.is_empty() || self.course.timeline.is_empty() {
            self.course.enter(at, at);
        }
        self.course.into_simulation(Vec::new())
    }

    /// Enters each day that is over, as it was at its end.
    fn pass_resets_until(&mut self, at: Timestamp) {
        while self.reset_next <= at && self.course.timeline.len() < SNAPSHOTS_MAX {
            let reset_at = self.reset_next;
            let day_end = reset_at - Duration::milliseconds(1);
            let violations = self.history.tick(day_end);
            self.follow(violations);
            self.course.enter(reset_at, day_end);
            self.reset_next = self.plan.reset.next_after(reset_at);
        }
        self.course.violations.truncate(VIOLATIONS_MAX);
    }
}
