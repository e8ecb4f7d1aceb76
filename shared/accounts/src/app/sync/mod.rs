//! One step of an account's sync chain.
//!
//! A step fetches deals and a snapshot, reconciles and stores them with the
//! change that the rules function is told of, and schedules its successor in
//! the same transaction. Invariants:
//!
//! - A chain has one living message: the one of its generation. Each step
//!   raises the generation with its write, so a message that is delivered
//!   twice, or a chain that was started twice, dies at its next step.
//! - A step that is killed anywhere is delivered again and finds what was
//!   stored: deals are stored once by their id.
//! - A chain whose message was lost is found by its due time and revived.

mod fetch;
mod pace;
mod revive;
mod trouble;

pub use revive::{forget_left_over, hurry, revive};

use kernel::currency::Currency;
use kernel::time::Timestamp;
use platform::dynamo::{CommitError, Transaction};
use platform::keys::Vault;

use self::fetch::{Fetched, fetch};
use super::events::{Event, Teller};
use super::messages::{Step, SyncMessage, enqueue_judge, enqueue_step};
use crate::domain::consistency::{Decision, Reconciliation, reconcile};
use crate::gateway::mt5::{GatewayError, Mt5Gateway};
use crate::model::{Account, Input, Reading, Status};
use crate::store::{Judgement, NumberedInput, Store, SyncState};

/// A message that comes earlier than this before its time is sent on.
const EARLY_MS_MAX: i64 = 1_500;

/// What is needed for a step.
#[derive(Debug)]
pub struct Syncer {
    /// The store.
    pub store: Store,
    /// The gateway.
    pub gateway: Mt5Gateway,
    /// Opens investor passwords.
    pub vault: Vault,
}

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Handled {
    /// Done, or dead: nothing is left to do.
    Done,
    /// It came too early: to be sent on with this delay.
    TooEarly {
        /// Seconds, within what SQS takes.
        delay_s: i64,
    },
}

/// A step's account, as it was read.
struct Running {
    account: Account,
    judgement: Judgement,
    state: SyncState,
    request_id: String,
    now: Timestamp,
}

impl Syncer {
    /// Handles a message.
    ///
    /// # Errors
    /// Where our own store fails; the message is to come again.
    pub async fn handle(&self, message: &SyncMessage, now: Timestamp) -> kernel::Result<Handled> {
        match message {
            SyncMessage::Forget { gateway_id, .. } => {
                self.gateway.forget(gateway_id).await?;
                Ok(Handled::Done)
            }
            SyncMessage::Step(step) => {
                let early_ms = step.due_at_ms - now.timestamp_millis();
                if early_ms > EARLY_MS_MAX {
                    let delay_s = (early_ms / 1000).clamp(1, platform::queue::DELAY_S_MAX);
                    return Ok(Handled::TooEarly { delay_s });
                }
                self.step(step, now).await?;
                Ok(Handled::Done)
            }
        }
    }

    async fn step(&self, step: &Step, now: Timestamp) -> kernel::Result<()> {
        let Some(mut running) = self.read(step, now).await? else {
            return Ok(());
        };
        match self.run(&mut running).await {
            Ok(()) => Ok(()),
            Err(StepError::Gateway(error)) => self.trouble(&mut running, error).await,
            // Another writer was first. A step of this generation has ended
            // this one; anything else, and the message comes again.
            Err(StepError::Overtaken(error)) => match self.read(step, now).await? {
                Some(_) => Err(error),
                None => Ok(()),
            },
            Err(StepError::Own(error)) => Err(error),
        }
    }

    /// The account of a step, where the step is of its chain's generation.
    async fn read(&self, step: &Step, now: Timestamp) -> kernel::Result<Option<Running>> {
        let Some(state) = self.store.sync_state(&step.shop, &step.account).await? else {
            return Ok(None);
        };
        if state.generation != step.generation || state.instance.is_none() {
            return Ok(None);
        }
        let account = self.store.account(&step.shop, &step.account).await?;
        let judgement = self
            .store
            .judgement(&step.shop, &step.account, true)
            .await?;
        let (Some(account), Some(judgement)) = (account, judgement) else {
            return Ok(None);
        };
        Ok(Some(Running {
            account,
            judgement,
            state,
            request_id: step.request_id.clone(),
            now,
        }))
    }

    async fn run(&self, running: &mut Running) -> Result<(), StepError> {
        let Some(gateway_id) = self.gateway_id(running).await? else {
            let due = running.now + pace::VERIFYING;
            return self.go_on(running, due).await;
        };
        let fetched = fetch(self, running, &gateway_id).await?;
        let deals_effect = self.store_deals(running, &fetched).await?;
        if fetched.has_more {
            // More of a long history is to come.
            let due = running.now;
            return self.go_on(running, due).await;
        }
        running.state.has_history = true;
        self.accept_snapshot(running, &fetched, deals_effect).await
    }

