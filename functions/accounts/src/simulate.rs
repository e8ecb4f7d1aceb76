//! `POST /api/s2s/plans/simulate`: a plan over given snapshots, at once, or
//! over an account's recorded history, as a backtest.

use accounts::app::backtest::{self, Asked, Backtest, BacktestState};
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

/// A plan with `initial_balance` and `snapshots`, or with the `account_id` of a
/// backtest.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct SimulateBody {
    #[garde(custom(plan_is_valid))]
    plan: Plan,
    #[garde(custom(crate::connect::positive))]
    initial_balance: Option<Number>,
    /// At most 10,000, in order of time.
    #[garde(inner(length(max = SNAPSHOTS_MAX)))]
    snapshots: Option<Vec<SimSnapshot>>,
    /// The account of a backtest.
    #[garde(skip)]
    #[schema(value_type = Option<String>)]
    account_id: Option<String>,
    /// The start of a backtest; the start of the history if absent.
    #[garde(skip)]
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// The end of a backtest; now if absent.
    #[garde(skip)]
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

/// A backtest: its state, its progress and its result.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BacktestAnswer {
    id: JobId,
    status: BacktestState,
    progress: BacktestProgress,
    /// The path of this answer.
    result_url: String,
    /// The result; `null` until `status` is `done`.
    #[schema(value_type = Option<Simulation>)]
    result: Option<Box<RawValue>>,
    /// The reason; `null` unless `status` is `failed`.
    error: Option<String>,
}

/// The progress of a backtest, noted every few seconds. A run that was
/// interrupted begins again, at most once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BacktestProgress {
    /// Inputs of the history that have been read: snapshots and deals, as syncs
    /// and imports brought them.
    inputs_done: u64,
    /// Inputs of the history, about; `null` until the backtest runs.
    inputs_total_estimate: Option<u64>,
}

impl TryFrom<Backtest> for BacktestAnswer {
    type Error = Error;

    fn try_from(backtest: Backtest) -> Result<Self, Error> {
        let result = backtest.result.map(RawValue::from_string).transpose();
        Ok(Self {
            result_url: result_url(&backtest.id),
            id: backtest.id,
            status: backtest.state,
            progress: BacktestProgress {
                inputs_done: backtest.inputs_done,
                inputs_total_estimate: backtest.inputs_total,
            },
            result: result.map_err(Error::internal)?,
            error: backtest.error,
        })
    }
}

/// Runs a plan over snapshots, or queues a backtest over an account's history.
///
/// A shop may have five backtests queued or running at once. A
/// backtest fails, with the reason in `error`, if the account's history has
/// more than 1,600,000 inputs, if more than 200,000 deals precede the first
/// snapshot of the range, or if it takes longer than ten minutes.
#[utoipa::path(
    post,
    path = "/api/s2s/plans/simulate",
    tag = "plans",
    security(("hmac" = [])),
    request_body = SimulateBody,
    responses(
        (status = 200, description = "What the plan would have done", body = Simulation),
        (status = 202, description = "The backtest is queued", body = BacktestAnswer),
        (status = 400, description = "The plan or the snapshots are not valid", body = ProblemBody),
        (status = 404, description = "No such account", body = ProblemBody),
        (status = 409, description = "Five backtests of the shop are queued or running", body = ProblemBody),
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
            let asked = Asked {
                account: &account,
                plan: &body.plan,
                from: body.from,
                to: body.to,
            };
            let now = (app.platform.now(), app.platform.real_now());
            let backtest =
                backtest::request(&app.store, &caller.shop, asked, &request_id, now).await?;
            Ok(accepted(BacktestAnswer::try_from(backtest)?))
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

/// Returns a backtest: its state, its progress and its result.
///
/// It is kept for seven days.
#[utoipa::path(
    get,
    path = "/api/s2s/plans/simulations/{id}",
    tag = "plans",
    security(("hmac" = [])),
    params(("id" = String, Path, description = "The backtest")),
    responses(
        (status = 200, description = "The backtest", body = BacktestAnswer),
        (status = 404, description = "No such backtest", body = ProblemBody),
    )
)]
pub(crate) async fn result(
    State(app): State<App>,
    caller: ShopCaller,
    Path(id): Path<JobId>,
) -> web::Result<Json<BacktestAnswer>> {
    let found = backtest::find(&app.store, &caller.shop, &id, app.platform.real_now()).await?;
    let backtest = found.ok_or(Error::NotFound("backtest"))?;
    Ok(Json(BacktestAnswer::try_from(backtest)?))
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
