//! `GET /api/s2s/accounts/{id}/verdicts`, `GET /api/account/{id}/verdicts`,
//! `POST /api/s2s/accounts/{id}/verdicts/{verdict}`

use accounts::app::administer::Decision;
use accounts::domain::plan::Basis;
use accounts::domain::rules::Rule;
use accounts::model::{ConfirmedBy, End, Evidence, EvidenceSnapshot, Verdict, VerdictState};
use axum::extract::State;
use garde::Validate;
use kernel::currency::Currency;
use kernel::id::{AccountId, ChallengeId, ShopId, VerdictId};
use kernel::page::Page;
use kernel::time::Timestamp;
use kernel::{Error, Number};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::extract::{CurrentRequest, Json, Path, Query};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;
use crate::access::{NamedAccount, OwnAccount};
use crate::challenge::administration;

/// A snapshot as evidence.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EvidenceSnapshotAnswer {
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    balance: Number,
    equity: Number,
    /// True if a difference stood that no deal explained.
    flagged: bool,
}

/// The snapshots around an end.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EvidenceSnapshots {
    /// The snapshot judged before.
    before: Option<EvidenceSnapshotAnswer>,
    /// The newest snapshot that was judged together with the end.
    at: Option<EvidenceSnapshotAnswer>,
}

/// The reference of an end.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EvidenceReference {
    value: Number,
    /// The source of a daily reference.
    source: Option<String>,
    /// The reset that began the day.
    #[schema(value_type = Option<String>, format = DateTime)]
    reset_at: Option<Timestamp>,
}

/// The evidence of an end.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EvidenceAnswer {
    plan_version: u64,
    basis: Basis,
    limit: Option<Number>,
    /// The use at which the rule is breached.
    threshold: Option<Number>,
    /// The use that was found.
    used: Option<Number>,
    /// The value that breaches.
    floor: Option<Number>,
    reference: Option<EvidenceReference>,
    snapshots: EvidenceSnapshots,
    /// The moment of the breach: of a snapshot, a deal or a deadline.
    #[schema(value_type = Option<String>, format = DateTime)]
    detected_at: Option<Timestamp>,
    /// The difference that stood.
    unexplained: Number,
    /// Ids of the deals judged together with the end, at most 100.
    deals: Vec<String>,
    deals_count: usize,
    /// Open positions that the list showed.
    positions_count: Option<u32>,
    /// Their lots.
    positions_lots: Option<Number>,
    /// Largest gap between judged moments, in whole seconds.
    gap_max_s: i64,
    /// Share of the day so far in which the value was known, in percent.
    coverage_pct: Number,
}

/// An end of a challenge.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VerdictAnswer {
    id: VerdictId,
    challenge_id: ChallengeId,
    end: End,
    rule: Rule,
    state: VerdictState,
    /// True if deals contradict a final end; the shop decides.
    doubtful: bool,
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// The time from which the next step confirms a pending breach.
    #[schema(value_type = Option<String>, format = DateTime)]
    confirm_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Timestamp>,
    confirmed_by: Option<ConfirmedBy>,
    /// The key of the shop that decided; absent in the trader's list.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    /// The reason of the decision; absent in the trader's list.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    evidence: EvidenceAnswer,
}

impl VerdictAnswer {
    fn of(verdict: Verdict, currency: &Currency) -> Self {
        let evidence = evidence(verdict.evidence, verdict.rule, currency);
        Self {
            id: verdict.id,
            challenge_id: verdict.challenge,
            end: verdict.end,
            rule: verdict.rule,
            state: verdict.state,
            doubtful: verdict.doubtful,
            since: verdict.since,
            confirm_at: verdict.confirm_at,
            decided_at: verdict.decided_at,
            confirmed_by: verdict.confirmed_by,
            decided_by: verdict.decided_by,
            reason: verdict.reason,
            evidence,
        }
    }

    fn for_trader(self) -> Self {
        Self {
            decided_by: None,
            reason: None,
            ..self
        }
    }
}

fn evidence(evidence: Evidence, rule: Rule, currency: &Currency) -> EvidenceAnswer {
    let money = |amount| Number::money(amount, currency);
    let value = |value| accounts::app::events::violation_value(rule, value, currency);
    let snapshot = |snapshot: EvidenceSnapshot| EvidenceSnapshotAnswer {
        recorded_at: snapshot.recorded_at,
        balance: money(snapshot.balance),
        equity: money(snapshot.equity),
        flagged: snapshot.flagged,
    };
    EvidenceAnswer {
        plan_version: evidence.plan_version,
        basis: evidence.basis,
        limit: evidence.limit.map(money),
        threshold: evidence.threshold.map(value),
        used: evidence.used.map(value),
        floor: evidence.floor.map(money),
        reference: evidence.reference.map(|reference| EvidenceReference {
            value: money(reference),
            source: evidence.reference_source,
            reset_at: evidence.reset_at,
        }),
        snapshots: EvidenceSnapshots {
            before: evidence.before.map(snapshot),
            at: evidence.at.map(snapshot),
        },
        detected_at: evidence.detected_at,
        unexplained: money(evidence.unexplained),
        deals: evidence.deals,
        deals_count: evidence.deals_count,
        positions_count: evidence.positions.map(|positions| positions.count),
        positions_lots: evidence
            .positions
            .map(|positions| Number::exact(positions.lots)),
        gap_max_s: evidence.gap_max_s,
        coverage_pct: Number::percent(evidence.coverage_pct),
    }
}

