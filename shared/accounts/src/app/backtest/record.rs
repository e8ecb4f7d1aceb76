//! A backtest as it is stored: its row, and the slot that it holds.
//!
//! A shop's backtests have a partition of their own, `S#{shop}#BACKTESTS`: the
//! role of the function that runs them may write to such partitions alone.
//! `JOB#{id}` is a backtest, for seven days, and `SLOT#{n}` the backtest that
//! holds a slot.

use chrono::TimeDelta;
use kernel::Error;
use kernel::id::{AccountId, JobId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::{Condition, Key, Query, Range, StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::Asked;
use crate::store::{Store, keys};

/// Backtests of a shop that may be queued or running at once.
pub const OPEN_MAX: u8 = 5;
/// How long a backtest is kept.
const KEPT_FOR: TimeDelta = TimeDelta::days(7);
/// How long a backtest may take to end. Its queue keeps no message longer.
const ENDS_WITHIN: TimeDelta = TimeDelta::days(1);
/// The reason of a backtest that took longer.
pub(super) const OVERDUE: &str = "the backtest did not run within a day; request it again";

const SLOT_PREFIX: &str = "SLOT#";

/// State of a backtest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BacktestState {
    /// It has not begun.
    Queued,
    /// It is under way.
    Running,
    /// It has a result.
    Done,
    /// It could not be carried out; `error` has the reason.
    Failed,
}

/// A backtest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Backtest {
    /// Its id.
    pub id: JobId,
    /// The account.
    pub account: AccountId,
    /// The plan, as JSON.
    pub plan: String,
    /// The start of the range.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// The end of the range.
    #[serde(default)]
    pub to: Option<Timestamp>,
    /// Its state.
    pub state: BacktestState,
    /// Inputs of the history that the run has read.
    pub inputs_done: u64,
    /// Inputs of the history, about; absent until a run has begun.
    #[serde(default)]
    pub inputs_total: Option<u64>,
    /// The result, as the JSON of the answer.
    #[serde(default)]
    pub result: Option<String>,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<String>,
    /// When it was requested, by the business clock.
    pub created_at: Timestamp,
    /// The slot that it holds.
    pub(super) slot: u8,
    /// Rises with each run and at the end, so that a run that was given up
    /// writes nothing.
    pub(super) revision: u64,
    /// When its run counts as interrupted unless it notes progress, in ms since
    /// the epoch of real time.
    pub(super) lease_until_ms: i64,
    /// When it must have ended, in ms since the epoch of real time.
    pub(super) expires_at_ms: i64,
    /// When it may be deleted, in seconds since the epoch.
    pub(super) ttl: i64,
}

impl Backtest {
    /// A new backtest, without a slot.
    pub(super) fn queued(
        asked: Asked<'_>,
        (now, real_now): (Timestamp, Timestamp),
    ) -> kernel::Result<Self> {
        Ok(Self {
            id: JobId::generate(real_now),
            account: asked.account.clone(),
            plan: serde_json::to_string(asked.plan).map_err(Error::internal)?,
            from: asked.from,
            to: asked.to,
            state: BacktestState::Queued,
            inputs_done: 0,
            inputs_total: None,
            result: None,
            error: None,
            created_at: now,
            slot: 0,
            revision: 0,
            lease_until_ms: 0,
            expires_at_ms: (real_now + ENDS_WITHIN).timestamp_millis(),
            ttl: (real_now + KEPT_FOR).timestamp(),
        })
    }

    /// Returns whether it is done or failed.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.state, BacktestState::Done | BacktestState::Failed)
    }

    /// Returns whether its time ran out before it ended.
    pub(super) fn is_overdue(&self, real_now: Timestamp) -> bool {
        !self.has_ended() && self.expires_at_ms <= real_now.timestamp_millis()
    }

    /// Returns the backtest as failed for a reason.
    pub(super) fn failed(self, reason: impl Into<String>) -> Self {
        Self {
            state: BacktestState::Failed,
            error: Some(reason.into()),
            ..self
        }
    }
}

