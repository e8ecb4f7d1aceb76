//! What a shop does to a challenge: reset, annul, another version of the plan.

use accounts::app::administer::Administration;
use accounts::app::summary::{Summary, summary};
use accounts::domain::rules::{Phase, Rule};
use axum::extract::State;
use garde::Validate;
use kernel::Number;
use kernel::id::ChallengeId;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::extract::{CurrentRequest, Json};
use web::problem::ProblemBody;

use crate::App;
use crate::access::NamedAccount;
use crate::connect::{is_account_type, positive};
use crate::plans::PlanAnswer;

/// Another challenge.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ResetBody {
    /// Initial balance; unchanged if absent.
    #[garde(custom(positive))]
    initial_balance: Option<Number>,
    /// Account type of another plan; unchanged if absent.
    #[garde(inner(custom(account_type_text)))]
    account_type: Option<String>,
    #[garde(inner(length(chars, min = 3, max = 500)))]
    reason: Option<String>,
}

/// The new challenge.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResetAnswer {
    success: bool,
    challenge_id: ChallengeId,
    /// `awaiting_funds` until the account has what the challenge needs.
    phase: Option<Phase>,
}

/// Begins another challenge on an account. Deals dated up to the reset do not
/// count for it.
#[utoipa::path(
    post,
    path = "/api/s2s/accounts/{id}/reset",
    tag = "challenges",
    security(("hmac" = [])),
    params(("id" = String, Path, description = "The account")),
    request_body = ResetBody,
    responses(
        (status = 200, description = "The new challenge", body = ResetAnswer),
        (status = 404, description = "No such account", body = ProblemBody),
        (status = 409, description = "The account has not been synced yet", body = ProblemBody),
    )
)]
pub(crate) async fn reset(
    State(app): State<App>,
    account: NamedAccount,
    CurrentRequest(request_id): CurrentRequest,
    Json(body): Json<ResetBody>,
) -> web::Result<Json<ResetAnswer>> {
    let reason = body
        .reason
        .unwrap_or_else(|| "reset by the shop".to_owned());
    let initial = body.initial_balance.map(Decimal::from);
    let (challenge_id, after) = administration(&app, &account, &request_id)
        .restart(initial, body.account_type, &reason)
        .await?;
    Ok(Json(ResetAnswer {
        success: true,
        challenge_id,
        phase: after.phase(),
    }))
}

/// The reason for an annulment, and the rule.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct AnnulBody {
    #[garde(length(chars, min = 3, max = 500))]
    reason: String,
    /// The rule of the breach, or `profit_target` for a pass; every breach that
    /// stands if absent.
    #[garde(skip)]
    rule: Option<Rule>,
}

/// The phase after an annulment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnnulAnswer {
    success: bool,
    phase: Option<Phase>,
}

/// Annuls a breach or a pass. It is recorded with its reason and the key that
/// asked.
#[utoipa::path(
    post,
    path = "/api/s2s/accounts/{id}/annul",
    tag = "challenges",
    security(("hmac" = [])),
    params(("id" = String, Path, description = "The account")),
    request_body = AnnulBody,
    responses(
        (status = 200, description = "The phase of the challenge", body = AnnulAnswer),
        (status = 404, description = "No such account", body = ProblemBody),
        (status = 409, description = "There is no such breach or pass", body = ProblemBody),
    )
)]
pub(crate) async fn annul(
    State(app): State<App>,
    account: NamedAccount,
    CurrentRequest(request_id): CurrentRequest,
    Json(body): Json<AnnulBody>,
) -> web::Result<Json<AnnulAnswer>> {
    let account_state = administration(&app, &account, &request_id)
        .annul(body.rule, &body.reason)
        .await?;
    Ok(Json(AnnulAnswer {
        success: true,
        phase: account_state.phase(),
    }))
}

/// The version of the plan.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct MoveBody {
    /// The newest version if absent.
    #[garde(skip)]
    version: Option<u64>,
}

/// Moves a challenge to another version of its plan.
#[utoipa::path(
    post,
    path = "/api/s2s/accounts/{id}/plan",
    tag = "challenges",
    security(("hmac" = [])),
    params(("id" = String, Path, description = "The account")),
    request_body = MoveBody,
    responses(
        (status = 200, description = "The plan it runs under now", body = PlanAnswer),
        (status = 404, description = "No such account or version", body = ProblemBody),
    )
)]
pub(crate) async fn move_plan(
    State(app): State<App>,
    account: NamedAccount,
    CurrentRequest(request_id): CurrentRequest,
    Json(body): Json<MoveBody>,
) -> web::Result<Json<PlanAnswer>> {
    let plan = administration(&app, &account, &request_id)
        .move_plan(body.version)
        .await?;
    Ok(Json(PlanAnswer::of(plan)))
}

/// The reason for a start.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct StartBody {
    #[garde(length(chars, min = 3, max = 500))]
    reason: String,
}

/// Starts a challenge that awaits funds as it is, at the newest snapshot.
#[utoipa::path(
    post,
    path = "/api/s2s/accounts/{id}/start",
    tag = "challenges",
    security(("hmac" = [])),
    params(("id" = String, Path, description = "The account")),
    request_body = StartBody,
    responses(
        (status = 200, description = "The summary after the start", body = Summary),
        (status = 404, description = "No such account", body = ProblemBody),
        (status = 409, description = "The challenge does not await funds, or has no snapshot of a balance above 0", body = ProblemBody),
    )
)]
pub(crate) async fn start(
    State(app): State<App>,
    account: NamedAccount,
    CurrentRequest(request_id): CurrentRequest,
    Json(body): Json<StartBody>,
) -> web::Result<Json<Summary>> {
    let after = administration(&app, &account, &request_id)
        .start(&body.reason)
        .await?;
    Ok(Json(summary(&account.id, &after, app.platform.now())))
}

pub(crate) fn administration<'a>(
    app: &'a App,
    account: &'a NamedAccount,
    request_id: &'a str,
) -> Administration<'a> {
    Administration {
        store: &app.store,
        shop: &account.caller.shop,
        account: &account.id,
        actor: &account.caller.key_id,
        request_id,
        now: app.platform.now(),
    }
}

#[expect(clippy::ptr_arg, reason = "garde hands an inner value over as it is")]
fn account_type_text(text: &String, context: &()) -> garde::Result {
    is_account_type(text, context)
}
