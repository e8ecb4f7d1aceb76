//! Inputs to verdicts.
//!
//! Inputs have numbers without gaps, and the judgement knows the next. An
//! input is applied to ledger and rule state, and the result is written with
//! everything that follows from it (trades, violations, events) in one
//! transaction under the condition that nobody judged meanwhile. So messages
//! may come twice, at once or out of order: each input counts once, in order.

use std::collections::HashMap;

use kernel::id::{AccountId, ShopId};
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::dynamo::{CommitError, StoreError, Transaction};
use platform::live::Live;

use super::events::{Event, Teller};
use super::messages::enqueue_judge;
use super::watchers::Watchers;
use crate::domain::ledger::ClosedPosition;
use crate::domain::rules::{
    DealEffect, Input as RuleInput, Outcome, Phase, Severity, Snapshot, State, Violation,
};
use crate::model::{Account, BalanceSource, InitialBalance, Input, Kind, Reading};
use crate::store::{Judged, Judgement, JudgementChange, Store, StoredViolation};

/// Inputs judged by one message; what is left is judged by the next.
const INPUTS_MAX: u32 = 60;
/// Times that a judge that came second looks again.
const ATTEMPTS_MAX: u32 = 5;

/// What an input, or time, did to an account.
#[derive(Debug, Default)]
struct Effects {
    trades: Vec<ClosedPosition>,
    reopened: Vec<u64>,
    violations: Vec<Violation>,
    passed: bool,
    has_deals: bool,
    judged: Option<Reading>,
}

impl Effects {
    fn take(&mut self, outcome: Outcome) {
        self.violations.extend(outcome.violations);
        if let Some(change) = outcome.phase_change {
            self.passed |= change.to == Phase::Passed;
        }
    }
}

/// Judges what an account has waiting: inputs in order, then what is due by
/// time. Answers how many inputs counted. Those who watch the account are told
/// at once.
///
/// # Errors
/// Where the store fails; the message is to come again.
pub async fn judge(
    (store, live): (&Store, &Live),
    (shop, id): (&ShopId, &AccountId),
    request_id: &str,
    now: Timestamp,
) -> kernel::Result<usize> {
    let Some(account) = store.account(shop, id).await? else {
        return Ok(0);
    };
    // Tokens, and so watching, go by real time.
    let watchers = Watchers::of(live, (shop, id), SystemClock.now()).await?;
    let judge = Judge {
        store,
        account: &account,
        watchers,
        request_id,
        now,
    };
    let mut count = 0;
    let mut attempt = 0;
    loop {
        match judge.judge_waiting().await {
            Ok(judged) => return Ok(count + judged),
            Err(Stopped::Overtaken(judged)) if attempt < ATTEMPTS_MAX => {
                count += judged;
                attempt += 1;
            }
            Err(Stopped::Overtaken(_)) => {
                return Err(kernel::Error::internal("other judges were always first"));
            }
            Err(Stopped::Failed(error)) => return Err(error.into()),
        }
    }
}

