//! `/api/signals/{id}/approve`, `/api/signals/{id}/reject`

use axum::extract::State;
use garde::Validate;
use kernel::id::SignalId;
use serde::Deserialize;
use signals::view::SignalView;
use utoipa::ToSchema;
use web::caller::{Acting, Writing};
use web::extract::{CurrentRequest, Json, Path};
use web::problem::ProblemBody;

use crate::App;

/// Sends a held signal to the caller's terminals. Where trading rests it stays
/// held, `released` is `false` and `reason` says why; it can be approved again.
#[utoipa::path(
    post,
    path = "/api/signals/{id}/approve",
    tag = "signals",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The signal")),
    responses(
        (status = 200, description = "The signal", body = SignalView),
        (status = 403, description = "The caller may not", body = ProblemBody),
        (status = 404, description = "No such signal of the caller", body = ProblemBody),
        (status = 409, description = "It is not held", body = ProblemBody),
    )
)]
pub(crate) async fn approve(
    State(app): State<App>,
    caller: Acting<Writing>,
    CurrentRequest(request): CurrentRequest,
    Path(id): Path<SignalId>,
) -> web::Result<Json<SignalView>> {
    let request = app.platform.request(&request);
    let signal = app.signals.approve(&caller.owner(), &id, request).await?;
    Ok(Json(signal.into()))
}

/// Why a signal is refused.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct RejectBody {
    /// For the record and for the provider.
    #[garde(length(chars, min = 1, max = 500), custom(said))]
    reason: String,
}

/// Refuses a held signal for good.
#[utoipa::path(
    post,
    path = "/api/signals/{id}/reject",
    tag = "signals",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The signal")),
    request_body = RejectBody,
    responses(
        (status = 200, description = "The signal", body = SignalView),
        (status = 400, description = "No reason is given", body = ProblemBody),
        (status = 403, description = "The caller may not", body = ProblemBody),
        (status = 404, description = "No such signal of the caller", body = ProblemBody),
        (status = 409, description = "It is not held", body = ProblemBody),
    )
)]
pub(crate) async fn reject(
    State(app): State<App>,
    caller: Acting<Writing>,
    CurrentRequest(request): CurrentRequest,
    Path(id): Path<SignalId>,
    Json(body): Json<RejectBody>,
) -> web::Result<Json<SignalView>> {
    let (request, reason) = (app.platform.request(&request), body.reason.trim());
    let signal = app
        .signals
        .reject(&caller.owner(), &id, reason, request)
        .await?;
    Ok(Json(signal.into()))
}

fn said(text: &str, (): &()) -> garde::Result {
    match text.trim().is_empty() {
        false => Ok(()),
        true => Err(garde::Error::new("must say something")),
    }
}
