//! `POST /api/s2s/plans/simulate`: what a plan would have done, on given
//! snapshots at once or over an account's history as a job.

use accounts::app::replay::{self, JobState};
use accounts::domain::plan::Plan;
use accounts::domain::simulate::{SNAPSHOTS_MAX, SimSnapshot, Simulation, simulate as run};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use kernel::id::{AccountId, JobId};
use kernel::time::Timestamp;
use kernel::{Error, FieldError, Number};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use web::caller::ShopCaller;
use web::extract::{CurrentRequest, Json, Path, accepted};
use web::problem::ProblemBody;

use crate::App;

/// A plan, and what it is to be run on: `initial_balance` and `snapshots`, or
/// an `account_id`.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct SimulateBody {
    #[garde(custom(plan_is_valid))]
    plan: Plan,
    #[garde(custom(crate::connect::positive))]
    initial_balance: Option<Number>,
    /// At most 10,000, in order of time.
    #[garde(inner(length(max = SNAPSHOTS_MAX)))]
    snapshots: Option<Vec<SimSnapshot>>,
    /// An account whose recorded history the plan is to be run over.
    #[garde(skip)]
    #[schema(value_type = Option<String>)]
    account_id: Option<String>,
    /// From when; the history's start where left out.
    #[garde(skip)]
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Until when; now where left out.
    #[garde(skip)]
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

/// A job that was queued, or what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobAnswer {
    id: JobId,
    status: JobState,
    /// Where its result is read.
    result_url: String,
    /// The result, once it is done.
    #[schema(value_type = Option<Simulation>)]
    result: Option<Box<RawValue>>,
    /// Why it failed.
    error: Option<String>,
}

/// Runs a plan over snapshots, or queues its run over an account's history.
#[utoipa::path(
    post,
    path = "/api/s2s/plans/simulate",
    tag = "plans",
    security(("hmac" = [])),
    request_body = SimulateBody,
    responses(
        (status = 200, description = "What the plan would have done", body = Simulation),
        (status = 202, description = "The run is queued", body = JobAnswer),
        (status = 400, description = "The plan or the snapshots are not valid", body = ProblemBody),
        (status = 404, description = "No such account", body = ProblemBody),
    )
)]
pub(crate) async fn simulate(
    State(app): State<App>,
    caller: ShopCaller,
    CurrentRequest(request_id): CurrentRequest,
    Json(body): Json<SimulateBody>,
) -> web::Result<Response> {
    match (&body.account_id, &body.snapshots) {
        (Some(account), None) => {
            let account: AccountId = account.parse().map_err(|_| Error::NotFound("account"))?;
            let id = replay::request(
                &app.store,
                &caller.shop,
                &account,
                &body.plan,
                (body.from, body.to),
                &request_id,
                app.platform.now(),
            )
            .await?;
            Ok(accepted(JobAnswer {
                result_url: result_url(&id),
                id,
                status: JobState::Queued,
                result: None,
                error: None,
            }))
        }
        (None, Some(snapshots)) => {
            let initial = body
                .initial_balance
                .ok_or_else(|| Error::field("initial_balance", "is required with snapshots"))?;
            let simulation = run(&body.plan, initial.0, snapshots).map_err(Error::Invalid)?;
            Ok(Json(simulation).into_response())
        }
        _ => Err(Error::Invalid(vec![FieldError::new(
            "snapshots",
            "send either snapshots with initial_balance, or account_id",
        )])
        .into()),
    }
}

/// The result of a run over an account's history.
#[utoipa::path(
    get,
    path = "/api/s2s/plans/simulations/{id}",
    tag = "plans",
    security(("hmac" = [])),
    params(("id" = String, Path, description = "The job")),
    responses(
        (status = 200, description = "What became of the run", body = JobAnswer),
        (status = 404, description = "No such job", body = ProblemBody),
    )
)]
pub(crate) async fn result(
    State(app): State<App>,
    caller: ShopCaller,
    Path(id): Path<JobId>,
) -> web::Result<Json<JobAnswer>> {
    let job = replay::job(&app.store, &caller.shop, &id, app.platform.real_now())
        .await?
        .ok_or(Error::NotFound("job"))?;
    Ok(Json(JobAnswer {
        result_url: result_url(&id),
        id,
        status: job.state,
        result: job
            .result
            .map(RawValue::from_string)
            .transpose()
            .map_err(Error::internal)?,
        error: job.error,
    }))
}

fn result_url(id: &JobId) -> String {
    format!("/api/s2s/plans/simulations/{id}")
}

fn plan_is_valid(plan: &Plan, _: &()) -> garde::Result {
    match plan.validate() {
        Ok(()) => Ok(()),
        Err(faults) => {
            let sentences: Vec<String> = faults
                .iter()
                .map(|fault| format!("{} {}", fault.field, fault.message))
                .collect();
            Err(garde::Error::new(sentences.join("; ")))
        }
    }
}
