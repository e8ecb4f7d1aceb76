//! Lambda start-up, and what an event is.

use std::future::Future;

use aws_lambda_events::event::dynamodb::Event as StreamEvent;
pub use aws_lambda_events::event::dynamodb::EventRecord;
use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::Deserialize;
use serde_json::Value;

/// Serves a router behind an HTTP API.
///
/// # Errors
/// Where the runtime API ends.
pub async fn serve_http(router: axum::Router) -> Result<(), Error> {
    lambda_http::run(router).await
}

/// What a function that is not behind HTTP is called with.
#[derive(Debug)]
pub enum Event {
    /// Messages of a queue.
    Queue(SqsEvent),
    /// Records of a table's stream.
    Stream(StreamEvent),
    /// A schedule's job, by its name.
    Job(String),
}

/// An event of a form that no trigger of ours sends.
#[derive(Debug, thiserror::Error)]
#[error("not an event of a queue, a stream or a schedule")]
pub struct UnknownEvent;

impl Event {
    /// Reads an event: a schedule sends `{"job": "<name>"}`.
    ///
    /// # Errors
    /// [`UnknownEvent`].
    pub fn parse(event: Value) -> Result<Self, UnknownEvent> {
        if let Some(job) = event.get("job").and_then(Value::as_str) {
            return Ok(Self::Job(job.to_owned()));
        }
        let source = event
            .pointer("/Records/0/eventSource")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match source {
            "aws:sqs" => SqsEvent::deserialize(event).map(Self::Queue),
            "aws:dynamodb" => StreamEvent::deserialize(event).map(Self::Stream),
            _ => return Err(UnknownEvent),
        }
        .map_err(|_| UnknownEvent)
    }
}

/// Serves a function that is called by queues, streams and schedules.
///
/// # Errors
/// Where the runtime API ends.
pub async fn serve_events<F, Fut>(handle: F) -> Result<(), Error>
where
    F: Fn(Event) -> Fut,
    Fut: Future<Output = kernel::Result<Value>>,
{
    let handle = &handle;
    serve_values(async move |value| {
        let event = Event::parse(value).map_err(kernel::Error::internal)?;
        handle(event).await
    })
    .await
}

/// Serves a function that reads its events itself.
///
/// # Errors
/// Where the runtime API ends.
pub async fn serve_values<F, Fut>(handle: F) -> Result<(), Error>
where
    F: Fn(Value) -> Fut,
    Fut: Future<Output = kernel::Result<Value>>,
{
    let handle = &handle;
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<Value>| {
        // Boxed: a handler's future nests deeper than the compiler lays out.
        Box::pin(handle(event.payload)).await.map_err(|error| {
            tracing::error!(error = kernel::error::chain(&error), "invocation failed");
            Error::from(error)
        })
    }))
    .await
}
