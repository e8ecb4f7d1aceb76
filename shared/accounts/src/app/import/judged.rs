//! A shop's file: history for a judged account.

use kernel::Error;
use kernel::id::{AccountId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::{CommitError, Transaction};

use super::history::{Read, read};
use super::{ImportRequest, Imported};
use crate::app::messages::enqueue_judge;
use crate::app::sync::of_epoch;
use crate::domain::deal::Deal;
use crate::model::{Account, AccountState, Input, Kind};
use crate::store::{DEALS_MAX, NumberedInput, Store};

/// New deals of one file: each is an item of its own, and one partition takes
/// about a thousand writes a second.
const NEW_DEALS_MAX: usize = 10_000;
/// Times that a part that came second looks again.
const ATTEMPTS_MAX: u32 = 8;

/// Adds a file's deals to a judged account. Deals that are there already are
/// skipped, so the same file twice adds nothing. Deals dated after the newest
/// explained snapshot wait for one as if the gateway had brought them; older
/// ones are history.
///
/// # Errors
/// Returns `Invalid` if the file is no history, `NotFound` if the shop has no
/// such account, `Conflict` if the account is an imported one, `TicketsMissing`
/// if rows have no ticket, and `Unprocessable` if the file is of another login,
/// server or currency, or has too many new deals. Nothing of it is taken then.
pub async fn import_into_judged(
    store: &Store,
    (shop, id): (&ShopId, &AccountId),
    bytes: &[u8],
    request: &ImportRequest,
    request_id: &str,
    now: Timestamp,
) -> kernel::Result<Imported> {
    let account = judged_account(store, (shop, id)).await?;
    let read = read(bytes, request)?;
    add_to_judged(store, &account, &read, NEW_DEALS_MAX, request_id, now).await
}

/// Returns a judged account of a shop.
///
/// # Errors
/// Returns `NotFound` if the shop has no such account, and `Conflict` if it is
/// an imported one.
pub(super) async fn judged_account(
    store: &Store,
    (shop, id): (&ShopId, &AccountId),
) -> kernel::Result<Account> {
    let account = store.account(shop, id).await?;
    let account = account.ok_or(Error::NotFound("account"))?;
    if account.kind != Kind::Judged {
        return Err(Error::Conflict("this account is not judged".to_owned()));
    }
    Ok(account)
}

/// Adds a file's new deals, at most so many, to a judged account.
///
/// # Errors
/// Returns the errors of [`import_into_judged`].
pub(super) async fn add_to_judged(
    store: &Store,
    account: &Account,
    read: &Read,
    new_deals_max: usize,
    request_id: &str,
    now: Timestamp,
) -> kernel::Result<Imported> {
    let (shop, id) = (&account.shop, &account.id);
    let account_state = store
        .account_state(shop, id, true)
        .await?
        .ok_or(Error::NotFound("account"))?;
    check(read, account, &account_state)?;
    let epoch = account.server_epoch;
    let deals: Vec<Deal> = read
        .deals()
        .into_iter()
        .map(|deal| of_epoch(deal, epoch))
        .collect();
    let total = deals.len();
    let table = store.deal_classes(shop).await?;
    let new = store.new_deals(shop, id, deals).await?.new;
    if new.len() > new_deals_max {
        return Err(Error::Unprocessable(format!(
            "the file has {} new deals; at most {new_deals_max} can be added at once, so split it",
            new.len()
        )));
    }
    let (usable, faulty): (Vec<Deal>, Vec<Deal>) = new
        .into_iter()
        .map(|deal| table.rules.classify(deal))
        .partition(|deal| deal.is_in_range() && deal.is_well_formed());
    let (added, left_out) = (usable.len(), faulty.len());
    let new_trades = usable.iter().filter(|deal| deal.kind.is_trade()).count();
    let explained_at = account_state
        .challenge_state
        .as_ref()
        .and_then(|state| state.reconciliation.explained_at);
    let (history, waiting): (Vec<Deal>, Vec<Deal>) = usable
        .into_iter()
        .partition(|deal| explained_at.is_some_and(|explained_at| deal.time <= explained_at));
    for (is_history, deals) in [(true, history), (false, waiting)] {
        for deals in deals.chunks(DEALS_MAX) {
            let part = Input {
                deals: deals.to_vec(),
                is_history,
                ..Input::default()
            };
            add(store, (shop, id), part, request_id, now).await?;
        }
    }
    let mut counts = read.counts();
    counts.deals = new_trades as u64;
    counts.balance_operations = (added - new_trades) as u64;
    if added == 0 {
        counts.positions = 0;
    }
    Ok(Imported {
        account_id: id.clone(),
        imported: counts,
        skipped: u64::from(read.history.skipped) + (total - added - left_out) as u64,
        errors: read.errors(),
        totals: read.totals(),
    })
}

/// Refuses a file of another account, and one of which rows cannot be told
/// from known deals.
fn check(read: &Read, account: &Account, account_state: &AccountState) -> kernel::Result<()> {
    let header = &read.history.account;
    let differs = |name: &str, theirs: &str, ours: &str| {
        Err(Error::Unprocessable(format!(
            "the file is of {name} {theirs}, not of {ours}"
        )))
    };
    if let Some(login) = &header.login
        && *login != account.login
    {
        return differs("account", login, &account.login);
    }
    if let Some(server) = &header.server
        && !server.eq_ignore_ascii_case(&account.server)
    {
        return differs("the server", server, &account.server);
    }
    let is_synced = account_state.live.is_some();
    if let Some(currency) = &header.currency
        && is_synced
        && !currency.eq_ignore_ascii_case(account_state.currency.as_str())
    {
        let known = account_state.currency.as_str();
        return differs("the currency", currency, known);
    }
    let missing = read
        .history
        .deals
        .iter()
        .filter(|deal| deal.ticket.starts_with("row-"))
        .count();
    if missing > 0 || read.history.deals.is_empty() {
        return Err(Error::TicketsMissing(format!(
            "{missing} rows have no deal number; a judged account takes rows with one alone, \
             so that none counts twice"
        )));
    }
    Ok(())
}

/// Adds some deals as one input, between two steps of the sync chain.
async fn add(
    store: &Store,
    (shop, id): (&ShopId, &AccountId),
    part: Input,
    request_id: &str,
    now: Timestamp,
) -> kernel::Result<()> {
    for _ in 0..ATTEMPTS_MAX {
        let deals = store.new_deals(shop, id, part.deals.clone()).await?.new;
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
                ..part.clone()
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
