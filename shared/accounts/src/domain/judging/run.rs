//! Snapshots tried against deals, in order of time: the part that a step and a
//! run again have in common.

use std::collections::VecDeque;

use kernel::currency::Currency;
use rust_decimal::Decimal;

use super::explanation::{Explanation, explain};
use super::group::{Group, Judging};
use super::reconciliation::HeldSnapshot;
use super::stage::{ChallengeState, Stage};
use crate::domain::deal::Deal;
use crate::domain::rules::{DealEffect, Input, Phase};
use crate::domain::snapshot::AccountSnapshot;

/// A snapshot with the number of its input.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberedSnapshot {
    /// The input's number.
    pub number: u64,
    /// The snapshot.
    pub snapshot: AccountSnapshot,
}

/// Snapshots and deals on their way to the rules.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) judging: Judging<'a>,
    pub(super) currency: &'a Currency,
    /// Known deals, in order of time and id.
    pub(super) deals: Vec<Deal>,
    /// The number of them that are placed.
    pub(super) placed: usize,
    /// The held snapshots, the oldest first.
    pub(super) held: VecDeque<AccountSnapshot>,
    pub(super) looks_back: bool,
    /// The state before a difference, where one has come to stand, and the
    /// number of deals that were placed then.
    pub(super) kept: Option<(ChallengeState, usize)>,
    /// Differences that have come to stand.
    pub(super) added: Vec<Decimal>,
}

