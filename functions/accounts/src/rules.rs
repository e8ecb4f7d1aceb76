//! `GET /api/account/{id}/rules`

use accounts::domain::plan::Plan;
use accounts::domain::rules::{Phase, Rule, Severity, Source};
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

/// Violations of one answer.
const VIOLATIONS_MAX: u32 = 200;

/// Where a rule stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleState {
    rule: Rule,
    /// What it is measured from.
    reference: Number,
    /// Where that comes from; the daily rule's alone.
    source: Option<Source>,
    /// Of the day, or the deepest so far.
    used: Number,
    limit: Number,
    /// The value that breaches.
    floor: Number,
    /// Use in percent of the limit.
    use_pct: Number,
    /// The next reset; the daily rule's alone.
    #[schema(value_type = Option<String>, format = DateTime)]
    reset_at: Option<Timestamp>,
}

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
    /// Whether the snapshot's balance could not be explained by deals.
    pub(crate) flagged: bool,
}

/// Rules, where they stand, and what was crossed.
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

/// Rule states and violations of an account.
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
    let judgement = &account.judgement;
    let now = app.platform.now();
    let violations = violations(&app, &account).await?;
    let is_judged = judgement.kind == accounts::model::Kind::Judged;
    Ok(Json(RulesAnswer {
        plan: is_judged.then(|| judgement.plan.clone()),
        plan_version: is_judged.then_some(judgement.plan_version),
        phase: judgement
            .state
            .as_ref()
            .map(|state| state.figures(&judgement.plan, now).phase),
        states: states(&account, now),
        violations,
    }))
}

/// The newest violations of an account, as answers.
pub(crate) async fn violations(
    app: &App,
    account: &OwnAccount,
) -> web::Result<Vec<ViolationAnswer>> {
    let money = |amount| Number::money(amount, &account.judgement.currency);
    let stored = app
        .store
        .violations(&account.shop, &account.id, VIOLATIONS_MAX)
        .await?;
    Ok(stored
        .into_iter()
        .map(|stored| ViolationAnswer {
            rule: stored.violation.rule,
            severity: stored.violation.severity,
            threshold_value: money(stored.violation.threshold_value),
            current_value: money(stored.violation.current_value),
            detected_at: stored.violation.detected_at,
            challenge_id: stored.challenge,
            snapshot_gap_max_s: stored.violation.gap_max_ms / 1000,
            flagged: stored.violation.flagged,
        })
        .collect())
}

fn states(account: &OwnAccount, now: Timestamp) -> Vec<RuleState> {
    let judgement = &account.judgement;
    let money = |amount| Number::money(amount, &judgement.currency);
    let Some(state) = &judgement.state else {
        return Vec::new();
    };
    let figures = state.figures(&judgement.plan, now);
    let daily = figures.daily.map(|daily| RuleState {
        rule: Rule::DailyDrawdown,
        reference: money(daily.reference),
        source: Some(daily.source),
        used: money(daily.used),
        limit: money(daily.limit),
        floor: money(daily.floor),
        use_pct: Number::percent(daily.use_pct),
        reset_at: Some(figures.reset_next_at),
    });
    let all_time = figures.all_time.map(|all_time| RuleState {
        rule: Rule::MaxDrawdown,
        reference: money(all_time.reference),
        source: None,
        used: money(all_time.used),
        limit: money(all_time.limit),
        floor: money(all_time.floor),
        use_pct: Number::percent(all_time.use_pct),
        reset_at: None,
    });
    daily.into_iter().chain(all_time).collect()
}
