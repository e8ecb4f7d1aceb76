//! `/api/organizations` and `/api/organizations/{id}`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use http::StatusCode;
use kernel::Error;
use kernel::access::{Permission, Tier};
use kernel::id::OrganizationId;
use kernel::page::Page;
use kernel::time::Timestamp;
use organizations::app::SettingsChange;
use organizations::{Membership, Organization};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::audit::Audited;
use web::caller::{ManagingOrganization, Reading, SignedIn};
use web::extract::{CurrentRequest, IfMatch, Json, Query, Success, success, tagged};
use web::fields::called;
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;
use crate::access::Own;

/// An organization that the caller belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MembershipAnswer {
    id: OrganizationId,
    name: String,
    /// The caller's role there.
    role: String,
    permissions: Vec<Permission>,
    plan: Tier,
    require_second_factor: bool,
    #[schema(value_type = String, format = DateTime)]
    joined_at: Timestamp,
}

impl From<Membership> for MembershipAnswer {
    fn from(membership: Membership) -> Self {
        Self {
            id: membership.organization,
            name: membership.organization_name,
            role: membership.role,
            permissions: membership.permissions.into_iter().collect(),
            plan: membership.plan,
            require_second_factor: membership.requires_second_factor,
            joined_at: membership.joined_at,
        }
    }
}

/// An organization with its settings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrganizationAnswer {
    id: OrganizationId,
    name: String,
    plan: Tier,
    /// Whether its members must have a second factor.
    require_second_factor: bool,
    /// Version of the settings, for `If-Match`.
    version: u64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Organization> for OrganizationAnswer {
    fn from(organization: Organization) -> Self {
        Self {
            id: organization.id,
            name: organization.name,
            plan: organization.plan,
            require_second_factor: organization.require_second_factor,
            version: organization.version,
            created_at: organization.created_at,
        }
    }
}

/// A new organization.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct FoundBody {
    /// How people call it, 1 to 100 characters.
    #[garde(custom(called))]
    name: String,
}

/// Settings; those left out stay as they are.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct OrganizationSettingsBody {
    /// How people call it, 1 to 100 characters.
    #[garde(inner(custom(called)))]
    name: Option<String>,
    /// Whether its members must have a second factor. Where it is set, all
    /// members need new tokens.
    #[garde(skip)]
    require_second_factor: Option<bool>,
}

/// The organizations that the caller belongs to.
#[utoipa::path(
    get,
    path = "/api/organizations",
    tag = "organizations",
    security(("jwt" = [])),
    params(Paging),
    responses(
        (status = 200, description = "A page of the caller's organizations", body = Success<Page<MembershipAnswer>>),
        (status = 401, description = "No good token", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: SignedIn,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Success<Page<MembershipAnswer>>>> {
    let query = format!("organizations of {}", caller.user);
    let after = paging.position(&query)?;
    let (memberships, next) = app
        .organizations
        .store
        .memberships_page(&caller.user, paging.limit().get(), after)
        .await?;
    Ok(success(Page {
        items: memberships.into_iter().map(Into::into).collect(),
        next_cursor: next.map(|position| cursor(&position, &query)),
    }))
}

/// Founds an organization; the caller owns it. A token for it comes from
/// `/api/auth/switch-organization`.
#[utoipa::path(
    post,
    path = "/api/organizations",
    tag = "organizations",
    security(("jwt" = [])),
    request_body = FoundBody,
    responses(
        (status = 201, description = "The organization", body = Success<OrganizationAnswer>),
        (status = 400, description = "The name cannot be", body = ProblemBody),
        (status = 409, description = "The caller belongs to as many as one person can", body = ProblemBody),
    )
)]
pub(crate) async fn create(
    State(app): State<App>,
    caller: SignedIn,
    CurrentRequest(id): CurrentRequest,
    Json(body): Json<FoundBody>,
) -> web::Result<Response> {
    let founder = app.guest(&caller.user).await?;
    let organization = app
        .organizations
        .found(body.name.trim(), &founder, app.platform.request(&id))
        .await?;
    Ok(answer(
        StatusCode::CREATED,
        organization,
        "organization.founded",
    ))
}

/// The organization of the caller's token.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}",
    tag = "organizations",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The organization")),
    responses(
        (status = 200, description = "The organization; its version is the ETag", body = Success<OrganizationAnswer>),
        (status = 404, description = "Not the token's organization", body = ProblemBody),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    Own(caller): Own<Reading>,
) -> web::Result<Response> {
    let organization = app.organizations.store.organization(&caller.org).await?;
    let organization = organization.ok_or(Error::NotFound("organization"))?;
    let version = organization.version;
    let body = success(OrganizationAnswer::from(organization));
    Ok(tagged(version, body))
}

