//! `POST /api/v1/user/email`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use identity::app::change_address::request_change;
use identity::domain::email;
use kernel::Error;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::audit::Audited;
use web::caller::SignedIn;
use web::extract::{CurrentRequest, Json, accepted};
use web::problem::ProblemBody;

use crate::App;
use crate::fields::{address, optional_secret, secret};
use crate::guard::Guard;

/// The address that one wants, and the proof that it is oneself.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct EmailChangeBody {
    #[garde(custom(address))]
    new_email: String,
    #[garde(custom(secret))]
    #[schema(value_type = String)]
    password: SecretString,
    /// A code of the second factor, or a backup code, where it is on.
    #[garde(custom(optional_secret))]
    #[schema(value_type = Option<String>)]
    code: Option<SecretString>,
}

/// What is told to whoever wants another address.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EmailChangeAnswer {
    message: &'static str,
}

/// Asks for another address. A token is mailed there, which is good for an
/// hour at `/api/v1/auth/verify-email`; the present address is told. The answer
/// is the same whether or not the new address is taken.
#[utoipa::path(
    post,
    path = "/api/v1/user/email",
    tag = "user",
    security(("jwt" = [])),
    request_body = EmailChangeBody,
    responses(
        (status = 202, description = "A mail is on its way to the new address", body = EmailChangeAnswer),
        (status = 400, description = "The body is not valid", body = ProblemBody),
        (status = 401, description = "Nobody is signed in, or a code is missing", body = ProblemBody),
        (status = 403, description = "A proof is not right", body = ProblemBody),
        (status = 429, description = "Too many tries", body = ProblemBody),
    )
)]
pub(crate) async fn change(
    State(app): State<App>,
    caller: SignedIn,
    CurrentRequest(request): CurrentRequest,
    Json(body): Json<EmailChangeBody>,
) -> web::Result<Response> {
    let new_email = email::normalize(&body.new_email)
        .ok_or_else(|| Error::field("new_email", "is no email address"))?;
    let guard = Guard::open(&app, &caller).await?;
    // The code is used up only by who knows the password.
    guard.check_password(&body.password)?;
    if guard.person.asks_for_code() {
        let code = body.code.as_ref().ok_or(Error::SecondFactorRequired)?;
        guard.check_code(code).await?;
    }
    request_change(
        &app.identity,
        &guard.person,
        &caller.session,
        &new_email,
        &request,
        app.now(),
    )
    .await?;
    let audited = Audited {
        action: "email.change_asked",
        target: Some(caller.user.to_string()),
        ..Audited::default()
    };
    Ok((
        audited,
        accepted(EmailChangeAnswer {
            message: "a mail was sent to this address; its link completes the change",
        }),
    )
        .into_response())
}
