//! `POST /api/admin/users/{id}/reset-second-factor`

use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use kernel::Error;
use kernel::id::UserId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::audit::Audited;
use web::caller::PlatformAdmin;
use web::extract::{CurrentRequest, Json, Path, Success};
use web::problem::ProblemBody;

use crate::App;
use crate::state::recorded;

/// Why, and how it is known that it is really they who ask.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct SecondFactorResetBody {
    /// What happened to their second factor.
    #[garde(custom(said))]
    reason: String,
    /// How they proved who they are: a call back, a document.
    #[garde(custom(said))]
    identity_proof: String,
}

fn said(text: &str, (): &()) -> garde::Result {
    match text.trim().is_empty() || text.chars().count() > 500 {
        true => Err(garde::Error::new("must be 1 to 500 characters")),
        false => Ok(()),
    }
}

/// Whose second factor is gone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecondFactorResetAnswer {
    id: UserId,
    /// Always `false`: sign-in asks for no code.
    second_factor: bool,
}

/// Takes away the second factor of a person who has lost it. They are told by
/// mail, and their running tokens end.
#[utoipa::path(
    post,
    path = "/api/admin/users/{id}/reset-second-factor",
    tag = "admin",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The person")),
    request_body = SecondFactorResetBody,
    responses(
        (status = 200, description = "It is gone", body = Success<SecondFactorResetAnswer>),
        (status = 400, description = "The reason or the proof is missing", body = ProblemBody),
        (status = 403, description = "Only for platform admins", body = ProblemBody),
        (status = 404, description = "No such person", body = ProblemBody),
        (status = 409, description = "They have none, or it is one's own", body = ProblemBody),
    )
)]
pub(crate) async fn reset(
    State(app): State<App>,
    caller: PlatformAdmin,
    Path(id): Path<UserId>,
    CurrentRequest(request_id): CurrentRequest,
    Json(body): Json<SecondFactorResetBody>,
) -> web::Result<Response> {
    // Who steals an admin's token must not get rid of the code that protects
    // the account for good.
    if caller.subject == id.as_str() {
        let sentence = "your own second factor is reset by another admin";
        return Err(Error::Conflict(sentence.to_owned()).into());
    }
    if app.people.person(&id).await?.is_none() {
        return Err(Error::NotFound("person").into());
    }
    let now = app.platform.real_now();
    if !app.second_factors.reset(&id, &request_id, now).await? {
        let sentence = "this person has no second factor";
        return Err(Error::Conflict(sentence.to_owned()).into());
    }
    let audited = Audited {
        action: "second_factor.reset",
        target: Some(id.to_string()),
        detail: Some(format!("{}; proof: {}", body.reason, body.identity_proof)),
        ..Audited::default()
    };
    let answer = SecondFactorResetAnswer {
        id,
        second_factor: false,
    };
    Ok(recorded(answer, audited))
}
