//! `POST /api/v1/auth/passkeys/register/start`, `…/register/finish`,
//! `…/login/start`, `…/login/finish`, `GET /api/v1/auth/passkeys`,
//! `DELETE /api/v1/auth/passkeys/{id}`
//!
//! The starts answer the bare options, which `parseCreationOptionsFromJSON`,
//! `parseRequestOptionsFromJSON` and the usual client libraries take as they
//! are; the finishes take the bare response. The challenge, which is in both,
//! names the ceremony, so nothing else has to be sent back.

mod bodies;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use identity::app::passkeys::SignInError;
use kernel::Error;
use kernel::page::Page;
use web::Problem;
use web::audit::Audited;
use web::caller::{Client, SignedIn};
use web::extract::{CurrentRequest, Json, Path, created};
use web::problem::ProblemBody;

use crate::App;
use crate::tokens::{TokenAnswer, Transport, Wanted, begin};
use bodies::{PasskeyAnswer, RegistrationBody, SignInBody, SignInStart};

/// The longest credential id that is looked for, in base64url.
const ID_CHARS_MAX: usize = passkeys::CREDENTIAL_ID_BYTES_MAX.div_ceil(3) * 4;

/// Starts to add a passkey: the answer is for `navigator.credentials.create()`.
/// It is good once and for five minutes.
#[utoipa::path(
    post,
    path = "/api/v1/auth/passkeys/register/start",
    tag = "auth",
    security(("jwt" = [])),
    responses(
        (status = 200, description = "PublicKeyCredentialCreationOptionsJSON", body = Object),
        (status = 409, description = "There are as many passkeys as there may be", body = ProblemBody),
    )
)]
pub(crate) async fn start_registration(
    State(app): State<App>,
    person: SignedIn,
) -> web::Result<Response> {
    let now = app.now();
    let options = app.passkeys.start_registration(&person.user, now).await?;
    Ok(Json(options).into_response())
}

/// Adds the passkey that a browser made.
#[utoipa::path(
    post,
    path = "/api/v1/auth/passkeys/register/finish",
    tag = "auth",
    security(("jwt" = [])),
    request_body = RegistrationBody,
    responses(
        (status = 201, description = "The passkey", body = PasskeyAnswer),
        (status = 400, description = "The answer is not good, or the start is over", body = ProblemBody),
        (status = 409, description = "Registered already, or too many", body = ProblemBody),
    )
)]
pub(crate) async fn finish_registration(
    State(app): State<App>,
    person: SignedIn,
    CurrentRequest(request): CurrentRequest,
    Json(body): Json<RegistrationBody>,
) -> web::Result<Response> {
    let (response, name) = body.read()?;
    let now = app.now();
    let passkey = app
        .passkeys
        .finish_registration(&person.user, &response, &name, &request, now)
        .await?;
    let passkey = PasskeyAnswer::from(passkey);
    let target = passkey.id.clone();
    let audited = Audited {
        action: "passkey.added",
        target: Some(target),
        ..Audited::default()
    };
    Ok((audited, created(passkey)).into_response())
}

/// Starts to sign in with a passkey: the answer is for
/// `navigator.credentials.get()`, and the same whoever asks. It is good once
/// and for five minutes.
#[utoipa::path(
    post,
    path = "/api/v1/auth/passkeys/login/start",
    tag = "auth",
    request_body = SignInStart,
    responses((status = 200, description = "PublicKeyCredentialRequestOptionsJSON", body = Object))
)]
pub(crate) async fn start_sign_in(
    State(app): State<App>,
    Json(_): Json<SignInStart>,
) -> web::Result<Response> {
    let options = app.passkeys.start_sign_in(app.now()).await?;
    Ok(Json(options).into_response())
}

/// Signs in with a passkey, whose authenticator verified its user: that is
/// both factors. Whatever is wrong with an answer, the refusal is the same.
#[utoipa::path(
    post,
    path = "/api/v1/auth/passkeys/login/finish",
    tag = "auth",
    request_body = SignInBody,
    responses(
        (status = 200, description = "As at sign-in with a password", body = TokenAnswer),
        (status = 400, description = "Not of the form that browsers send", body = ProblemBody),
        (status = 401, description = "The answer is not good, or the start is over", body = ProblemBody),
        (status = 429, description = "The address is shut out for a while", body = ProblemBody),
    )
)]
pub(crate) async fn finish_sign_in(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    Json(body): Json<SignInBody>,
) -> web::Result<Response> {
    let transport = body.transport.unwrap_or_default();
    if transport == Transport::Cookie {
        app.origins.check_page(&headers)?;
    }
    let response = body.read()?;
    let account = response.credential_id();
    let now = app.now();
    let doorkeeper = app.platform.doorkeeper();
    let delay = doorkeeper.delay(&account, now).await?;
    tokio::time::sleep(delay).await;
    let checked = app.passkeys.finish_sign_in(&response, app.now()).await;
    match checked {
        Ok(proven) => {
            let issued = begin(&app, proven, Wanted::Usual, &client, transport);
            Ok(issued.await?.plain())
        }
        Err(SignInError::Fault(error)) => Err(error.into()),
        Err(error) => {
            doorkeeper.failed(&client.address, &account, now).await?;
            Ok(refused(&error, account))
        }
    }
}

/// The one refusal. Why is for the log; that somebody may have a copy of a
/// private key is recorded, and somebody is told.
fn refused(error: &SignInError, credential: String) -> Response {
    let response = Problem(Error::Unauthenticated).into_response();
    let SignInError::Copied { user } = error else {
        tracing::info!(reason = %error, "a sign-in with a passkey was refused");
        return response;
    };
    tracing::warn!(
        alarm = "passkey_copied",
        user = user.as_str(),
        "the signature counter of a passkey went back: its key may have been copied"
    );
    let audited = Audited {
        action: "passkey.copied",
        target: Some(credential),
        detail: Some("the signature counter went back; refused".to_owned()),
        actor: Some((user.to_string(), user.to_string())),
    };
    (audited, response).into_response()
}

/// A person's passkeys, the oldest first; at most 20.
#[utoipa::path(
    get,
    path = "/api/v1/auth/passkeys",
    tag = "auth",
    security(("jwt" = [])),
    responses((status = 200, description = "The passkeys", body = Page<PasskeyAnswer>))
)]
pub(crate) async fn list(State(app): State<App>, person: SignedIn) -> web::Result<Response> {
    let passkeys = app.passkeys.list(&person.user).await?;
    let page = Page {
        items: passkeys.into_iter().map(PasskeyAnswer::from).collect(),
        next_cursor: None,
    };
    Ok(Json(page).into_response())
}

/// Takes a passkey away. Whoever signs in with it afterwards is refused.
#[utoipa::path(
    delete,
    path = "/api/v1/auth/passkeys/{id}",
    tag = "auth",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The credential id, in base64url")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "There is none of this id", body = ProblemBody),
    )
)]
pub(crate) async fn remove(
    State(app): State<App>,
    person: SignedIn,
    CurrentRequest(request): CurrentRequest,
    Path(id): Path<String>,
) -> web::Result<Response> {
    // Longer than any id; a key of the store must not be.
    if id.len() > ID_CHARS_MAX {
        return Err(Problem(Error::NotFound("passkey")));
    }
    let now = app.now();
    app.passkeys
        .remove(&person.user, &id, &request, now)
        .await?;
    let audited = Audited {
        action: "passkey.removed",
        target: Some(id),
        ..Audited::default()
    };
    Ok((audited, StatusCode::NO_CONTENT).into_response())
}
