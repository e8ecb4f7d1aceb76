//! `POST /api/v1/auth/password/reset`, `POST /api/v1/auth/password/change`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use http::StatusCode;
use identity::app::passwords::{change as change_password, confirm_reset, request_reset};
use identity::domain::email;
use kernel::{Error, FieldError};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::audit::Audited;
use web::caller::{Client, SignedIn};
use web::extract::{CurrentRequest, Json, accepted};
use web::problem::ProblemBody;

use crate::App;
use crate::fields::{optional_address, optional_secret, optional_token, secret};

/// An address that wants a new password, or a mailed token and the password.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct PasswordResetBody {
    #[garde(custom(optional_address))]
    email: Option<String>,
    #[garde(custom(optional_token))]
    #[schema(value_type = Option<String>)]
    token: Option<SecretString>,
    #[garde(custom(optional_secret))]
    #[schema(value_type = Option<String>)]
    new_password: Option<SecretString>,
}

/// What is told to whoever asks for a new password.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasswordResetAnswer {
    message: &'static str,
}

/// With an address: mails a token to its owner, where there is one. With a
/// token: gives the password, and ends all sessions.
#[utoipa::path(
    post,
    path = "/api/v1/auth/password/reset",
    tag = "auth",
    request_body = PasswordResetBody,
    responses(
        (status = 202, description = "A mail is on its way, where the address has an account", body = PasswordResetAnswer),
        (status = 204, description = "The password is changed and all sessions have ended"),
        (status = 400, description = "The token is not good, or the password is not", body = ProblemBody),
    )
)]
pub(crate) async fn reset(
    State(app): State<App>,
    CurrentRequest(request): CurrentRequest,
    Json(body): Json<PasswordResetBody>,
) -> web::Result<Response> {
    match (body.token, body.new_password, body.email) {
        (Some(token), Some(password), _) => confirm(&app, &token, &password, &request).await,
        (None, None, Some(address)) => {
            let email = email::normalize(&address)
                .ok_or_else(|| Error::field("email", "is no email address"))?;
            let now = app.now();
            request_reset(&app.identity.store, &email, &request, now).await?;
            Ok(accepted(PasswordResetAnswer {
                message: "where this address has an account, a mail was sent to it",
            }))
        }
        (None, Some(_), _) => Err(Error::field("token", "is required").into()),
        (Some(_), None, _) => Err(Error::field("new_password", "is required").into()),
        (None, None, None) => Err(Error::Invalid(vec![FieldError::new(
            "email",
            "is required, or `token` and `new_password`",
        )])
        .into()),
    }
}

async fn confirm(
    app: &App,
    token: &SecretString,
    password: &SecretString,
    request_id: &str,
) -> web::Result<Response> {
    let user = confirm_reset(&app.identity, token, password, request_id, app.now()).await?;
    let audited = Audited {
        action: "password.reset",
        target: Some(user.to_string()),
        actor: Some((user.to_string(), user.to_string())),
        ..Audited::default()
    };
    Ok((audited, StatusCode::NO_CONTENT).into_response())
}

/// The password that one has, and the one that one wants.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ChangeBody {
    #[garde(custom(secret))]
    #[schema(value_type = String)]
    current_password: SecretString,
    #[garde(custom(secret))]
    #[schema(value_type = String)]
    new_password: SecretString,
}

/// Changes the caller's password, and ends their other sessions.
#[utoipa::path(
    post,
    path = "/api/v1/auth/password/change",
    tag = "auth",
    security(("jwt" = [])),
    request_body = ChangeBody,
    responses(
        (status = 204, description = "The password is changed"),
        (status = 400, description = "The new password is not good enough", body = ProblemBody),
        (status = 403, description = "The current password is not right", body = ProblemBody),
    )
)]
pub(crate) async fn change(
    State(app): State<App>,
    caller: SignedIn,
    client: Client,
    CurrentRequest(request): CurrentRequest,
    Json(body): Json<ChangeBody>,
) -> web::Result<Response> {
    let doorkeeper = app.platform.doorkeeper();
    let account = caller.user.as_str();
    let now = app.now();
    let delay = doorkeeper.before(&client.address, account, now).await?;
    tokio::time::sleep(delay).await;
    let changed = change_password(
        &app.identity,
        &caller.user,
        &caller.session,
        &body.current_password,
        &body.new_password,
        &request,
        app.now(),
    )
    .await;
    if let Err(Error::Forbidden(_)) = &changed {
        doorkeeper.failed(&client.address, account, now).await?;
    }
    changed?;
    let audited = Audited {
        action: "password.changed",
        target: Some(caller.user.to_string()),
        ..Audited::default()
    };
    Ok((audited, StatusCode::NO_CONTENT).into_response())
}
