//! Deals and the snapshot that they explain, judged together.
//!
//! Deals prove moments too: deals at most a second apart are one movement, and
//! after each movement the balance is known, and the equity where no position
//! is open. Such a moment is judged like a snapshot.

use std::collections::HashSet;

use chrono::Duration;
use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::exposure::Exposure;
use super::stage::{ChallengeState, Running, Stage, StartMoment};
use crate::domain::deal::{Deal, DealClass};
use crate::domain::plan::{Basis, Plan};
use crate::domain::rules::{
    DealEffect, Input, Outcome, Phase, ProvenMoment, Reception, Snapshot, Violation,
};
use crate::domain::snapshot::AccountSnapshot;

/// Deals at most this far apart are one movement.
const MOVEMENT_GAP_MAX: Duration = Duration::seconds(1);
/// The longest movement.
const MOVEMENT_MAX: Duration = Duration::seconds(10);

/// What is known of a group.
#[derive(Clone, Copy, Debug, Default)]
pub struct Group {
    /// The difference that its snapshot adds.
    pub added: Decimal,
    /// Whether a difference stands, this one included.
    pub flagged: bool,
    /// Whether a search for older deals is under way.
    pub looks_back: bool,
    /// Whether it replaces what was judged before: nothing fires by it until
    /// its snapshot.
    pub is_silent: bool,
}

/// What judging has found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// Thresholds crossed, in order.
    pub violations: Vec<Violation>,
    /// The newest snapshot that counted.
    pub judged: Option<AccountSnapshot>,
    /// When the challenge started, where it did.
    pub started_at: Option<Timestamp>,
    /// Deals that are no trades, as they were placed.
    pub placed_money: Vec<Deal>,
    /// Ids of placed deals, the first hundred.
    pub placed: Vec<String>,
    /// The number of placed deals.
    pub placed_count: usize,
}

/// The judging of an account's inputs, one group after the other.
#[derive(Debug)]
pub struct Judging<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The initial balance that the shop gave.
    pub initial_given: Option<Decimal>,
    /// The challenge.
    pub state: ChallengeState,
    /// Open positions and days as of the newest placed deal.
    pub exposure: Exposure,
    /// Positions that had closed before the challenge started, of those that
    /// costs name.
    pub closed_before: HashSet<String>,
    /// What has been found.
    pub findings: Findings,
    /// What is known of the present group.
    pub group: Group,
}

