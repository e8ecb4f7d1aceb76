//! `/api/v1/signals`: what the platform publishes, as far as the caller's tier
//! goes. A signal above it is in no list, in no count, and not found.

use axum::extract::State;
use kernel::Error;
use kernel::id::SignalId;
use kernel::page::Page;
use signals::store::Filter;
use signals::view::SignalView;
use web::caller::{Acting, Reading};
use web::extract::{Json, Path, Query};
use web::page::Paging;
use web::problem::ProblemBody;

use crate::App;
use crate::query::{SignalsOf, page};
use crate::state::sight;

/// Published signals that the caller's tier sees, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/signals",
    tag = "signals",
    security(("jwt" = [])),
    params(SignalsOf, Paging),
    responses(
        (status = 200, description = "A page of signals", body = Page<SignalView>),
        (status = 400, description = "The filter or the cursor cannot be", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Acting<Reading>,
    Query(of): Query<SignalsOf>,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Page<SignalView>>> {
    let (tier, filter) = (sight(&caller), Filter::from(of));
    let query = format!("published for {}: {filter:?}", tier.as_str());
    let after = paging.position(&query)?;
    let limit = paging.limit().get();
    let store = &app.signals.store;
    let found = store.published_page(tier, &filter, limit, after).await?;
    Ok(Json(page(found, &query)))
}

/// The closed ones of them, the last closed first; `from` and `to` are of
/// their results.
#[utoipa::path(
    get,
    path = "/api/v1/signals/history",
    tag = "signals",
    security(("jwt" = [])),
    params(SignalsOf, Paging),
    responses(
        (status = 200, description = "A page of closed signals", body = Page<SignalView>),
        (status = 400, description = "The filter or the cursor cannot be", body = ProblemBody),
    )
)]
pub(crate) async fn history(
    State(app): State<App>,
    caller: Acting<Reading>,
    Query(of): Query<SignalsOf>,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Page<SignalView>>> {
    let (tier, filter) = (sight(&caller), Filter::from(of));
    let query = format!("closed for {}: {filter:?}", tier.as_str());
    let after = paging.position(&query)?;
    let limit = paging.limit().get();
    let store = &app.signals.store;
    let found = store.closed_page(tier, &filter, limit, after).await?;
    Ok(Json(page(found, &query)))
}

/// One published signal.
#[utoipa::path(
    get,
    path = "/api/v1/signals/{id}",
    tag = "signals",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The signal")),
    responses(
        (status = 200, description = "The signal", body = SignalView),
        (status = 404, description = "No such signal that the caller's tier sees", body = ProblemBody),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    caller: Acting<Reading>,
    Path(id): Path<SignalId>,
) -> web::Result<Json<SignalView>> {
    let signal = app.signals.store.published(sight(&caller), &id).await?;
    let signal = signal.ok_or(Error::NotFound("signal"))?;
    Ok(Json(signal.into()))
}
