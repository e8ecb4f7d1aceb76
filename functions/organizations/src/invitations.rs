//! `/api/organizations/{id}/invitations`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use http::StatusCode;
use identity::domain::email;
use identity::mail::MailMessage;
use kernel::Error;
use kernel::id::{InvitationId, OrganizationId, UserId};
use kernel::page::Page;
use kernel::time::Timestamp;
use organizations::Invitation;
use organizations::app::{Draft, Request};
use platform::rate_limit::Limit;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::audit::Audited;
use web::caller::{Can, ManagingMembers};
use web::extract::{CurrentRequest, Json, Path, Query, Success, success};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;
use crate::access::Own;

/// Invitations that one person sends an hour, over all organizations: each is
/// a mail to an address that did not ask for it.
const LIMIT: Limit = Limit::exact(100, 3_600);

/// Whom to invite.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct InviteBody {
    /// The address that may accept.
    #[garde(length(chars, min = 3, max = 254))]
    pub(crate) email: String,
    /// A built-in or custom role; `member` where left out.
    #[garde(inner(length(chars, min = 1, max = 40)))]
    pub(crate) role: Option<String>,
}

/// An open invitation. Its token is in the mail alone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitationAnswer {
    id: InvitationId,
    organization_id: OrganizationId,
    email: String,
    role: String,
    invited_by: UserId,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl From<Invitation> for InvitationAnswer {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: invitation.id,
            organization_id: invitation.organization,
            email: invitation.email,
            role: invitation.role,
            invited_by: invitation.invited_by,
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
        }
    }
}

/// The open invitations of the organization, the oldest first.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}/invitations",
    tag = "organizations",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The organization"), Paging),
    responses(
        (status = 200, description = "A page of open invitations", body = Success<Page<InvitationAnswer>>),
        (status = 403, description = "The caller may not", body = ProblemBody),
        (status = 404, description = "Not the token's organization", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    Own(caller): Own<ManagingMembers>,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Success<Page<InvitationAnswer>>>> {
    let query = format!("invitations of {}", caller.org);
    let after = paging.position(&query)?;
    let now = app.platform.real_now();
    let (invitations, next) = app
        .organizations
        .store
        .invitations(&caller.org, now, paging.limit().get(), after)
        .await?;
    Ok(success(Page {
        items: invitations.into_iter().map(Into::into).collect(),
        next_cursor: next.map(|position| cursor(&position, &query)),
    }))
}

/// Invites an address into the organization by mail. An open invitation of
/// the same address gives way to this one.
#[utoipa::path(
    post,
    path = "/api/organizations/{id}/invitations",
    tag = "organizations",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The organization")),
    request_body = InviteBody,
    responses(
        (status = 201, description = "The invitation; open for seven days", body = Success<InvitationAnswer>),
        (status = 400, description = "The address or the role cannot be", body = ProblemBody),
        (status = 403, description = "The caller may not, or the role is beyond the caller's", body = ProblemBody),
        (status = 404, description = "Not the token's organization", body = ProblemBody),
        (status = 409, description = "A member has the address, or too many invitations are open", body = ProblemBody),
        (status = 429, description = "The caller has sent a hundred within the hour", body = ProblemBody),
    )
)]
pub(crate) async fn create(
    State(app): State<App>,
    Own(caller): Own<ManagingMembers>,
    CurrentRequest(id): CurrentRequest,
    Json(body): Json<InviteBody>,
) -> web::Result<Response> {
    invite(&app, &caller, app.platform.request(&id), body).await
}

/// Invites as the caller of either route that does.
pub(crate) async fn invite(
    app: &App,
    caller: &Can<ManagingMembers>,
    request: Request<'_>,
    body: InviteBody,
) -> web::Result<Response> {
    let email = email::normalize(&body.email)
        .ok_or_else(|| Error::field("email", "is no email address"))?;
    let role = body.role.as_deref().unwrap_or("member");
    let organization = app.organizations.store.organization(&caller.org).await?;
    let organization = organization.ok_or(Error::NotFound("organization"))?;
    let inviter = app.guest(&caller.user).await?;
    let name = format!("invitations:{}", caller.user);
    app.admit(&name, LIMIT, request.now).await?;
    let draft = Draft::new(&caller.org, &caller.user, &email, role, request);
    let mail = MailMessage::invitation(
        &app.vault,
        &email,
        &organization.name,
        inviter.name.as_deref().unwrap_or(&inviter.email),
        &draft.token,
        request.now,
    )
    .await?;
    app.organizations.invite(&draft, &mail, request).await?;
    let audited = Audited {
        action: "member.invited",
        target: Some(draft.invitation.id.to_string()),
        detail: Some(format!("as {}", draft.invitation.role)),
        ..Audited::default()
    };
    let body = success(InvitationAnswer::from(draft.invitation));
    Ok((StatusCode::CREATED, audited, body).into_response())
}

/// An invitation that was taken back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RevokedAnswer {
    id: InvitationId,
}

/// Takes an open invitation back: its token is good no more.
#[utoipa::path(
    delete,
    path = "/api/organizations/{id}/invitations/{invitation}",
    tag = "organizations",
    security(("jwt" = [])),
    params(
        ("id" = String, Path, description = "The organization"),
        ("invitation" = String, Path, description = "The invitation"),
    ),
    responses(
        (status = 200, description = "It is taken back", body = Success<RevokedAnswer>),
        (status = 403, description = "The caller may not", body = ProblemBody),
        (status = 404, description = "Not the token's organization, or no such open invitation", body = ProblemBody),
    )
)]
pub(crate) async fn revoke(
    State(app): State<App>,
    Own(caller): Own<ManagingMembers>,
    CurrentRequest(request_id): CurrentRequest,
    path: web::Result<Path<(OrganizationId, InvitationId)>>,
) -> web::Result<Response> {
    let Path((_, id)) = path.map_err(|_| Error::NotFound("invitation"))?;
    app.organizations
        .revoke(
            &caller.org,
            &caller.user,
            &id,
            app.platform.request(&request_id),
        )
        .await?;
    let audited = Audited {
        action: "invitation.revoked",
        target: Some(id.to_string()),
        ..Audited::default()
    };
    Ok((audited, success(RevokedAnswer { id })).into_response())
}
