//! One step of an account's sync chain.
//!
//! A step fetches a snapshot and deals, stores them as inputs that the rules
//! function is told of, and schedules its successor in the same transaction.
//! Whether the deals explain the snapshot is for judging to say. Invariants:
//!
//! - A chain has one living message: the one of its generation. Each step
//!   raises the generation with its write, so a message that is delivered
//!   twice, or a chain that was started twice, dies at its next step.
//! - A step that is killed anywhere is delivered again and finds what was
//!   stored: deals are stored once by their id.
//! - A chain whose message was lost is found by its due time and revived.

mod fetch;
mod look_back;
mod pace;
mod revive;
pub(crate) mod stale;
mod trouble;

pub use revive::{forget_left_over, hurry, revive};

use kernel::currency::Currency;
use kernel::time::Timestamp;
use platform::dynamo::{CommitError, Transaction};
use platform::keys::Vault;

use self::fetch::{Fetched, FetchedSnapshot, fetch};
use self::stale::StaleCause;
use super::events::{Event, Publisher};
use super::messages::{Step, SyncMessage, enqueue_judge, enqueue_step};
use crate::domain::deal::Deal;
use crate::gateway::mt5::{GatewayError, Mt5Gateway};
use crate::model::{Account, AccountSnapshot, AccountState, Input, Status};
use crate::store::{Floors, NumberedInput, Store, SyncState};

/// A message that comes earlier than this before its time is sent on.
const EARLY_MS_MAX: i64 = 1_500;