impl Judging<'_> {
    /// Judges deals, in order of time, and the snapshot that they lead to.
    pub fn judge(&mut self, deals: &[Deal], snapshot: &AccountSnapshot, group: Group) {
        let credit_by_deals =
            self.exposure.credit() + deals.iter().filter_map(Deal::credit).sum::<Decimal>();
        // The snapshot's credit counts; deals tell how it came to be.
        let credit_beyond = snapshot
            .credit
            .map_or(Decimal::ZERO, |credit| credit - credit_by_deals);
        self.group = group;
        if snapshot.credit.is_some() {
            self.move_credit(credit_beyond, snapshot.recorded_at);
        }
        let deals_known = group.added.is_zero() && !group.is_silent;
        let mut movements = Movements(deals);
        while let Some(movement) = movements.next() {
            for deal in movement {
                let credit = self.exposure.credit() + credit_beyond;
                // A clock may run ahead: nothing happens after the snapshot.
                let at = deal.time.min(snapshot.recorded_at);
                self.take(deal, at, (deals_known, credit));
            }
            let Some(last) = movement.last() else {
                continue;
            };
            if deals_known {
                let credit = self.exposure.credit() + credit_beyond;
                let is_flat = self.exposure.is_flat() && !has_position_before(snapshot, last.time);
                self.prove(
                    last.time.min(snapshot.recorded_at),
                    is_flat.then_some(credit),
                    (movements.0, snapshot, credit_beyond),
                );
            }
        }
        if !group.added.is_zero()
            && let Stage::Awaiting(awaiting) = &mut self.state.stage
        {
            awaiting.take_unexplained(group.added);
            self.state.reconciliation.at_start += group.added;
        }
        self.take_snapshot(snapshot, deals_known, credit_beyond);
    }

    /// Moves what equity is compared with by credit that the snapshot shows
    /// and no deal tells of yet. Its deal, once it is there, takes its place.
    fn move_credit(&mut self, credit_beyond: Decimal, at: Timestamp) {
        let before = self
            .state
            .reconciliation
            .credit_beyond
            .replace(credit_beyond);
        let (Some(before), Stage::Running(running)) = (before, &mut self.state.stage) else {
            return;
        };
        if before == credit_beyond {
            return;
        }
        let at = running.rules.judged_at().unwrap_or(at);
        let movement = DealEffect {
            standing: *running.rules.standing(),
            ..DealEffect::movement(at, Decimal::ZERO, credit_beyond - before)
        };
        let outcome = running.rules.apply(self.plan, &Input::Deal(movement));
        self.findings.take(outcome);
    }

    /// Returns the phase that deals and a snapshot would lead to; `None`
    /// before the start.
    pub(super) fn rules_after(&self, deals: &[Deal], snapshot: &AccountSnapshot) -> Option<Phase> {
        let mut after = Judging {
            plan: self.plan,
            initial_given: self.initial_given,
            state: self.state.clone(),
            exposure: self.exposure.clone(),
            closed_before: self.closed_before.clone(),
            findings: Findings::default(),
            group: Group::default(),
        };
        let group = Group {
            looks_back: true,
            ..Group::default()
        };
        after.judge(deals, snapshot, group);
        after.state.rules().map(crate::domain::rules::State::phase)
    }

    /// Takes one deal.
    fn take(&mut self, deal: &Deal, at: Timestamp, (deals_known, credit): (bool, Decimal)) {
        self.findings.place(deal);
        self.try_restart(deal.time, credit);
        let flat_credit = self.exposure.is_flat().then_some(credit);
        let traded = self.exposure.apply(deal);
        let standing = self.exposure.standing();
        match &mut self.state.stage {
            Stage::Awaiting(awaiting) => awaiting.take(self.plan, deal),
            Stage::Running(running) => {
                if deal.kind.is_trade() {
                    running.prior = None;
                }
                if running.prior.is_some() && deal.adjustment().is_some() {
                    self.start_over(deal);
                    return;
                }
                let is_before = !running.is_first
                    && (deal.time <= running.rules.started_at()
                        || is_cost_of(deal, &self.closed_before));
                let amount = deal.balance_effect();
                let (result, adjustment) = if is_before {
                    (Decimal::ZERO, amount)
                } else {
                    (deal.result(), deal.adjustment().unwrap_or_default())
                };
                let effect = DealEffect {
                    time: at,
                    result,
                    adjustment,
                    credit: deal.credit().unwrap_or_default(),
                    is_payout: deal.class() == DealClass::Payout && !is_before,
                    is_trade: deal.kind.is_trade() && !is_before,
                    closes_trade: traded.closed,
                    deals_known,
                    flat_credit,
                    standing,
                };
                let outcome = running.rules.apply(self.plan, &Input::Deal(effect));
                self.findings.take(outcome);
            }
        }
    }

    /// Starts the challenge over at a further deposit before the first trade:
    /// it makes the initial balance with those before it.
    fn start_over(&mut self, deal: &Deal) {
        let Stage::Running(running) = &mut self.state.stage else {
            return;
        };
        let Some(mut prior) = running.prior.take() else {
            return;
        };
        prior.add(self.plan, deal);
        let mut awaiting = super::stage::Awaiting::connected(running.rules.started_at());
        awaiting.balance = prior.balance();
        awaiting.prior = prior;
        self.state.stage = Stage::Awaiting(awaiting);
    }

    /// Tries the moment of a restart, before the first deal after it.
    fn try_restart(&mut self, before: Timestamp, credit: Decimal) {
        let Stage::Awaiting(awaiting) = &mut self.state.stage else {
            return;
        };
        if awaiting.has_tried_restart || before <= awaiting.since {
            return;
        }
        awaiting.has_tried_restart = true;
        let (at, balance) = (awaiting.since, awaiting.balance);
        let equity = self.exposure.is_flat().then_some(balance + credit);
        if self.try_start(at, balance, equity, false) {
            self.judge_proven(at, balance, (equity, None));
        }
    }

    /// Starts the challenge at a moment, where it can, and judges it.
    fn try_start(
        &mut self,
        at: Timestamp,
        balance: Decimal,
        equity: Option<Decimal>,
        has_position: bool,
    ) -> bool {
        let Stage::Awaiting(awaiting) = &mut self.state.stage else {
            return false;
        };
        if at < awaiting.since {
            return false;
        }
        let moment = StartMoment {
            at,
            balance,
            equity,
            has_position: has_position || !self.exposure.is_flat(),
            standing: self.exposure.standing(),
        };
        let Some(running) = awaiting.start(self.plan, self.initial_given, &moment, false) else {
            return false;
        };
        self.begin(running, at);
        true
    }

    fn begin(&mut self, running: Running, at: Timestamp) {
        self.findings.started_at = Some(at);
        self.state.stage = Stage::Running(Box::new(running));
    }

    /// Judges a moment that deals prove; `flat_credit` is the credit where no
    /// position is open, and `later` the group's deals after it, its snapshot
    /// and the credit that no deal tells of.
    fn prove(
        &mut self,
        at: Timestamp,
        flat_credit: Option<Decimal>,
        later: (&[Deal], &AccountSnapshot, Decimal),
    ) {
        if flat_credit.is_none() && self.plan.basis == Basis::Floating {
            return;
        }
        let (balance, is_running) = match &self.state.stage {
            Stage::Awaiting(awaiting) => (Some(awaiting.balance), false),
            Stage::Running(running) => (running.rules.known_balance(), true),
        };
        let Some(balance) = balance else {
            return;
        };
        let equity = flat_credit.map(|credit| balance + credit);
        if is_running || self.try_start(at, balance, equity, false) {
            let begins_day = |state: &ChallengeState| {
                let rules = state.rules();
                rules.is_some_and(|rules| rules.begins_day_at(at))
            };
            let next = (equity.is_none() && begins_day(&self.state))
                .then(|| self.next_equity(balance, later));
            self.judge_proven(at, balance, (equity, next));
        }
    }

    /// Returns the first equity that is known after a balance, less the money
    /// that moved since: by deals that leave no position open, or by the
    /// snapshot.
    fn next_equity(
        &self,
        mut balance: Decimal,
        (deals, snapshot, credit_beyond): (&[Deal], &AccountSnapshot, Decimal),
    ) -> (Timestamp, Decimal) {
        let mut exposure = self.exposure.clone();
        let mut moved = Decimal::ZERO;
        for movement in Movements(deals) {
            for deal in movement {
                exposure.apply(deal);
                balance += deal.balance_effect();
                moved += deal.adjustment().unwrap_or_default() + deal.credit().unwrap_or_default();
            }
            if let Some(last) = movement.last()
                && exposure.is_flat()
                && !has_position_before(snapshot, last.time)
            {
                let equity = balance + exposure.credit() + credit_beyond;
                return (last.time.min(snapshot.recorded_at), equity - moved);
            }
        }
        (snapshot.recorded_at, snapshot.equity - moved)
    }

    fn judge_proven(
        &mut self,
        at: Timestamp,
        balance: Decimal,
        (equity, next_equity): (Option<Decimal>, Option<(Timestamp, Decimal)>),
    ) {
        let group = self.group;
        let Some(rules) = self.state.rules_mut() else {
            return;
        };
        let moment = ProvenMoment {
            at,
            balance,
            equity,
            next_equity,
            flagged: group.flagged,
            is_certain: !group.flagged,
        };
        let outcome = rules.apply(self.plan, &Input::Proven(moment));
        self.findings.take(outcome);
    }

    fn take_snapshot(
        &mut self,
        snapshot: &AccountSnapshot,
        deals_known: bool,
        credit_beyond: Decimal,
    ) {
        let group = self.group;
        let at = snapshot.recorded_at;
        let credit = self.exposure.credit() + credit_beyond;
        self.try_restart(at, credit);
        let shows_position = snapshot.positions.is_some_and(|list| list.count > 0);
        if let Stage::Awaiting(awaiting) = &mut self.state.stage {
            awaiting.balance = snapshot.balance;
            awaiting.credit = credit;
            self.try_start(at, snapshot.balance, Some(snapshot.equity), shows_position);
        }
        let is_flat = self.exposure.is_flat() && !shows_position;
        self.findings.judged = Some(AccountSnapshot {
            flagged: group.flagged,
            ..snapshot.clone()
        });
        let Stage::Running(running) = &mut self.state.stage else {
            return;
        };
        running
            .rules
            .set_unexplained(self.state.reconciliation.left_out());
        let outcome = running.rules.apply(
            self.plan,
            &Input::Snapshot(Snapshot {
                recorded_at: at,
                balance: snapshot.balance,
                equity: snapshot.equity,
                positions: snapshot.positions,
                flagged: group.flagged,
                is_certain: !group.flagged,
                looks_back: group.looks_back,
                deals_known,
                flat_credit: is_flat.then_some(credit),
            }),
        );
        if outcome.reception != Reception::Judged {
            self.findings.judged = None;
        }
        self.findings.take(outcome);
    }
}

