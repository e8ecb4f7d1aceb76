//! `GET /api/account/{id}/summary`

use accounts::app::summary::{Summary, summary};
use axum::extract::State;
use web::extract::Json;
use web::problem::ProblemBody;

use crate::App;
use crate::access::OwnAccount;

/// Returns the summary of an account.
#[utoipa::path(
    get,
    path = "/api/account/{id}/summary",
    tag = "accounts",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The account")),
    responses(
        (status = 200, description = "The summary", body = Summary),
        (status = 404, description = "No such account of the caller", body = ProblemBody),
    )
)]
pub(crate) async fn show(State(app): State<App>, account: OwnAccount) -> Json<Summary> {
    Json(summary(
        &account.id,
        &account.account_state,
        app.platform.now(),
    ))
}
