//! An open position of an account.

use chrono_tz::Tz;
use kernel::Number;
use rust_decimal::Decimal;
use serde::Serialize;

use super::broker_time;
use crate::account::View;
use crate::errors::{Answer, GatewayError, rfc3339};
use crate::ledger;
use crate::scenario::Reason;
use crate::symbols::Side;

/// One item of `positions`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Position {
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
    current_tick_value: Number,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_loss: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    take_profit: Option<Number>,
    volume: Number,
    swap: Number,
    profit: Number,
    unrealized_profit: Number,
    realized_profit: Number,
    commission: Number,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    comment: String,
}

/// Returns a position as it shows at the view's moment.
///
/// # Errors
/// Returns a 500 if a figure cannot be held.
pub(crate) fn of(view: &View<'_>, position: &ledger::Position, zone: Tz) -> Answer<Position> {
    let book = view.book();
    let shown = view
        .state
        .value(book, position, view.at)
        .map_err(GatewayError::internal)?;
    let tick_value = book
        .instrument(&position.symbol)
        .ok()
        .and_then(|instrument| instrument.tick_value(shown.price));
    let money = |amount: Decimal| Number::money(amount, &book.currency);
    Ok(Position {
        id: position.ticket.to_string(),
        platform: "mt5",
        r#type: match position.side {
            Side::Buy => "POSITION_TYPE_BUY",
            Side::Sell => "POSITION_TYPE_SELL",
        },
        symbol: position.symbol.clone(),
        magic: position.magic,
        time: rfc3339(position.shown_at),
        broker_time: broker_time(position.shown_at, zone),
        update_time: rfc3339(view.at),
        open_price: Number::exact(position.open_price),
        current_price: Number::exact(shown.price),
        current_tick_value: Number::exact(tick_value.unwrap_or(Decimal::ONE)),
        stop_loss: position.stop_loss.map(Number::exact),
        take_profit: position.take_profit.map(Number::exact),
        volume: Number::exact(position.volume),
        swap: money(position.swap),
        profit: money(shown.profit),
        unrealized_profit: money(shown.profit),
        realized_profit: Number(Decimal::ZERO),
        // MT5 charges commission with each deal, to the balance: it is no
        // part of what an open position adds to the equity.
        commission: Number(Decimal::ZERO),
        reason: position.reason.map(reason),
        comment: position.comment.clone(),
    })
}

/// The gateway's name of a reason; positions know fewer than deals.
fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Client => "POSITION_REASON_CLIENT",
        Reason::Mobile => "POSITION_REASON_MOBILE",
        Reason::Web => "POSITION_REASON_WEB",
        Reason::Expert => "POSITION_REASON_EXPERT",
        _ => "POSITION_REASON_UNKNOWN",
    }
}
