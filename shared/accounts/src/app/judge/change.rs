//! A change of an account, and the transaction that writes it with everything
//! that follows from it.

use std::collections::HashMap;

use chrono::TimeDelta;
use kernel::time::Timestamp;
use platform::dynamo::{CommitError, StoreError, Transaction};
use rust_decimal::Decimal;

use super::Judge;
use crate::app::events::{Event, Publisher};
use crate::app::messages::{Step, enqueue_step};
use crate::domain::deal::Deal;
use crate::domain::judging::{Findings, Stage};
use crate::domain::ledger::{ClosedPosition, Ledger, LedgerChange, Position};
use crate::domain::rules::{CONFIRMED_AFTER, Phase, Severity, State, Violation};
use crate::model::{
    Account, AccountState, Announcement, AttentionWord, BalanceSource, Challenge, InitialBalance,
    Verdict,
};
use crate::store::{AccountStateChange, Kept, StoredViolation};

/// Violations that one change stores and tells; a transaction has a hundred
/// writes.
const VIOLATIONS_MAX: usize = 12;
/// Violations of one change that those who watch are told of.
const WATCHED_MAX: usize = 4;
/// Announcements that one change writes.
const ANNOUNCEMENTS_MAX: usize = 10;
/// What is not done by passing time waits so long for a sync.
const DUE_AGAIN: TimeDelta = TimeDelta::minutes(10);
/// The shop is told after so long that a challenge awaits funds.
pub(super) const AWAITING_TOLD_AFTER: TimeDelta = TimeDelta::hours(1);

/// What causes a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// An input.
    Input,
    /// Inputs that were judged again.
    Explained,
    /// Time alone.
    Time,
    /// The shop.
    Shop {
        /// The key that asked.
        actor: String,
        /// Why.
        reason: String,
        /// What a verdict that ends with it is told to end by.
        lifted_by: &'static str,
    },
}

/// What becomes of the kept state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum KeptChange {
    /// It stays as it is.
    Keep,
    /// It is this one.
    Put(Box<Kept>),
    /// It goes.
    Delete,
}

/// A change in the making.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) before: AccountState,
    pub(crate) after: AccountState,
    pub(crate) ledger: Ledger,
    /// Whether the ledger has changed.
    pub(crate) has_ledger: bool,
    pub(crate) cause: Cause,
    /// The number of the input.
    pub(crate) input: u64,
    trades: Vec<ClosedPosition>,
    reopened: Vec<u64>,
    held: HashMap<String, Option<Position>>,
    pub(crate) findings: Findings,
    /// All violations of a run again, those known before too.
    pub(crate) all_violations: Vec<Violation>,
    /// Violations that are taken back.
    pub(crate) lifted: Vec<StoredViolation>,
    pub(crate) kept: KeptChange,
    pub(crate) announcements: Vec<Announcement>,
    /// Why a final end is doubtful now.
    pub(crate) doubt: Option<&'static str>,
    /// What may contradict a final end, `deal_changed` or `class_changed`, and
    /// the money that it moves at most.
    pub(crate) contradicted_by: Option<(&'static str, Decimal)>,
    /// A deal whose class changes.
    pub(crate) deal: Option<Deal>,
    /// When the next sync step is due, where it must not wait.
    pub(crate) step_due: Option<Timestamp>,
    pub(crate) events: Vec<Event>,
    /// The account, where it changes too.
    pub(crate) account: Option<Account>,
    /// A challenge that begins.
    pub(crate) challenge: Option<Challenge>,
    /// Verdicts that are written.
    pub(crate) verdicts: Vec<Verdict>,
}

impl Change {
    /// Adds that money of known deals has changed, or its class.
    pub(crate) fn contradict(&mut self, by: &'static str, amount: Decimal) {
        let moved = self
            .contradicted_by
            .map_or(Decimal::ZERO, |(_, moved)| moved);
        self.contradicted_by = Some((by, moved + amount.abs()));
    }

    /// Returns a change of nothing yet.
    pub(crate) fn of(account_state: &AccountState, ledger: Ledger, cause: Cause) -> Self {
        Self {
            before: account_state.clone(),
            after: account_state.clone(),
            ledger,
            has_ledger: false,
            cause,
            input: account_state.next_input.saturating_sub(1),
            trades: Vec::new(),
            reopened: Vec::new(),
            held: HashMap::new(),
            findings: Findings::default(),
            all_violations: Vec::new(),
            lifted: Vec::new(),
            kept: KeptChange::Keep,
            announcements: Vec::new(),
            doubt: None,
            contradicted_by: None,
            deal: None,
            step_due: None,
            events: Vec::new(),
            account: None,
            challenge: None,
            verdicts: Vec::new(),
        }
    }

