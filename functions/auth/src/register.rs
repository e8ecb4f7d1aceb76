//! `POST /api/v1/auth/register`, `POST /api/v1/auth/verify-email`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use http::StatusCode;
use identity::app::change_address::confirm_change;
use identity::app::register::{Applicant, register as keep};
use identity::app::verify_email::begin;
use identity::domain::email;
use kernel::Error;
use kernel::id::UserId;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::audit::Audited;
use web::extract::{CurrentRequest, Json, accepted};
use web::problem::ProblemBody;

use crate::App;
use crate::fields::{address, is_token, optional_called, secret};

/// What somebody registers with.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct RegisterBody {
    #[garde(custom(address))]
    email: String,
    /// 8 to 128 characters, none of the common ones, without the address.
    #[garde(custom(secret))]
    #[schema(value_type = String)]
    password: SecretString,
    /// What they want to be called.
    #[garde(custom(optional_called))]
    name: Option<String>,
}

/// What is told to whoever registers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RegisterAnswer {
    message: &'static str,
}

/// Registers an address. The answer is the same whether or not it is taken;
/// the mail tells its owner.
#[utoipa::path(
    post,
    path = "/api/v1/auth/register",
    tag = "auth",
    request_body = RegisterBody,
    responses(
        (status = 202, description = "A mail is on its way", body = RegisterAnswer),
        (status = 400, description = "The body is not valid", body = ProblemBody),
    )
)]
pub(crate) async fn register(
    State(app): State<App>,
    CurrentRequest(request): CurrentRequest,
    Json(body): Json<RegisterBody>,
) -> web::Result<Response> {
    let answer = apply(&app, body.email, body.password, body.name, None, &request).await?;
    Ok(accepted(answer))
}

/// Keeps a registration and has the mail sent.
pub(crate) async fn apply(
    app: &App,
    address: String,
    password: SecretString,
    name: Option<String>,
    organization: Option<String>,
    request_id: &str,
) -> web::Result<RegisterAnswer> {
    let trimmed = |text: String| text.trim().to_owned();
    let email =
        email::normalize(&address).ok_or_else(|| Error::field("email", "is no email address"))?;
    let applicant = Applicant {
        email,
        password,
        name: name.map(trimmed),
        organization: organization.map(trimmed),
    };
    keep(&app.identity, applicant, request_id, app.now()).await?;
    Ok(RegisterAnswer {
        message: "a mail was sent to this address; its link completes the registration",
    })
}

/// The token of a mail.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct VerifyEmailBody {
    #[garde(custom(is_token))]
    #[schema(value_type = String)]
    token: SecretString,
}

/// Shows that an address is one's own: the registration that the token was
/// mailed for becomes a person, with its password and organization; the person
/// that it was mailed for moves to the address, and their other sessions end.
#[utoipa::path(
    post,
    path = "/api/v1/auth/verify-email",
    tag = "auth",
    request_body = VerifyEmailBody,
    responses(
        (status = 204, description = "The person can sign in by this address"),
        (status = 400, description = "The token is not good, or not any more", body = ProblemBody),
        (status = 409, description = "The address has an account already", body = ProblemBody),
    )
)]
pub(crate) async fn verify_email(
    State(app): State<App>,
    CurrentRequest(request): CurrentRequest,
    Json(body): Json<VerifyEmailBody>,
) -> web::Result<Response> {
    let now = app.now();
    let store = &app.identity.store;
    if let Some(moved) = confirm_change(store, &body.token, &request, now).await? {
        let old = format!("from {}", moved.old_email);
        return Ok(proven("email.changed", &moved.user, Some(old)));
    }
    let mut verification = begin(store, &body.token, now).await?;
    if let Some(name) = verification.organization.take() {
        organizations::app::found(
            &mut verification.transaction,
            &app.organizations,
            &name,
            &verification.person.id,
            &verification.person.email,
            now,
        )?;
    }
    let person = verification.finish().await?;
    Ok(proven("person.verified", &person.id, None))
}

/// The answer to who has shown that an address is theirs, and what the record
/// says of it.
fn proven(action: &'static str, user: &UserId, detail: Option<String>) -> Response {
    let user = user.to_string();
    let audited = Audited {
        action,
        target: Some(user.clone()),
        detail,
        actor: Some((user.clone(), user)),
    };
    (audited, StatusCode::NO_CONTENT).into_response()
}
