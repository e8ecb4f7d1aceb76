//! Sends webhooks to the shops: as their queue brings them, and by the minute
//! what is due for another attempt.

use accounts::app::deliver::Deliverer;
use accounts::app::messages::WebhookMessage;
use kernel::time::Clock;
use kernel::{Error, Result};
use platform::clock::BusinessClock;
use platform::queue::Intake;
use platform::runtime::Event;
use serde_json::{Value, json};

/// The job that the minute's schedule starts.
pub const RETRY_JOB: &str = "retry-webhooks";

/// What the function works with.
#[derive(Debug)]
pub struct App {
    /// Makes the attempts.
    pub deliverer: Deliverer,
    /// The queue that brings messages.
    pub intake: Intake,
    /// What due times go by.
    pub clock: BusinessClock,
}

/// An event that this function has no trigger for.
#[derive(Debug, thiserror::Error)]
#[error("neither a message of the webhooks queue nor the job {RETRY_JOB}")]
pub struct UnexpectedEvent;

/// Handles an event. Answers, for a queue, which messages failed; for the
/// job, how many deliveries it has sent to the queue.
///
/// # Errors
/// Where the job fails, or the event is not for this function.
pub async fn handle(app: &App, event: Event) -> Result<Value> {
    app.clock.refresh().await;
    match event {
        Event::Queue(event) => {
            let deliver = |message: WebhookMessage| async move {
                app.deliverer.handle(&message, app.clock.now()).await
            };
            let failed = app.intake.consume(event, deliver).await;
            serde_json::to_value(failed).map_err(Error::internal)
        }
        Event::Job(job) if job == RETRY_JOB => {
            let sent = app.deliverer.retry_due(app.clock.now()).await?;
            Ok(json!({ "sent": sent }))
        }
        Event::Job(_) | Event::Stream(_) => Err(Error::internal(UnexpectedEvent)),
    }
}