    /// Takes what a deal did to the ledger.
    pub(crate) fn take_ledger(&mut self, applied: LedgerChange, now: Timestamp) {
        self.has_ledger = true;
        if let Some(number) = applied.reopened {
            self.trades.retain(|trade| trade.number != number);
            self.reopened.push(number);
        }
        if applied.is_over_bound {
            self.raise(
                AttentionWord::OverBound,
                "more than 10,000 open positions; the further ones are counted, not held",
                now,
            );
        }
        if let Some(dropped) = applied.dropped {
            self.held.insert(dropped, None);
        }
        if let Some(key) = applied.key {
            self.held.insert(key, applied.held);
        }
        for trade in applied.closed.into_iter().chain(applied.corrected) {
            self.trades.retain(|known| known.number != trade.number);
            self.reopened.retain(|number| *number != trade.number);
            self.trades.push(trade);
        }
    }

    /// Sets the figures that people read from the ledger.
    pub(crate) fn refresh_figures(&mut self) {
        let statistics = self.ledger.statistics();
        self.after.trades = self.ledger.closed_count();
        self.after.closed = statistics.closed;
        self.after.winners = statistics.winners;
        self.after.trading_days = self.ledger.standing().trading_days;
    }

    /// Raises an attention, and tells it where it is new.
    pub(crate) fn raise(&mut self, word: AttentionWord, detail: &str, now: Timestamp) {
        if self.after.raise(word, detail.to_owned(), now) {
            self.events.push(Event::Attention {
                word,
                detail: detail.to_owned(),
            });
        }
    }

    /// Lets the kept state go where nothing stands and nothing stands in.
    pub(crate) fn drop_kept_where_nothing_stands(&mut self) {
        let Some(state) = &mut self.after.challenge_state else {
            return;
        };
        let reconciliation = &mut state.reconciliation;
        if reconciliation.stands() || !reconciliation.stand_ins.is_empty() {
            return;
        }
        reconciliation.kept_at = None;
        reconciliation.shown_at = None;
        let was_kept = self.before.challenge_state.as_ref();
        let was_kept = was_kept.is_some_and(|state| state.reconciliation.kept_at.is_some());
        self.kept = if was_kept {
            KeptChange::Delete
        } else {
            KeptChange::Keep
        };
    }

    /// Sets what follows from the challenge's state.
    fn settle(&mut self, now: Timestamp) {
        if let Some(snapshot) = &self.findings.judged {
            self.after.judged = Some(snapshot.clone());
        }
        let started = self.after.rules().map(State::initial_balance);
        let given = self.after.initial_given();
        if let (Some(value), None) = (started, given)
            && self.after.initial_balance.as_ref().map(|known| known.value) != Some(value)
        {
            self.after.initial_balance = Some(InitialBalance {
                value,
                source: BalanceSource::Mt5Deposits,
                set_at: now,
            });
        }
        let dropped = self
            .findings
            .violations
            .len()
            .saturating_sub(VIOLATIONS_MAX);
        if dropped > 0 {
            tracing::warn!(dropped, "more violations than one change stores");
            let (ends, mut others): (Vec<_>, Vec<_>) =
                std::mem::take(&mut self.findings.violations)
                    .into_iter()
                    .partition(|violation| violation.severity == Severity::Breach);
            others.truncate(VIOLATIONS_MAX.saturating_sub(ends.len()));
            others.extend(ends);
            others.truncate(VIOLATIONS_MAX);
            self.findings.violations = others;
        }
        self.lifted.truncate(VIOLATIONS_MAX);
        self.announcements.truncate(ANNOUNCEMENTS_MAX);
        let closed = self.announcements.iter().filter(|each| !each.is_open(now));
        let closed = u32::try_from(closed.count()).unwrap_or(0);
        self.after.announced = self.after.announced.saturating_sub(closed);
    }

    /// When time alone will next change something.
    fn due(&self, now: Timestamp) -> Option<Timestamp> {
        let state = self.after.challenge_state.as_ref()?;
        let stage = match &state.stage {
            Stage::Running(running) => Some(running.rules.next_due(&self.after.plan)),
            Stage::Awaiting(awaiting) if !self.after.is_awaiting_told => {
                Some(awaiting.since + AWAITING_TOLD_AFTER)
            }
            Stage::Awaiting(_) => None,
        };
        let verdict = self.after.verdict.as_ref();
        let confirm = verdict.map(|verdict| verdict.since + CONFIRMED_AFTER);
        let settle = state
            .reconciliation
            .kept_at
            .map(|kept_at| kept_at + crate::domain::judging::reconciliation::SETTLED_AFTER);
        let due = [stage, confirm, settle].into_iter().flatten().min()?;
        let is_tried = self.cause == Cause::Time && due <= now;
        Some(if is_tried { now + DUE_AGAIN } else { due })
    }
}