/// A slot that a backtest can take.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// Its number, from 0.
    pub(super) number: u8,
    /// The overdue backtest that still holds it.
    overdue: Option<JobId>,
}

/// The row of a slot that is held.
#[derive(Serialize, Deserialize)]
struct SlotRow {
    job: JobId,
    expires_at_ms: i64,
    ttl: i64,
}

fn partition(shop: &ShopId) -> String {
    format!("{}#BACKTESTS", keys::shop(shop))
}

/// The key of a backtest.
pub(super) fn key(shop: &ShopId, id: &JobId) -> Key {
    Key::new(partition(shop), format!("JOB#{id}"))
}

fn slot_key(shop: &ShopId, number: u8) -> Key {
    Key::new(partition(shop), format!("{SLOT_PREFIX}{number}"))
}

/// Returns a backtest as it is stored.
pub(super) async fn read(
    store: &Store,
    shop: &ShopId,
    id: &JobId,
    real_now: Timestamp,
) -> Result<Option<Backtest>, StoreError> {
    store.table().get_live(&key(shop, id), real_now).await
}

/// Adds a backtest to a transaction, which `backtest` refuses if its revision
/// is not the expected one.
pub(super) fn put(
    transaction: &mut Transaction,
    store: &Store,
    shop: &ShopId,
    backtest: &Backtest,
    expected: Option<u64>,
) -> Result<(), StoreError> {
    let condition = match expected {
        Some(revision) => Condition::number("revision", revision),
        None => Condition::absent(),
    };
    let key = key(shop, &backtest.id);
    transaction.put("backtest", store.table(), &key, backtest, Some(condition))?;
    Ok(())
}

/// Returns the slots that no backtest holds, those of overdue ones included.
pub(super) async fn free_slots(
    store: &Store,
    shop: &ShopId,
    real_now: Timestamp,
) -> Result<Vec<Slot>, StoreError> {
    let range = Range::Prefix(SLOT_PREFIX.to_owned());
    let query = Query::new(partition(shop), range, u32::from(OPEN_MAX)).consistent();
    let mut held = store.table().query::<SlotRow>(&query).await?.rows;
    let free = (0..OPEN_MAX).filter_map(|number| {
        let key = slot_key(shop, number);
        let index = held.iter().position(|(held, _)| held.sk == key.sk);
        let overdue = match index.map(|index| held.swap_remove(index).1) {
            Some(row) if row.expires_at_ms > real_now.timestamp_millis() => return None,
            row => row.map(|row| row.job),
        };
        Some(Slot { number, overdue })
    });
    Ok(free.collect())
}

/// Adds to a transaction that a backtest takes a slot, which `slot` refuses if
/// another one has taken it.
pub(super) fn take_slot(
    transaction: &mut Transaction,
    store: &Store,
    shop: &ShopId,
    backtest: &Backtest,
    slot: Slot,
) -> Result<(), StoreError> {
    let row = SlotRow {
        job: backtest.id.clone(),
        expires_at_ms: backtest.expires_at_ms,
        ttl: backtest.ttl,
    };
    let condition = match slot.overdue {
        Some(job) => Condition::text("job", job.as_str()),
        None => Condition::absent(),
    };
    let key = slot_key(shop, slot.number);
    transaction.put("slot", store.table(), &key, &row, Some(condition))?;
    Ok(())
}

/// Adds to a transaction that a backtest gives its slot back, which `slot`
/// refuses if it does not hold it any more.
pub(super) fn free_slot(
    transaction: &mut Transaction,
    store: &Store,
    shop: &ShopId,
    backtest: &Backtest,
) -> Result<(), StoreError> {
    let key = slot_key(shop, backtest.slot);
    let held = Condition::text("job", backtest.id.as_str());
    transaction.delete_where("slot", store.table(), &key, held)?;
    Ok(())
}
