//! `/api/strategies`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use kernel::id::StrategyId;
use kernel::page::Page;
use signals::view::StrategyView;
use web::caller::{Acting, Reading, Writing};
use web::extract::{CurrentRequest, IfMatch, Json, Path, Query, created, tagged};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;
use crate::strategy_bodies::StrategyBody;

/// The caller's strategies, the oldest first. Exactly one is active.
#[utoipa::path(
    get,
    path = "/api/strategies",
    tag = "strategies",
    security(("jwt" = [])),
    params(Paging),
    responses((status = 200, description = "A page of strategies", body = Page<StrategyView>))
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Acting<Reading>,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Page<StrategyView>>> {
    let (owner, store) = (caller.owner(), &app.signals.store);
    let query = format!("strategies of {owner:?}");
    let after = paging.position(&query)?;
    let desk = store.desk(&owner).await?;
    let limit = paging.limit().get();
    let (strategies, next) = store.strategies(&owner, limit, after).await?;
    let views = strategies.into_iter().map(|strategy| {
        let is_active = desk.active.as_ref() == Some(&strategy.id);
        StrategyView::of(strategy, is_active)
    });
    Ok(Json(Page {
        items: views.collect(),
        next_cursor: next.map(|position| cursor(&position, &query)),
    }))
}

/// Makes a strategy. The caller's first is active, whatever it says.
#[utoipa::path(
    post,
    path = "/api/strategies",
    tag = "strategies",
    security(("jwt" = [])),
    request_body = StrategyBody,
    responses(
        (status = 201, description = "The strategy", body = StrategyView),
        (status = 400, description = "A field cannot be", body = ProblemBody),
        (status = 403, description = "The caller may not", body = ProblemBody),
        (status = 409, description = "There are fifty", body = ProblemBody),
    )
)]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Acting<Writing>,
    CurrentRequest(request): CurrentRequest,
    Json(body): Json<StrategyBody>,
) -> web::Result<Response> {
    let (change, request) = (body.change()?, app.platform.request(&request));
    let (strategy, active) = app
        .signals
        .add_strategy(&caller.owner(), &change, request)
        .await?;
    let version = strategy.version;
    Ok(tagged(version, created(StrategyView::of(strategy, active))))
}

/// Writes a strategy anew: what is left out is as in a new one, but for
/// `active`, which then stays as it is.
#[utoipa::path(
    put,
    path = "/api/strategies/{id}",
    tag = "strategies",
    security(("jwt" = [])),
    params(
        ("id" = String, Path, description = "The strategy"),
        ("If-Match" = Option<String>, Header, description = "The version that is to be replaced"),
    ),
    request_body = StrategyBody,
    responses(
        (status = 200, description = "The strategy", body = StrategyView),
        (status = 400, description = "A field cannot be", body = ProblemBody),
        (status = 403, description = "The caller may not", body = ProblemBody),
        (status = 404, description = "No such strategy of the caller", body = ProblemBody),
        (status = 409, description = "It is the active one and is not to be", body = ProblemBody),
        (status = 412, description = "The strategy has changed", body = ProblemBody),
    )
)]
pub(crate) async fn update(
    State(app): State<App>,
    caller: Acting<Writing>,
    CurrentRequest(request): CurrentRequest,
    Path(id): Path<StrategyId>,
    IfMatch(wanted): IfMatch,
    Json(body): Json<StrategyBody>,
) -> web::Result<Response> {
    let (change, request) = (body.change()?, app.platform.request(&request));
    let (strategy, active) = app
        .signals
        .change_strategy(&caller.owner(), &id, &change, wanted, request)
        .await?;
    let version = strategy.version;
    Ok(tagged(version, Json(StrategyView::of(strategy, active))))
}

/// Deletes a strategy. Signals that were traded by it stay.
#[utoipa::path(
    delete,
    path = "/api/strategies/{id}",
    tag = "strategies",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The strategy")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, description = "The caller may not", body = ProblemBody),
        (status = 404, description = "No such strategy of the caller", body = ProblemBody),
        (status = 409, description = "It is the active one, or a channel's signals are traded by it", body = ProblemBody),
    )
)]
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Acting<Writing>,
    CurrentRequest(request): CurrentRequest,
    Path(id): Path<StrategyId>,
) -> web::Result<Response> {
    let request = app.platform.request(&request);
    app.signals
        .delete_strategy(&caller.owner(), &id, request)
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
