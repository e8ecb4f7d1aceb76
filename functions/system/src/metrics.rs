//! `GET /api/metrics`

use aws_sdk_sqs::types::QueueAttributeName;
use axum::extract::State;
use kernel::time::Timestamp;
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
    let mut queues = Vec::with_capacity(app.queues.len());
    for queue in app.queues.iter() {
        let [waiting, delayed, in_flight] = depth(&app, &queue.url).await?;
        let [dead_letters, ..] = depth(&app, &queue.dead_letters_url).await?;
        queues.push(QueueMetrics {
            name: queue.name,
            waiting,
            delayed,
            in_flight,
            dead_letters,
        });
    }
    Ok(Json(MetricsAnswer {
        queues,
        at: app.platform.real_now(),
    }))
}

/// Waiting, delayed and in-flight messages; SQS counts approximately.
async fn depth(app: &App, url: &str) -> web::Result<[u64; 3]> {
    let names = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
    ];
    let answer = app
        .sqs
        .get_queue_attributes()
        .queue_url(url)
        .set_attribute_names(Some(names.to_vec()))
        .send()
        .await
        .map_err(kernel::Error::internal)?;
    Ok(names.map(|name| {
        answer
            .attributes()
            .and_then(|attributes| attributes.get(&name))
            .and_then(|count| count.parse().ok())
            .unwrap_or(0)
    }))
}
