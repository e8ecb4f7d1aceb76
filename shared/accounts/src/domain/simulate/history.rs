//! A plan over the recorded history of an account, input by input.

use std::collections::VecDeque;

use chrono::Duration;
use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::{Course, SNAPSHOTS_MAX, Simulation};
use crate::domain::deal::Deal;
use crate::domain::ledger::{ClosedPosition, Ledger};
use crate::domain::plan::Plan;
use crate::domain::rules::{DealEffect, Input, PriorHistory, Snapshot, State};

/// Closed trades held back for deals that still come for them. Recorded deals
/// are handed in by their time, so what comes for a trade comes soon after.
const TRADES_KEPT: usize = 1_000;

/// The most violations kept; a run has three a day at most for the daily rule.
const VIOLATIONS_MAX: usize = 3 * SNAPSHOTS_MAX;

/// A run over recorded inputs, in order of time, a moment's deals before its
/// snapshot. Memory is bounded: one entry per reset, and at most
/// [`SNAPSHOTS_MAX`] of them.
#[derive(Clone, Debug)]
pub struct HistorySimulation {
    course: Course,
    ledger: Ledger,
    trades: VecDeque<ClosedPosition>,
    reset_next: Timestamp,
}

impl HistorySimulation {
    /// A run that starts at a moment with what went before it.
    #[must_use]
    pub fn start(
        plan: &Plan,
        initial_balance: Decimal,
        started_at: Timestamp,
        prior: &PriorHistory,
    ) -> Self {
        let state = State::start(plan, initial_balance, started_at, prior);
        Self {
            course: Course::new(plan.clone(), state, 0),
            ledger: Ledger::default(),
            trades: VecDeque::new(),
            reset_next: plan.reset.next_after(started_at),
        }
    }

    /// Takes a deal, those before the start included.
    pub fn deal(&mut self, deal: &Deal) {
        self.pass_resets_until(deal.time);
        let closed = self.ledger.needs(deal).and_then(|id| self.take_trade(id));
        let change = self.ledger.apply(deal, &self.course.plan.reset, closed);
        if change.out_of_range {
            return;
        }
        for trade in change.closed.into_iter().chain(change.corrected) {
            if self.trades.len() >= TRADES_KEPT {
                self.trades.pop_front();
            }
            self.trades.push_back(trade);
        }
        let effect = DealEffect::new(deal, &self.ledger);
        self.course.apply(&Input::Deal(effect));
    }

    fn take_trade(&mut self, position_id: &str) -> Option<ClosedPosition> {
        let index = self
            .trades
            .iter()
            .rposition(|trade| trade.position.id == position_id)?;
        self.trades.remove(index)
    }

    /// Takes a snapshot.
    pub fn snapshot(&mut self, snapshot: Snapshot) {
        self.pass_resets_until(snapshot.recorded_at);
        self.course.apply(&Input::Snapshot(snapshot));
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
            self.course.apply(&Input::Tick(day_end));
            self.course.enter(reset_at, day_end);
            self.reset_next = self.course.plan.reset.next_after(reset_at);
        }
        self.course.violations.truncate(VIOLATIONS_MAX);
    }
}
