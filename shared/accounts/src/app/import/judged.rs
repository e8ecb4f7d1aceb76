//! A shop's file: history for a judged account.

use kernel::Error;
use kernel::id::{AccountId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::{CommitError, Transaction};

use super::history::read;
use super::{ImportRequest, Imported};
use crate::app::messages::enqueue_judge;
use crate::domain::deal::Deal;
use crate::model::{Input, Kind};
use crate::store::{DEALS_MAX, NumberedInput, Store};

/// New deals of one file: each is an item of its own, and one partition takes
/// about a thousand writes a second.
const NEW_DEALS_MAX: usize = 10_000;
/// Times that a part that came second looks again.
const ATTEMPTS_MAX: u32 = 8;

/// Adds a file's deals to a judged account. Deals that are there already are
/// skipped, so the same file twice adds nothing.
///
/// # Errors
/// `Invalid` where the file is no history, `NotFound`, `Conflict` where the
/// account is an imported one, `Unprocessable` where the file is another
/// account's or has too many new deals.
pub async fn import_into_judged(
    store: &Store,
    (shop, id): (&ShopId, &AccountId),
    bytes: &[u8],
    request: &ImportRequest,
    request_id: &str,
    now: Timestamp,
) -> kernel::Result<Imported> {
    let account = store
        .account(shop, id)
        .await?
        .ok_or(Error::NotFound("account"))?;
    if account.kind != Kind::Judged {
        return Err(Error::Conflict("this account is not judged".to_owned()));
    }
    let read = read(bytes, request)?;
    if let Some(login) = &read.history.account.login
        && *login != account.login
    {
        return Err(Error::Unprocessable(format!(
            "the file is of account {login}, not of {}",
            account.login
        )));
    }
    let deals = read.deals();
    let total = deals.len();
    let new = store.unknown_deals(shop, id, deals).await?;
    if new.len() > NEW_DEALS_MAX {
        return Err(Error::Unprocessable(format!(
            "the file has {} new deals; at most {NEW_DEALS_MAX} can be added at once, so split it",
            new.len()
        )));
    }
    let added = new.len();
    for deals in new.chunks(DEALS_MAX) {
        add(store, (shop, id), deals, request_id, now).await?;
    }
    let mut counts = read.counts();
    let new_trades = new.iter().filter(|deal| deal.kind.is_trade()).count();
    counts.deals = new_trades as u64;
    counts.balance_operations = (added - new_trades) as u64;
    Ok(Imported {
        account_id: id.clone(),
        imported: counts,
        skipped: u64::from(read.history.skipped) + (total - added) as u64,
        errors: read.errors(),
        totals: read.totals(),
    })
}

/// Adds some deals as one input, between two steps of the sync chain.
async fn add(
    store: &Store,
    (shop, id): (&ShopId, &AccountId),
    deals: &[Deal],
    request_id: &str,
    now: Timestamp,
) -> kernel::Result<()> {
    for _ in 0..ATTEMPTS_MAX {
        let deals = store.unknown_deals(shop, id, deals.to_vec()).await?;
        if deals.is_empty() {
            return Ok(());
        }
        let before = store
            .sync_state(shop, id)
            .await?
            .ok_or(Error::NotFound("account"))?;
        let mut after = before.clone();
        let input = NumberedInput {
            number: after.next_input,
            input: Input {
                deals,
                reading: None,
            },
        };
        after.next_input += 1;
        let mut transaction = Transaction::new();
        store.add_input(&mut transaction, shop, id, &input, now)?;
        store.change_sync_state(&mut transaction, shop, id, &before, &mut after)?;
        enqueue_judge(&mut transaction, store.table(), shop, id, request_id, now)?;
        match transaction.commit().await {
            Ok(()) => return Ok(()),
            // A sync step wrote meanwhile: its deals are looked at again.
            Err(CommitError::Refused(_)) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
    }
    Err(Error::Conflict("the account is busy; try again".to_owned()))
}
