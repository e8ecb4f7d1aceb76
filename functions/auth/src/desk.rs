//! `POST /api/auth/register`, `POST /api/auth/login`, `POST /api/auth/logout`,
//! `GET /api/auth/me`, `POST /api/auth/switch-organization`: the sign-in of the
//! firm's desk, in organizations.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use http::{HeaderMap, StatusCode};
use kernel::access::Permission;
use kernel::id::OrganizationId;
use kernel::{Error, FieldError};
use organizations::model::Membership;
use organizations::store::MEMBERSHIPS_MAX;
use platform::dynamo::{CommitError, Transaction};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::audit::Audited;
use web::caller::{Client, Present, SignedIn};
use web::extract::{CurrentRequest, Json, Success, success};
use web::problem::ProblemBody;

use crate::App;
use crate::fields::{address, optional_called, optional_secret, secret};
use crate::login::{LoginBody, enter, leave};
use crate::profile::{ProfileAnswer, own};
use crate::register::{RegisterAnswer, apply};
use crate::tokens::{Shown, TokenAnswer, Transport, Wanted, issue, tenant};

/// What somebody says who wants to begin in their own tenant.
const PERSONAL: &str = "personal";

/// What somebody registers with, and the organization that is founded with it.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct FirmBody {
    #[garde(custom(address))]
    email: String,
    /// 8 to 128 characters, none of the common ones, without the address.
    #[garde(custom(secret))]
    #[schema(value_type = String)]
    password: SecretString,
    /// What they want to be called.
    #[garde(custom(optional_called))]
    name: Option<String>,
    /// The name of an organization; it is founded when the address is shown to
    /// be theirs.
    #[garde(custom(optional_called))]
    organization_name: Option<String>,
}

/// Registers an address, and with it an organization.
#[utoipa::path(
    post,
    path = "/api/auth/register",
    tag = "auth",
    request_body = FirmBody,
    responses(
        (status = 202, description = "A mail is on its way", body = Success<RegisterAnswer>),
        (status = 400, description = "The body is not valid", body = ProblemBody),
    )
)]
pub(crate) async fn register(
    State(app): State<App>,
    CurrentRequest(request): CurrentRequest,
    Json(body): Json<FirmBody>,
) -> web::Result<Response> {
    let organization = body.organization_name;
    let applied = apply(
        &app,
        body.email,
        body.password,
        body.name,
        organization,
        &request,
    );
    Ok((StatusCode::ACCEPTED, success(applied.await?)).into_response())
}

/// What somebody signs in with, and where.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct DeskLoginBody {
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
    /// The organization to begin in, or `personal` for the person's own tenant;
    /// where it is absent, the organization that the person was first in.
    #[garde(inner(length(chars, min = 1, max = 64)))]
    organization_id: Option<String>,
}

/// Signs in, in an organization.
#[utoipa::path(
    post,
    path = "/api/auth/login",
    tag = "auth",
    request_body = DeskLoginBody,
    responses(
        (status = 200, description = "As `/api/v1/auth/login`", body = Success<TokenAnswer>),
        (status = 401, description = "Not who they say, or a code is missing", body = ProblemBody),
        (status = 403, description = "The address is not verified, or the organization asks for a second factor or its provider", body = ProblemBody),
        (status = 429, description = "The address is shut out for a while", body = ProblemBody),
    )
)]
pub(crate) async fn login(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    Json(body): Json<DeskLoginBody>,
) -> web::Result<Response> {
    let wanted = match body.organization_id.as_deref() {
        None => Wanted::Usual,
        Some(PERSONAL) => Wanted::Personal,
        Some(text) => match text.parse() {
            Ok(org) => Wanted::Organization(org),
            Err(_) => return Err(not_an_organization().into()),
        },
    };
    let body = LoginBody::new(body.email, body.password, body.code, body.transport);
    Ok(enter(&app, &client, &headers, body, wanted)
        .await?
        .enveloped())
}

/// What was done, where there is nothing else to say.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DoneAnswer {
    message: &'static str,
}

/// Ends the session that the caller is in.
#[utoipa::path(
    post,
    path = "/api/auth/logout",
    tag = "auth",
    security(("jwt" = [])),
    responses(
        (status = 200, description = "The session has ended", body = Success<DoneAnswer>),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
    )
)]
pub(crate) async fn logout(State(app): State<App>, caller: Present) -> web::Result<Response> {
    let done = success(DoneAnswer {
        message: "the session has ended",
    });
    leave(&app, &caller.person, done.into_response()).await
}

