//! `POST /api/s2s/accounts/{id}/reconnect`

use accounts::app::reconnect::{ReconnectRequest, reconnect as reconnect_account};
use axum::extract::State;
use garde::Validate;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;
use web::extract::{CurrentRequest, Json};
use web::problem::ProblemBody;

use crate::App;
use crate::access::NamedAccount;
use crate::connect::{ConnectAnswer, password_length};

/// What has changed; what is left out is as it was.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ReconnectBody {
    /// Another investor password.
    #[garde(inner(custom(password_length)))]
    #[schema(value_type = Option<String>)]
    investor_pass: Option<SecretString>,
}

/// Reconnects an account: a new instance where the password has changed or the
/// connection is in error, a sync at once where it is live.
#[utoipa::path(
    post,
    path = "/api/s2s/accounts/{id}/reconnect",
    tag = "accounts",
    security(("hmac" = [])),
    params(("id" = String, Path, description = "The account")),
    request_body = ReconnectBody,
    responses(
        (status = 200, description = "Reconnected, or still being verified", body = ConnectAnswer),
        (status = 404, description = "No such account", body = ProblemBody),
        (status = 422, description = "The broker refuses, or the password is needed", body = ProblemBody),
        (status = 503, description = "The gateway is not available", body = ProblemBody),
    )
)]
pub(crate) async fn reconnect(
    State(app): State<App>,
    account: NamedAccount,
    CurrentRequest(request_id): CurrentRequest,
    Json(body): Json<ReconnectBody>,
) -> web::Result<Json<ConnectAnswer>> {
    let connected = reconnect_account(
        &app.store,
        &app.gateway,
        &app.vault,
        (&account.caller.shop, &account.id),
        ReconnectRequest {
            password: body.investor_pass,
            server: None,
        },
        &request_id,
        app.platform.now(),
    )
    .await?;
    Ok(Json(ConnectAnswer::of(connected.account, connected.status)))
}
