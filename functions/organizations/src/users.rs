//! `/api/users`: the members of the token's organization.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use kernel::Error;
use kernel::id::UserId;
use kernel::page::Page;
use kernel::time::Timestamp;
use organizations::app::MemberChange;
use organizations::{Member, Status};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::audit::Audited;
use web::caller::{Can, ManagingMembers, Reading};
use web::extract::{CurrentRequest, Json, Query, Success, success};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;
use crate::access::NamedMember;
use crate::invitations::{InvitationAnswer, InviteBody, invite};

/// A member of the organization.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberAnswer {
    id: UserId,
    email: String,
    name: Option<String>,
    /// A built-in or custom role.
    role: String,
    status: Status,
    #[schema(value_type = String, format = DateTime)]
    joined_at: Timestamp,
}

impl From<Member> for MemberAnswer {
    fn from(member: Member) -> Self {
        Self {
            id: member.user,
            email: member.email,
            name: member.name,
            role: member.role,
            status: member.status,
            joined_at: member.joined_at,
        }
    }
}

/// The members of the organization, suspended ones too.
#[utoipa::path(
    get,
    path = "/api/users",
    tag = "users",
    security(("jwt" = [])),
    params(Paging),
    responses(
        (status = 200, description = "A page of members", body = Success<Page<MemberAnswer>>),
        (status = 403, description = "The caller may not", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Can<ManagingMembers>,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Success<Page<MemberAnswer>>>> {
    let query = format!("members of {}", caller.org);
    let after = paging.position(&query)?;
    let (members, next) = app
        .organizations
        .store
        .members(&caller.org, paging.limit().get(), after)
        .await?;
    Ok(success(Page {
        items: members.into_iter().map(Into::into).collect(),
        next_cursor: next.map(|position| cursor(&position, &query)),
    }))
}

/// Invites an address into the token's organization by mail: whoever it
/// belongs to chooses a password of their own, or has one already.
#[utoipa::path(
    post,
    path = "/api/users",
    tag = "users",
    security(("jwt" = [])),
    request_body = InviteBody,
    responses(
        (status = 201, description = "The invitation; open for seven days", body = Success<InvitationAnswer>),
        (status = 400, description = "The address or the role cannot be", body = ProblemBody),
        (status = 403, description = "The caller may not, or the role is beyond the caller's", body = ProblemBody),
        (status = 409, description = "A member has the address, or too many invitations are open", body = ProblemBody),
        (status = 429, description = "The caller has sent a hundred within the hour", body = ProblemBody),
    )
)]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Can<ManagingMembers>,
    CurrentRequest(id): CurrentRequest,
    Json(body): Json<InviteBody>,
) -> web::Result<Response> {
    invite(&app, &caller, app.platform.request(&id), body).await
}

/// A member of the caller's organization.
#[utoipa::path(
    get,
    path = "/api/users/{id}",
    tag = "users",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The member")),
    responses(
        (status = 200, description = "The member", body = Success<MemberAnswer>),
        (status = 404, description = "No such member of the organization", body = ProblemBody),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    caller: Can<Reading>,
    NamedMember(user): NamedMember,
) -> web::Result<Json<Success<MemberAnswer>>> {
    let member = app.organizations.store.member(&caller.org, &user).await?;
    let member = member.ok_or(Error::NotFound("member"))?;
    Ok(success(MemberAnswer::from(member)))
}

/// What is to be changed; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct MemberBody {
    /// A built-in or custom role.
    #[garde(inner(length(chars, min = 1, max = 40)))]
    role: Option<String>,
    /// `suspended` takes the right to act and keeps the role.
    #[garde(skip)]
    status: Option<Status>,
}

/// Gives a member another role or status. The member needs a new token.
#[utoipa::path(
    patch,
    path = "/api/users/{id}",
    tag = "users",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The member")),
    request_body = MemberBody,
    responses(
        (status = 200, description = "The member", body = Success<MemberAnswer>),
        (status = 400, description = "The role or the status cannot be", body = ProblemBody),
        (status = 403, description = "The caller may not, or it is beyond the caller's own", body = ProblemBody),
        (status = 404, description = "No such member of the organization", body = ProblemBody),
        (status = 409, description = "It would leave no active owner", body = ProblemBody),
    )
)]
pub(crate) async fn update(
    State(app): State<App>,
    caller: Can<ManagingMembers>,
    NamedMember(user): NamedMember,
    CurrentRequest(id): CurrentRequest,
    Json(body): Json<MemberBody>,
) -> web::Result<Response> {
    let change = MemberChange {
        role: body.role,
        status: body.status,
    };
    let member = app
        .organizations
        .change_member(
            &caller.org,
            &caller.user,
            &user,
            &change,
            app.platform.request(&id),
        )
        .await?;
    let audited = Audited {
        action: "member.changed",
        target: Some(user.to_string()),
        detail: Some(format!("{}, {}", member.role, member.status.as_str())),
        ..Audited::default()
    };
    Ok((audited, success(MemberAnswer::from(member))).into_response())
}

/// A person who is no member any more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RemovedMember {
    id: UserId,
}

/// Takes a member out of the organization. The person stays.
#[utoipa::path(
    delete,
    path = "/api/users/{id}",
    tag = "users",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The member")),
    responses(
        (status = 200, description = "They are no member any more", body = Success<RemovedMember>),
        (status = 403, description = "The caller may not, or it is beyond the caller's own", body = ProblemBody),
        (status = 404, description = "No such member of the organization", body = ProblemBody),
        (status = 409, description = "They are the last active owner", body = ProblemBody),
    )
)]
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Can<ManagingMembers>,
    NamedMember(user): NamedMember,
    CurrentRequest(id): CurrentRequest,
) -> web::Result<Response> {
    app.organizations
        .remove_member(&caller.org, &caller.user, &user, app.platform.request(&id))
        .await?;
    let audited = Audited {
        action: "member.removed",
        target: Some(user.to_string()),
        ..Audited::default()
    };
    Ok((audited, success(RemovedMember { id: user })).into_response())
}
