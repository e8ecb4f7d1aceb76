//! The client calls: snapshot, open positions and deals of an account.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use chrono_tz::Tz;
use kernel::Number;
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::account::View;
use crate::errors::{Answer, GatewayError, Refusal, rfc3339};
use crate::ledger::{self, DealKind, Entry};
use crate::registry::Standing;
use crate::scenario::OperationKind;
use crate::symbols::Side;
use crate::world::{Shared, Sim};

/// The most deals of one page.
const DEALS_MAX: usize = 1_000;

/// Answers with what `read` makes of the registered account as it is now.
fn with_account<T: Serialize>(
    sim: &Sim,
    id: &str,
    read: impl FnOnce(&View<'_>) -> Answer<T>,
) -> Answer<Response> {
    let now = sim.clock.real_now();
    let mut world = sim.world();
    let world = &mut *world;
    let missing = || GatewayError::not_found(format!("Trading account {id} not found"));
    let registration = world.registry.find(id).ok_or_else(missing)?;
    if registration.settle(&world.accounts, now) != Standing::Deployed {
        return Err(missing());
    }
    let account = world
        .accounts
        .get_mut(&registration.credentials.login)
        .ok_or_else(missing)?;
    if !account.knows(&registration.credentials.password) {
        return Err(GatewayError::refused(Refusal::Auth));
    }
    if !registration.is_connected(now, sim.settings.connection_ms) {
        return Err(GatewayError::timeout());
    }
    let view = account
        .at(sim.clock.now())
        .map_err(GatewayError::internal)?;
    Ok((StatusCode::OK, Json(read(&view)?)).into_response())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountInformation<'a> {
    platform: &'static str,
    broker: &'static str,
    currency: &'a str,
    server: &'a str,
    balance: Number,
    equity: Number,
    margin: Number,
    free_margin: Number,
    leverage: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    margin_level: Option<Number>,
    trade_allowed: bool,
    investor_mode: bool,
    margin_mode: &'static str,
    name: &'a str,
    login: u64,
    credit: Number,
    account_currency_exchange_rate: u32,
    r#type: &'static str,
}

/// `GET /users/current/accounts/{id}/account-information`.
pub(crate) async fn account_information(
    State(sim): State<Shared>,
    Path(id): Path<String>,
) -> Answer<Response> {
    with_account(&sim, &id, |view| {
        let (account, book, state) = (view.account, view.book(), &view.state);
        let floating = state
            .floating(book, view.at)
            .map_err(GatewayError::internal)?;
        let equity = state.balance + state.credit + floating;
        let margin = state.margin(book);
        let money = |amount: Decimal| Number::money(amount, &book.currency);
        let information = AccountInformation {
            platform: "mt5",
            broker: "Tradebridge Simulator",
            currency: book.currency.as_str(),
            server: &account.server,
            balance: money(state.balance),
            equity: money(equity),
            margin: money(margin),
            free_margin: money(equity.saturating_sub(margin)),
            leverage: book.leverage,
            margin_level: equity
                .checked_mul(Decimal::ONE_HUNDRED)
                .and_then(|percent| percent.checked_div(margin))
                .map(Number::percent),
            trade_allowed: false,
            investor_mode: true,
            margin_mode: "ACCOUNT_MARGIN_MODE_RETAIL_HEDGING",
            name: &account.name,
            login: account
                .login
                .parse()
                .map_err(|_| GatewayError::internal("The login is no number"))?,
            credit: money(state.credit),
            account_currency_exchange_rate: 1,
            r#type: "ACCOUNT_TRADE_MODE_DEMO",
        };
        // Written at once: it borrows from the view.
        serde_json::value::to_raw_value(&information)
            .map_err(|error| GatewayError::internal(error.to_string()))
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Position {
    id: String,
    platform: &'static str,
    r#type: &'static str,
    symbol: String,
    magic: u32,
    time: String,
    broker_time: String,
    update_time: String,
    open_price: Number,
    current_price: Number,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_loss: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    take_profit: Option<Number>,
    volume: Number,
    swap: Number,
    profit: Number,
    unrealized_profit: Number,
    commission: Number,
    reason: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    comment: String,
}

/// `GET /users/current/accounts/{id}/positions`.
pub(crate) async fn positions(
    State(sim): State<Shared>,
    Path(id): Path<String>,
) -> Answer<Response> {
    let zone = sim.settings.server_zone;
    with_account(&sim, &id, |view| {
        let positions = view.state.positions.values();
        positions
            .map(|position| wire_position(view, position, zone))
            .collect::<Answer<Vec<Position>>>()
    })
}

fn wire_position(view: &View<'_>, position: &ledger::Position, zone: Tz) -> Answer<Position> {
    let book = view.book();
    let shown = view
        .state
        .value(book, position, view.at)
        .map_err(GatewayError::internal)?;
    let money = |amount: Decimal| Number::money(amount, &book.currency);
    Ok(Position {
        id: position.ticket.to_string(),
        platform: "mt5",
        r#type: match position.side {
            Side::Buy => "POSITION_TYPE_BUY",
            Side::Sell => "POSITION_TYPE_SELL",
        },
        symbol: position.symbol.clone(),
        magic: 0,
        time: rfc3339(position.opened_at),
        broker_time: broker_time(position.opened_at, zone),
        update_time: rfc3339(view.at),
        open_price: Number::exact(position.open_price),
        current_price: Number::exact(shown.price),
        stop_loss: position.stop_loss.map(Number::exact),
        take_profit: position.take_profit.map(Number::exact),
        volume: Number::exact(position.volume),
        swap: money(position.swap),
        profit: money(shown.profit),
        unrealized_profit: money(shown.profit),
        // MT5 charges commission with each deal, to the balance: it is no
        // part of what an open position adds to the equity.
        commission: Number(Decimal::ZERO),
        reason: "POSITION_REASON_CLIENT",
        comment: position.comment.clone(),
    })
}

/// What part of a history is asked for.
#[derive(Deserialize)]
pub(crate) struct Span {
    offset: Option<usize>,
    limit: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Deal {
    id: String,
    platform: &'static str,
    r#type: &'static str,
    entry_type: &'static str,
    time: String,
    broker_time: String,
    magic: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    symbol: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    volume: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Number>,
    commission: Number,
    swap: Number,
    profit: Number,
    #[serde(skip_serializing_if = "String::is_empty")]
    comment: String,
    account_currency_exchange_rate: u32,
}

/// `GET /users/current/accounts/{id}/history-deals/time/{from}/{to}`.
pub(crate) async fn history_deals(
    State(sim): State<Shared>,
    Path((id, from, to)): Path<(String, String, String)>,
    span: Result<Query<Span>, QueryRejection>,
) -> Answer<Response> {
    let (from, to) = (moment("startTime", &from)?, moment("endTime", &to)?);
    let Query(span) =
        span.map_err(|_| GatewayError::validation("offset and limit must be whole numbers"))?;
    let limit = span.limit.unwrap_or(DEALS_MAX);
    if !(1..=DEALS_MAX).contains(&limit) {
        return Err(GatewayError::validation("limit must be 1 to 1000"));
    }
    let zone = sim.settings.server_zone;
    with_account(&sim, &id, |view| {
        let page = view.deals(from, to).skip(span.offset.unwrap_or(0));
        Ok(page
            .take(limit)
            .map(|deal| wire_deal(view, deal, zone))
            .collect::<Vec<Deal>>())
    })
}

fn wire_deal(view: &View<'_>, deal: &ledger::Deal, zone: Tz) -> Deal {
    let money = |amount: Decimal| Number::money(amount, &view.book().currency);
    let trade = deal.trade.as_ref();
    Deal {
        id: deal.id.to_string(),
        platform: "mt5",
        r#type: deal_type(deal.kind),
        entry_type: match deal.entry {
            Entry::In => "DEAL_ENTRY_IN",
            Entry::Out => "DEAL_ENTRY_OUT",
            Entry::InOut => "DEAL_ENTRY_INOUT",
            Entry::OutBy => "DEAL_ENTRY_OUT_BY",
        },
        time: rfc3339(deal.at),
        broker_time: broker_time(deal.at, zone),
        magic: 0,
        symbol: trade.map(|trade| trade.symbol.clone()),
        order_id: trade.map(|trade| trade.order.to_string()),
        position_id: trade.map(|trade| trade.position.to_string()),
        volume: trade.map(|trade| Number::exact(trade.volume)),
        price: trade.map(|trade| Number::exact(trade.price)),
        commission: money(deal.commission),
        swap: money(deal.swap),
        profit: money(deal.profit),
        comment: deal.comment.clone(),
        account_currency_exchange_rate: 1,
    }
}

fn deal_type(kind: DealKind) -> &'static str {
    match kind {
        DealKind::Trade(Side::Buy) => "DEAL_TYPE_BUY",
        DealKind::Trade(Side::Sell) => "DEAL_TYPE_SELL",
        DealKind::Balance => "DEAL_TYPE_BALANCE",
        DealKind::Credit => "DEAL_TYPE_CREDIT",
        DealKind::Operation(OperationKind::Charge) => "DEAL_TYPE_CHARGE",
        DealKind::Operation(OperationKind::Correction) => "DEAL_TYPE_CORRECTION",
        DealKind::Operation(OperationKind::Interest) => "DEAL_TYPE_INTEREST",
        DealKind::Operation(OperationKind::Commission) => "DEAL_TYPE_COMMISSION",
        DealKind::Operation(OperationKind::Bonus) => "DEAL_TYPE_BONUS",
        DealKind::Operation(OperationKind::Dividend) => "DEAL_DIVIDEND",
        DealKind::Operation(OperationKind::Tax) => "DEAL_TAX",
        DealKind::Canceled(Side::Buy) => "DEAL_TYPE_BUY_CANCELED",
        DealKind::Canceled(Side::Sell) => "DEAL_TYPE_SELL_CANCELED",
    }
}

fn moment(name: &str, text: &str) -> Answer<Timestamp> {
    DateTime::parse_from_rfc3339(text)
        .map(|moment| moment.to_utc())
        .map_err(|_| GatewayError::validation(format!("{name} must be a time as in RFC 3339")))
}

/// A moment as the trade server's clock shows it, without a zone.
fn broker_time(at: Timestamp, zone: Tz) -> String {
    at.with_timezone(&zone)
        .format("%Y-%m-%d %H:%M:%S%.3f")
        .to_string()
}
