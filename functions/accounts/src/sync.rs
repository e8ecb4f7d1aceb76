//! `POST /api/account/{id}/sync`

use accounts::app::sync::hurry;
use axum::extract::State;
use axum::response::Response;
use kernel::Error;
use platform::rate_limit::{Limit, MINUTE_S};
use serde::Serialize;
use utoipa::ToSchema;
use web::extract::{CurrentRequest, accepted};
use web::problem::ProblemBody;

use crate::App;
use crate::access::OwnAccount;

/// Manual syncs of one account.
const LIMIT: Limit = Limit::exact(1, MINUTE_S);

/// The answer to a sync request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SyncAnswer {
    success: bool,
    message: &'static str,
}

/// Syncs an account now; at most once a minute.
#[utoipa::path(
    post,
    path = "/api/account/{id}/sync",
    tag = "accounts",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The account")),
    responses(
        (status = 202, description = "A sync is queued", body = SyncAnswer),
        (status = 404, description = "No such account of the caller", body = ProblemBody),
        (status = 409, description = "The account is not connected", body = ProblemBody),
        (status = 429, description = "The account was synced on request within the last minute", body = ProblemBody),
    )
)]
pub(crate) async fn sync(
    State(app): State<App>,
    account: OwnAccount,
    CurrentRequest(request_id): CurrentRequest,
) -> web::Result<Response> {
    if !account.account_state.status.is_live() {
        return Err(Error::Conflict("this account is not connected".to_owned()).into());
    }
    let name = format!("manual-sync:{}", account.id);
    let decision = app
        .platform
        .limiter()
        .admit(&name, LIMIT, app.platform.real_now())
        .await?;
    if !decision.admitted {
        return Err(Error::RateLimited {
            retry_after_s: decision.reset_s,
        }
        .into());
    }
    let now = app.platform.now();
    hurry(&app.store, &account.shop, &account.id, &request_id, now).await?;
    Ok(accepted(SyncAnswer {
        success: true,
        message: "a sync is queued",
    }))
}
