//! `POST /api/signals/{id}/replay`

use axum::extract::State;
use axum::response::Response;
use kernel::Error;
use kernel::id::SignalId;
use signals::view::SignalView;
use web::caller::{Acting, Writing};
use web::extract::{CurrentRequest, Path, created};
use web::problem::ProblemBody;

use crate::App;

/// Sends a stored signal again: a signal of its own, marked as a replay, with
/// commands of its own. Who publishes may replay what is published.
#[utoipa::path(
    post,
    path = "/api/signals/{id}/replay",
    tag = "signals",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The signal")),
    responses(
        (status = 201, description = "The signal that sends it again", body = SignalView),
        (status = 403, description = "The caller may not", body = ProblemBody),
        (status = 404, description = "No such signal of the caller", body = ProblemBody),
        (status = 409, description = "It was never sent", body = ProblemBody),
    )
)]
pub(crate) async fn replay(
    State(app): State<App>,
    caller: Acting<Writing>,
    CurrentRequest(request): CurrentRequest,
    Path(id): Path<SignalId>,
) -> web::Result<Response> {
    let request = app.platform.request(&request);
    let again = match app.signals.replay(&caller.owner(), &id, request).await {
        Err(Error::NotFound(_)) if caller.is_platform_admin => {
            app.signals.republish(&id, request).await?
        }
        again => again?,
    };
    Ok(created(SignalView::from(again)))
}
