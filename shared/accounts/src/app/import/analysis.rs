//! A trader's own file: an account of its own.

use std::collections::BTreeMap;

use kernel::id::{AccountId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::Transaction;
use rust_decimal::Decimal;

use super::history::{Read, read};
use super::{ImportRequest, Imported};
use crate::domain::ledger::{ClosedPosition, Holdings, Ledger};
use crate::domain::plan::Plan;
use crate::model::{
    Account, AccountSnapshot, AccountState, BalanceSource, InitialBalance, Kind, Status,
};
use crate::store::Store;

/// Imports a file into a new account of a person. The account is there when
/// all of it is: it is listed by the last write.
///
/// # Errors
/// `Invalid` where the file is no history.
pub async fn import_for_analysis(
    store: &Store,
    (shop, owner): (&ShopId, &str),
    bytes: &[u8],
    request: &ImportRequest,
    now: Timestamp,
) -> kernel::Result<Imported> {
    let read = read(bytes, request)?;
    let id = AccountId::generate(now);
    add_for_analysis(store, (shop, owner, id), &read, request, now).await
}

/// Adds a file as a new account of this id. An account that an earlier attempt
/// with the same file has added stays as it is.
///
/// # Errors
/// Returns an error if the store fails.
pub(super) async fn add_for_analysis(
    store: &Store,
    (shop, owner, id): (&ShopId, &str, AccountId),
    read: &Read,
    request: &ImportRequest,
    now: Timestamp,
) -> kernel::Result<Imported> {
    let plan = Plan::default();
    let mut ledger = Ledger::default();
    let mut holdings = Holdings::new(usize::MAX);
    let mut trades: BTreeMap<u64, ClosedPosition> = BTreeMap::new();
    for deal in read.deals_for_analysis() {
        let change = holdings.apply(&mut ledger, &deal, &plan.reset);
        for trade in change.closed.into_iter().chain(change.corrected) {
            trades.insert(trade.number, trade);
        }
    }
    let trades: Vec<ClosedPosition> = trades.into_values().collect();
    let totals = &read.totals;
    let header = &read.history.account;
    let account = Account {
        id: id.clone(),
        shop: shop.clone(),
        owner: owner.to_owned(),
        kind: Kind::Imported,
        name: request.name.clone(),
        login: header.login.clone().unwrap_or_default(),
        server: header.server.clone().unwrap_or_default(),
        account_type: "imported".to_owned(),
        order_id: None,
        created_at: now,
        instance: None,
        challenge: None,
        server_epoch: 1,
        connected_with: None,
        version: 1,
    };
    let statistics = ledger.statistics();
    let mut account_state = AccountState::start(&account, Status::Imported, 0, plan);
    account_state.currency = read.currency.clone();
    account_state.trades = trades.len() as u64;
    account_state.closed = statistics.closed;
    account_state.winners = statistics.winners;
    account_state.trading_days = ledger.standing().trading_days;
    account_state.initial_balance = Some(initial_balance(request, totals, now));
    account_state.judged = Some(AccountSnapshot::of_balances(
        read.last_deal_at().unwrap_or(now),
        totals.balance,
        totals.balance,
    ));
    account_state.live.clone_from(&account_state.judged);
    let items = store.packed_trades(shop, &id, &trades)?;
    store.table().put_many(items).await?;
    let mut transaction = Transaction::new();
    store.add_account(&mut transaction, &account)?;
    store.add_account_state(&mut transaction, shop, &id, &account_state)?;
    store.put_ledger(&mut transaction, shop, &id, &ledger)?;
    match transaction.commit().await {
        Err(error) if error.refused("account") => {}
        committed => committed?,
    }
    Ok(Imported {
        account_id: id,
        imported: read.counts(),
        skipped: u64::from(read.history.skipped),
        errors: read.errors(),
        totals: read.totals(),
    })
}

/// As the caller says, else the balance before the first deal and what was
/// deposited since.
fn initial_balance(
    request: &ImportRequest,
    totals: &mt5_history::Totals,
    now: Timestamp,
) -> InitialBalance {
    let (value, source) = match request.initial_balance {
        Some(value) => (value, BalanceSource::Manual),
        None => {
            let net = totals.opening_balance + totals.deposits + totals.withdrawals;
            (net.max(Decimal::ZERO), BalanceSource::Mt5Deposits)
        }
    };
    InitialBalance {
        value,
        source,
        set_at: now,
    }
}
