//! `GET /api/organizations/{id}/usage`

use axum::extract::State;
use kernel::Error;
use kernel::access::Tier;
use organizations::domain::invitation::OPEN_MAX;
use organizations::domain::role::CUSTOM_MAX;
use organizations::domain::roster::MEMBERS_MAX;
use serde::Serialize;
use utoipa::ToSchema;
use web::caller::Reading;
use web::extract::{Json, Success, success};
use web::problem::ProblemBody;

use crate::App;
use crate::access::Own;

/// Numbers of an organization.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Numbers {
    /// Members, suspended ones too.
    members: u32,
    /// Invitations that can be accepted.
    open_invitations: u32,
    /// Roles that the organization has made.
    custom_roles: u32,
}

/// What an organization has, and what it can have.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsageAnswer {
    plan: Tier,
    /// The most that there can be.
    limits: Numbers,
    /// What there is.
    used: Numbers,
}

/// The organization's plan, its limits, and what is used of them.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}/usage",
    tag = "organizations",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The organization")),
    responses(
        (status = 200, description = "Plan, limits and use", body = Success<UsageAnswer>),
        (status = 404, description = "Not the token's organization", body = ProblemBody),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    Own(caller): Own<Reading>,
) -> web::Result<Json<Success<UsageAnswer>>> {
    let store = &app.organizations.store;
    let not_found = Error::NotFound("organization");
    let Some(organization) = store.organization(&caller.org).await? else {
        return Err(not_found.into());
    };
    let roster = store.roster(&caller.org).await?.ok_or(not_found)?;
    let open = store
        .open_invitations(&caller.org, app.platform.real_now())
        .await?;
    Ok(success(UsageAnswer {
        plan: organization.plan,
        limits: Numbers {
            members: MEMBERS_MAX,
            open_invitations: OPEN_MAX,
            custom_roles: CUSTOM_MAX,
        },
        used: Numbers {
            members: roster.members(),
            open_invitations: u32::try_from(open.len()).unwrap_or(u32::MAX),
            custom_roles: roster.custom_roles(),
        },
    }))
}
