//! `/api/trades/live`

use std::collections::HashMap;

use axum::extract::State;
use kernel::Number;
use kernel::id::DeviceId;
use kernel::page::Page;
use kernel::time::Timestamp;
use serde::Serialize;
use trading::domain::Trade;
use trading::model::Positions;
use utoipa::ToSchema;
use web::caller::{Acting, Reading};
use web::extract::{Json, Query};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;
use crate::trades::TradeAnswer;

/// An open trade, with what its terminal last told of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LiveTradeAnswer {
    trade: TradeAnswer,
    /// The symbol's last price; `null` where the terminal told of none.
    price: Option<Number>,
    /// What closing it would bring; `null` where the terminal told of none.
    floating_pnl: Option<Number>,
    stop_loss: Option<Number>,
    take_profit: Option<Number>,
    /// When the terminal told of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    told_at: Option<Timestamp>,
}

impl LiveTradeAnswer {
    fn of(trade: Trade, told: Option<&Positions>) -> Self {
        let position = told.and_then(|told| told.with_ticket(&trade.ticket));
        let figure = |value: Option<rust_decimal::Decimal>| value.map(Number::exact);
        Self {
            price: figure(position.and_then(|position| position.price)),
            floating_pnl: figure(position.and_then(|position| position.profit)),
            stop_loss: figure(position.and_then(|position| position.stop_loss)),
            take_profit: figure(position.and_then(|position| position.take_profit)),
            told_at: position.and(told).and_then(|told| told.told_at),
            trade: trade.into(),
        }
    }
}

/// The caller's open trades with their floating P&L.
#[utoipa::path(
    get,
    path = "/api/trades/live",
    tag = "trading",
    security(("jwt" = [])),
    params(Paging),
    responses(
        (status = 200, description = "A page of them", body = Page<LiveTradeAnswer>),
        (status = 401, description = "No good token", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Acting<Reading>,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Page<LiveTradeAnswer>>> {
    let owner = caller.owner();
    let query = format!("open trades of {} in {}", owner.user, owner.org);
    let after = paging.position(&query)?;
    let store = &app.trading.store;
    let (trades, next) = store
        .open_trades(&owner, paging.limit().get(), after)
        .await?;
    let mut told: HashMap<DeviceId, Positions> = HashMap::new();
    for trade in &trades {
        if !told.contains_key(&trade.device) {
            let positions = store.positions(&owner, &trade.device).await?;
            told.insert(trade.device.clone(), positions);
        }
    }
    let answer = |trade: Trade| {
        let of_terminal = told.get(&trade.device);
        LiveTradeAnswer::of(trade, of_terminal)
    };
    Ok(Json(Page {
        items: trades.into_iter().map(answer).collect(),
        next_cursor: next.map(|position| cursor(&position, &query)),
    }))
}
