//! `POST /api/disconnect`

use accounts::app::disconnect::disconnect as disconnect_account;
use axum::extract::State;
use garde::Validate;
use kernel::Error;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::caller::ShopCaller;
use web::extract::{CurrentRequest, Json};
use web::problem::ProblemBody;

use crate::App;

/// The account to disconnect.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct DisconnectBody {
    /// The account.
    #[garde(length(max = 64))]
    account_id: String,
}

/// Done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DisconnectAnswer {
    success: bool,
}

/// Ends an account's connection and wipes its password.
#[utoipa::path(
    post,
    path = "/api/disconnect",
    tag = "accounts",
    security(("hmac" = [])),
    request_body = DisconnectBody,
    responses(
        (status = 200, description = "Disconnected", body = DisconnectAnswer),
        (status = 404, description = "No such account", body = ProblemBody),
    )
)]
pub(crate) async fn disconnect(
    State(app): State<App>,
    caller: ShopCaller,
    CurrentRequest(request_id): CurrentRequest,
    Json(body): Json<DisconnectBody>,
) -> web::Result<Json<DisconnectAnswer>> {
    let id = body
        .account_id
        .parse()
        .map_err(|_| Error::NotFound("account"))?;
    let now = app.platform.now();
    disconnect_account(&app.store, &caller.shop, &id, &request_id, now).await?;
    Ok(Json(DisconnectAnswer { success: true }))
}
