//! One more snapshot, and what it lets be judged.

use std::collections::{HashSet, VecDeque};

use kernel::currency::Currency;
use rust_decimal::Decimal;

use super::exposure::Exposure;
use super::group::{Findings, Group, Judging};
use super::reconciliation::{STAND_INS_MAX, StandIn, add_up_to};
use super::run::{NumberedSnapshot, Run};
use super::stage::ChallengeState;
use crate::domain::deal::{Deal, DealClass};
use crate::domain::plan::Plan;
use crate::domain::snapshot::AccountSnapshot;

/// A movement that the shop has announced, while it is expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Announced {
    /// Its id.
    pub id: String,
    /// What it will move the balance by.
    pub amount: Decimal,
    /// What it counts as.
    pub class: DealClass,
}

/// What a step judges with.
#[derive(Debug)]
pub struct Waiting<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The account's currency.
    pub currency: &'a Currency,
    /// The initial balance that the shop gave.
    pub initial_given: Option<Decimal>,
    /// The challenge as it was.
    pub state: ChallengeState,
    /// The snapshots that it holds, the oldest first.
    pub held: VecDeque<AccountSnapshot>,
    /// Deals that no snapshot has placed, in order of time and id.
    pub deals: Vec<Deal>,
    /// Open positions and days before them.
    pub exposure: Exposure,
    /// Positions that had closed before the challenge started.
    pub closed_before: HashSet<String>,
    /// Movements that are expected, the oldest first.
    pub announced: Vec<Announced>,
    /// Whether a search for older deals is under way.
    pub looks_back: bool,
}

/// What a step has come to.
#[derive(Debug)]
pub struct Step {
    /// The challenge after it.
    pub state: ChallengeState,
    /// What it has found.
    pub findings: Findings,
    /// The number of waiting deals that it has placed.
    pub placed: usize,
    /// The state to keep, where a difference has come to stand or a stand-in
    /// has been made, and the number of waiting deals that it has placed.
    pub kept: Option<(ChallengeState, usize)>,
    /// Differences that have come to stand.
    pub added: Vec<Decimal>,
    /// Announced movements that the balance shows now.
    pub seen: Vec<String>,
    /// Whether a run again may explain what this step could not.
    pub wants_rerun: bool,
}

impl Waiting<'_> {
    /// Judges what one more snapshot lets be judged.
    #[must_use]
    pub fn step(self, newest: &NumberedSnapshot) -> Step {
        let announced = self.announced;
        let was_pending = self
            .state
            .rules()
            .is_some_and(|rules| rules.pending().is_some());
        let mut run = Run {
            judging: Judging {
                plan: self.plan,
                initial_given: self.initial_given,
                state: self.state,
                exposure: self.exposure,
                closed_before: self.closed_before,
                findings: Findings::default(),
                group: Group::default(),
            },
            currency: self.currency,
            deals: self.deals,
            placed: 0,
            held: self.held,
            looks_back: self.looks_back,
            kept: None,
            added: Vec::new(),
        };
        run.carry_over(&newest.snapshot);
        run.hold(newest);
        run.judge_explained();
        let mut seen = Vec::new();
        let mut wants_rerun = false;
        if !run.held.is_empty() && !run.judge_revised() && !run.judge_settled() {
            let reconciliation = &mut run.judging.state.reconciliation;
            let deals_at = reconciliation.deals_at;
            wants_rerun =
                reconciliation.kept_at.is_some() && reconciliation.deals_tried != deals_at;
            if wants_rerun {
                reconciliation.deals_tried = deals_at;
            }
            seen = run.stand_in(&announced);
            if seen.is_empty() && run.judging.state.reconciliation.has_waited() {
                run.stand();
            }
        }
        // A breach is pending before time can confirm it.
        if was_pending {
            run.confirm_by_time(newest);
        }
        Step {
            placed: run.placed,
            kept: run.kept,
            added: run.added,
            seen,
            wants_rerun,
            state: run.judging.state,
            findings: run.judging.findings,
        }
    }
}

impl Run<'_> {
    /// Judges the newest held snapshot where the difference is an announced
    /// movement, or two or three of them. Returns their ids.
    fn stand_in(&mut self, announced: &[Announced]) -> Vec<String> {
        let Some(snapshot) = self.held.back().cloned() else {
            return Vec::new();
        };
        let found = self.explain(&snapshot);
        let amounts: Vec<_> = announced.iter().map(|each| each.amount).collect();
        let room = STAND_INS_MAX
            - self
                .judging
                .state
                .reconciliation
                .stand_ins
                .len()
                .min(STAND_INS_MAX);
        let Some(indexes) = add_up_to(&amounts, self.currency.round(found.unexplained))
            .filter(|indexes| indexes.len() <= room)
        else {
            return Vec::new();
        };
        self.keep();
        let chosen: Vec<&Announced> = indexes
            .into_iter()
            .filter_map(|index| announced.get(index))
            .collect();
        let stand_ins = chosen.iter().map(|each| StandIn {
            announcement: Some(each.id.clone()),
            amount: each.amount,
            class: each.class,
            at: snapshot.recorded_at,
        });
        let stand_ins: Vec<StandIn> = stand_ins.collect();
        let mut deals = self.deals[self.placed..self.placed + found.up_to].to_vec();
        deals.extend(stand_ins.iter().map(StandIn::deal));
        let reconciliation = &mut self.judging.state.reconciliation;
        reconciliation.stand_ins.extend(stand_ins);
        self.judge_deals(&deals, &snapshot, Group::default());
        self.placed += found.up_to;
        let all = self.held.len();
        self.drop_held(all);
        chosen.iter().map(|each| each.id.clone()).collect()
    }

    /// Confirms a pending breach in the first step that is late enough.
    pub(super) fn confirm_by_time(&mut self, newest: &NumberedSnapshot) {
        let at = newest.snapshot.recorded_at;
        if let Some(rules) = self.judging.state.rules_mut()
            && rules
                .pending()
                .is_some_and(|pending| at >= pending.confirm_at)
        {
            rules.confirm();
        }
    }
}