/// Changed deals of one input.
const CHANGES_MAX: usize = 10;
/// Deals that were set aside of which the ids are remembered.
const SET_ASIDE_MAX: usize = 20;

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
    account_state: AccountState,
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
        let account_state = self
            .store
            .account_state(&step.shop, &step.account, true)
            .await?;
        let (Some(account), Some(account_state)) = (account, account_state) else {
            return Ok(None);
        };
        Ok(Some(Running {
            account,
            account_state,
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
        let new_deals = self.store_deals(running, &fetched).await?;
        let Some(snapshot) = &fetched.snapshot else {
            // More of a long history is to come.
            let due = running.now;
            return self.go_on(running, due).await;
        };
        self.store_snapshot(running, snapshot, new_deals).await
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

    /// Stores new and changed deals as inputs, some at a time. Returns how many
    /// there were.
    async fn store_deals(
        &self,
        running: &mut Running,
        fetched: &Fetched,
    ) -> Result<usize, StepError> {
        let (shop, id) = (running.account.shop.clone(), running.account.id.clone());
        let epoch = running.account.server_epoch;
        let deals = fetched
            .deals
            .iter()
            .map(|deal| of_epoch(deal.clone(), epoch));
        let mut found = self.store.new_deals(&shop, &id, deals.collect()).await?;
        if found.new.iter().any(|deal| !deal.kind.is_trade()) {
            let table = self.store.deal_classes(&shop).await?;
            let classified = found.new.into_iter().map(|deal| table.rules.classify(deal));
            found.new = classified.collect();
        }
        found
            .new
            .sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
        let set_aside: Vec<String> = fetched
            .set_aside
            .iter()
            .filter(|id| !running.state.set_aside.contains(id))
            .cloned()
            .collect();
        let mut inputs: Vec<Input> = found
            .new
            .chunks(crate::store::DEALS_MAX)
            .map(|deals| Input {
                deals: deals.to_vec(),
                ..Input::default()
            })
            .collect();
        inputs.extend(found.changes.chunks(CHANGES_MAX).map(|changes| Input {
            changes: changes.to_vec(),
            ..Input::default()
        }));
        if !set_aside.is_empty() {
            inputs.push(Input {
                set_aside,
                ..Input::default()
            });
        }
        let count = found.new.len();
        let last = inputs.len().saturating_sub(1);
        for (index, input) in inputs.into_iter().enumerate() {
            // One look judges all of them. A step that dies on the way comes
            // again, and ends with one too.
            self.add_input(running, input, index == last).await?;
        }
        Ok(count)
    }

    /// Adds an input that brings deals.
    async fn add_input(
        &self,
        running: &mut Running,
        input: Input,
        is_last: bool,
    ) -> Result<(), StepError> {
        let (shop, id) = (running.account.shop.clone(), running.account.id.clone());
        let before = running.state.clone();
        let mut after = before.clone();
        let number = after.next_input;
        after.next_input += 1;
        for deal in &input.deals {
            after.deals_until = after.deals_until.max(Some(deal.time));
            if deal.kind.is_trade() {
                after.last_trade_at = after.last_trade_at.max(Some(deal.time));
            }
        }
        for id in &input.set_aside {
            if after.set_aside.len() >= SET_ASIDE_MAX {
                after.set_aside.remove(0);
            }
            after.set_aside.push(id.clone());
        }
        let mut transaction = Transaction::new();
        let numbered = NumberedInput { number, input };
        self.store
            .add_input(&mut transaction, &shop, &id, &numbered, running.now)?;
        self.store
            .change_sync_state(&mut transaction, &shop, &id, &before, &mut after)?;
        if is_last {
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
        Ok(())
    }

    async fn store_snapshot(
        &self,
        running: &mut Running,
        fetched: &FetchedSnapshot,
        new_deals: usize,
    ) -> Result<(), StepError> {
        let (shop, id) = (running.account.shop.clone(), running.account.id.clone());
        let information = &fetched.information;
        let snapshot = AccountSnapshot {
            recorded_at: fetched.recorded_at,
            balance: information.balance,
            equity: information.equity,
            margin: information.margin,
            free_margin: information.free_margin,
            credit: information.credit,
            positions: fetched.positions,
            flagged: false,
        };
        let known = &running.account_state.currency;
        let currency = information.currency.as_deref().and_then(Currency::parse);
        let currency = currency.unwrap_or_else(|| known.clone());
        let mut transaction = Transaction::new();
        let number = running.state.next_input;
        let whole_read = running.state.whole_read;
        let input = NumberedInput {
            number,
            input: Input {
                reading: Some(snapshot.clone()),
                whole_read: whole_read.filter(|_| running.state.look_back.is_none()),
                ..Input::default()
            },
        };
        self.store
            .add_input(&mut transaction, &shop, &id, &input, running.now)?;
        let floors = floors(&running.account_state, running.now);
        let buckets = &mut running.state.buckets;
        self.store
            .roll_up(&mut transaction, &shop, &id, buckets, (&snapshot, floors))
            .await?;
        running.state.failures = 0;
        running.state.server_unusable_since = None;
        let was = running.account_state.status;
        let is_first = running.account_state.live.is_none();
        let table = self.store.table();
        let (request_id, now) = (running.request_id.clone(), running.now);
        enqueue_judge(&mut transaction, table, &shop, &id, &request_id, now)?;
        let publisher = Publisher {
            store: &self.store,
            account: &running.account,
            account_state: &running.account_state,
            snapshot: Some(&snapshot),
            request_id: &request_id,
            now,
        };
        if is_first || was == Status::Error {
            publisher.publish(&mut transaction, &Event::Connected)?;
        }
        let cause = match running.account_state.challenge_state.as_ref() {
            Some(state) if !state.reconciliation.held.is_empty() => StaleCause::History,
            _ => StaleCause::Judging,
        };
        let both = (&running.account_state, &mut running.state);
        let noted = match &both.0.live {
            Some(live) => {
                let until = live.recorded_at;
                stale::note(&mut transaction, &publisher, both, (cause, until))?
            }
            None => None,
        };
        let status = noted.or((was != Status::Stale).then_some((Status::Active, None)));
        let live = (&snapshot, &currency);
        self.store
            .change_live(&mut transaction, &shop, &id, live, status)?;
        let due = pace::next(
            &id,
            &running.account_state,
            &running.state,
            fetched.positions,
            now,
        );
        self.succeed(&mut transaction, running, due, number + 1)?;
        transaction.commit().await?;
        let positions = fetched
            .positions
            .map_or_else(|| "unknown".to_owned(), |list| list.count.to_string());
        let detail = format!("{new_deals} new deals, {positions} open positions");
        self.store
            .log(&shop, &id, now, "synced", detail, &request_id)
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

/// The floors in force, by what was judged last.
fn floors(account_state: &AccountState, now: Timestamp) -> Floors {
    let figures = account_state
        .rules()
        .map(|rules| rules.figures(&account_state.plan, now));
    Floors {
        daily: figures
            .as_ref()
            .and_then(|figures| figures.daily)
            .map(|daily| daily.floor),
        max: figures
            .as_ref()
            .and_then(|figures| figures.all_time)
            .map(|max| max.floor),
    }
}

/// Returns a deal with ids that are unique over an account's trade servers:
/// those of a later one are prefixed with its number.
pub(crate) fn of_epoch(deal: Deal, epoch: u32) -> Deal {
    if epoch < 2 {
        return deal;
    }
    let prefixed = |id: String| format!("{epoch}:{id}");
    Deal {
        id: prefixed(deal.id),
        position_id: deal.position_id.map(prefixed),
        order_id: deal.order_id.map(prefixed),
        ..deal
    }
}
