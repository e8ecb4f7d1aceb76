//! `GET /api/metrics`

use axum::extract::State;
use kernel::Error;
use kernel::time::Timestamp;
use platform::queue::Count;
use serde::Serialize;
use utoipa::ToSchema;
use web::caller::PlatformAdmin;
use web::extract::Json;
use web::problem::ProblemBody;

use crate::App;

/// A queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueMetrics {
    name: &'static str,
    /// Messages that wait.
    waiting: u64,
    /// Messages that are held back until their time.
    delayed: u64,
    /// Messages that are being worked on.
    in_flight: u64,
    /// Messages that failed for good and wait for a person.
    dead_letters: u64,
}

/// Counters of the deployment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetricsAnswer {
    queues: Vec<QueueMetrics>,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// Counters of the deployment, for its operators.
#[utoipa::path(
    get,
    path = "/api/metrics",
    tag = "system",
    security(("jwt" = [])),
    responses(
        (status = 200, description = "The counters", body = MetricsAnswer),
        (status = 403, description = "Only for platform admins", body = ProblemBody),
    )
)]
pub(crate) async fn metrics(
    State(app): State<App>,
    _admin: PlatformAdmin,
) -> web::Result<Json<MetricsAnswer>> {
    let at = app.platform.real_now();
    let counts = app.gauges.read(at).await;
    let queues: Option<Vec<QueueMetrics>> = counts.into_iter().map(metrics_of).collect();
    let queues = queues.ok_or(Error::internal("a queue was not counted"))?;
    Ok(Json(MetricsAnswer { queues, at }))
}

/// The figures of a queue; none where a part of them is not known.
fn metrics_of(count: Count) -> Option<QueueMetrics> {
    let depth = count.depth?;
    Some(QueueMetrics {
        name: count.queue.as_str(),
        waiting: depth.waiting,
        delayed: depth.delayed,
        in_flight: depth.in_flight,
        dead_letters: count.dead_letters?,
    })
}