/// Changes settings of the organization.
#[utoipa::path(
    patch,
    path = "/api/organizations/{id}",
    tag = "organizations",
    security(("jwt" = [])),
    params(
        ("id" = String, Path, description = "The organization"),
        ("If-Match" = Option<String>, Header, description = "The version that is to be changed"),
    ),
    request_body = OrganizationSettingsBody,
    responses(
        (status = 200, description = "The organization", body = Success<OrganizationAnswer>),
        (status = 400, description = "A setting cannot be", body = ProblemBody),
        (status = 403, description = "The caller may not", body = ProblemBody),
        (status = 404, description = "Not the token's organization", body = ProblemBody),
        (status = 412, description = "The settings have changed", body = ProblemBody),
    )
)]
pub(crate) async fn update(
    State(app): State<App>,
    Own(caller): Own<ManagingOrganization>,
    CurrentRequest(id): CurrentRequest,
    IfMatch(wanted): IfMatch,
    Json(body): Json<OrganizationSettingsBody>,
) -> web::Result<Response> {
    let change = SettingsChange {
        name: body.name.map(|name| name.trim().to_owned()),
        require_second_factor: body.require_second_factor,
    };
    let request = app.platform.request(&id);
    let organization = app
        .organizations
        .change_settings(&caller.org, &caller.user, &change, wanted, request)
        .await?;
    Ok(answer(StatusCode::OK, organization, "organization.changed"))
}

/// The confirmation of a deletion.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeletionOf {
    /// The organization's name, typed once more.
    #[garde(length(chars, min = 1, max = 200))]
    name: String,
}

/// An organization that is gone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeletedOrganization {
    id: OrganizationId,
}

/// Deletes the organization: its memberships end, running tokens too, and its
/// invitations are void. Checks of identities are kept to the end of their
/// time, out of everybody's reach.
#[utoipa::path(
    delete,
    path = "/api/organizations/{id}",
    tag = "organizations",
    security(("jwt" = [])),
    params(
        ("id" = String, Path, description = "The organization"),
        DeletionOf,
        ("If-Match" = Option<String>, Header, description = "The version that is to be deleted"),
    ),
    responses(
        (status = 200, description = "It is gone", body = Success<DeletedOrganization>),
        (status = 400, description = "The name is not the organization's", body = ProblemBody),
        (status = 403, description = "The caller is no owner", body = ProblemBody),
        (status = 404, description = "Not the token's organization", body = ProblemBody),
        (status = 412, description = "The settings have changed", body = ProblemBody),
    )
)]
pub(crate) async fn delete(
    State(app): State<App>,
    Own(caller): Own<ManagingOrganization>,
    CurrentRequest(id): CurrentRequest,
    IfMatch(wanted): IfMatch,
    Query(of): Query<DeletionOf>,
) -> web::Result<Response> {
    let request = app.platform.request(&id);
    app.organizations
        .delete(&caller.org, &caller.user, &of.name, wanted, request)
        .await?;
    let audited = Audited {
        action: "organization.deleted",
        target: Some(caller.org.to_string()),
        detail: Some(of.name),
        ..Audited::default()
    };
    Ok((audited, success(DeletedOrganization { id: caller.org })).into_response())
}

/// What was left.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LeftAnswer {
    id: OrganizationId,
}

/// Leaves the organization; the last owner cannot.
#[utoipa::path(
    post,
    path = "/api/organizations/{id}/leave",
    tag = "organizations",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The organization")),
    responses(
        (status = 200, description = "The caller is no member any more", body = Success<LeftAnswer>),
        (status = 404, description = "Not the token's organization", body = ProblemBody),
        (status = 409, description = "The caller is the last owner", body = ProblemBody),
    )
)]
pub(crate) async fn leave(
    State(app): State<App>,
    Own(caller): Own<Reading>,
    CurrentRequest(id): CurrentRequest,
) -> web::Result<Json<Success<LeftAnswer>>> {
    app.organizations
        .leave(&caller.org, &caller.user, app.platform.request(&id))
        .await?;
    Ok(success(LeftAnswer { id: caller.org }))
}

fn answer(status: StatusCode, organization: Organization, action: &'static str) -> Response {
    let audited = Audited {
        action,
        target: Some(organization.id.to_string()),
        ..Audited::default()
    };
    let version = organization.version;
    let body = success(OrganizationAnswer::from(organization));
    (audited, tagged(version, (status, body))).into_response()
}
