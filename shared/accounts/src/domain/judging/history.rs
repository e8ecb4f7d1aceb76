//! Recorded inputs in the order of their arrival, judged as they were in life.

use std::collections::{HashSet, VecDeque};

use kernel::currency::Currency;
use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::exposure::Exposure;
use super::group::{Findings, Group, Judging};
use super::reconciliation::Reconciliation;
use super::run::{NumberedSnapshot, Run};
use super::stage::{Awaiting, ChallengeState, Running, Stage, StartMoment};
use crate::domain::deal::Deal;
use crate::domain::plan::Plan;
use crate::domain::rules::{ChallengeStart, Input, PriorHistory, State, Violation};
use crate::domain::snapshot::AccountSnapshot;

/// Placed deals after which they are let go.
const PLACED_MAX: usize = 1_000;

/// A history under way.
#[derive(Debug)]
pub struct History<'a> {
    run: Run<'a>,
}

impl<'a> History<'a> {
    /// Returns a history that starts with a snapshot, whatever its balance,
    /// and the deals before it, which are in order of time.
    #[must_use]
    pub fn start(
        plan: &'a Plan,
        currency: &'a Currency,
        initial_balance: Decimal,
        first: &AccountSnapshot,
        before: &[Deal],
    ) -> Self {
        let mut exposure = Exposure::none(plan.reset);
        let mut awaiting = Awaiting::connected(first.recorded_at);
        for deal in before {
            exposure.apply(deal);
            awaiting.take(plan, deal);
        }
        let moment = StartMoment {
            at: first.recorded_at,
            balance: first.balance,
            equity: Some(first.equity),
            has_position: !exposure.is_flat(),
            standing: exposure.standing(),
        };
        let running = awaiting
            .start(plan, Some(initial_balance), &moment, true)
            .unwrap_or_else(|| Running {
                rules: State::start(
                    plan,
                    &ChallengeStart::fresh(initial_balance, first.recorded_at),
                    &PriorHistory::default(),
                ),
                prior: None,
                is_first: true,
            });
        let reconciliation = Reconciliation {
            balance: first.balance,
            has_balance: true,
            ..Reconciliation::default()
        };
        Self {
            run: Run {
                judging: Judging {
                    plan,
                    initial_given: Some(initial_balance),
                    state: ChallengeState {
                        stage: Stage::Running(Box::new(running)),
                        reconciliation,
                    },
                    exposure,
                    closed_before: HashSet::new(),
                    findings: Findings::default(),
                    group: Group::default(),
                },
                currency,
                deals: Vec::new(),
                placed: 0,
                held: VecDeque::new(),
                looks_back: false,
                kept: None,
                added: Vec::new(),
            },
        }
    }

    /// Takes a deal.
    pub fn deal(&mut self, deal: &Deal) {
        let run = &mut self.run;
        let key = (deal.time, &deal.id);
        let waiting = &run.deals[run.placed..];
        let index = waiting.partition_point(|known| (known.time, &known.id) < key);
        run.deals.insert(run.placed + index, deal.clone());
    }

    /// Takes a snapshot. Returns what it crossed.
    pub fn snapshot(&mut self, numbered: &NumberedSnapshot) -> Vec<Violation> {
        let run = &mut self.run;
        run.hold(numbered);
        run.judge_explained();
        if !run.held.is_empty() && run.judging.state.reconciliation.has_waited() {
            run.stand();
        }
        run.confirm_by_time(numbered);
        if run.placed > PLACED_MAX {
            run.deals.drain(..run.placed);
            run.placed = 0;
        }
        run.judging.findings.placed_money.clear();
        std::mem::take(&mut run.judging.findings.violations)
    }

    /// Lets time pass. Returns what it crossed.
    pub fn tick(&mut self, at: Timestamp) -> Vec<Violation> {
        let plan = self.run.judging.plan;
        match self.run.judging.state.rules_mut() {
            Some(rules) => rules.apply(plan, &Input::Tick(at)).violations,
            None => Vec::new(),
        }
    }

    /// Returns the rules' state.
    #[must_use]
    pub fn rules(&self) -> Option<&State> {
        self.run.judging.state.rules()
    }
}
