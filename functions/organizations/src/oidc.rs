//! `PUT /api/organizations/{id}/oidc`, `GET /api/organizations/{id}/oidc`,
//! `DELETE /api/organizations/{id}/oidc`: the OpenID Connect provider that signs
//! the organization's members in.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use kernel::access::BuiltInRole;
use kernel::id::{OrganizationId, ulid_at};
use kernel::time::Timestamp;
use kernel::{Error, FieldError};
use oidc::domain::discovery::ISSUER_CHARS_MAX;
use organizations::SignInProvider;
use organizations::domain::email_domain::{self, DOMAINS_MAX};
use platform::rate_limit::Limit;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use web::audit::Audited;
use web::caller::ManagingOrganization;
use web::extract::{CurrentRequest, IfMatch, Json, Success, success, tagged};
use web::problem::ProblemBody;

use crate::App;
use crate::access::Own;

/// Times an hour that an organization's provider is set: each asks a system
/// that its owner names.
const LIMIT: Limit = Limit::exact(30, 3_600);
/// Characters of our name at a provider.
const CLIENT_ID_CHARS_MAX: usize = 256;
/// Characters of what we show it.
const SECRET_CHARS_MAX: usize = 512;

/// The provider, and whom it signs in.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ProviderBody {
    /// Its name, `https://…`, as its discovery document and its tokens have it,
    /// character by character.
    #[garde(length(min = 1, max = ISSUER_CHARS_MAX))]
    issuer: String,
    /// Our name there.
    #[garde(custom(is_client_id))]
    client_id: String,
    /// What we show it. Left out, that of the same issuer and client stays;
    /// `null` takes it away: then its codes are safe by PKCE alone.
    #[garde(custom(is_client_secret))]
    #[serde(default, deserialize_with = "changed")]
    #[schema(value_type = Option<String>)]
    client_secret: Option<Option<SecretString>>,
    /// Domains of email addresses, at most 20. Whose address is of one of them
    /// may be made a person, or be kept to the provider.
    #[garde(length(max = DOMAINS_MAX))]
    #[serde(default)]
    email_domains: Vec<String>,
    /// Whether people are made of those whom the provider signs in and nobody
    /// here knows yet. Off by default.
    #[garde(skip)]
    #[serde(default)]
    provision: bool,
    /// The role that they get, no owner's; `member` by default.
    #[garde(inner(length(chars, min = 1, max = 40)))]
    role: Option<String>,
    /// Whether members with addresses of these domains enter the organization
    /// through the provider alone. Off by default.
    #[garde(skip)]
    #[serde(default)]
    enforced: bool,
}

fn is_client_id(text: &str, (): &()) -> garde::Result {
    let fits = (1..=CLIENT_ID_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    match fits {
        true => Ok(()),
        false => Err(garde::Error::new("must be 1 to 256 printable characters")),
    }
}

fn is_client_secret(secret: &Option<Option<SecretString>>, (): &()) -> garde::Result {
    let fits = |secret: &SecretString| {
        let text = secret.expose_secret();
        (1..=SECRET_CHARS_MAX).contains(&text.len())
            && text.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
    };
    match secret.as_ref().and_then(Option::as_ref).is_none_or(fits) {
        true => Ok(()),
        false => Err(garde::Error::new("must be 1 to 512 printable characters")),
    }
}

/// A field that is left as it is where it is absent, and taken away where it
/// is `null`.
fn changed<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// The provider that signs the organization's members in. Never its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderAnswer {
    issuer: String,
    client_id: String,
    /// Whether we have a secret to show it.
    has_client_secret: bool,
    email_domains: BTreeSet<String>,
    provision: bool,
    role: String,
    enforced: bool,
    /// What the provider has to be told to send browsers back to.
    redirect_uri: String,
    /// Where members begin to sign in.
    login_uri: String,
    /// For `If-Match`.
    version: u64,
    #[schema(value_type = String, format = DateTime)]
    changed_at: Timestamp,
}

impl ProviderAnswer {
    fn of(app: &App, provider: SignInProvider) -> Self {
        let uri = |step| {
            let org = &provider.organization;
            format!("{}/api/auth/oidc/{org}/{step}", app.api)
        };
        Self {
            redirect_uri: uri("callback"),
            login_uri: uri("login"),
            issuer: provider.issuer,
            client_id: provider.client_id,
            has_client_secret: provider.sealed_client_secret.is_some(),
            email_domains: provider.email_domains,
            provision: provider.provision,
            role: provider.role,
            enforced: provider.enforced,
            version: provider.version,
            changed_at: provider.changed_at,
        }
    }
}

