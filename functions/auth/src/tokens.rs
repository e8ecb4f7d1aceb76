//! The tokens that somebody gets who has shown who they are.

use axum::response::{AppendHeaders, IntoResponse, Response};
use http::StatusCode;
use http::header::{LOCATION, SET_COOKIE};
use identity::app::claims::{Tenant, claims};
use identity::app::sessions::sign_out;
use identity::app::sign_in::Proven;
use identity::app::start_session::start_session;
use identity::model::{Origin, Person, Session};
use kernel::Error;
use kernel::access::BuiltInRole;
use kernel::id::OrganizationId;
use organizations::domain::email_domain;
use organizations::model::Membership;
use platform::tokens::LIFE_S;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;
use web::audit::Audited;
use web::caller::Client;
use web::extract::{Json, success};
use web::{CarriesSecret, Problem};

use crate::{App, cookie};

/// Organizations of a person among which a sign-in looks for one to begin in.
const BEGIN_AMONG_MAX: u32 = 20;

/// Where a refresh token goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Transport {
    /// Into a cookie that no script reads.
    #[default]
    Cookie,
    /// Into the answer, for clients that are no browsers.
    Body,
}

/// An access token, and where it was asked for so the refresh token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds that the access token is good for.
    expires_in: i64,
    /// The organization that it is for; `null` in the personal tenant.
    organization_id: Option<OrganizationId>,
    /// Only where the transport is `body`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

/// In which tenant a session is to begin.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    /// Where the person usually works: the first organization that takes them,
    /// else their own tenant; those who run the platform, in their own.
    Usual,
    /// In this one.
    Organization(OrganizationId),
    /// In their own.
    Personal,
}

/// What somebody has shown of who they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    /// Whether more than a password.
    second_factor: bool,
    /// By which connection of an organization's provider, where not by
    /// themselves.
    provider: Option<&'a str>,
}

impl<'a> Shown<'a> {
    fn just_now(proven: &'a Proven) -> Self {
        Self {
            second_factor: proven.second_factor,
            provider: proven.provider.as_deref(),
        }
    }

    /// What they showed when a session began.
    pub(crate) fn in_session(session: &'a Session) -> Self {
        Self {
            second_factor: session.second_factor,
            provider: session.provider.as_deref(),
        }
    }
}

/// Tokens on their way to a client.
#[derive(Debug)]
pub(crate) struct Issued {
    answer: TokenAnswer,
    cookie: Option<http::HeaderValue>,
    audited: Audited,
}

impl Issued {
    /// As the versioned surface answers.
    pub(crate) fn plain(self) -> Response {
        let body = Json(self.answer).into_response();
        Self::finish(body, self.cookie, self.audited)
    }

    /// As the older groups answer.
    pub(crate) fn enveloped(self) -> Response {
        let body = success(self.answer).into_response();
        Self::finish(body, self.cookie, self.audited)
    }

    /// On to a page of the application, which has its access token by a
    /// refresh.
    pub(crate) fn onwards(self, location: &Url) -> Response {
        let location = (LOCATION, location.as_str().to_owned());
        let response = (StatusCode::SEE_OTHER, AppendHeaders([location])).into_response();
        Self::finish(response, self.cookie, self.audited)
    }

    /// With what the record is to say beyond that a session started.
    pub(crate) fn told(mut self, detail: &str) -> Self {
        self.audited.detail = Some(detail.to_owned());
        self
    }