    /// The gateway's id of the instance. One that the broker was still
    /// verifying is asked for again, by its transaction id.
    async fn gateway_id(&self, running: &Running) -> Result<Option<String>, StepError> {
        let account = &running.account;
        let Some(id) = &running.state.instance else {
            return Ok(None);
        };
        let instance = self.store.instance(&account.shop, &account.id, id).await?;
        let Some(mut instance) = instance else {
            return Ok(None);
        };
        if instance.gateway_id.is_some() {
            return Ok(instance.gateway_id);
        }
        let Some(sealed) = &instance.sealed_password else {
            return Ok(None);
        };
        let identity = crate::model::password_identity(&account.shop, &account.id, id);
        let credentials = crate::gateway::mt5::Credentials {
            login: account.login.clone(),
            password: self.vault.open(sealed, &identity).await?,
            server: account.server.clone(),
        };
        let transaction_id = instance.transaction_id.clone();
        let asked = super::registration::ask(&self.gateway, &credentials, &transaction_id).await?;
        let Some(gateway_id) = asked else {
            return Ok(None);
        };
        instance.gateway_id = Some(gateway_id.clone());
        let mut transaction = Transaction::new();
        self.store
            .put_instance(&mut transaction, account, &instance)?;
        transaction.commit().await?;
        Ok(Some(gateway_id))
    }

    /// Schedules the next step, with what this one has learnt and nothing else.
    async fn go_on(&self, running: &mut Running, due: Timestamp) -> Result<(), StepError> {
        let mut transaction = Transaction::new();
        let next_input = running.state.next_input;
        self.succeed(&mut transaction, running, due, next_input)?;
        transaction.commit().await?;
        Ok(())
    }

    /// Stores new deals as inputs, some at a time. Answers how much they move
    /// the balance.
    async fn store_deals(
        &self,
        running: &mut Running,
        fetched: &Fetched,
    ) -> Result<rust_decimal::Decimal, StepError> {
        let (shop, id) = (running.account.shop.clone(), running.account.id.clone());
        let mut effect = rust_decimal::Decimal::ZERO;
        let chunks = fetched.new_deals.chunks(crate::store::DEALS_MAX);
        let last = chunks.len().saturating_sub(1);
        for (index, deals) in chunks.enumerate() {
            let before = running.state.clone();
            let mut after = before.clone();
            let number = after.next_input;
            after.next_input += 1;
            let moved: rust_decimal::Decimal = deals
                .iter()
                .map(crate::domain::deal::Deal::balance_effect)
                .sum();
            after.balance_expected = after.balance_expected.map(|balance| balance + moved);
            for deal in deals {
                after.deals_until = after.deals_until.max(Some(deal.time));
                if deal.kind.is_trade() {
                    after.last_trade_at = after.last_trade_at.max(Some(deal.time));
                }
            }
            let input = NumberedInput {
                number,
                input: Input {
                    deals: deals.to_vec(),
                    reading: None,
                },
            };
            let mut transaction = Transaction::new();
            self.store
                .add_input(&mut transaction, &shop, &id, &input, running.now)?;
            self.store
                .change_sync_state(&mut transaction, &shop, &id, &before, &mut after)?;
            // One look judges all of them. A step that dies on the way comes
            // again, and ends with one too.
            if index == last {
                enqueue_judge(
                    &mut transaction,
                    self.store.table(),
                    &shop,
                    &id,
                    &running.request_id,
                    running.now,
                )?;
            }
            transaction.commit().await?;
            running.state = after;
            effect += moved;
        }
        Ok(effect)
    }

    async fn accept_snapshot(
        &self,
        running: &mut Running,
        fetched: &Fetched,
        deals_effect: rust_decimal::Decimal,
    ) -> Result<(), StepError> {
        let state = &mut running.state;
        let information = &fetched.information;
        let decision = reconcile(&Reconciliation {
            // What is expected has the new deals in it already.
            balance_before: state.balance_expected.map(|balance| balance - deals_effect),
            deals_effect,
            balance: information.balance,
            fetches: state.mismatch_fetches + 1,
            mismatch_since: state.mismatch_since,
            now: running.now,
        });
        let flagged = match decision {
            Decision::Refetch {
                fetch,
                mismatch_since,
            } => {
                state.mismatch_fetches = fetch - 1;
                state.mismatch_since = Some(mismatch_since);
                return self.fetch_again(running).await;
            }
            Decision::JudgeFlagged { unexplained } => {
                tracing::error!(
                    alarm = "balance_unexplained",
                    account = running.account.id.as_str(),
                    %unexplained,
                    "the balance of {} is not explained by its deals",
                    running.account.id,
                );
                true
            }
            Decision::Consistent => false,
        };
        state.mismatch_fetches = 0;
        state.mismatch_since = None;
        state.balance_expected = Some(information.balance);
        state.failures = 0;
        let reading = Reading {
            recorded_at: fetched.recorded_at,
            balance: information.balance,
            equity: information.equity,
            margin: information.margin,
            free_margin: information.free_margin,
            flagged,
        };
        self.store_snapshot(running, fetched, reading).await
    }