enum Stopped {
    /// Somebody else judged meanwhile, after so many inputs of ours.
    Overtaken(usize),
    Failed(StoreError),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

fn overtaken(error: CommitError, count: usize) -> Stopped {
    match error {
        CommitError::Refused(_) => Stopped::Overtaken(count),
        CommitError::Store(error) => Stopped::Failed(error),
    }
}

/// How far time may be taken to have passed: a breach for inactivity is final,
/// so for such plans no further than a sync has brought the deals.
fn tick_until(judgement: &Judgement, now: Timestamp) -> Timestamp {
    match (&judgement.live, judgement.plan.inactivity_days) {
        (Some(live), Some(_)) => live.recorded_at.min(now),
        _ => now,
    }
}

async fn apply_input(
    store: &Store,
    account: &Account,
    judgement: &mut Judgement,
    judged: &mut Judged,
    input: &Input,
) -> Result<Effects, StoreError> {
    let mut effects = Effects {
        has_deals: !input.deals.is_empty(),
        ..Effects::default()
    };
    // Trades that this very input closed are not in the store yet.
    let mut fresh: HashMap<String, ClosedPosition> = HashMap::new();
    for deal in &input.deals {
        let closed = match judged.ledger.needs(deal) {
            Some(position) => match fresh.remove(position) {
                Some(trade) => Some(trade),
                None => {
                    store
                        .trade_of_position(&account.shop, &account.id, position)
                        .await?
                }
            },
            None => None,
        };
        let reset = &judgement.plan.reset;
        let change = judged.ledger.apply(deal, reset, closed);
        if change.out_of_range {
            tracing::error!(
                alarm = "deal_out_of_range",
                account = account.id.as_str(),
                deal = deal.id,
                "a deal of {} has figures beyond reason and does not count",
                account.id,
            );
            continue;
        }
        if let Some(number) = change.reopened {
            effects.trades.retain(|trade| trade.number != number);
            effects.reopened.push(number);
        }
        for trade in change.closed.into_iter().chain(change.corrected) {
            effects.trades.retain(|known| known.number != trade.number);
            effects.reopened.retain(|number| *number != trade.number);
            fresh.insert(trade.position.id.clone(), trade.clone());
            effects.trades.push(trade);
        }
        match &mut judgement.state {
            Some(state) => {
                let effect = RuleInput::Deal(DealEffect::new(deal, &judged.ledger));
                effects.take(state.apply(&judgement.plan, &effect));
            }
            None => before_start(judgement, judged, deal),
        }
    }
    if let Some(reading) = &input.reading {
        apply_reading(judgement, judged, reading, &mut effects);
    }
    let statistics = judged.ledger.statistics();
    judgement.trades = judged.ledger.closed_count();
    judgement.closed = statistics.closed;
    judgement.winners = statistics.winners;
    judgement.trading_days = judged.ledger.standing().trading_days;
    Ok(effects)
}

/// A deal of the history before the first snapshot.
fn before_start(judgement: &Judgement, judged: &mut Judged, deal: &crate::domain::deal::Deal) {
    judged.prior.add(&judgement.plan, deal);
    if deal.kind.is_trade() {
        judged.has_traded = true;
    } else if !judged.has_traded {
        judged.deposited += deal.adjustment().unwrap_or_default();
    }
}

fn apply_reading(
    judgement: &mut Judgement,
    judged: &Judged,
    reading: &Reading,
    effects: &mut Effects,
) {
    if judgement.state.is_none() {
        start_challenge(judgement, judged, reading);
    }
    let Some(state) = &mut judgement.state else {
        return;
    };
    let outcome = state.apply(
        &judgement.plan,
        &RuleInput::Snapshot(Snapshot {
            recorded_at: reading.recorded_at,
            balance: reading.balance,
            equity: reading.equity,
            flagged: reading.flagged,
        }),
    );
    if outcome.reception == crate::domain::rules::Reception::Judged {
        judgement.judged = Some(reading.clone());
        effects.judged = Some(reading.clone());
    }
    effects.take(outcome);
}

/// Drawdown is judged from the first snapshot on. Where nobody has told the
/// initial balance, it is the deposits before the first trade; where the
/// history shows none, the first balance.
fn start_challenge(judgement: &mut Judgement, judged: &Judged, reading: &Reading) {
    let initial = judgement.initial_balance.get_or_insert_with(|| {
        let value = if judged.deposited > rust_decimal::Decimal::ZERO {
            judged.deposited
        } else {
            reading.balance
        };
        InitialBalance {
            value,
            source: BalanceSource::Mt5Deposits,
            set_at: reading.recorded_at,
        }
    });
    let mut state = State::start(
        &judgement.plan,
        initial.value,
        reading.recorded_at,
        &judged.prior,
    );
    // The rules begin with the positions and days that the history left.
    let standing = RuleInput::Deal(DealEffect {
        time: reading.recorded_at,
        adjustment: rust_decimal::Decimal::ZERO,
        credit: rust_decimal::Decimal::ZERO,
        is_trade: false,
        standing: judged.ledger.standing(),
    });
    let _ = state.apply(&judgement.plan, &standing);
    judgement.state = Some(state);
}

/// The judging of one account.
struct Judge<'a> {
    store: &'a Store,
    account: &'a Account,
    watchers: Option<Watchers<'a>>,
    request_id: &'a str,
    now: Timestamp,
}

