//! Inputs to verdicts.
//!
//! Inputs have numbers without gaps, and the account's state knows the next.
//! An input is applied and the result is written with everything that follows
//! from it (trades, violations, verdicts, events) in one transaction, under the
//! condition that no other writer has changed the account meanwhile. So
//! messages may come twice, at once or out of order: each input counts once,
//! in order.
//!
//! - `deals`: deals enter the ledger as they arrive.
//! - `step`: a snapshot, and what it lets the rules judge.
//! - `again`: the inputs since a difference, judged again.
//! - `tick`: what is due by time alone.
//! - `ends`: verdicts, and what else a change of phase means.
//! - [`change`]: the transaction of a change.

mod again;
pub(crate) mod change;
mod deals;
mod ends;
mod matching;
mod step;
mod tick;
mod waiting;

use kernel::id::{AccountId, ShopId};
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::dynamo::{CommitError, StoreError, Transaction};
use platform::live::Live;

use self::change::{Cause, Change};
use super::messages::enqueue_judge;
use super::watchers::Watchers;
use crate::model::{Account, Kind};
use crate::store::Store;

/// Inputs judged by one message; what is left is judged by the next.
const INPUTS_MAX: u32 = 60;
/// Times that a judge that came second looks again.
const ATTEMPTS_MAX: u32 = 5;

/// Judges what an account has waiting: inputs in order, then what is due by
/// time. Returns how many inputs counted. Those who watch the account are told
/// at once.
///
/// # Errors
/// Returns an error if the store fails; the message is then retried.
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
    /// Another writer was first, after so many inputs.
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

/// The judging of one account.
pub(crate) struct Judge<'a> {
    pub(crate) store: &'a Store,
    pub(crate) account: &'a Account,
    pub(crate) watchers: Option<Watchers<'a>>,
    pub(crate) request_id: &'a str,
    pub(crate) now: Timestamp,
}

impl Judge<'_> {
    async fn judge_waiting(&self) -> Result<usize, Stopped> {
        let (store, account) = (self.store, self.account);
        let (shop, id) = (&account.shop, &account.id);
        let Some(mut account_state) = store.account_state(shop, id, true).await? else {
            return Ok(0);
        };
        if account_state.kind == Kind::Imported {
            return Ok(0);
        }
        let waiting = store
            .inputs_from(shop, id, account_state.next_input, INPUTS_MAX)
            .await?;
        let is_full = waiting.len() == INPUTS_MAX as usize;
        let mut ledger = store.ledger(shop, id).await?;
        let mut count = 0;
        for numbered in waiting {
            if numbered.number != account_state.next_input {
                // A gap is a write that is not visible yet; its own message comes.
                break;
            }
            let mut change = Change::of(&account_state, ledger.clone(), Cause::Input);
            change.input = numbered.number;
            change.after.next_input = numbered.number + 1;
            self.apply_deals(&mut change, &numbered).await?;
            if numbered.input.reading.is_some() {
                self.apply_snapshot(&mut change, &numbered).await?;
            }
            (account_state, ledger) = self
                .commit(change)
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
        if let Some(change) = self.tick(&account_state, &ledger).await? {
            self.commit(change)
                .await
                .map_err(|error| overtaken(error, count))?;
        }
        Ok(count)
    }
}