    /// Snapshot and deals do not fit yet: both are fetched again soon.
    async fn fetch_again(&self, running: &mut Running) -> Result<(), StepError> {
        let due = running.now + pace::AGAIN;
        self.go_on(running, due).await?;
        let account = &running.account;
        let detail = "snapshot and deals do not fit yet; both are fetched again";
        self.store
            .log(
                &account.shop,
                &account.id,
                running.now,
                "refetch",
                detail,
                &running.request_id,
            )
            .await;
        Ok(())
    }

    async fn store_snapshot(
        &self,
        running: &mut Running,
        fetched: &Fetched,
        reading: Reading,
    ) -> Result<(), StepError> {
        let (shop, id) = (running.account.shop.clone(), running.account.id.clone());
        let currency = Currency::parse(&fetched.information.currency).unwrap_or_else(Currency::usd);
        let mut transaction = Transaction::new();
        let number = running.state.next_input;
        let input = NumberedInput {
            number,
            input: Input {
                deals: Vec::new(),
                reading: Some(reading.clone()),
            },
        };
        self.store
            .add_input(&mut transaction, &shop, &id, &input, running.now)?;
        let buckets = &mut running.state.buckets;
        self.store
            .roll_up(&mut transaction, &shop, &id, buckets, &reading)
            .await?;
        self.store
            .change_live(&mut transaction, &shop, &id, &reading, &currency)?;
        let table = self.store.table();
        enqueue_judge(
            &mut transaction,
            table,
            &shop,
            &id,
            &running.request_id,
            running.now,
        )?;
        if running.judgement.live.is_none() || running.judgement.status == Status::Error {
            let teller = Teller {
                store: &self.store,
                account: &running.account,
                currency: &currency,
                reading: Some(&reading),
                phase: None,
                request_id: &running.request_id,
                now: running.now,
            };
            teller.tell(&mut transaction, &Event::Connected)?;
        }
        let due = running.now
            + pace::next(
                &running.judgement,
                &running.state,
                fetched.open_positions,
                running.now,
            );
        self.succeed(&mut transaction, running, due, number + 1)?;
        transaction.commit().await?;
        let account = &running.account;
        let detail = format!(
            "{} new deals, {} open positions",
            fetched.new_deals.len(),
            fetched.open_positions
        );
        self.store
            .log(
                &account.shop,
                &account.id,
                running.now,
                "synced",
                detail,
                &running.request_id,
            )
            .await;
        Ok(())
    }

    /// Raises the generation and schedules its step, in the step's own write.
    fn succeed(
        &self,
        transaction: &mut Transaction,
        running: &mut Running,
        due: Timestamp,
        next_input: u64,
    ) -> Result<(), StepError> {
        let (shop, id) = (&running.account.shop, &running.account.id);
        let before = running.state.clone();
        let mut after = before.clone().due(id, due);
        after.generation += 1;
        after.next_input = next_input;
        self.store
            .change_sync_state(transaction, shop, id, &before, &mut after)?;
        let step = Step {
            shop: shop.clone(),
            account: id.clone(),
            generation: after.generation,
            due_at_ms: due.timestamp_millis(),
            request_id: running.request_id.clone(),
        };
        enqueue_step(transaction, self.store.table(), step, running.now)?;
        running.state = after;
        Ok(())
    }
}

/// Why a step did not end well.
enum StepError {
    /// The gateway's doing: told, and tried again later.
    Gateway(GatewayError),
    /// Somebody else wrote meanwhile.
    Overtaken(kernel::Error),
    /// Ours: the message comes again.
    Own(kernel::Error),
}

impl From<GatewayError> for StepError {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::Store(error) => Self::Own(error.into()),
            error => Self::Gateway(error),
        }
    }
}

impl From<kernel::Error> for StepError {
    fn from(error: kernel::Error) -> Self {
        Self::Own(error)
    }
}

impl From<platform::dynamo::StoreError> for StepError {
    fn from(error: platform::dynamo::StoreError) -> Self {
        Self::Own(error.into())
    }
}

impl From<CommitError> for StepError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Refused(_) => Self::Overtaken(error.into()),
            CommitError::Store(error) => Self::Own(error.into()),
        }
    }
}
