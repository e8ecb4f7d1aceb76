//! A deal of an account's history.

use chrono_tz::Tz;
use kernel::Number;
use rust_decimal::Decimal;
use serde::Serialize;

use super::broker_time;
use crate::account::View;
use crate::errors::rfc3339;
use crate::ledger::{self, DealKind, Entry};
use crate::scenario::{OperationKind, Reason};
use crate::symbols::Side;

/// One item of `history-deals`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deal {
    id: String,
    platform: &'static str,
    r#type: String,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_loss: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    take_profit: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    comment: String,
    account_currency_exchange_rate: u32,
}

/// Returns a deal as the history shows it at the view's moment.
pub(crate) fn of(view: &View<'_>, deal: &ledger::Deal, zone: Tz) -> Deal {
    let money = |amount: Decimal| Number::money(amount, &view.book().currency);
    let trade = deal.trade.as_ref();
    let (kind, profit) = match deal.kind {
        DealKind::Trade(side) if view.is_canceled(deal) => {
            (DealKind::Canceled(side), Decimal::ZERO)
        }
        kind => (kind, deal.profit),
    };
    Deal {
        id: deal.id.to_string(),
        platform: "mt5",
        r#type: deal
            .spelled
            .clone()
            .unwrap_or_else(|| type_name(kind).to_owned()),
        entry_type: match deal.entry {
            Entry::In => "DEAL_ENTRY_IN",
            Entry::Out => "DEAL_ENTRY_OUT",
            Entry::InOut => "DEAL_ENTRY_INOUT",
            Entry::OutBy => "DEAL_ENTRY_OUT_BY",
        },
        time: rfc3339(deal.shown_at),
        broker_time: broker_time(deal.shown_at, zone),
        magic: deal.magic,
        symbol: trade.map(|trade| trade.symbol.clone()),
        order_id: trade.map(|trade| trade.order.to_string()),
        position_id: trade.map(|trade| trade.position.to_string()),
        volume: trade.map(|trade| Number::exact(trade.volume)),
        price: trade.map(|trade| Number::exact(trade.price)),
        commission: money(deal.commission),
        swap: money(deal.swap),
        profit: money(profit),
        stop_loss: deal.stop_loss.map(Number::exact),
        take_profit: deal.take_profit.map(Number::exact),
        reason: deal.reason.map(reason),
        comment: deal.comment.clone(),
        account_currency_exchange_rate: 1,
    }
}

/// Returns the gateway's name of a deal's type.
pub(crate) fn type_name(kind: DealKind) -> &'static str {
    match kind {
        DealKind::Trade(Side::Buy) => "DEAL_TYPE_BUY",
        DealKind::Trade(Side::Sell) => "DEAL_TYPE_SELL",
        DealKind::Canceled(Side::Buy) => "DEAL_TYPE_BUY_CANCELED",
        DealKind::Canceled(Side::Sell) => "DEAL_TYPE_SELL_CANCELED",
        DealKind::Operation(kind) => operation_name(kind),
    }
}

fn operation_name(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Balance => "DEAL_TYPE_BALANCE",
        OperationKind::Credit => "DEAL_TYPE_CREDIT",
        OperationKind::Charge => "DEAL_TYPE_CHARGE",
        OperationKind::Correction => "DEAL_TYPE_CORRECTION",
        OperationKind::Interest => "DEAL_TYPE_INTEREST",
        OperationKind::Commission => "DEAL_TYPE_COMMISSION",
        OperationKind::CommissionDaily => "DEAL_TYPE_COMMISSION_DAILY",
        OperationKind::CommissionMonthly => "DEAL_TYPE_COMMISSION_MONTHLY",
        OperationKind::CommissionAgentDaily => "DEAL_TYPE_COMMISSION_AGENT_DAILY",
        OperationKind::CommissionAgentMonthly => "DEAL_TYPE_COMMISSION_AGENT_MONTHLY",
        OperationKind::Bonus => "DEAL_TYPE_BONUS",
        OperationKind::Dividend => "DEAL_DIVIDEND",
        OperationKind::DividendFranked => "DEAL_DIVIDEND_FRANKED",
        OperationKind::Tax => "DEAL_TAX",
        OperationKind::SoCompensation => "DEAL_TYPE_SO_COMPENSATION",
        OperationKind::SoCompensationCredit => "DEAL_TYPE_SO_COMPENSATION_CREDIT",
    }
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Client => "DEAL_REASON_CLIENT",
        Reason::Mobile => "DEAL_REASON_MOBILE",
        Reason::Web => "DEAL_REASON_WEB",
        Reason::Expert => "DEAL_REASON_EXPERT",
        Reason::Sl => "DEAL_REASON_SL",
        Reason::Tp => "DEAL_REASON_TP",
        Reason::So => "DEAL_REASON_SO",
        Reason::Rollover => "DEAL_REASON_ROLLOVER",
        Reason::Vmargin => "DEAL_REASON_VMARGIN",
        Reason::Split => "DEAL_REASON_SPLIT",
        Reason::Unknown => "DEAL_REASON_UNKNOWN",
    }
}
