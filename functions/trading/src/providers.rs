//! `/api/providers/stats`

use axum::extract::State;
use kernel::Number;
use kernel::page::Page;
use rust_decimal::Decimal;
use serde::Serialize;
use trading::model::Provider;
use utoipa::ToSchema;
use web::caller::{Acting, Reading};
use web::extract::{Json, Query};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;

/// What a provider's signals came to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderStatsAnswer {
    provider: String,
    /// Signals that were acted on.
    signals: u64,
    /// Closed trades that followed one.
    trades: u64,
    wins: u64,
    losses: u64,
    /// Percent of the trades that gained; `null` without trades.
    win_rate: Option<Number>,
    /// What a trade brought on average in multiples of what it risked, to
    /// four digits; `null` where no trade's risk is known.
    average_r: Option<Number>,
    net_pnl: Number,
}

impl From<Provider> for ProviderStatsAnswer {
    fn from(provider: Provider) -> Self {
        let closed = provider.closed;
        let average_r = provider.r_sum.checked_div(Decimal::from(provider.r_count));
        Self {
            provider: provider.name,
            signals: provider.signals,
            trades: closed.trades,
            wins: closed.wins,
            losses: closed.losses,
            win_rate: closed.win_rate().map(Number::percent),
            average_r: average_r.map(Number::percent),
            net_pnl: Number::exact(closed.net()),
        }
    }
}

/// The providers whose signals the caller followed, by their names.
#[utoipa::path(
    get,
    path = "/api/providers/stats",
    tag = "trading",
    security(("jwt" = [])),
    params(Paging),
    responses(
        (status = 200, description = "A page of them", body = Page<ProviderStatsAnswer>),
        (status = 401, description = "No good token", body = ProblemBody),
    )
)]
pub(crate) async fn stats(
    State(app): State<App>,
    caller: Acting<Reading>,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Page<ProviderStatsAnswer>>> {
    let owner = caller.owner();
    let query = format!("providers of {} in {}", owner.user, owner.org);
    let after = paging.position(&query)?;
    let limit = paging.limit().get();
    let (providers, next) = app.trading.store.providers(&owner, limit, after).await?;
    Ok(Json(Page {
        items: providers.into_iter().map(Into::into).collect(),
        next_cursor: next.map(|position| cursor(&position, &query)),
    }))
}