impl Judge<'_> {
    async fn judge_waiting(&self) -> Result<usize, Stopped> {
        let (store, account) = (self.store, self.account);
        let (shop, id) = (&account.shop, &account.id);
        let Some(mut judgement) = store.judgement(shop, id, true).await? else {
            return Ok(0);
        };
        if judgement.kind == Kind::Imported {
            return Ok(0);
        }
        let waiting = store
            .inputs_from(shop, id, judgement.next_input, INPUTS_MAX)
            .await?;
        let is_full = waiting.len() == INPUTS_MAX as usize;
        let mut judged = store.ledger(shop, id).await?;
        let mut count = 0;
        for numbered in waiting {
            if numbered.number != judgement.next_input {
                // A gap is a write that is not visible yet; its own message comes.
                break;
            }
            let before = judgement.clone();
            let effects =
                apply_input(store, account, &mut judgement, &mut judged, &numbered.input).await?;
            judgement.next_input = numbered.number + 1;
            self.commit(&before, &mut judgement, &judged, effects, false)
                .await
                .map_err(|error| overtaken(error, count))?;
            count += 1;
        }
        if is_full {
            let mut transaction = Transaction::new();
            let (table, request_id) = (store.table(), self.request_id);
            enqueue_judge(&mut transaction, table, shop, id, request_id, self.now)?;
            transaction
                .commit()
                .await
                .map_err(|error| overtaken(error, count))?;
            return Ok(count);
        }
        self.tick(judgement, &judged)
            .await
            .map_err(|error| overtaken(error, count))?;
        Ok(count)
    }

    /// Lets time pass where something is due by it.
    async fn tick(&self, mut judgement: Judgement, judged: &Judged) -> Result<(), CommitError> {
        let Some(state) = &judgement.state else {
            return Ok(());
        };
        if state.next_due(&judgement.plan) > self.now {
            return Ok(());
        }
        let before = judgement.clone();
        let until = tick_until(&judgement, self.now);
        let mut effects = Effects::default();
        if let Some(state) = &mut judgement.state {
            effects.take(state.apply(&judgement.plan, &RuleInput::Tick(until)));
        }
        self.commit(&before, &mut judgement, judged, effects, true)
            .await
    }

    /// Writes a judgement with everything that follows from it.
    async fn commit(
        &self,
        before: &Judgement,
        after: &mut Judgement,
        judged: &Judged,
        effects: Effects,
        by_time: bool,
    ) -> Result<(), CommitError> {
        let (shop, id) = (&self.account.shop, &self.account.id);
        let mut transaction = Transaction::new();
        let due = after.state.as_ref().map(|state| {
            let due = state.next_due(&after.plan);
            // What is not done by passing time waits for a sync.
            if by_time && due <= self.now {
                self.now + chrono::TimeDelta::minutes(10)
            } else {
                due
            }
        });
        let change = JudgementChange { before, after, due };
        self.store
            .change_judgement(&mut transaction, shop, id, &change)?;
        if effects.has_deals || before.state.is_none() {
            self.store.put_ledger(&mut transaction, shop, id, judged)?;
        }
        for trade in &effects.trades {
            self.store.put_trade(&mut transaction, shop, id, trade)?;
        }
        for number in &effects.reopened {
            self.store
                .remove_trade(&mut transaction, shop, id, *number)?;
        }
        self.tell(&mut transaction, after, &effects)?;
        let news = match &self.watchers {
            Some(watchers) => watchers.news(after, effects.judged.as_ref(), &effects.violations)?,
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
        after.revision = before.revision + 1;
        Ok(())
    }

    fn tell(
        &self,
        transaction: &mut Transaction,
        after: &Judgement,
        effects: &Effects,
    ) -> Result<(), StoreError> {
        let teller = Teller {
            store: self.store,
            account: self.account,
            currency: &after.currency,
            reading: effects.judged.as_ref(),
            phase: after.state.as_ref().map(State::phase),
            request_id: self.request_id,
            now: self.now,
        };
        for violation in &effects.violations {
            if let Some(challenge) = &after.challenge {
                let stored = StoredViolation {
                    challenge: challenge.clone(),
                    violation: violation.clone(),
                };
                let (shop, id) = (&self.account.shop, &self.account.id);
                self.store.put_violation(transaction, shop, id, &stored)?;
            }
            if violation.severity == Severity::Breach {
                tracing::warn!(
                    account = self.account.id.as_str(),
                    request_id = self.request_id,
                    rule = violation.rule.as_str(),
                    "{} breached {}",
                    self.account.id,
                    violation.rule.as_str(),
                );
            }
            teller.tell(transaction, &Event::Crossed(violation.clone()))?;
        }
        if effects.passed {
            teller.tell(transaction, &Event::Passed)?;
        }
        Ok(())
    }
}
