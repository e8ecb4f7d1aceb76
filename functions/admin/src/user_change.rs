//! `PATCH /api/admin/users/{id}`

use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use identity::model::PersonStatus;
use kernel::Error;
use kernel::access::Tier;
use kernel::id::UserId;
use serde::Deserialize;
use utoipa::ToSchema;
use web::audit::Audited;
use web::caller::PlatformAdmin;
use web::extract::{Json, Path, Success};
use web::problem::ProblemBody;

use crate::App;
use crate::change::{Change, change};
use crate::state::recorded;
use crate::users::UserAnswer;

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct UserChangeBody {
    /// `blocked` signs them out everywhere and lets them in no more.
    #[garde(skip)]
    status: Option<PersonStatus>,
    /// Level of service; in effect with their next token.
    #[garde(skip)]
    tier: Option<Tier>,
    /// Why, for the record; needed with `status`.
    #[garde(inner(length(chars, min = 1, max = 500)))]
    reason: Option<String>,
}

impl UserChangeBody {
    /// What is wrong with it beyond single fields.
    fn check(&self) -> Result<(), Error> {
        let has_reason = self
            .reason
            .as_ref()
            .is_some_and(|reason| !reason.trim().is_empty());
        match (self.status, self.tier) {
            (None, None) => Err(Error::field("status", "is required where there is no tier")),
            (Some(_), _) if !has_reason => Err(Error::field("reason", "is required with status")),
            _ => Ok(()),
        }
    }

    fn audited(&self, id: &UserId) -> Audited {
        let action = match (self.status, self.tier) {
            (Some(PersonStatus::Blocked), _) => "person.blocked",
            (Some(PersonStatus::Active), _) => "person.unblocked",
            (None, _) => "person.tier_changed",
        };
        let tier = self.tier.map(|tier| format!("tier {}", tier.as_str()));
        let said: Vec<String> = tier.into_iter().chain(self.reason.clone()).collect();
        Audited {
            action,
            target: Some(id.to_string()),
            detail: Some(said.join("; ")),
            ..Audited::default()
        }
    }
}

/// Blocks a person, lets them in again, or changes their tier. Who is blocked
/// is signed out everywhere within five seconds, and shops get no tokens for
/// the users that they are there.
#[utoipa::path(
    patch,
    path = "/api/admin/users/{id}",
    tag = "admin",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The person")),
    request_body = UserChangeBody,
    responses(
        (status = 200, description = "The person as they are now", body = Success<UserAnswer>),
        (status = 400, description = "Nothing to change, or a status without a reason", body = ProblemBody),
        (status = 403, description = "Only for platform admins", body = ProblemBody),
        (status = 404, description = "No such person", body = ProblemBody),
        (status = 409, description = "Oneself cannot be blocked", body = ProblemBody),
    )
)]
pub(crate) async fn update(
    State(app): State<App>,
    caller: PlatformAdmin,
    Path(id): Path<UserId>,
    Json(body): Json<UserChangeBody>,
) -> web::Result<Response> {
    body.check()?;
    let blocks = body.status == Some(PersonStatus::Blocked);
    if blocks && caller.subject == id.as_str() {
        return Err(Error::Conflict("you cannot block yourself".to_owned()).into());
    }
    let wanted = Change {
        status: body.status,
        tier: body.tier,
    };
    let now = app.platform.real_now();
    let person = change(&app.people, &id, wanted, now).await?;
    Ok(recorded(UserAnswer::from(person), body.audited(&id)))
}