impl Run<'_> {
    /// Holds one more snapshot.
    pub(super) fn hold(&mut self, numbered: &NumberedSnapshot) {
        let reconciliation = &mut self.judging.state.reconciliation;
        reconciliation.hold(HeldSnapshot {
            input: numbered.number,
            at: numbered.snapshot.recorded_at,
        });
        if self.held.len() >= reconciliation.held.len() {
            self.held.pop_back();
        }
        self.held.push_back(numbered.snapshot.clone());
    }

    /// Takes what another trade server has carried over of the old balance:
    /// only what it adds up to beyond that balance is money.
    pub(super) fn carry_over(&mut self, snapshot: &AccountSnapshot) {
        let reconciliation = &mut self.judging.state.reconciliation;
        let Some(carry) = reconciliation.carry.filter(|carry| carry.deals > 0) else {
            return;
        };
        reconciliation.carry = None;
        let beyond = carry.sum - reconciliation.balance;
        reconciliation.balance = carry.sum;
        if beyond.is_zero() {
            return;
        }
        let plan = self.judging.plan;
        match &mut self.judging.state.stage {
            Stage::Running(running) => {
                let standing = *running.rules.standing();
                let movement = DealEffect {
                    standing,
                    ..DealEffect::movement(snapshot.recorded_at, beyond, Decimal::ZERO)
                };
                let outcome = running.rules.apply(plan, &Input::Deal(movement));
                self.judging.findings.take(outcome);
            }
            Stage::Awaiting(awaiting) => awaiting.balance = carry.sum,
        }
    }

    /// Returns what the deals that wait say of a snapshot.
    pub(super) fn explain(&self, snapshot: &AccountSnapshot) -> Explanation {
        let waiting = self.deals.iter().skip(self.placed);
        explain(
            self.judging.state.reconciliation.balance,
            waiting.map(|deal| (deal.time, deal.balance_effect())),
            (snapshot.recorded_at, snapshot.balance),
            self.currency,
        )
    }

    /// Judges every held snapshot that deals explain, the oldest first; of
    /// those held before one none is judged later.
    pub(super) fn judge_explained(&mut self) {
        let mut index = 0;
        while let Some(snapshot) = self.held.get(index).cloned() {
            let Some(prefix) = self.explain(&snapshot).prefix else {
                index += 1;
                continue;
            };
            if self.makes_no_sense(&snapshot, prefix) {
                self.judging.state.reconciliation.is_rechecking = true;
                self.drop_held(index + 1);
                index = 0;
                continue;
            }
            self.move_revised();
            self.judge(prefix, &snapshot, Group::default());
            self.drop_held(index + 1);
            index = 0;
        }
    }

    /// Judges the snapshot of an index with some of the waiting deals.
    pub(super) fn judge(&mut self, count: usize, snapshot: &AccountSnapshot, group: Group) {
        let deals: Vec<Deal> = self.deals[self.placed..self.placed + count].to_vec();
        self.judge_deals(&deals, snapshot, group);
        self.placed += count;
    }

    /// Judges a snapshot with given deals.
    pub(super) fn judge_deals(&mut self, deals: &[Deal], snapshot: &AccountSnapshot, group: Group) {
        let reconciliation = &mut self.judging.state.reconciliation;
        let flagged = reconciliation.stands();
        reconciliation.balance = snapshot.balance;
        reconciliation.has_balance = true;
        reconciliation.is_rechecking = false;
        if !flagged {
            reconciliation.explained_at = Some(snapshot.recorded_at);
        }
        let group = Group {
            flagged,
            looks_back: self.looks_back,
            ..group
        };
        self.judging.judge(deals, snapshot, group);
    }

    pub(super) fn drop_held(&mut self, count: usize) {
        self.held.drain(..count);
        let reconciliation = &mut self.judging.state.reconciliation;
        reconciliation.held.drain(..count);
        reconciliation.steps = u32::try_from(self.held.len().saturating_sub(1)).unwrap_or(0);
    }

    /// Lets the difference of the held snapshots stand: each is judged,
    /// flagged, and the state before them is kept.
    pub(super) fn stand(&mut self) {
        self.keep();
        let oldest = self.held.front().map(|snapshot| snapshot.recorded_at);
        self.judging.state.reconciliation.shown_at = oldest;
        while let Some(snapshot) = self.held.front().cloned() {
            let found = self.explain(&snapshot);
            let added = match found.prefix {
                Some(_) => Decimal::ZERO,
                None => found.unexplained,
            };
            self.judging.state.reconciliation.standing += added;
            if !added.is_zero() {
                self.added.push(added);
            }
            let group = Group {
                added,
                ..Group::default()
            };
            self.judge(found.prefix.unwrap_or(found.up_to), &snapshot, group);
            self.drop_held(1);
        }
    }

    /// Keeps the state as it is now, where none is kept.
    pub(super) fn keep(&mut self) {
        let now = self.held.back().map(|snapshot| snapshot.recorded_at);
        let reconciliation = &self.judging.state.reconciliation;
        if reconciliation.kept_at.is_none() {
            self.kept = Some((self.judging.state.clone(), self.placed));
            self.judging.state.reconciliation.kept_at = now;
        }
    }

    /// Takes the difference of deals that changed after they were placed out
    /// of the gain: a balance that is explained without it has not moved.
    fn move_revised(&mut self) {
        let reconciliation = &mut self.judging.state.reconciliation;
        let revised = std::mem::take(&mut reconciliation.revised);
        if let Some(rules) = self.judging.state.rules_mut() {
            rules.adjust_gain(-revised);
        }
    }

    /// Judges the newest held snapshot where its balance has moved by the
    /// difference of deals that changed after they were placed: references
    /// move as by money that came or left, and the gain with the balance.
    pub(super) fn judge_revised(&mut self) -> bool {
        let revised = self.judging.state.reconciliation.revised;
        let Some(snapshot) = self.held.back().cloned() else {
            return false;
        };
        let found = self.explain(&snapshot);
        if revised.is_zero() || self.currency.round(found.unexplained - revised) != Decimal::ZERO {
            return false;
        }
        self.judging.state.reconciliation.revised = Decimal::ZERO;
        let plan = self.judging.plan;
        if let Stage::Running(running) = &mut self.judging.state.stage {
            let standing = *running.rules.standing();
            let movement = DealEffect {
                standing,
                ..DealEffect::movement(snapshot.recorded_at, revised, Decimal::ZERO)
            };
            let outcome = running.rules.apply(plan, &Input::Deal(movement));
            running.rules.adjust_gain(-revised);
            self.judging.findings.take(outcome);
        }
        self.judge(found.up_to, &snapshot, Group::default());
        let all = self.held.len();
        self.drop_held(all);
        true
    }

    /// Judges the newest held snapshot where late deals take the place of
    /// settled differences. Nothing fires by them.
    pub(super) fn judge_settled(&mut self) -> bool {
        let Some(snapshot) = self.held.back().cloned() else {
            return false;
        };
        let found = self.explain(&snapshot);
        let reconciliation = &mut self.judging.state.reconciliation;
        let amount = self.currency.round(-found.unexplained);
        let Some(indexes) = reconciliation.entries_of(amount) else {
            return false;
        };
        let mut deals = self.deals[self.placed..self.placed + found.up_to].to_vec();
        // A sum alone proves nothing: the late deals must be there.
        let settled_at = indexes
            .iter()
            .map(|index| reconciliation.entries[*index].at);
        let settled_at = settled_at.max();
        let late = deals.iter().filter(|deal| Some(deal.time) <= settled_at);
        let late: Decimal = late.map(Deal::balance_effect).sum();
        if self.currency.round(late) != amount {
            return false;
        }
        for index in indexes.into_iter().rev() {
            let entry = reconciliation.entries.remove(index);
            deals.push(entry.taken_back(snapshot.recorded_at));
        }
        let group = Group {
            is_silent: true,
            ..Group::default()
        };
        self.judge_deals(&deals, &snapshot, group);
        self.placed += found.up_to;
        let all = self.held.len();
        self.drop_held(all);
        true
    }

    /// Returns whether a snapshot's equity contradicts the rest of it: it
    /// breaches, balance and credit do not, and the list shows no position.
    /// The next snapshot counts instead.
    fn makes_no_sense(&self, snapshot: &AccountSnapshot, prefix: usize) -> bool {
        let reconciliation = &self.judging.state.reconciliation;
        let is_flat = snapshot.positions.is_some_and(|list| list.count == 0);
        let credit = snapshot.credit.unwrap_or(self.judging.exposure.credit());
        let by_balance = snapshot.balance + credit;
        if reconciliation.is_rechecking || !is_flat || snapshot.equity >= by_balance {
            return false;
        }
        let deals = &self.deals[self.placed..self.placed + prefix];
        let phase = |equity: Decimal| {
            let snapshot = AccountSnapshot {
                equity,
                ..snapshot.clone()
            };
            self.judging.rules_after(deals, &snapshot)
        };
        let ends = |phase: Option<Phase>| matches!(phase, Some(Phase::Breached | Phase::Pending));
        let before = self
            .judging
            .state
            .rules()
            .map(crate::domain::rules::State::phase);
        !ends(before) && ends(phase(snapshot.equity)) && !ends(phase(by_balance))
    }
}
