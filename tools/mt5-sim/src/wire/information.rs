//! The snapshot of an account.

use kernel::Number;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::account::View;
use crate::errors::{Answer, GatewayError};

/// The answer of `account-information`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountInformation<'a> {
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

/// Returns the snapshot of an account at the view's moment.
///
/// # Errors
/// Returns a 500 if a figure cannot be held.
pub(crate) fn of<'a>(view: &'a View<'_>) -> Answer<AccountInformation<'a>> {
    let (account, book, state) = (view.account, view.book(), &view.state);
    let floating = state
        .floating(book, view.at)
        .map_err(GatewayError::internal)?;
    let equity = state.balance + state.credit + floating;
    let margin = state.margin(book);
    let money = |amount: Decimal| Number::money(amount, &book.currency);
    Ok(AccountInformation {
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
    })
}
