//! `POST /api/v1/auth/login`, `POST /api/v1/auth/refresh`, `POST /api/v1/auth/logout`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use identity::app::refresh::{Refresh, refresh as renew};
use identity::app::sessions::sign_out;
use identity::app::sign_in::{Credentials, Name, sign_in};
use kernel::Error;
use kernel::id::{SessionId, UserId};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;
use web::Problem;
use web::audit::Audited;
use web::caller::{Client, Present, SignedIn};
use web::extract::Json;
use web::problem::ProblemBody;

use crate::fields::{optional_secret, optional_token, secret};
use crate::tokens::{
    Issued, TokenAnswer, Transport, Wanted, begin, issue, origin, tenant_of_session,
};
use crate::{App, cookie};

/// What somebody signs in with.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct LoginBody {
    /// Address or user name.
    #[garde(length(chars, min = 1, max = 254))]
    email: String,
    #[garde(custom(secret))]
    #[schema(value_type = String)]
    password: SecretString,
    /// A code of the second factor, or a backup code.
    #[garde(custom(optional_secret))]
    #[schema(value_type = Option<String>)]
    code: Option<SecretString>,
    /// Where the refresh token goes; `cookie` by default.
    #[garde(skip)]
    transport: Option<Transport>,
}

/// Signs in with a password, and a code where the second factor is on. The
/// answer and its time do not tell whether there is such a person.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    tag = "auth",
    request_body = LoginBody,
    responses(
        (status = 200, description = "An access token of 15 minutes, and a refresh token as cookie or in the body", body = TokenAnswer),
        (status = 401, description = "Not who they say, or a code is missing", body = ProblemBody),
        (status = 403, description = "The address is not verified, or the person's organization asks for its provider", body = ProblemBody),
        (status = 429, description = "The address is shut out for a while", body = ProblemBody),
    )
)]
pub(crate) async fn login(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    Json(body): Json<LoginBody>,
) -> web::Result<Response> {
    Ok(enter(&app, &client, &headers, body, Wanted::Usual)
        .await?
        .plain())
}

/// Signs somebody in, in a tenant. Failures count against the network address
/// and slow the account.
pub(crate) async fn enter(
    app: &App,
    client: &Client,
    headers: &HeaderMap,
    body: LoginBody,
    wanted: Wanted,
) -> web::Result<Issued> {
    let transport = body.transport.unwrap_or_default();
    if transport == Transport::Cookie {
        app.origins.check_page(headers)?;
    }
    let doorkeeper = app.platform.doorkeeper();
    let credentials = Credentials {
        name: Name::of(&body.email),
        password: body.password,
        code: body.code,
    };
    let account = credentials.name.as_str();
    let now = app.now();
    let delay = doorkeeper.delay(account, now).await?;
    tokio::time::sleep(delay).await;
    match sign_in(&app.identity, &app.second_factors, &credentials, app.now()).await {
        Ok(proven) => begin(app, proven, wanted, client, transport).await,
        Err(Error::Unauthenticated) => {
            doorkeeper.failed(&client.address, account, now).await?;
            app.watch.failed(account, client, now).await;
            Err(Error::Unauthenticated.into())
        }
        Err(error) => Err(error.into()),
    }
}

impl LoginBody {
    /// Of the older group's body, which says more.
    pub(crate) fn new(
        email: String,
        password: SecretString,
        code: Option<SecretString>,
        transport: Option<Transport>,
    ) -> Self {
        Self {
            email,
            password,
            code,
            transport,
        }
    }
}

/// A refresh token, where it is not in the cookie.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct RefreshBody {
    #[garde(custom(optional_token))]
    #[schema(value_type = Option<String>)]
    refresh_token: Option<SecretString>,
}

/// Renews a session's tokens. A refresh token is good once, but for 20 seconds
/// gets the same successor again; one that comes back later ends the session.
/// It is answered where it came: in the cookie or in the body.
#[utoipa::path(
    post,
    path = "/api/v1/auth/refresh",
    tag = "auth",
    request_body = RefreshBody,
    responses(
        (status = 200, description = "As at sign-in", body = TokenAnswer),
        (status = 401, description = "The token is no session's", body = ProblemBody),
        (status = 403, description = "Another site's page had the cookie sent", body = ProblemBody),
    )
)]
pub(crate) async fn refresh(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    Json(body): Json<RefreshBody>,
) -> web::Result<Response> {
    let (token, transport) = match body.refresh_token {
        Some(token) => (token, Transport::Body),
        None => {
            let token = cookie::read(&headers).ok_or(Error::Unauthenticated)?;
            app.origins.check_use(&headers)?;
            (token, Transport::Cookie)
        }
    };
    let key = app.refresh_keys.key().await?;
    let store = &app.identity.store;
    let renewed = match renew(store, &key, &token, &origin(&client), app.now()).await? {
        Refresh::Renewed(renewed) => renewed,
        Refresh::Refused => return Err(Error::Unauthenticated.into()),
        Refresh::Reused { user, session } => return Ok(reused(&user, &session)),
    };
    let tenant = tenant_of_session(&app, &renewed.person, &renewed.session).await?;
    let tokens = Some((renewed.refresh_token, transport));
    let issued = issue(
        &app,
        &renewed.person,
        &renewed.session,
        &tenant,
        tokens,
        Audited::default(),
    );
    Ok(issued.await?.plain())
}

/// Somebody has a token that they should not have: the caller or the one
/// before. Recorded, and somebody is told.
fn reused(user: &UserId, session: &SessionId) -> Response {
    tracing::warn!(
        alarm = "refresh_token_reused",
        user = user.as_str(),
        session = session.as_str(),
        "a used refresh token came back: session {session} has ended"
    );
    let audited = Audited {
        action: "session.token_reused",
        target: Some(session.to_string()),
        detail: Some("a used refresh token came back; the session has ended".to_owned()),
        actor: Some((user.to_string(), user.to_string())),
    };
    (audited, Problem(Error::Unauthenticated)).into_response()
}

/// Ends the session that the caller is in. Its tokens are refused within five
/// seconds.
#[utoipa::path(
    post,
    path = "/api/v1/auth/logout",
    tag = "auth",
    security(("jwt" = [])),
    responses(
        (status = 204, description = "The session has ended"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
    )
)]
pub(crate) async fn logout(State(app): State<App>, caller: Present) -> web::Result<Response> {
    leave(&app, &caller.person, StatusCode::NO_CONTENT.into_response()).await
}

/// Ends the caller's session, and takes the cookie away with the answer.
pub(crate) async fn leave(
    app: &App,
    caller: &SignedIn,
    mut response: Response,
) -> web::Result<Response> {
    let store = &app.identity.store;
    sign_out(store, &caller.user, &caller.session, app.now()).await?;
    let headers = response.headers_mut();
    headers.append(SET_COOKIE, cookie::clear()?);
    let audited = Audited {
        action: "session.ended",
        target: Some(caller.session.to_string()),
        ..Audited::default()
    };
    Ok((audited, response).into_response())
}
