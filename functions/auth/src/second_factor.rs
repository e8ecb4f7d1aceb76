//! `/api/v1/auth/2fa` and `/api/auth/mfa`: the second factor of who is signed
//! in.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use http::StatusCode;
use kernel::Error;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::CarriesSecret;
use web::audit::Audited;
use web::caller::SignedIn;
use web::extract::{CurrentRequest, Json, Success, success};
use web::problem::ProblemBody;

use crate::guard::Guard;
use crate::{App, fields};

/// Proof that it is the person, and not who found their device.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct SetupBody {
    #[garde(custom(fields::secret))]
    #[schema(value_type = String)]
    password: SecretString,
}

/// What an authenticator app needs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SetupAnswer {
    /// In base32, to be typed.
    secret: String,
    otpauth_uri: String,
    /// The URI as an `<svg>` element.
    qr_svg: String,
}

/// A code of the app.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct CodeBody {
    #[garde(custom(fields::secret))]
    #[schema(value_type = String)]
    code: SecretString,
}

/// Backup codes, shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BackupCodesAnswer {
    backup_codes: Vec<String>,
}

/// Both proofs.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct DisableBody {
    #[garde(custom(fields::secret))]
    #[schema(value_type = String)]
    password: SecretString,
    /// Of the app, or a backup code.
    #[garde(custom(fields::secret))]
    #[schema(value_type = String)]
    code: SecretString,
}

/// One of the proofs.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct RenewBody {
    #[garde(custom(fields::optional_secret))]
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    password: Option<SecretString>,
    /// Of the app, or a backup code.
    #[garde(custom(fields::optional_secret))]
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    code: Option<SecretString>,
}

/// Makes a secret for an authenticator app. Sign-in asks for no code until one
/// is verified.
#[utoipa::path(
    post,
    path = "/api/v1/auth/2fa/setup",
    tag = "auth",
    security(("jwt" = [])),
    request_body = SetupBody,
    responses(
        (status = 200, description = "What the app needs", body = SetupAnswer),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 403, description = "The password is not right", body = ProblemBody),
        (status = 409, description = "The second factor is on", body = ProblemBody),
        (status = 429, description = "Too many tries", body = ProblemBody),
    )
)]
pub(crate) async fn setup(
    State(app): State<App>,
    caller: SignedIn,
    Json(body): Json<SetupBody>,
) -> web::Result<Response> {
    let guard = Guard::open(&app, &caller).await?;
    guard.check_password(&body.password)?;
    let now = app.now();
    let person = &guard.person;
    let made = app
        .second_factors
        .set_up(&person.id, &person.email, now)
        .await?;
    let answer = SetupAnswer {
        secret: made.secret.expose_secret().to_owned(),
        otpauth_uri: made.otpauth_uri.expose_secret().to_owned(),
        qr_svg: made.qr_svg.expose_secret().to_owned(),
    };
    Ok(told(Json(answer), "second_factor.set_up"))
}

/// Turns the second factor on, by a code that shows that the app has the
/// secret.
#[utoipa::path(
    post,
    path = "/api/v1/auth/2fa/verify",
    tag = "auth",
    security(("jwt" = [])),
    request_body = CodeBody,
    responses(
        (status = 200, description = "It is on; the backup codes", body = BackupCodesAnswer),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 403, description = "The code is not right", body = ProblemBody),
        (status = 409, description = "It is on, or was not set up", body = ProblemBody),
        (status = 429, description = "Too many tries", body = ProblemBody),
    )
)]
pub(crate) async fn verify(
    State(app): State<App>,
    caller: SignedIn,
    CurrentRequest(request): CurrentRequest,
    Json(body): Json<CodeBody>,
) -> web::Result<Response> {
    let guard = Guard::open(&app, &caller).await?;
    let now = app.now();
    let codes = app
        .second_factors
        .turn_on(&guard.person.id, body.code.expose_secret(), &request, now)
        .await?;
    let answer = BackupCodesAnswer::of(codes);
    Ok(told(Json(answer), "second_factor.turned_on"))
}

/// Turns the second factor off.
#[utoipa::path(
    post,
    path = "/api/v1/auth/2fa/disable",
    tag = "auth",
    security(("jwt" = [])),
    request_body = DisableBody,
    responses(
        (status = 204, description = "It is off"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 403, description = "A proof is not right", body = ProblemBody),
        (status = 409, description = "It is not on", body = ProblemBody),
        (status = 429, description = "Too many tries", body = ProblemBody),
    )
)]
pub(crate) async fn disable(
    State(app): State<App>,
    caller: SignedIn,
    CurrentRequest(request): CurrentRequest,
    Json(body): Json<DisableBody>,
) -> web::Result<Response> {
    let guard = Guard::open(&app, &caller).await?;
    guard.check_is_on()?;
    // The code is used up only by who knows the password.
    guard.check_password(&body.password)?;
    guard.check_code(&body.code).await?;
    let now = app.now();
    app.second_factors
        .turn_off(&guard.person.id, &request, now)
        .await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response
        .extensions_mut()
        .insert(audited("second_factor.turned_off"));
    Ok(response)
}

/// Makes a new set of backup codes. The old one is void.
#[utoipa::path(
    post,
    path = "/api/auth/mfa/backup-codes",
    tag = "auth",
    security(("jwt" = [])),
    request_body = RenewBody,
    responses(
        (status = 200, description = "The new codes", body = Success<BackupCodesAnswer>),
        (status = 400, description = "Neither proof is there", body = ProblemBody),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 403, description = "The proof is not right", body = ProblemBody),
        (status = 409, description = "The second factor is not on", body = ProblemBody),
        (status = 429, description = "Too many tries", body = ProblemBody),
    )
)]
pub(crate) async fn renew_backup_codes(
    State(app): State<App>,
    caller: SignedIn,
    CurrentRequest(request): CurrentRequest,
    Json(body): Json<RenewBody>,
) -> web::Result<Response> {
    if body.password.is_none() && body.code.is_none() {
        return Err(Error::field("code", "is required, or the password").into());
    }
    let guard = Guard::open(&app, &caller).await?;
    guard.check_is_on()?;
    if let Some(password) = &body.password {
        guard.check_password(password)?;
    }
    if let Some(code) = &body.code {
        guard.check_code(code).await?;
    }
    let now = app.now();
    let codes = app
        .second_factors
        .renew_backup_codes(&guard.person.id, &request, now)
        .await?;
    let answer = success(BackupCodesAnswer::of(codes));
    Ok(told(answer, "second_factor.backup_codes_renewed"))
}

impl BackupCodesAnswer {
    fn of(codes: Vec<SecretString>) -> Self {
        let codes = codes.iter().map(|code| code.expose_secret().to_owned());
        Self {
            backup_codes: codes.collect(),
        }
    }
}

/// An answer that carries a secret, and what the record says of it.
fn told<T: Serialize>(answer: Json<T>, action: &'static str) -> Response {
    let mut response = answer.into_response();
    response.extensions_mut().insert(CarriesSecret);
    response.extensions_mut().insert(audited(action));
    response
}

fn audited(action: &'static str) -> Audited {
    Audited {
        action,
        ..Audited::default()
    }
}
