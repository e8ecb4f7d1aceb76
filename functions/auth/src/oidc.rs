//! `GET /api/auth/oidc/{org}/login`, `GET /api/auth/oidc/{org}/callback`,
//! `POST /api/auth/oidc/{org}/link`, `DELETE /api/auth/oidc/{org}/link`: sign-in
//! through an organization's own provider, by OpenID Connect.
//!
//! Browsers come here from the provider, so the answers are redirects; what
//! goes wrong is a problem as everywhere else, and the provider's own words are
//! not in it.

mod admit;
mod answer;
mod browser;
mod start;
mod state;

pub(crate) use state::Oidc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use http::{HeaderMap, StatusCode};
use identity::app::external;
use kernel::Error;
use kernel::id::OrganizationId;
use kernel::time::Timestamp;
use oidc::domain::flow::{Linking, is_own_path};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::audit::Audited;
use web::caller::{Client, SignedIn};
use web::extract::{Json, Path, Query, Success, success};
use web::problem::ProblemBody;
use web::{CarriesSecret, Problem};

use crate::App;
use crate::tokens::{Transport, Wanted, begin};
use admit::Admitted;
use answer::ProviderAnswer;
use start::start;

/// Where members of an organization begin to sign in.
pub(crate) fn login_path(org: &OrganizationId) -> String {
    format!("/api/auth/oidc/{org}/login")
}

/// Where somebody wants to be afterwards.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StartQuery {
    /// A path of the application, such as `/desk`; `/` where it is left out.
    #[garde(custom(own_path))]
    #[serde(default)]
    return_to: Option<String>,
}

#[expect(clippy::ref_option, reason = "the form that garde asks for")]
fn own_path(path: &Option<String>, (): &()) -> garde::Result {
    match path.as_deref().is_none_or(is_own_path) {
        true => Ok(()),
        false => Err(garde::Error::new("must be a path of the application")),
    }
}

/// Sends a browser to the organization's provider. What comes back is taken
/// once, within ten minutes, and from the same browser.
#[utoipa::path(
    get,
    path = "/api/auth/oidc/{org}/login",
    tag = "auth",
    params(("org" = String, Path, description = "The organization"), StartQuery),
    responses(
        (status = 302, description = "On to the provider, with a cookie that the way back needs"),
        (status = 400, description = "`return_to` is no path of the application", body = ProblemBody),
        (status = 404, description = "The organization has no provider", body = ProblemBody),
        (status = 503, description = "The provider is not available", body = ProblemBody),
    )
)]
pub(crate) async fn login(
    State(app): State<App>,
    Path(org): Path<OrganizationId>,
    headers: HeaderMap,
    Query(query): Query<StartQuery>,
) -> web::Result<Response> {
    let started = start(&app, &org, &headers, query.return_to, None).await?;
    started.redirect()
}

/// What a provider sends a browser back with.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CallbackQuery {
    /// What the provider was sent.
    #[garde(length(max = 200))]
    #[serde(default)]
    state: String,
    /// What is exchanged for the provider's word.
    #[garde(skip)]
    #[serde(default)]
    #[param(value_type = Option<String>)]
    code: Option<SecretString>,
    /// Why the provider signed nobody in.
    #[garde(inner(length(max = 200)))]
    #[serde(default)]
    error: Option<String>,
    /// The provider's name (RFC 9207).
    #[garde(inner(length(max = 512)))]
    #[serde(default)]
    iss: Option<String>,
}

/// Takes the provider's answer: a session begins in the organization, and the
/// browser goes on to the application, which gets its access token by
/// `/api/v1/auth/refresh`. Such a session is good in the organization alone.
#[utoipa::path(
    get,
    path = "/api/auth/oidc/{org}/callback",
    tag = "auth",
    params(("org" = String, Path, description = "The organization"), CallbackQuery),
    responses(
        (status = 303, description = "On to the application, with the refresh token as cookie"),
        (status = 400, description = "The state is not good, not any more, or of another browser", body = ProblemBody),
        (status = 401, description = "The provider's word is not good", body = ProblemBody),
        (status = 403, description = "The person is not let in", body = ProblemBody),
        (status = 503, description = "The provider is not available", body = ProblemBody),
    )
)]
pub(crate) async fn callback(
    State(app): State<App>,
    Path(org): Path<OrganizationId>,
    client: Client,
    headers: HeaderMap,
    Query(query): Query<CallbackQuery>,
) -> Response {
    match enter(&app, &org, &client, &headers, query).await {
        Ok(response) => response,
        Err(problem) => refused(problem, &org),
    }
}

