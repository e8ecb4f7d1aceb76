//! `POST /api/organizations/invitations/{token}/accept`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kernel::Error;
use kernel::id::OrganizationId;
use kernel::time::Timestamp;
use secrecy::SecretString;
use serde::Serialize;
use utoipa::ToSchema;
use web::audit::Audited;
use web::caller::SignedIn;
use web::extract::{CurrentRequest, Path, Success, success};
use web::problem::ProblemBody;

use crate::App;

/// Characters of a token at most; longer ones are not looked for.
const TOKEN_CHARS_MAX: usize = 200;

/// What the caller belongs to now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JoinedAnswer {
    organization_id: OrganizationId,
    /// The caller's role there.
    role: String,
    #[schema(value_type = String, format = DateTime)]
    joined_at: Timestamp,
}

/// Joins an organization by the token that was mailed to the caller's
/// address. A token for it comes from `/api/auth/switch-organization`.
#[utoipa::path(
    post,
    path = "/api/organizations/invitations/{token}/accept",
    tag = "organizations",
    security(("jwt" = [])),
    params(("token" = String, Path, description = "The token of the mail's link")),
    responses(
        (status = 200, description = "The caller is a member", body = Success<JoinedAnswer>),
        (status = 403, description = "The invitation is for another address", body = ProblemBody),
        (status = 404, description = "No open invitation: used, expired, revoked or never made", body = ProblemBody),
        (status = 409, description = "A member already, the role is gone, or a bound is reached", body = ProblemBody),
    )
)]
pub(crate) async fn accept(
    State(app): State<App>,
    caller: SignedIn,
    CurrentRequest(id): CurrentRequest,
    Path(token): Path<String>,
) -> web::Result<Response> {
    if token.len() > TOKEN_CHARS_MAX {
        return Err(Error::NotFound("invitation").into());
    }
    let guest = app.guest(&caller.user).await?;
    let token = SecretString::from(token);
    let member = app
        .organizations
        .accept(&token, &guest, app.platform.request(&id))
        .await?;
    let audited = Audited {
        action: "invitation.accepted",
        target: Some(member.organization.to_string()),
        detail: Some(format!("as {}", member.role)),
        ..Audited::default()
    };
    Ok((
        audited,
        success(JoinedAnswer {
            organization_id: member.organization,
            role: member.role,
            joined_at: member.joined_at,
        }),
    )
        .into_response())
}
