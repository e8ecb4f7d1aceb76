//! `GET /api/s2s/plans`, `PUT /api/s2s/plans/{accountType}`

use accounts::domain::plan::Plan;
use accounts::model::PlanVersion;
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use kernel::Error;
use kernel::page::Page;
use kernel::time::Timestamp;
use platform::dynamo::CommitError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::caller::ShopCaller;
use web::extract::{IfMatch, Json, Path, Query, tagged};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;

/// Versions of one plan that a list shows.
const VERSIONS_MAX: u32 = 20;
/// Times that a write without `If-Match` that came second is tried again.
const ATTEMPTS_MAX: u32 = 5;

/// A plan with its version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanAnswer {
    account_type: String,
    /// From 1; 0 is the default plan of a type that the shop has not written.
    version: u64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[serde(flatten)]
    plan: Plan,
}

impl PlanAnswer {
    pub(crate) fn of(plan: PlanVersion) -> Self {
        Self {
            account_type: plan.account_type,
            version: plan.version,
            plan: plan.plan,
            created_at: plan.created_at,
        }
    }
}

/// A plan with its past versions, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListedPlan {
    account_type: String,
    version: u64,
    #[serde(flatten)]
    plan: Plan,
    /// The newest twenty versions.
    versions: Vec<PlanAnswer>,
}

/// The shop's plans.
#[utoipa::path(
    get,
    path = "/api/s2s/plans",
    tag = "plans",
    security(("hmac" = [])),
    params(Paging),
    responses((status = 200, description = "A page of plans", body = Page<ListedPlan>))
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: ShopCaller,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Page<ListedPlan>>> {
    let query = format!("plans {}", caller.shop);
    let after = paging.position(&query)?;
    let (plans, next) = app
        .store
        .plans(&caller.shop, paging.limit().get(), after)
        .await?;
    let mut items = Vec::with_capacity(plans.len());
    for plan in plans {
        let versions = app
            .store
            .plan_versions(&caller.shop, &plan.account_type, VERSIONS_MAX)
            .await?;
        items.push(ListedPlan {
            account_type: plan.account_type,
            version: plan.version,
            plan: plan.plan,
            versions: versions.into_iter().map(PlanAnswer::of).collect(),
        });
    }
    Ok(Json(Page {
        items,
        next_cursor: next.map(|position| cursor(&position, &query)),
    }))
}

/// A plan as a body: its own rules check it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct PlanBody(Plan);

impl Validate for PlanBody {
    type Context = ();

    fn validate_into(
        &self,
        (): &(),
        parent: &mut dyn FnMut() -> garde::Path,
        report: &mut garde::Report,
    ) {
        for fault in self.0.validate().err().unwrap_or_default() {
            let path = fault
                .field
                .split('.')
                .fold(parent(), |path, part| path.join(part.to_owned()));
            report.append(path, garde::Error::new(fault.message));
        }
    }
}

/// Writes the next version of a plan. Challenges that run keep theirs.
#[utoipa::path(
    put,
    path = "/api/s2s/plans/{accountType}",
    tag = "plans",
    security(("hmac" = [])),
    params(
        ("accountType" = String, Path, description = "The account type"),
        ("If-Match" = Option<String>, Header, description = "The version to replace"),
    ),
    request_body = PlanBody,
    responses(
        (status = 200, description = "The plan with its version", body = PlanAnswer),
        (status = 400, description = "The plan is not valid", body = ProblemBody),
        (status = 412, description = "The plan has changed", body = ProblemBody),
    )
)]
pub(crate) async fn put(
    State(app): State<App>,
    caller: ShopCaller,
    Path(account_type): Path<String>,
    IfMatch(wanted): IfMatch,
    Json(PlanBody(plan)): Json<PlanBody>,
) -> web::Result<Response> {
    crate::connect::is_account_type(&account_type, &())
        .map_err(|error| Error::field("accountType", error.message().to_string()))?;
    for _ in 0..ATTEMPTS_MAX {
        let before = app.store.newest_plan(&caller.shop, &account_type).await?;
        if wanted.is_some_and(|wanted| wanted != before.version) {
            return Err(Error::StaleVersion.into());
        }
        let next = PlanVersion {
            account_type: account_type.clone(),
            version: before.version + 1,
            plan: plan.clone(),
            created_at: app.platform.now(),
        };
        match app
            .store
            .put_plan(&caller.shop, before.version, &next)
            .await
        {
            Ok(()) => {
                return Ok(tagged(next.version, Json(PlanAnswer::of(next))));
            }
            Err(CommitError::Refused(_)) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
    }
    Err(Error::Conflict("the plan is being written by another request".to_owned()).into())
}