async fn enter(
    app: &App,
    org: &OrganizationId,
    client: &Client,
    headers: &HeaderMap,
    query: CallbackQuery,
) -> web::Result<Response> {
    let answer = ProviderAnswer::take(app, org, headers, query).await?;
    let onwards = app.oidc.page(&answer.flow.return_to);
    let admitted = admit::admit(app, &answer).await?;
    let Admitted { person, how } = admitted;
    if answer.flow.linking.is_some() {
        let user = person.id.to_string();
        let audited = Audited {
            action: "person.linked",
            target: Some(org.to_string()),
            detail: Some(how.to_owned()),
            actor: Some((user.clone(), user)),
        };
        return Ok(answer::onwards(&onwards, audited));
    }
    let proven = answer.proven(person);
    let wanted = Wanted::Organization(org.clone());
    let issued = begin(app, proven, wanted, client, Transport::Cookie).await?;
    Ok(issued.told(how).onwards(&onwards))
}

/// A sign-in that came to nothing is recorded, as one with a password is.
fn refused(problem: Problem, org: &OrganizationId) -> Response {
    let detail = problem.0.to_string();
    let audited = Audited {
        action: "session.refused",
        target: Some(org.to_string()),
        detail: Some(detail),
        ..Audited::default()
    };
    (audited, problem).into_response()
}

/// Where somebody wants to be afterwards.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct LinkProviderBody {
    /// A path of the application, such as `/profile`; `/` where it is left out.
    #[garde(custom(own_path))]
    #[serde(default)]
    return_to: Option<String>,
}

/// Where to go on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkProviderAnswer {
    /// The provider's page, for the browser that asked.
    authorization_url: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Starts to link the caller with their account at the organization's provider.
/// Who is no member yet becomes one, where the organization takes whom its
/// provider answers for.
#[utoipa::path(
    post,
    path = "/api/auth/oidc/{org}/link",
    tag = "auth",
    security(("jwt" = [])),
    params(("org" = String, Path, description = "The organization")),
    request_body = LinkProviderBody,
    responses(
        (status = 200, description = "Where to go on, with a cookie that the way back needs", body = Success<LinkProviderAnswer>),
        (status = 400, description = "`return_to` is no path of the application", body = ProblemBody),
        (status = 403, description = "The caller was signed in by a provider", body = ProblemBody),
        (status = 404, description = "The organization has no provider", body = ProblemBody),
        (status = 503, description = "The provider is not available", body = ProblemBody),
    )
)]
pub(crate) async fn link(
    State(app): State<App>,
    caller: SignedIn,
    Path(org): Path<OrganizationId>,
    headers: HeaderMap,
    Json(body): Json<LinkProviderBody>,
) -> web::Result<Response> {
    app.origins.check_page(&headers)?;
    let linking = Linking {
        user: caller.user,
        session: caller.session,
    };
    let started = start(&app, &org, &headers, body.return_to, Some(linking)).await?;
    let body = success(LinkProviderAnswer {
        authorization_url: started.location.to_string(),
        expires_at: started.expires_at,
    });
    let mut response = (started.cookie()?, body).into_response();
    response.extensions_mut().insert(CarriesSecret);
    Ok(response)
}

/// Forgets the caller's account at the organization's provider. Sessions that
/// began through it end when they are next renewed.
#[utoipa::path(
    delete,
    path = "/api/auth/oidc/{org}/link",
    tag = "auth",
    security(("jwt" = [])),
    params(("org" = String, Path, description = "The organization")),
    responses(
        (status = 204, description = "It is forgotten"),
        (status = 404, description = "The caller is not linked", body = ProblemBody),
    )
)]
pub(crate) async fn unlink(
    State(app): State<App>,
    caller: SignedIn,
    Path(org): Path<OrganizationId>,
) -> web::Result<Response> {
    external::unlink(&app.identity.store, &caller.user, &org).await?;
    let audited = Audited {
        action: "person.unlinked",
        target: Some(org.to_string()),
        ..Audited::default()
    };
    Ok((audited, StatusCode::NO_CONTENT).into_response())
}

fn no_provider() -> Error {
    Error::NotFound("sign-in provider of this organization")
}