/// Lists an account's ends with their evidence, newest first, for its shop.
#[utoipa::path(
    get,
    path = "/api/s2s/accounts/{id}/verdicts",
    tag = "challenges",
    security(("hmac" = [])),
    params(("id" = String, Path, description = "The account"), Paging),
    responses(
        (status = 200, description = "A page of ends", body = Page<VerdictAnswer>),
        (status = 400, description = "The query is not valid", body = ProblemBody),
        (status = 404, description = "No such account", body = ProblemBody),
    )
)]
pub(crate) async fn list_for_shop(
    State(app): State<App>,
    account: NamedAccount,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Page<VerdictAnswer>>> {
    let shop = &account.caller.shop;
    let account_state = app
        .store
        .account_state(shop, &account.id, true)
        .await?
        .ok_or(Error::NotFound("account"))?;
    let page = page(&app, (shop, &account.id), &account_state.currency, &paging).await?;
    Ok(Json(page))
}

/// Lists an account's ends with their evidence, newest first, for its trader.
#[utoipa::path(
    get,
    path = "/api/account/{id}/verdicts",
    tag = "accounts",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The account"), Paging),
    responses(
        (status = 200, description = "A page of ends", body = Page<VerdictAnswer>),
        (status = 400, description = "The query is not valid", body = ProblemBody),
        (status = 404, description = "No such account of the caller", body = ProblemBody),
    )
)]
pub(crate) async fn list_for_trader(
    State(app): State<App>,
    account: OwnAccount,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Page<VerdictAnswer>>> {
    let currency = &account.account_state.currency;
    let page = page(&app, (&account.shop, &account.id), currency, &paging).await?;
    Ok(Json(Page {
        items: page
            .items
            .into_iter()
            .map(VerdictAnswer::for_trader)
            .collect(),
        next_cursor: page.next_cursor,
    }))
}

async fn page(
    app: &App,
    (shop, account): (&ShopId, &AccountId),
    currency: &Currency,
    paging: &Paging,
) -> web::Result<Page<VerdictAnswer>> {
    let query = format!("verdicts {shop} {account}");
    let after = paging.position(&query)?;
    let limit = paging.limit().get();
    let (verdicts, next) = app.store.verdicts(shop, account, limit, after).await?;
    Ok(Page {
        items: verdicts
            .into_iter()
            .map(|verdict| VerdictAnswer::of(verdict, currency))
            .collect(),
        next_cursor: next.map(|position| cursor(&position, &query)),
    })
}

/// The decision.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DecisionWord {
    /// The breach is final.
    Confirm,
    /// The breach is forgiven.
    Lift,
}

/// A decision on a pending breach.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct DecisionBody {
    #[garde(skip)]
    decision: DecisionWord,
    #[garde(length(chars, min = 3, max = 500))]
    reason: String,
}

/// The part of a path that names the verdict.
#[derive(Debug, Deserialize)]
pub(crate) struct VerdictPath {
    verdict: VerdictId,
}

/// Confirms or lifts a pending breach.
#[utoipa::path(
    post,
    path = "/api/s2s/accounts/{id}/verdicts/{verdict}",
    tag = "challenges",
    security(("hmac" = [])),
    params(
        ("id" = String, Path, description = "The account"),
        ("verdict" = String, Path, description = "The verdict"),
    ),
    request_body = DecisionBody,
    responses(
        (status = 200, description = "The verdict after the decision", body = VerdictAnswer),
        (status = 404, description = "No such account or verdict", body = ProblemBody),
        (status = 409, description = "The verdict is not pending", body = ProblemBody),
    )
)]
pub(crate) async fn decide(
    State(app): State<App>,
    account: NamedAccount,
    Path(path): Path<VerdictPath>,
    CurrentRequest(request_id): CurrentRequest,
    Json(body): Json<DecisionBody>,
) -> web::Result<Json<VerdictAnswer>> {
    let decision = match body.decision {
        DecisionWord::Confirm => Decision::Confirm,
        DecisionWord::Lift => Decision::Lift,
    };
    let (verdict, after) = administration(&app, &account, &request_id)
        .decide(&path.verdict, decision, &body.reason)
        .await?;
    Ok(Json(VerdictAnswer::of(verdict, &after.currency)))
}
