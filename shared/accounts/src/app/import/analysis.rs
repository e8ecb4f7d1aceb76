//! A trader's own file: an account of its own.

use kernel::id::{AccountId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::Transaction;
use rust_decimal::Decimal;

use super::history::read;
use super::{ImportRequest, Imported};
use crate::domain::ledger::{ClosedPosition, Ledger};
use crate::domain::plan::Plan;
use crate::model::{Account, BalanceSource, InitialBalance, Kind, Reading, Status};
use crate::store::{Judged, Judgement, Store};

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
    let plan = Plan::default();
    let mut ledger = Ledger::default();
    let mut trades: Vec<ClosedPosition> = Vec::new();
    let mut by_position: std::collections::HashMap<String, usize> =
        std::collections::HashMap::new();
    for deal in read.deals_for_analysis() {
        let known = ledger
            .needs(&deal)
            .and_then(|id| by_position.get(id).copied());
        let closed = known.map(|index| trades[index].clone());
        let change = ledger.apply(&deal, &plan.reset, closed);
        if let Some(trade) = change.closed {
            by_position.insert(trade.position.id.clone(), trades.len());
            trades.push(trade);
        }
        if let (Some(index), Some(trade)) = (known, change.corrected) {
            trades[index] = trade;
        }
    }
    let totals = &read.totals;
    let id = AccountId::generate(now);
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
        version: 1,
    };
    let statistics = ledger.statistics();
    let mut judgement = Judgement::start(&account, Status::Imported, 0, plan);
    judgement.currency = read.currency.clone();
    judgement.trades = trades.len() as u64;
    judgement.closed = statistics.closed;
    judgement.winners = statistics.winners;
    judgement.trading_days = ledger.standing().trading_days;
    judgement.initial_balance = Some(initial_balance(request, totals, now));
    judgement.judged = Some(Reading {
        recorded_at: read.last_deal_at().unwrap_or(now),
        balance: totals.balance,
        equity: totals.balance,
        margin: None,
        free_margin: None,
        flagged: false,
    });
    judgement.live.clone_from(&judgement.judged);
    let items = store.packed_trades(shop, &id, &trades)?;
    store.table().put_many(items).await?;
    let mut transaction = Transaction::new();
    store.add_account(&mut transaction, &account)?;
    store.add_judgement(&mut transaction, shop, &id, &judgement)?;
    let judged = Judged {
        ledger,
        has_traded: true,
        ..Judged::default()
    };
    store.put_ledger(&mut transaction, shop, &id, &judged)?;
    transaction.commit().await?;
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
