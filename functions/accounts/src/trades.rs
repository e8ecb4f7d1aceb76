//! `GET /api/account/{id}/trades`

use accounts::domain::deal::DealReason;
use accounts::domain::ledger::{ClosedPosition, Side};
use axum::extract::State;
use garde::Validate;
use kernel::Number;
use kernel::currency::Currency;
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::extract::{Json, Query};
use web::problem::ProblemBody;

use crate::App;
use crate::access::OwnAccount;

/// Paging and filters.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// From 1, the newest trades first.
    #[garde(range(min = 1, max = 10_000_000))]
    page: Option<u64>,
    /// Trades of a page, 1 to 200; 50 by default.
    #[garde(range(min = 1, max = 200))]
    limit: Option<u64>,
    /// An exact symbol.
    #[garde(inner(length(chars, min = 1, max = 64)))]
    symbol: Option<String>,
    /// `buy` or `sell`.
    #[garde(skip)]
    #[param(value_type = Option<String>)]
    side: Option<Side>,
    /// Closed from then on.
    #[garde(skip)]
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Closed before then.
    #[garde(skip)]
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// `win` or `loss`.
    #[garde(skip)]
    #[param(value_type = Option<String>)]
    result: Option<TradeResult>,
}

/// Whether a trade brought more than it cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TradeResult {
    Win,
    Loss,
}

impl Params {
    fn is_filtered(&self) -> bool {
        self.symbol.is_some()
            || self.side.is_some()
            || self.from.is_some()
            || self.to.is_some()
            || self.result.is_some()
    }

    fn fits(&self, trade: &ClosedPosition) -> bool {
        let position = &trade.position;
        let closed_at = trade.closed_at();
        self.symbol
            .as_ref()
            .is_none_or(|symbol| position.symbol == *symbol)
            && self.side.is_none_or(|side| position.side() == side)
            && self.from.is_none_or(|from| closed_at >= from)
            && self.to.is_none_or(|to| closed_at < to)
            && self.result.is_none_or(|result| match result {
                TradeResult::Win => position.net() > Decimal::ZERO,
                TradeResult::Loss => position.net() < Decimal::ZERO,
            })
    }
}

/// Trades that a filter searches, the newest.
const SEARCHED_MAX: u64 = 10_000;
/// Trades that are read at a time.
const READ_AT_ONCE: u64 = 500;

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
    /// The position's last stop loss.
    pub(crate) stop_loss: Option<Number>,
    /// The position's last take profit.
    pub(crate) take_profit: Option<Number>,
    /// The expert advisor's number.
    pub(crate) magic: Option<i64>,
    /// What opened it.
    pub(crate) reason_open: Option<DealReason>,
    /// What closed it.
    pub(crate) reason_close: Option<DealReason>,
}

/// Digits of an average price: brokers quote five, and crypto eight.
const PRICE_DIGITS: u32 = 8;

impl Trade {
    pub(crate) fn of(trade: &ClosedPosition, currency: &Currency) -> Self {
        let money = |amount| Number::money(amount, currency);
        let price = |price: Decimal| Number::exact(price.round_dp(PRICE_DIGITS));
        let position = &trade.position;
        let (opened_by, closed_by) = (position.opened_by(), position.closed_by());
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
            stop_loss: closed_by.and_then(|origin| origin.stop_loss).map(price),
            take_profit: closed_by.and_then(|origin| origin.take_profit).map(price),
            magic: opened_by.and_then(|origin| origin.magic),
            reason_open: opened_by.and_then(|origin| origin.reason),
            reason_close: closed_by.and_then(|origin| origin.reason),
        }
    }
}

/// A page of trades.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TradesAnswer {
    trades: Vec<Trade>,
    /// Trades of the account in all; of those searched that fit, where a filter
    /// is given.
    total: u64,
    page: u64,
    limit: u64,
    /// Whether older trades than the 10,000 searched were left out.
    truncated: bool,
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
    if params.is_filtered() {
        return search(&app, &account, &params, (page, limit)).await;
    }
    let total = account.account_state.trades;
    let newest = total.saturating_sub((page - 1).saturating_mul(limit));
    let trades = if newest == 0 {
        Vec::new()
    } else {
        let oldest = newest.saturating_sub(limit - 1).max(1);
        app.store
            .trades(&account.shop, &account.id, oldest, newest)
            .await?
    };
    let currency = &account.account_state.currency;
    Ok(Json(TradesAnswer {
        trades: trades
            .iter()
            .map(|trade| Trade::of(trade, currency))
            .collect(),
        total,
        page,
        limit,
        truncated: false,
    }))
}

/// The trades that fit, among the newest of the account.
async fn search(
    app: &App,
    account: &OwnAccount,
    params: &Params,
    (page, limit): (u64, u64),
) -> web::Result<Json<TradesAnswer>> {
    let currency = &account.account_state.currency;
    let newest = account.account_state.trades;
    let oldest = newest.saturating_sub(SEARCHED_MAX) + 1;
    let skipped = (page - 1).saturating_mul(limit);
    let (mut total, mut trades) = (0, Vec::new());
    let mut to = newest;
    while to >= oldest {
        let from = to.saturating_sub(READ_AT_ONCE - 1).max(oldest);
        let read = app
            .store
            .trades(&account.shop, &account.id, from, to)
            .await?;
        for trade in read.iter().filter(|trade| params.fits(trade)) {
            if total >= skipped && (trades.len() as u64) < limit {
                trades.push(Trade::of(trade, currency));
            }
            total += 1;
        }
        to = from - 1;
    }
    Ok(Json(TradesAnswer {
        trades,
        total,
        page,
        limit,
        truncated: oldest > 1,
    }))
}
