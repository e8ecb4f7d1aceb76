//! One delivery of a backtest's message: a run, or the end of a backtest that
//! cannot be run.

use std::time::Duration;

use chrono::TimeDelta;
use kernel::Error;
use kernel::id::ShopId;
use kernel::time::{Clock, Timestamp};
use platform::dynamo::{AttributeValue, CommitError, StoreError, Transaction};

use super::record::{self, Backtest, BacktestState};
use crate::app::messages::BacktestMessage;
use crate::store::Store;

/// Deliveries of a message, as the redrive policy of the queue counts them. The
/// last one runs nothing: it fails a backtest whose runs were all interrupted.
pub const RECEIVES_MAX: u32 = 3;
/// How long a run may be silent before it counts as interrupted. The queue
/// delivers the run's own message again later than that.
const LEASE: TimeDelta = TimeDelta::minutes(2);
/// Largest result that is kept in one item.
const RESULT_BYTES_MAX: usize = 380_000;

/// The bounds of a run.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Inputs of a history: 90 days at one each five seconds.
    pub inputs_max: u64,
    /// Inputs that are read at a time.
    pub inputs_page: u32,
    /// Deals before the range's first snapshot, which are held in memory.
    pub deals_before_max: usize,
    /// How long a run may take; less than its function's timeout.
    pub run_for: Duration,
    /// How often progress is noted.
    pub note_every: Duration,
    /// The least time for a page of inputs, so that a run leaves most of the
    /// account's read capacity to syncing and judging.
    pub page_every: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            inputs_max: 1_600_000,
            inputs_page: 500,
            deals_before_max: 200_000,
            run_for: Duration::from_mins(10),
            note_every: Duration::from_secs(5),
            page_every: Duration::from_millis(50),
        }
    }
}

/// The outcome of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The backtest has ended before, or another run is under way.
    Skipped,
    /// The backtest has its result.
    Done,
    /// The backtest has failed.
    Failed,
}

impl Outcome {
    /// Returns its name in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// Why a run ended without a result.
#[derive(Debug)]
pub(super) enum Stop {
    /// The backtest cannot be carried out.
    Failed(String),
    /// Another run has taken over.
    Superseded,
    /// The store failed, or a record cannot be read.
    Fault(Error),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

/// A run under way.
#[derive(Debug)]
pub(super) struct Run<'a, C> {
    pub(super) store: &'a Store,
    pub(super) shop: &'a ShopId,
    pub(super) limits: &'a Limits,
    clock: &'a C,
    pub(super) backtest: Backtest,
}

/// Runs a backtest and keeps its result, or fails it at the last of
/// [`RECEIVES_MAX`] deliveries. `clock` is real time.
///
/// # Errors
/// Returns an error if the store fails; the message is then retried.
pub async fn run<C: Clock>(
    store: &Store,
    message: &BacktestMessage,
    receives: u32,
    limits: &Limits,
    clock: &C,
) -> kernel::Result<Outcome> {
    let (shop, now) = (&message.shop, clock.now());
    let Some(backtest) = record::read(store, shop, &message.job, now).await? else {
        return Ok(Outcome::Skipped);
    };
    if backtest.has_ended() || backtest.lease_until_ms > now.timestamp_millis() {
        return Ok(Outcome::Skipped);
    }
    if backtest.is_overdue(now) {
        return end(store, shop, backtest.failed(record::OVERDUE)).await;
    }
    if receives >= RECEIVES_MAX {
        let reason = format!(
            "the backtest was interrupted {} times; request it again",
            RECEIVES_MAX - 1
        );
        return end(store, shop, backtest.failed(reason)).await;
    }
    let Some(backtest) = begin(store, shop, backtest, now).await? else {
        return Ok(Outcome::Skipped);
    };
    let mut run = Run {
        store,
        shop,
        limits,
        clock,
        backtest,
    };
    let ended = match run.history().await {
        Ok(simulation) => with_result(
            run.backtest,
            serde_json::to_string(&simulation).map_err(Error::internal)?,
        ),
        Err(Stop::Failed(reason)) => run.backtest.failed(reason),
        Err(Stop::Superseded) => return Ok(Outcome::Skipped),
        Err(Stop::Fault(error)) => return Err(error),
    };
    end(store, shop, ended).await
}

fn with_result(backtest: Backtest, result: String) -> Backtest {
    if result.len() > RESULT_BYTES_MAX {
        return backtest.failed("the result is too long; request a shorter range");
    }
    Backtest {
        state: BacktestState::Done,
        result: Some(result),
        ..backtest
    }
}

/// Begins a run; nothing is answered if another delivery was faster.
async fn begin(
    store: &Store,
    shop: &ShopId,
    backtest: Backtest,
    now: Timestamp,
) -> Result<Option<Backtest>, StoreError> {
    let begun = Backtest {
        state: BacktestState::Running,
        inputs_done: 0,
        inputs_total: None,
        revision: backtest.revision + 1,
        lease_until_ms: (now + LEASE).timestamp_millis(),
        ..backtest
    };
    let mut transaction = Transaction::new();
    record::put(
        &mut transaction,
        store,
        shop,
        &begun,
        Some(backtest.revision),
    )?;
    match transaction.commit().await {
        Ok(()) => Ok(Some(begun)),
        Err(CommitError::Refused(_)) => Ok(None),
        Err(CommitError::Store(error)) => Err(error),
    }
}

/// Writes the end of a backtest and gives its slot back.
async fn end(store: &Store, shop: &ShopId, mut ended: Backtest) -> kernel::Result<Outcome> {
    let expected = ended.revision;
    ended.revision += 1;
    for holds_slot in [true, false] {
        let mut transaction = Transaction::new();
        record::put(&mut transaction, store, shop, &ended, Some(expected))?;
        if holds_slot {
            record::free_slot(&mut transaction, store, shop, &ended)?;
        }
        match transaction.commit().await {
            Ok(()) if ended.state == BacktestState::Done => return Ok(Outcome::Done),
            Ok(()) => return Ok(Outcome::Failed),
            Err(error) if error.refused("backtest") => return Ok(Outcome::Skipped),
            // It was overdue, and another backtest has its slot.
            Err(error) if error.refused("slot") => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Outcome::Skipped)
}

impl<C: Clock> Run<'_, C> {
    /// Notes the run's progress, which also says that it is alive.
    pub(super) async fn note(&self) -> Result<(), Stop> {
        let backtest = &self.backtest;
        let number = |number: u64| AttributeValue::N(number.to_string());
        let lease_until_ms = (self.clock.now() + LEASE).timestamp_millis();
        let table = self.store.table();
        let key = record::key(self.shop, &backtest.id);
        let noted = table.update_where("note a backtest's progress", &key, |update| {
            update
                .update_expression(
                    "SET inputs_done = :done, inputs_total = :total, lease_until_ms = :lease",
                )
                .condition_expression("revision = :revision")
                .expression_attribute_values(":done", number(backtest.inputs_done))
                .expression_attribute_values(":total", number(backtest.inputs_total.unwrap_or(0)))
                .expression_attribute_values(
                    ":lease",
                    AttributeValue::N(lease_until_ms.to_string()),
                )
                .expression_attribute_values(":revision", number(backtest.revision))
        });
        noted.await?.map(drop).ok_or(Stop::Superseded)
    }
}
