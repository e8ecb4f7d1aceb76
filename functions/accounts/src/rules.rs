//! `GET /api/account/{id}/rules`

use accounts::app::events::violation_value;
use accounts::domain::plan::Plan;
use accounts::domain::rules::{Phase, Rule, Severity};
use axum::extract::State;
use kernel::Number;
use kernel::id::ChallengeId;
use kernel::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use web::extract::Json;
use web::problem::ProblemBody;

use crate::App;
use crate::access::OwnAccount;
use crate::rule_states::{RuleState, states};

/// Violations of one answer.
const VIOLATIONS_MAX: u32 = 200;

/// A threshold that was crossed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ViolationAnswer {
    pub(crate) rule: Rule,
    pub(crate) severity: Severity,
    pub(crate) threshold_value: Number,
    pub(crate) current_value: Number,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) detected_at: Timestamp,
    pub(crate) challenge_id: ChallengeId,
    /// Largest gap between snapshots before it, in whole seconds.
    pub(crate) snapshot_gap_max_s: i64,
    /// True if a difference stood that no deal explained.
    pub(crate) flagged: bool,
    /// Share of the day so far in which the value was known, in percent.
    pub(crate) coverage_pct: Number,
    /// True if the inputs were judged again with all deals and the violation did not
    /// occur.
    pub(crate) lifted: bool,
}

/// The plan, the state of each rule, and violations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RulesAnswer {
    /// The plan that the challenge runs under; `null` for an imported account.
    plan: Option<Plan>,
    plan_version: Option<u64>,
    phase: Option<Phase>,
    states: Vec<RuleState>,
    /// The newest first, at most 200, those of earlier challenges too.
    violations: Vec<ViolationAnswer>,
}

/// Returns the rule states and violations of an account.
#[utoipa::path(
    get,
    path = "/api/account/{id}/rules",
    tag = "accounts",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The account")),
    responses(
        (status = 200, description = "Rules, states and violations", body = RulesAnswer),
        (status = 404, description = "No such account of the caller", body = ProblemBody),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    account: OwnAccount,
) -> web::Result<Json<RulesAnswer>> {
    let account_state = &account.account_state;
    let now = app.platform.now();
    let violations = violations(&app, &account).await?;
    let is_judged = account_state.kind == accounts::model::Kind::Judged;
    Ok(Json(RulesAnswer {
        plan: is_judged.then(|| account_state.plan.clone()),
        plan_version: is_judged.then_some(account_state.plan_version),
        phase: account_state.phase_at(now),
        states: states(account_state, now),
        violations,
    }))
}

/// The newest violations of an account, as answers.
pub(crate) async fn violations(
    app: &App,
    account: &OwnAccount,
) -> web::Result<Vec<ViolationAnswer>> {
    let currency = &account.account_state.currency;
    let stored = app
        .store
        .violations(&account.shop, &account.id, VIOLATIONS_MAX)
        .await?;
    Ok(stored
        .into_iter()
        .map(|stored| {
            let violation = stored.violation;
            let value = |value| violation_value(violation.rule, value, currency);
            ViolationAnswer {
                rule: violation.rule,
                severity: violation.severity,
                threshold_value: value(violation.threshold_value),
                current_value: value(violation.current_value),
                detected_at: violation.detected_at,
                challenge_id: stored.challenge,
                snapshot_gap_max_s: violation.gap_max_ms / 1000,
                flagged: violation.flagged,
                coverage_pct: Number::percent(violation.coverage_pct),
                lifted: stored.lifted,
            }
        })
        .collect())
}
