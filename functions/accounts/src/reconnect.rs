//! `POST /api/s2s/accounts/{id}/reconnect`

use accounts::app::reconnect::{ReconnectRequest, reconnect as reconnect_account};
use axum::extract::State;
use garde::Validate;
use kernel::Error;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::extract::{CurrentRequest, Json};
use web::problem::ProblemBody;

use crate::App;
use crate::access::NamedAccount;
use crate::connect::{ConnectAnswer, digits, optional_text_or_number, password_length, printable};

/// The changed credentials; an absent field is unchanged.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ReconnectBody {
    /// Another investor password.
    #[garde(inner(custom(password_length)))]
    #[schema(value_type = Option<String>)]
    investor_pass: Option<SecretString>,
    /// Another trade server: the challenge goes on there.
    #[garde(inner(length(chars, min = 1, max = 100), custom(printable_text)))]
    server: Option<String>,
    /// Another login: the challenge goes on there.
    #[garde(inner(length(chars, min = 1, max = 20), custom(digits_text)))]
    #[serde(default, deserialize_with = "optional_text_or_number")]
    login: Option<String>,
}

#[expect(clippy::ptr_arg, reason = "garde hands an inner value over as it is")]
fn printable_text(text: &String, context: &()) -> garde::Result {
    printable(text, context)
}

#[expect(clippy::ptr_arg, reason = "garde hands an inner value over as it is")]
fn digits_text(text: &String, context: &()) -> garde::Result {
    digits(text, context)
}

/// The connection after the change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReconnectAnswer {
    #[serde(flatten)]
    connection: ConnectAnswer,
    /// The number of the trade server, from 1; ids of deals of a later one begin with
    /// it.
    server_epoch: u32,
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
        (status = 200, description = "Reconnected, or still being verified", body = ReconnectAnswer),
        (status = 404, description = "No such account", body = ProblemBody),
        (status = 409, description = "The login belongs to another account", body = ProblemBody),
        (status = 422, description = "The broker refuses the credentials, or the password is needed", body = ProblemBody),
        (status = 503, description = "The gateway is not available", body = ProblemBody),
    )
)]
pub(crate) async fn reconnect(
    State(app): State<App>,
    account: NamedAccount,
    CurrentRequest(request_id): CurrentRequest,
    Json(body): Json<ReconnectBody>,
) -> web::Result<Json<ReconnectAnswer>> {
    let connected = reconnect_account(
        &app.store,
        &app.gateway,
        &app.vault,
        (&account.caller.shop, &account.id),
        ReconnectRequest {
            password: body.investor_pass,
            server: body.server,
            login: body.login,
        },
        &request_id,
        app.platform.now(),
    )
    .await?;
    let account = app
        .store
        .account(&account.caller.shop, &connected.account)
        .await?
        .ok_or(Error::NotFound("account"))?;
    Ok(Json(ReconnectAnswer {
        connection: ConnectAnswer::of(connected.account, connected.status),
        server_epoch: account.server_epoch,
    }))
}