/// The most placed deals that findings name.
const PLACED_MAX: usize = 100;

impl Findings {
    fn place(&mut self, deal: &Deal) {
        self.placed_count += 1;
        if self.placed.len() < PLACED_MAX {
            self.placed.push(deal.id.clone());
        }
        if !deal.kind.is_trade() {
            self.placed_money.push(deal.clone());
        }
    }

    /// Adds what an input has yielded.
    pub fn take(&mut self, outcome: Outcome) {
        self.violations.extend(outcome.violations);
    }
}

/// Returns whether the snapshot's list shows a position that was open already.
fn has_position_before(snapshot: &AccountSnapshot, at: Timestamp) -> bool {
    snapshot
        .positions
        .filter(|list| list.count > 0)
        .is_some_and(|list| list.oldest_at.is_none_or(|oldest| oldest <= at))
}

/// Returns whether a deal is a cost of one of these positions.
fn is_cost_of(deal: &Deal, positions: &HashSet<String>) -> bool {
    !deal.kind.is_trade()
        && deal
            .position_id
            .as_ref()
            .is_some_and(|id| positions.contains(id))
}

/// Deals in their movements.
struct Movements<'a>(&'a [Deal]);

impl<'a> Iterator for Movements<'a> {
    type Item = &'a [Deal];

    fn next(&mut self) -> Option<&'a [Deal]> {
        let first = self.0.first()?;
        let mut end = 1;
        while let (Some(deal), Some(before)) = (self.0.get(end), self.0.get(end - 1))
            && deal.time - before.time <= MOVEMENT_GAP_MAX
            && deal.time - first.time <= MOVEMENT_MAX
        {
            end += 1;
        }
        let (movement, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(movement)
    }
}