/// Sets the organization's provider; owners alone may. The provider is asked
/// what it is before it is believed. Where it is another one than before, or
/// members are kept to it from now on, all members need new tokens, and
/// sessions that began through the one before end.
#[utoipa::path(
    put,
    path = "/api/organizations/{id}/oidc",
    tag = "organizations",
    security(("jwt" = [])),
    params(
        ("id" = String, Path, description = "The organization"),
        ("If-Match" = Option<String>, Header, description = "The version that is to be changed"),
    ),
    request_body = ProviderBody,
    responses(
        (status = 200, description = "The provider; its version is the ETag", body = Success<ProviderAnswer>),
        (status = 400, description = "A setting cannot be", body = ProblemBody),
        (status = 403, description = "The caller is no owner", body = ProblemBody),
        (status = 404, description = "Not the token's organization", body = ProblemBody),
        (status = 409, description = "It is being changed by another request", body = ProblemBody),
        (status = 412, description = "It has changed", body = ProblemBody),
        (status = 422, description = "The provider does not answer, or cannot sign anybody in here", body = ProblemBody),
        (status = 429, description = "It was set thirty times within the hour", body = ProblemBody),
    )
)]
pub(crate) async fn set(
    State(app): State<App>,
    Own(caller): Own<ManagingOrganization>,
    CurrentRequest(id): CurrentRequest,
    IfMatch(wanted): IfMatch,
    Json(body): Json<ProviderBody>,
) -> web::Result<Response> {
    let org = &caller.org;
    let request = app.platform.request(&id);
    let store = &app.organizations.store;
    // Nobody else has us ask systems that they name; the store is asked again.
    if caller.role != BuiltInRole::Owner.as_str() {
        return Err(Error::Forbidden("only owners choose the provider").into());
    }
    let domains = domains(&body)?;
    let before = store.sign_in_provider(org).await?;
    let version = before.as_ref().map(|before| before.version);
    if wanted.is_some_and(|wanted| Some(wanted) != version) {
        return Err(Error::StaleVersion.into());
    }
    let name = format!("oidc:{org}");
    app.admit(&name, LIMIT, request.now).await?;
    let same = before
        .as_ref()
        .filter(|before| before.issuer == body.issuer && before.client_id == body.client_id);
    let mut after = SignInProvider {
        organization: org.clone(),
        connection: match same {
            Some(before) => before.connection.clone(),
            None => ulid_at(request.now),
        },
        issuer: body.issuer,
        client_id: body.client_id,
        sealed_client_secret: same.and_then(|before| before.sealed_client_secret.clone()),
        email_domains: domains,
        provision: body.provision,
        role: body
            .role
            .unwrap_or_else(|| BuiltInRole::Member.as_str().to_owned()),
        enforced: body.enforced,
        version: version.unwrap_or(0) + 1,
        changed_at: request.now,
    };
    match body.client_secret {
        Some(Some(secret)) => {
            let sealed = app.vault.seal(&secret, &after.secret_identity()).await?;
            after.sealed_client_secret = Some(sealed);
        }
        Some(None) => after.sealed_client_secret = None,
        None => {}
    }
    check_provider(&app, &after).await?;
    app.organizations
        .set_provider(&caller.user, before.as_ref(), &after, request)
        .await?;
    Ok(answer(&app, after, Some("provider.set")))
}

/// The domains in their normal form, where there are some if they matter.
fn domains(body: &ProviderBody) -> Result<BTreeSet<String>, Error> {
    let mut domains = BTreeSet::new();
    for (index, text) in body.email_domains.iter().enumerate() {
        let domain = email_domain::normalize(text);
        let field = format!("email_domains[{index}]");
        domains.insert(domain.ok_or_else(|| Error::field(field, "is no domain"))?);
    }
    if domains.is_empty() && (body.provision || body.enforced) {
        return Err(Error::Invalid(vec![FieldError::new(
            "email_domains",
            "must name a domain where people are made or kept to the provider",
        )]));
    }
    Ok(domains)
}

/// Asks a provider what it is. Whatever is wrong with it is its owner's to put
/// right.
async fn check_provider(app: &App, provider: &SignInProvider) -> Result<(), Error> {
    let unfit = |problem: String| Error::Unprocessable(format!("no such provider: {problem}"));
    let metadata = app.providers.discover_now(&provider.issuer).await;
    let metadata = metadata.map_err(|error| unfit(error.to_string()))?;
    let has_secret = provider.sealed_client_secret.is_some();
    let authentication = metadata.authentication(has_secret);
    authentication.map_err(|fault| unfit(fault.to_string()))?;
    Ok(())
}

/// The organization's provider.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}/oidc",
    tag = "organizations",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The organization")),
    responses(
        (status = 200, description = "The provider; its version is the ETag", body = Success<ProviderAnswer>),
        (status = 403, description = "The caller may not", body = ProblemBody),
        (status = 404, description = "Not the token's organization, or it has none", body = ProblemBody),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    Own(caller): Own<ManagingOrganization>,
) -> web::Result<Response> {
    let provider = app
        .organizations
        .store
        .sign_in_provider(&caller.org)
        .await?;
    let provider = provider.ok_or(Error::NotFound("sign-in provider"))?;
    Ok(answer(&app, provider, None))
}

/// The organization whose provider is gone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RemovedProvider {
    id: OrganizationId,
}

/// Removes the organization's provider; owners alone may. All members need new
/// tokens, and sessions that began through it end.
#[utoipa::path(
    delete,
    path = "/api/organizations/{id}/oidc",
    tag = "organizations",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The organization")),
    responses(
        (status = 200, description = "It is gone", body = Success<RemovedProvider>),
        (status = 403, description = "The caller is no owner", body = ProblemBody),
        (status = 404, description = "Not the token's organization, or it has none", body = ProblemBody),
    )
)]
pub(crate) async fn remove(
    State(app): State<App>,
    Own(caller): Own<ManagingOrganization>,
    CurrentRequest(id): CurrentRequest,
) -> web::Result<Response> {
    let request = app.platform.request(&id);
    app.organizations
        .remove_provider(&caller.org, &caller.user, request)
        .await?;
    let body = success(RemovedProvider { id: caller.org });
    Ok(audited(body.into_response(), "provider.removed", None))
}

fn answer(app: &App, provider: SignInProvider, action: Option<&'static str>) -> Response {
    let version = provider.version;
    let issuer = provider.issuer.clone();
    let body = success(ProviderAnswer::of(app, provider));
    let response = tagged(version, body);
    match action {
        Some(action) => audited(response, action, Some(issuer)),
        None => response,
    }
}

fn audited(response: Response, action: &'static str, target: Option<String>) -> Response {
    let audited = Audited {
        action,
        target,
        ..Audited::default()
    };
    (audited, response).into_response()
}
