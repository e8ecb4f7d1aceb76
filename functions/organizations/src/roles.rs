//! `/api/organizations/{id}/roles`

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use http::StatusCode;
use kernel::access::{BuiltInRole, Permission};
use kernel::id::OrganizationId;
use kernel::page::Page;
use kernel::time::Timestamp;
use organizations::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::audit::Audited;
use web::caller::{ManagingOrganization, Reading};
use web::extract::{CurrentRequest, Json, Path, Success, success};
use web::problem::ProblemBody;

use crate::App;
use crate::access::Own;

/// A role and what it stands for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoleAnswer {
    name: String,
    permissions: Vec<Permission>,
    /// Whether every organization has it.
    built_in: bool,
    /// Since when it exists; `null` where it is built in.
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Timestamp>,
}

impl From<Role> for RoleAnswer {
    fn from(role: Role) -> Self {
        Self {
            name: role.name,
            permissions: role.permissions.into_iter().collect(),
            built_in: false,
            created_at: Some(role.created_at),
        }
    }
}

impl From<BuiltInRole> for RoleAnswer {
    fn from(role: BuiltInRole) -> Self {
        Self {
            name: role.as_str().to_owned(),
            permissions: role.permissions().into_iter().collect(),
            built_in: true,
            created_at: None,
        }
    }
}

/// A custom role.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct RoleBody {
    /// 2 to 40 of `a-z 0-9 _`, a letter first; no name of a built-in role.
    #[garde(length(chars, min = 2, max = 40))]
    name: String,
    /// What it stands for; at least one.
    #[garde(length(min = 1, max = 20))]
    permissions: Vec<Permission>,
}

/// What a custom role is to stand for.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct PermissionsBody {
    /// All that it stands for; at least one.
    #[garde(length(min = 1, max = 20))]
    permissions: Vec<Permission>,
}

/// The roles of the organization: the built-in ones, then its own by name.
/// There are never more than one page.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}/roles",
    tag = "organizations",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The organization")),
    responses(
        (status = 200, description = "All roles", body = Success<Page<RoleAnswer>>),
        (status = 404, description = "Not the token's organization", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    Own(caller): Own<Reading>,
) -> web::Result<Json<Success<Page<RoleAnswer>>>> {
    let custom = app.organizations.store.roles(&caller.org).await?;
    let built_in = BuiltInRole::ALL.into_iter().map(RoleAnswer::from);
    Ok(success(Page {
        items: built_in.chain(custom.into_iter().map(Into::into)).collect(),
        next_cursor: None,
    }))
}

/// Makes a custom role.
#[utoipa::path(
    post,
    path = "/api/organizations/{id}/roles",
    tag = "organizations",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The organization")),
    request_body = RoleBody,
    responses(
        (status = 201, description = "The role", body = Success<RoleAnswer>),
        (status = 400, description = "The name or a permission cannot be", body = ProblemBody),
        (status = 403, description = "The caller may not, or it is beyond the caller's own", body = ProblemBody),
        (status = 404, description = "Not the token's organization", body = ProblemBody),
        (status = 409, description = "The name is taken, or there are fifty", body = ProblemBody),
    )
)]
pub(crate) async fn create(
    State(app): State<App>,
    Own(caller): Own<ManagingOrganization>,
    CurrentRequest(id): CurrentRequest,
    Json(body): Json<RoleBody>,
) -> web::Result<Response> {
    let name = body.name;
    let permissions: BTreeSet<Permission> = body.permissions.into_iter().collect();
    let request = app.platform.request(&id);
    let role = app
        .organizations
        .add_role(&caller.org, &caller.user, &name, &permissions, request)
        .await?;
    let body = success(RoleAnswer::from(role));
    let response = (StatusCode::CREATED, body).into_response();
    Ok(audited(response, "role.created", name))
}

/// Changes what a custom role stands for. All who have it need new tokens.
#[utoipa::path(
    patch,
    path = "/api/organizations/{id}/roles/{name}",
    tag = "organizations",
    security(("jwt" = [])),
    params(
        ("id" = String, Path, description = "The organization"),
        ("name" = String, Path, description = "The role"),
    ),
    request_body = PermissionsBody,
    responses(
        (status = 200, description = "The role", body = Success<RoleAnswer>),
        (status = 400, description = "A permission cannot be", body = ProblemBody),
        (status = 403, description = "The caller may not, or it is beyond the caller's own", body = ProblemBody),
        (status = 404, description = "Not the token's organization, or no such role", body = ProblemBody),
        (status = 409, description = "The role is built in", body = ProblemBody),
    )
)]
pub(crate) async fn update(
    State(app): State<App>,
    Own(caller): Own<ManagingOrganization>,
    CurrentRequest(id): CurrentRequest,
    Path((_, name)): Path<(OrganizationId, String)>,
    Json(body): Json<PermissionsBody>,
) -> web::Result<Response> {
    let permissions: BTreeSet<Permission> = body.permissions.into_iter().collect();
    let role = app
        .organizations
        .change_role(
            &caller.org,
            &caller.user,
            &name,
            &permissions,
            app.platform.request(&id),
        )
        .await?;
    let body = success(RoleAnswer::from(role));
    Ok(audited(body.into_response(), "role.changed", name))
}

/// A role that is gone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RemovedRole {
    name: String,
}

/// Takes a custom role away that nobody has.
#[utoipa::path(
    delete,
    path = "/api/organizations/{id}/roles/{name}",
    tag = "organizations",
    security(("jwt" = [])),
    params(
        ("id" = String, Path, description = "The organization"),
        ("name" = String, Path, description = "The role"),
    ),
    responses(
        (status = 200, description = "It is gone", body = Success<RemovedRole>),
        (status = 403, description = "The caller may not, or it is beyond the caller's own", body = ProblemBody),
        (status = 404, description = "Not the token's organization, or no such role", body = ProblemBody),
        (status = 409, description = "The role is built in, or a member has it", body = ProblemBody),
    )
)]
pub(crate) async fn delete(
    State(app): State<App>,
    Own(caller): Own<ManagingOrganization>,
    Path((_, name)): Path<(OrganizationId, String)>,
) -> web::Result<Response> {
    app.organizations
        .remove_role(&caller.org, &caller.user, &name)
        .await?;
    let body = success(RemovedRole { name: name.clone() });
    Ok(audited(body.into_response(), "role.removed", name))
}

fn audited(response: Response, action: &'static str, target: String) -> Response {
    let audited = Audited {
        action,
        target: Some(target),
        ..Audited::default()
    };
    (audited, response).into_response()
}
