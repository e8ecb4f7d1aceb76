//! The tokens that somebody gets who has shown who they are.

use axum::response::{IntoResponse, Response};
use http::header::SET_COOKIE;
use identity::app::claims::{Tenant, claims};
use identity::app::sign_in::Proven;
use identity::app::start_session::start_session;
use identity::model::{Origin, Person, Session};
use kernel::Error;
use kernel::access::BuiltInRole;
use kernel::id::OrganizationId;
use organizations::model::Membership;
use platform::tokens::LIFE_S;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
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
    let tenant = tenant(app, &proven.person, proven.second_factor, wanted).await?;
    let key = app.refresh_keys.key().await?;
    let started = start_session(
        &app.identity.store,
        &key,
        proven,
        tenant.org.clone(),
        origin(client),
        app.moment(),
    )
    .await?;
    let now = app.platform.real_now();
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
    let now = app.platform.real_now();
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

/// The tenant that a person's tokens are for. `second_factor` says whether
/// their session began with one.
pub(crate) async fn tenant(
    app: &App,
    person: &Person,
    second_factor: bool,
    wanted: Wanted,
) -> Result<Tenant, Error> {
    let user = &person.id;
    match wanted {
        Wanted::Personal => Ok(Tenant::personal(person)),
        Wanted::Organization(org) => {
            let found = app.organizations.membership(&org, user).await?;
            let membership = found.ok_or(Error::NotFound("organization"))?;
            if !takes(&membership, person, second_factor) {
                return Err(Error::Forbidden(
                    "this organization asks for a second factor; set one up and sign in with it",
                ));
            }
            Ok(of_membership(membership))
        }
        Wanted::Usual if person.platform_admin => Ok(Tenant::personal(person)),
        Wanted::Usual => {
            let memberships = app
                .organizations
                .memberships_of(user, BEGIN_AMONG_MAX)
                .await?;
            let first = memberships
                .into_iter()
                .find(|membership| takes(membership, person, second_factor));
            Ok(first.map_or_else(|| Tenant::personal(person), of_membership))
        }
    }
}

/// The tenant of a session that goes on: the same, but their own where the
/// organization does not take them any more.
pub(crate) async fn tenant_of_session(
    app: &App,
    person: &Person,
    session: &Session,
) -> Result<Tenant, Error> {
    let Some(org) = &session.org else {
        return Ok(Tenant::personal(person));
    };
    let found = app.organizations.membership(org, &person.id).await?;
    let taking = found.filter(|found| takes(found, person, session.second_factor));
    Ok(taking.map_or_else(|| Tenant::personal(person), of_membership))
}

/// With an authenticator every sign-in by password asks for its code; without
/// one the session itself must have begun with a passkey.
fn takes(membership: &Membership, person: &Person, second_factor: bool) -> bool {
    !membership.requires_second_factor || second_factor || person.asks_for_code()
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