/// An organization that the caller belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnOrganizationAnswer {
    id: OrganizationId,
    name: String,
    role: String,
    permissions: BTreeSet<Permission>,
    requires_second_factor: bool,
}

impl OwnOrganizationAnswer {
    fn of(membership: Membership) -> Self {
        Self {
            id: membership.organization,
            name: membership.organization_name,
            role: membership.role,
            permissions: membership.permissions,
            requires_second_factor: membership.requires_second_factor,
        }
    }
}

/// The caller, and where they are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeAnswer {
    user: ProfileAnswer,
    /// The organizations that they belong to, at most a hundred; whom an
    /// organization's provider signed in sees that one.
    organizations: Vec<OwnOrganizationAnswer>,
    /// The one that the token is for; `null` in the personal tenant.
    organization_id: Option<OrganizationId>,
    /// Role there, as the token says it.
    role: String,
    /// What the role stands for now.
    permissions: BTreeSet<Permission>,
}

/// The caller, their organizations, and what they may do in this one.
#[utoipa::path(
    get,
    path = "/api/auth/me",
    tag = "auth",
    security(("jwt" = [])),
    responses(
        (status = 200, description = "The caller", body = Success<MeAnswer>),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
    )
)]
pub(crate) async fn me(
    State(app): State<App>,
    Present {
        person: caller,
        is_themselves,
    }: Present,
) -> web::Result<Response> {
    let person = own(&app, &caller).await?;
    let mut memberships = app
        .organizations
        .memberships_of(&caller.user, MEMBERSHIPS_MAX)
        .await?;
    if !is_themselves {
        memberships.retain(|membership| Some(&membership.organization) == caller.org.as_ref());
    }
    let current = memberships
        .iter()
        .find(|membership| Some(&membership.organization) == caller.org.as_ref());
    let permissions = current.map(|membership| membership.permissions.clone());
    let answer = MeAnswer {
        user: ProfileAnswer::of(&app, &caller, person).await?,
        permissions: permissions.unwrap_or_default(),
        organizations: memberships
            .into_iter()
            .map(OwnOrganizationAnswer::of)
            .collect(),
        organization_id: caller.org,
        role: caller.role,
    };
    Ok(success(answer).into_response())
}

/// Where to go.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct SwitchBody {
    /// An organization that the caller belongs to, or their own id for the
    /// personal tenant.
    #[garde(length(chars, min = 1, max = 64))]
    organization_id: String,
}

/// A token for another organization of the caller, in the same session. The
/// refresh token stays good, and is for the new one from now on.
#[utoipa::path(
    post,
    path = "/api/auth/switch-organization",
    tag = "auth",
    security(("jwt" = [])),
    request_body = SwitchBody,
    responses(
        (status = 200, description = "A token for it", body = Success<TokenAnswer>),
        (status = 403, description = "The organization asks for a second factor or its provider", body = ProblemBody),
        (status = 404, description = "The caller belongs to no such organization", body = ProblemBody),
    )
)]
pub(crate) async fn switch_organization(
    State(app): State<App>,
    caller: SignedIn,
    Json(body): Json<SwitchBody>,
) -> web::Result<Response> {
    let wanted = match body.organization_id.parse() {
        Ok(org) => Wanted::Organization(org),
        Err(_) if body.organization_id == caller.user.as_str() => Wanted::Personal,
        Err(_) => return Err(not_an_organization().into()),
    };
    let store = &app.identity.store;
    let person = own(&app, &caller).await?;
    let session = store
        .session(&caller.user, &caller.session, app.now())
        .await?
        .ok_or(Error::Unauthenticated)?;
    let tenant = tenant(&app, &person, Shown::in_session(&session), wanted).await?;
    let mut transaction = Transaction::new();
    store.move_session(
        &mut transaction,
        &caller.user,
        &caller.session,
        tenant.org.as_ref(),
    )?;
    match transaction.commit().await {
        Ok(()) => {}
        Err(CommitError::Refused(_)) => return Err(Error::Unauthenticated.into()),
        Err(CommitError::Store(error)) => return Err(error.into()),
    }
    let audited = Audited {
        action: "session.switched",
        target: tenant.org.as_ref().map(ToString::to_string),
        ..Audited::default()
    };
    let issued = issue(&app, &person, &session, &tenant, None, audited).await?;
    Ok(issued.enveloped())
}

fn not_an_organization() -> Error {
    Error::Invalid(vec![FieldError::new(
        "organization_id",
        "is no organization's id",
    )])
}
