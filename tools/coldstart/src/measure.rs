//! One start of a function.

use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;

use crate::deployment::Deployment;
use crate::events::Function;
use crate::process::{Kib, Process, ProcessError};
use crate::runtime_api::{ApiError, RuntimeApi};

/// A start that gives no figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0} cannot be measured")]
    Api(&'static str, #[source] ApiError),
    #[error("{0} cannot be measured")]
    Process(&'static str, #[source] ProcessError),
    #[error("{0} refused its event: {1}")]
    Refused(&'static str, String),
}

/// What one start showed.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    /// From just before the process is made to its first question for an event.
    pub(crate) to_poll: Duration,
    /// Of it, what the process had a processor for.
    pub(crate) to_poll_cpu: Duration,
    /// From handing out an event to its answer, in order.
    pub(crate) answers: Vec<Duration>,
    /// Resident when it first asked for an event.
    pub(crate) resident_at_poll: Kib,
    /// Resident after the last answer.
    pub(crate) resident_at_end: Kib,
}

/// Starts a function, has it answer `requests` events, and ends it.
pub(crate) async fn start(
    deployment: &Deployment,
    function: Function,
    binary: &Path,
    requests: u32,
) -> Result<Start, Failure> {
    let of_api = |error| Failure::Api(function.name(), error);
    let of_process = |error| Failure::Process(function.name(), error);
    let settings = deployment.settings();
    deployment.forget_limits().await;
    let mut api = RuntimeApi::start().await.map_err(of_api)?;
    let began = Instant::now();
    let process = Process::start(binary, &settings, api.address).map_err(of_process)?;
    let mut poll = api.poll().await.map_err(of_api)?;
    let to_poll = poll.at - began;
    let to_poll_cpu = process.on_cpu().map_err(of_process)?;
    let resident_at_poll = process.resident().map_err(of_process)?;
    let mut answers = Vec::new();
    for _ in 0..requests {
        let event = deployment.event(function).await;
        let handed_out = Instant::now();
        poll.hand_out(event);
        let answer = api.answer().await.map_err(of_api)?;
        answers.push(answer.at - handed_out);
        check(function, &answer.body)?;
        poll = api.poll().await.map_err(of_api)?;
    }
    let resident_at_end = process.resident().map_err(of_process)?;
    // It ends while it waits for an event, as an instance does that is frozen.
    drop(process);
    drop(poll);
    Ok(Start {
        to_poll,
        to_poll_cpu,
        answers,
        resident_at_poll,
        resident_at_end,
    })
}

/// What a request costs counts only where it was answered well.
fn check(function: Function, body: &Bytes) -> Result<(), Failure> {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let is_good = match answer.get("statusCode").and_then(Value::as_u64) {
        Some(status) => status < 300,
        None => answer
            .get("batchItemFailures")
            .and_then(Value::as_array)
            .is_none_or(Vec::is_empty),
    };
    if is_good {
        return Ok(());
    }
    let text = String::from_utf8_lossy(body).into_owned();
    Err(Failure::Refused(function.name(), text))
}