impl Judge<'_> {
    /// Writes a change with everything that follows from it. Returns the
    /// account's state and ledger as they are then.
    pub(crate) async fn commit(
        &self,
        mut change: Change,
    ) -> Result<(AccountState, Ledger), CommitError> {
        change.settle(self.now);
        change.after.revision = change.before.revision + 1;
        self.find_ends(&mut change).await?;
        let mut transaction = Transaction::new();
        self.write(&mut transaction, &change).await?;
        let news = match &self.watchers {
            Some(watchers) => {
                let told = &change.findings.violations;
                let told = &told[..told.len().min(WATCHED_MAX)];
                watchers.news(&change.after, change.findings.judged.as_ref(), told)?
            }
            None => Vec::new(),
        };
        match &self.watchers {
            Some(watchers) if !news.is_empty() => {
                let live = watchers.live();
                live.commit(&transaction, &news, self.request_id, self.now)
                    .await?;
            }
            _ => transaction.commit().await?,
        }
        Ok((change.after, change.ledger))
    }

    async fn write(
        &self,
        transaction: &mut Transaction,
        change: &Change,
    ) -> Result<(), StoreError> {
        let (shop, id) = (&self.account.shop, &self.account.id);
        let store = self.store;
        let written = AccountStateChange {
            before: &change.before,
            after: &change.after,
            due: change.due(self.now),
            status: None,
        };
        store.change_account_state(transaction, shop, id, &written)?;
        if change.has_ledger {
            store.put_ledger(transaction, shop, id, &change.ledger)?;
        }
        for (key, position) in &change.held {
            match position {
                Some(position) => {
                    store.put_open_position(transaction, shop, id, (key, position))?;
                }
                None => store.delete_open_position(transaction, shop, id, key)?,
            }
        }
        if let Some(deal) = &change.deal {
            store.change_deal(transaction, shop, id, deal)?;
        }
        for trade in &change.trades {
            store.put_trade(transaction, shop, id, trade)?;
        }
        for number in &change.reopened {
            store.remove_trade(transaction, shop, id, *number)?;
        }
        match &change.kept {
            KeptChange::Keep => {}
            KeptChange::Put(kept) => store.put_kept(transaction, shop, id, kept)?,
            KeptChange::Delete => store.delete_kept(transaction, shop, id)?,
        }
        self.write_violations(transaction, change)?;
        for verdict in &change.verdicts {
            store.put_verdict(transaction, shop, id, verdict)?;
        }
        for announcement in &change.announcements {
            store.put_announcement(transaction, (shop, id), announcement, None)?;
        }
        if let Some(account) = &change.account {
            store.change_account(transaction, self.account, account.clone())?;
        }
        if let Some(challenge) = &change.challenge {
            store.put_challenge(transaction, self.account, challenge)?;
        }
        let account = change.account.as_ref().unwrap_or(self.account);
        let publisher = Publisher {
            store,
            account,
            account_state: &change.after,
            snapshot: change.findings.judged.as_ref(),
            request_id: self.request_id,
            now: self.now,
        };
        for event in &change.events {
            publisher.publish(transaction, event)?;
        }
        self.hurry_step(transaction, change).await
    }

    fn write_violations(
        &self,
        transaction: &mut Transaction,
        change: &Change,
    ) -> Result<(), StoreError> {
        let (shop, id) = (&self.account.shop, &self.account.id);
        let Some(challenge) = &change.after.challenge else {
            return Ok(());
        };
        for violation in &change.findings.violations {
            let stored = StoredViolation {
                challenge: challenge.clone(),
                violation: violation.clone(),
                input: change.input,
                lifted: false,
            };
            self.store.put_violation(transaction, shop, id, &stored)?;
        }
        for lifted in &change.lifted {
            self.store.put_violation(transaction, shop, id, lifted)?;
        }
        Ok(())
    }

    /// Has the chain's next step come sooner, where it must not wait.
    async fn hurry_step(
        &self,
        transaction: &mut Transaction,
        change: &Change,
    ) -> Result<(), StoreError> {
        let Some(due) = change.step_due else {
            return Ok(());
        };
        let (shop, id) = (&self.account.shop, &self.account.id);
        let Some(state) = self.store.sync_state(shop, id).await? else {
            return Ok(());
        };
        let is_sooner = state
            .due_at
            .is_none_or(|at| due.timestamp_millis() + 500 < at);
        if state.instance.is_none() || !is_sooner {
            return Ok(());
        }
        let step = Step {
            shop: shop.clone(),
            account: id.clone(),
            generation: state.generation,
            due_at_ms: due.max(self.now).timestamp_millis(),
            request_id: self.request_id.to_owned(),
        };
        enqueue_step(transaction, self.store.table(), step, self.now)
    }
}

/// Whether a phase is an end.
pub(super) fn is_end(phase: Option<Phase>) -> bool {
    phase.is_some_and(Phase::is_final)
}