    fn finish(
        mut response: Response,
        cookie: Option<http::HeaderValue>,
        told: Audited,
    ) -> Response {
        if let Some(cookie) = cookie {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response.extensions_mut().insert(CarriesSecret);
        if !told.action.is_empty() {
            response.extensions_mut().insert(told);
        }
        response
    }
}

/// From where a call comes, as sessions keep it.
pub(crate) fn origin(client: &Client) -> Origin {
    Origin {
        device: client.device.clone(),
        user_agent: client.user_agent.clone(),
        address: client.address.clone(),
        country: client.country.clone(),
    }
}

/// Begins a session for somebody who has shown who they are.
pub(crate) async fn begin(
    app: &App,
    proven: Proven,
    wanted: Wanted,
    client: &Client,
    transport: Transport,
) -> Result<Issued, Problem> {
    let tenant = tenant(app, &proven.person, Shown::just_now(&proven), wanted).await?;
    let key = app.refresh_keys.key().await?;
    let started = start_session(
        &app.identity.store,
        &key,
        proven,
        tenant.org.clone(),
        origin(client),
        app.now(),
    )
    .await?;
    let now = app.now();
    app.watch.signed_in(&started.person.id, client, now).await;
    let audited = Audited {
        action: "session.started",
        target: Some(started.session.id.to_string()),
        actor: Some(actor(&started.person, &tenant)),
        ..Audited::default()
    };
    let tokens = (started.refresh_token, transport);
    issue(
        app,
        &started.person,
        &started.session,
        &tenant,
        Some(tokens),
        audited,
    )
    .await
}

/// The tokens of a session in a tenant; without a refresh token where the
/// client keeps the one it has.
pub(crate) async fn issue(
    app: &App,
    person: &Person,
    session: &Session,
    tenant: &Tenant,
    refresh_token: Option<(SecretString, Transport)>,
    audited: Audited,
) -> Result<Issued, Problem> {
    let now = app.now();
    let claims = claims(person, session, tenant, app.signer.issuer(), now);
    let token = app.signer.keys().await?.sign(&claims)?;
    let (cookie, refresh_token) = match refresh_token {
        Some((token, Transport::Cookie)) => (Some(cookie::set(&token)?), None),
        Some((token, Transport::Body)) => (None, Some(token.expose_secret().to_owned())),
        None => (None, None),
    };
    Ok(Issued {
        answer: TokenAnswer {
            access_token: token.expose_secret().to_owned(),
            token_type: "Bearer",
            expires_in: LIFE_S,
            organization_id: tenant.org.clone(),
            refresh_token,
        },
        cookie,
        audited,
    })
}

/// Subject and tenant of a person, for the record.
pub(crate) fn actor(person: &Person, tenant: &Tenant) -> (String, String) {
    let user = person.id.to_string();
    let org = tenant.org.as_ref().map(ToString::to_string);
    (user.clone(), org.unwrap_or(user))
}

/// The tenant that a person's tokens are for, by what they have shown.
pub(crate) async fn tenant(
    app: &App,
    person: &Person,
    shown: Shown<'_>,
    wanted: Wanted,
) -> Result<Tenant, Error> {
    let user = &person.id;
    match wanted {
        Wanted::Personal => Ok(Tenant::personal(person)),
        Wanted::Organization(org) => {
            let found = app.organizations.membership(&org, user).await?;
            let membership = found.ok_or(Error::NotFound("organization"))?;
            if asks_for_provider(&membership, person, shown) {
                return Err(provider_required(&org));
            }
            if !has_factors(&membership, person, shown) {
                return Err(Error::Forbidden(match shown.provider {
                    Some(_) => {
                        "this organization asks for a second factor, and its provider does not \
                         say that you showed one"
                    }
                    None => {
                        "this organization asks for a second factor; set one up and sign in with it"
                    }
                }));
            }
            Ok(of_membership(membership))
        }
        Wanted::Usual if person.platform_admin => Ok(Tenant::personal(person)),
        Wanted::Usual => {
            let memberships = app
                .organizations
                .memberships_of(user, BEGIN_AMONG_MAX)
                .await?;
            let elsewhere = memberships
                .iter()
                .find(|membership| asks_for_provider(membership, person, shown))
                .map(|membership| provider_required(&membership.organization));
            let first = memberships
                .into_iter()
                .find(|membership| takes(membership, person, shown));
            match (first, elsewhere) {
                (Some(first), _) => Ok(of_membership(first)),
                // Their own tenant is theirs still, where they ask for it.
                (None, Some(elsewhere)) => Err(elsewhere),
                (None, None) => Ok(Tenant::personal(person)),
            }
        }
    }
}

/// The tenant of a session that goes on: the same, but their own where the
/// organization does not take them any more. A session that the organization's
/// provider began ends then, and where that provider is no longer the
/// organization's or the person's.
pub(crate) async fn tenant_of_session(
    app: &App,
    person: &Person,
    session: &Session,
) -> Result<Tenant, Error> {
    let Some(org) = &session.org else {
        return Ok(Tenant::personal(person));
    };
    let found = app.organizations.membership(org, &person.id).await?;
    let shown = Shown::in_session(session);
    let taking = found.filter(|found| takes(found, person, shown));
    let goes_on = match &session.provider {
        Some(connection) => is_connected(app, person, org, connection).await?,
        None => true,
    };
    match taking {
        Some(membership) if goes_on => Ok(of_membership(membership)),
        _ if session.provider.is_some() => {
            let store = &app.identity.store;
            sign_out(store, &person.id, &session.id, app.now()).await?;
            Err(Error::Unauthenticated)
        }
        _ => Ok(Tenant::personal(person)),
    }
}

/// Whether an organization still has the provider by that connection, and the
/// person is still linked with it.
async fn is_connected(
    app: &App,
    person: &Person,
    org: &OrganizationId,
    connection: &str,
) -> Result<bool, Error> {
    let provider = app.organizations.sign_in_provider(org).await?;
    let linked = app
        .identity
        .store
        .external_identity(&person.id, org)
        .await?;
    Ok(provider.is_some_and(|provider| {
        provider.connection == connection
            && linked.is_some_and(|linked| linked.issuer == provider.issuer)
    }))
}

fn takes(membership: &Membership, person: &Person, shown: Shown<'_>) -> bool {
    !asks_for_provider(membership, person, shown) && has_factors(membership, person, shown)
}

/// With an authenticator every sign-in by password asks for its code; without
/// one the session itself must have begun with a passkey. For a provider, what
/// counts is what it says itself.
fn has_factors(membership: &Membership, person: &Person, shown: Shown<'_>) -> bool {
    let asked_for_code = shown.provider.is_none() && person.asks_for_code();
    !membership.requires_second_factor || shown.second_factor || asked_for_code
}

/// Whether a member must come through the organization's provider: by the
/// address that they have, or the one they joined with. Who runs the platform
/// is never kept out by an organization.
fn asks_for_provider(membership: &Membership, person: &Person, shown: Shown<'_>) -> bool {
    let domains = &membership.provider_domains;
    let is_theirs = |email: &str| email_domain::is_of(email, domains);
    shown.provider.is_none()
        && !person.platform_admin
        && (is_theirs(&person.email) || is_theirs(&membership.joined_email))
}

fn provider_required(org: &OrganizationId) -> Error {
    Error::ProviderRequired {
        path: crate::oidc::login_path(org),
    }
}

fn of_membership(membership: Membership) -> Tenant {
    let permissions = match BuiltInRole::named(&membership.role) {
        Some(_) => Vec::new(),
        None => membership.permissions.into_iter().collect(),
    };
    Tenant {
        org: Some(membership.organization),
        role: membership.role,
        permissions,
        plan: membership.plan,
    }
}
