//! `/api/trades` and `/api/trades/{id}`

use axum::extract::State;
use kernel::id::{DeviceId, TradeId};
use kernel::page::Page;
use kernel::time::Timestamp;
use kernel::{Error, Number};
use serde::Serialize;
use trading::domain::{Side, Trade, TradeStatus};
use utoipa::ToSchema;
use web::caller::{Acting, Reading};
use web::extract::{Json, Path, Query};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;

/// A trade of the caller's terminals.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TerminalTrade)]
pub(crate) struct TradeAnswer {
    id: TradeId,
    /// The terminal that holds it, or held it last.
    device_id: DeviceId,
    server: String,
    login: String,
    ticket: String,
    symbol: String,
    action: Side,
    status: TradeStatus,
    /// Lots it was opened with.
    volume: Number,
    /// Lots that are still open.
    open_volume: Number,
    open_price: Number,
    /// Price of the last closing.
    close_price: Option<Number>,
    /// What all closings brought.
    pnl: Number,
    /// What it brought in multiples of what it risked, to four digits; `null`
    /// where its stop or its exit is not known.
    r_multiple: Option<Number>,
    signal_id: Option<String>,
    provider: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    opened_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Timestamp>,
}

impl From<Trade> for TradeAnswer {
    fn from(trade: Trade) -> Self {
        let open_volume = match trade.status.is_final() {
            true => rust_decimal::Decimal::ZERO,
            false => trade.open_volume(),
        };
        Self {
            open_volume: Number::exact(open_volume),
            r_multiple: trade.r_multiple().map(Number::percent),
            id: trade.id,
            device_id: trade.device,
            server: trade.server,
            login: trade.login,
            ticket: trade.ticket,
            symbol: trade.symbol,
            action: trade.side,
            status: trade.status,
            volume: Number::exact(trade.volume),
            open_price: Number::exact(trade.open_price),
            close_price: trade.close_price.map(Number::exact),
            pnl: Number::exact(trade.pnl),
            signal_id: trade.signal_id,
            provider: trade.provider,
            opened_at: trade.opened_at,
            closed_at: trade.closed_at,
        }
    }
}

/// The caller's closed trades, the last closed first.
#[utoipa::path(
    get,
    path = "/api/trades",
    tag = "trading",
    security(("jwt" = [])),
    params(Paging),
    responses(
        (status = 200, description = "A page of them", body = Page<TradeAnswer>),
        (status = 401, description = "No good token", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Acting<Reading>,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Page<TradeAnswer>>> {
    let owner = caller.owner();
    let query = format!("closed trades of {} in {}", owner.user, owner.org);
    let after = paging.position(&query)?;
    let limit = paging.limit().get();
    let (trades, next) = app
        .trading
        .store
        .closed_trades(&owner, limit, after)
        .await?;
    Ok(Json(Page {
        items: trades.into_iter().map(Into::into).collect(),
        next_cursor: next.map(|position| cursor(&position, &query)),
    }))
}

/// A trade, open or not.
#[utoipa::path(
    get,
    path = "/api/trades/{id}",
    tag = "trading",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The trade")),
    responses(
        (status = 200, description = "The trade", body = TradeAnswer),
        (status = 404, description = "The caller has no such trade", body = ProblemBody),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    caller: Acting<Reading>,
    Path(trade): Path<TradeId>,
) -> web::Result<Json<TradeAnswer>> {
    let trade = app.trading.store.trade(&caller.owner(), &trade).await?;
    let trade = trade.ok_or(Error::NotFound("trade"))?;
    Ok(Json(trade.into()))
}
