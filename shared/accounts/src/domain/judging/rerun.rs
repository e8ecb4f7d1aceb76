//! The inputs since a difference, judged again with all deals that are known
//! now: it gives what would have come out had every deal arrived at once.

use std::collections::{HashSet, VecDeque};

use kernel::currency::Currency;
use rust_decimal::Decimal;

use super::exposure::Exposure;
use super::group::{Findings, Group, Judging};
use super::reconciliation::StandIn;
use super::run::{NumberedSnapshot, Run};
use super::stage::ChallengeState;
use crate::domain::deal::Deal;
use crate::domain::plan::Plan;
use crate::domain::rules::Pending;

/// The most inputs of one run again.
pub const RERUN_INPUTS_MAX: usize = 20_000;

/// What is run again.
#[derive(Debug)]
pub struct Rerun<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The account's currency.
    pub currency: &'a Currency,
    /// The initial balance that the shop gave.
    pub initial_given: Option<Decimal>,
    /// The state before the difference.
    pub kept: &'a ChallengeState,
    /// The snapshots since, in order of time.
    pub snapshots: &'a [NumberedSnapshot],
    /// All deals that the kept state has not placed, in order of time and id.
    pub deals: &'a [Deal],
    /// Open positions and days before them.
    pub exposure: &'a Exposure,
    /// Positions that had closed before the challenge started.
    pub closed_before: &'a HashSet<String>,
}

/// What a run again has come to.
#[derive(Debug)]
pub struct Reran {
    /// The challenge after it.
    pub state: ChallengeState,
    /// What it has found.
    pub findings: Findings,
    /// The number of deals that it has placed, stand-ins left out.
    pub placed: usize,
}

/// Runs the inputs since a difference again, once without and once with the
/// stand-ins. Returns the run that explains the newest snapshot and leaves
/// less unexplained than now; `None` where there is none. Snapshots that have
/// not waited long enough may stay held where less is left: on an account that
/// trades all the time, deals are always under way.
#[must_use]
pub fn rerun(rerun: &Rerun<'_>, now: &ChallengeState, stand_ins: &[StandIn]) -> Option<Reran> {
    let before = now.reconciliation.standing.abs();
    let is_open = now.reconciliation.stands()
        || !now.reconciliation.held.is_empty()
        || !now.reconciliation.stand_ins.is_empty();
    let without = Some(rerun.run(&[])).filter(|run| {
        let left = run.state.reconciliation.standing.abs();
        let is_whole = run.state.reconciliation.held.is_empty();
        is_open && (left < before || (is_whole && left.is_zero() && before.is_zero()))
    });
    let found = match without {
        Some(run) => Some(run),
        None if stand_ins.is_empty() => None,
        None => Some(rerun.run(stand_ins)).filter(|run| {
            let left = run.state.reconciliation.standing.abs();
            let is_whole = run.state.reconciliation.held.is_empty();
            left < before || (is_whole && !now.reconciliation.held.is_empty())
        }),
    };
    let pending = now.rules().and_then(crate::domain::rules::State::pending);
    found.map(|run| run.keep_pending(pending).keep_state(now))
}

impl Rerun<'_> {
    fn run(&self, stand_ins: &[StandIn]) -> Reran {
        let mut state = self.kept.clone();
        let reconciliation = &mut state.reconciliation;
        reconciliation.held.clear();
        reconciliation.steps = 0;
        reconciliation.kept_at = None;
        reconciliation.stand_ins = stand_ins.to_vec();
        let mut deals = self.deals.to_vec();
        deals.extend(stand_ins.iter().map(StandIn::deal));
        deals.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
        let mut run = Run {
            judging: Judging {
                plan: self.plan,
                initial_given: self.initial_given,
                state,
                exposure: self.exposure.clone(),
                closed_before: self.closed_before.clone(),
                findings: Findings::default(),
                group: Group::default(),
            },
            currency: self.currency,
            deals,
            placed: 0,
            held: VecDeque::new(),
            looks_back: false,
            kept: None,
            added: Vec::new(),
        };
        for numbered in self.snapshots {
            run.hold(numbered);
            run.judge_explained();
            if !run.held.is_empty() && run.judging.state.reconciliation.has_waited() {
                run.stand();
            }
        }
        let is_stand_in = |deal: &&Deal| deal.id.starts_with('~');
        let placed = run.deals.iter().take(run.placed);
        let stood_in = placed.filter(is_stand_in).count();
        Reran {
            placed: run.placed - stood_in,
            state: run.judging.state,
            findings: run.judging.findings,
        }
    }
}

impl Reran {
    /// Keeps the kept state as long as anything stands or stands in.
    fn keep_state(mut self, now: &ChallengeState) -> Self {
        let reconciliation = &mut self.state.reconciliation;
        let is_needed = reconciliation.stands() || !reconciliation.stand_ins.is_empty();
        reconciliation.kept_at = now.reconciliation.kept_at.filter(|_| is_needed);
        reconciliation.shown_at = now.reconciliation.shown_at.filter(|_| is_needed);
        self
    }

    /// Keeps since when a breach that is still pending has been so.
    fn keep_pending(mut self, before: Option<Pending>) -> Self {
        if let (Some(before), Some(rules)) = (before, self.state.rules_mut()) {
            rules.keep_pending_times(before);
        }
        self
    }
}
