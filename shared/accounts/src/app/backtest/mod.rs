//! Backtests: a plan over an account's recorded history, as a job.
//!
//! - [`request`] queues one, [`find`] answers its state, progress and result.
//! - [`run`] carries out one delivery of its message.
//!
//! A backtest runs from its beginning to its end in one invocation, which notes
//! its progress every few seconds. An interrupted run begins again with the
//! next delivery of the message; the last delivery fails the backtest, so that
//! each one ends. A shop has [`OPEN_MAX`] slots and a backtest that has not
//! ended holds one of them, so that no shop fills the queue.

mod history;
mod record;
mod run;

pub use record::{Backtest, BacktestState, OPEN_MAX};
pub use run::{Limits, Outcome, RECEIVES_MAX, run};

use kernel::Error;
use kernel::id::{AccountId, JobId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::{CommitError, StoreError, Transaction};
use platform::outbox;
use platform::queue::Queue;
use platform::retry;

use super::messages::BacktestMessage;
use crate::domain::plan::Plan;
use crate::model::Kind;
use crate::store::Store;
use record::Slot;

/// Attempts to take a slot while other requests of the shop take them.
const ATTEMPTS_MAX: u32 = 10;

/// A backtest that a shop asks for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The account.
    pub account: &'a AccountId,
    /// The plan.
    pub plan: &'a Plan,
    /// The start of the range; the start of the history if absent.
    pub from: Option<Timestamp>,
    /// The end of the range; the moment of the request if absent.
    pub to: Option<Timestamp>,
}

/// Queues a backtest. The history ends at `now`, of the business clock; the
/// backtest expires by real time.
///
/// # Errors
/// Returns [`Error::NotFound`] if the shop has no such judged account, and
/// [`Error::Conflict`] if [`OPEN_MAX`] backtests of the shop have not ended.
pub async fn request(
    store: &Store,
    shop: &ShopId,
    asked: Asked<'_>,
    request_id: &str,
    (now, real_now): (Timestamp, Timestamp),
) -> kernel::Result<Backtest> {
    let known = store.account(shop, asked.account).await?;
    known
        .filter(|account| account.kind == Kind::Judged)
        .ok_or(Error::NotFound("account"))?;
    let mut backtest = Backtest::queued(asked, (now, real_now))?;
    for _ in 0..ATTEMPTS_MAX {
        let mut free = record::free_slots(store, shop, real_now).await?;
        if free.is_empty() {
            break;
        }
        let choice = retry::random_below(free.len() as u64);
        let slot = free.swap_remove(usize::try_from(choice).unwrap_or(0));
        backtest.slot = slot.number;
        match enqueue(store, shop, &backtest, slot, request_id).await {
            Ok(()) => return Ok(backtest),
            // Another request has taken the slot.
            Err(error) if error.refused("slot") => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Conflict(format!(
        "a shop may have {OPEN_MAX} backtests queued or running at once; wait until one has ended"
    )))
}

/// Writes a backtest, its slot and its message in one transaction.
async fn enqueue(
    store: &Store,
    shop: &ShopId,
    backtest: &Backtest,
    slot: Slot,
    request_id: &str,
) -> Result<(), CommitError> {
    let mut transaction = Transaction::new();
    record::put(&mut transaction, store, shop, backtest, None)?;
    record::take_slot(&mut transaction, store, shop, backtest, slot)?;
    let message = BacktestMessage {
        shop: shop.clone(),
        job: backtest.id.clone(),
        request_id: request_id.to_owned(),
    };
    outbox::enqueue(
        &mut transaction,
        store.table(),
        Queue::Backtests,
        &message,
        None,
        request_id,
        backtest.created_at,
    )?;
    transaction.commit().await
}

/// Returns a backtest of a shop. One that has not ended within a day is failed.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn find(
    store: &Store,
    shop: &ShopId,
    id: &JobId,
    real_now: Timestamp,
) -> Result<Option<Backtest>, StoreError> {
    let found = record::read(store, shop, id, real_now).await?;
    Ok(found.map(|backtest| match backtest.is_overdue(real_now) {
        true => backtest.failed(record::OVERDUE),
        false => backtest,
    }))
}
