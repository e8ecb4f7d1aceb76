//! `GET /api/account/{id}/trades`

use accounts::domain::ledger::{ClosedPosition, Side};
use axum::extract::State;
use garde::Validate;
use kernel::Number;
use kernel::currency::Currency;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::extract::{Json, Query};
use web::problem::ProblemBody;

use crate::App;
use crate::access::OwnAccount;

/// Which page.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// From 1, the newest trades first.
    #[garde(range(min = 1, max = 10_000_000))]
    page: Option<u64>,
    /// Trades of a page, 1 to 200; 50 by default.
    #[garde(range(min = 1, max = 200))]
    limit: Option<u64>,
}

/// A closed position, its partial closes together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Trade {
    /// Its number in this account, in the order in which positions closed.
    pub(crate) number: u64,
    pub(crate) position_id: String,
    pub(crate) symbol: String,
    /// `buy` or `sell`.
    #[schema(value_type = String)]
    pub(crate) side: Side,
    /// Lots.
    pub(crate) volume: Number,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) open_time: Option<Timestamp>,
    /// Average price of the openings.
    pub(crate) open_price: Option<Number>,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) close_time: Timestamp,
    /// Average price of the closings.
    pub(crate) close_price: Option<Number>,
    pub(crate) commission: Number,
    pub(crate) swap: Number,
    pub(crate) fee: Number,
    pub(crate) profit: Number,
    /// Profit and costs together.
    pub(crate) net_profit: Number,
}

/// Digits of an average price: brokers quote five, and crypto eight.
const PRICE_DIGITS: u32 = 8;

impl Trade {
    pub(crate) fn of(trade: &ClosedPosition, currency: &Currency) -> Self {
        let money = |amount| Number::money(amount, currency);
        let price = |price: rust_decimal::Decimal| Number::exact(price.round_dp(PRICE_DIGITS));
        let position = &trade.position;
        Self {
            number: trade.number,
            position_id: position.id.clone(),
            symbol: position.symbol.clone(),
            side: position.side(),
            volume: Number::exact(position.volume()),
            open_time: position.opened_at(),
            open_price: position.open_price().map(price),
            close_time: trade.closed_at(),
            close_price: position.close_price().map(price),
            commission: money(position.commission),
            swap: money(position.swap),
            fee: money(position.fee),
            profit: money(position.profit),
            net_profit: money(position.net()),
        }
    }
}

/// A page of trades.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TradesAnswer {
    trades: Vec<Trade>,
    /// Trades of the account in all.
    total: u64,
    page: u64,
    limit: u64,
}

/// Closed positions, the newest first. Every page costs the same.
#[utoipa::path(
    get,
    path = "/api/account/{id}/trades",
    tag = "accounts",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The account"), Params),
    responses(
        (status = 200, description = "A page of trades", body = TradesAnswer),
        (status = 400, description = "The query is not valid", body = ProblemBody),
        (status = 404, description = "No such account of the caller", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    account: OwnAccount,
    Query(params): Query<Params>,
) -> web::Result<Json<TradesAnswer>> {
    let (page, limit) = (params.page.unwrap_or(1), params.limit.unwrap_or(50));
    let total = account.judgement.trades;
    let newest = total.saturating_sub((page - 1).saturating_mul(limit));
    let trades = if newest == 0 {
        Vec::new()
    } else {
        let oldest = newest.saturating_sub(limit - 1).max(1);
        app.store
            .trades(&account.shop, &account.id, oldest, newest)
            .await?
    };
    let currency = &account.judgement.currency;
    Ok(Json(TradesAnswer {
        trades: trades
            .iter()
            .map(|trade| Trade::of(trade, currency))
            .collect(),
        total,
        page,
        limit,
    }))
}
