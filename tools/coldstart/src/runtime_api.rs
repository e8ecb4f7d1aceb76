//! The Lambda runtime API, for one process that is started against it.
//!
//! Its paths and headers are those of the custom runtimes' page of the Lambda
//! developer guide, version 2018-06-01.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use bytes::Bytes;
use http::StatusCode;
use kernel::time::Clock;
use platform::clock::SystemClock;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Longest wait for anything that the process is to do.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// What the process is told that it has for an invocation, in ms.
const DEADLINE_MS: i64 = 29_000;

/// What the process has not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("no port is free")]
    Port(#[source] std::io::Error),
    #[error("the function did not {0} in time")]
    Late(&'static str),
    #[error("the function reported an error: {0}")]
    Reported(String),
    #[error("the function did not {0} when it was to")]
    OutOfTurn(&'static str),
}

/// The process asks for an event.
pub(crate) struct Poll {
    /// When the request arrived.
    pub(crate) at: Instant,
    hand_out: oneshot::Sender<String>,
}

impl Poll {
    /// Answers it with an event.
    pub(crate) fn hand_out(self, event: String) {
        // A process that is gone by now is missed when its answer is waited for.
        let _ = self.hand_out.send(event);
    }
}

/// The process has answered an event.
pub(crate) struct Answer {
    /// When the answer was whole.
    pub(crate) at: Instant,
    /// The answer.
    pub(crate) body: Bytes,
}

enum Told {
    Poll(Poll),
    Answer(Answer),
    Error(Bytes),
}

/// A runtime API on a port of its own; it ends with the value.
pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    told: mpsc::Receiver<Told>,
    server: JoinHandle<()>,
}

impl RuntimeApi {
    pub(crate) async fn start() -> Result<Self, ApiError> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(ApiError::Port)?;
        let address = listener.local_addr().map_err(ApiError::Port)?;
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let (tell, told) = mpsc::channel(4);
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route(
                "/2018-06-01/runtime/invocation/{id}/response",
                post(response),
            )
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(error))
            .with_state(tell);
        let server = tokio::spawn(async move {
            // It ends when it is aborted.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self {
            address,
            told,
            server,
        })
    }

    /// Waits until the process asks for an event.
    pub(crate) async fn poll(&mut self) -> Result<Poll, ApiError> {
        match self.next("ask for an event").await? {
            Told::Poll(poll) => Ok(poll),
            _ => Err(ApiError::OutOfTurn("ask for an event")),
        }
    }

    /// Waits until the process has answered.
    pub(crate) async fn answer(&mut self) -> Result<Answer, ApiError> {
        match self.next("answer").await? {
            Told::Answer(answer) => Ok(answer),
            _ => Err(ApiError::OutOfTurn("answer")),
        }
    }

    async fn next(&mut self, what: &'static str) -> Result<Told, ApiError> {
        match tokio::time::timeout(WAIT_MAX, self.told.recv()).await {
            Ok(Some(Told::Error(body))) => Err(ApiError::Reported(
                String::from_utf8_lossy(&body).into_owned(),
            )),
            Ok(Some(told)) => Ok(told),
            Ok(None) | Err(_) => Err(ApiError::Late(what)),
        }
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn next(State(tell): State<mpsc::Sender<Told>>) -> Response {
    let at = Instant::now();
    let (hand_out, event) = oneshot::channel();
    let told = tell.send(Told::Poll(Poll { at, hand_out })).await;
    let (Ok(()), Ok(event)) = (told, event.await) else {
        return StatusCode::GONE.into_response();
    };
    let deadline_ms = SystemClock.now().timestamp_millis() + DEADLINE_MS;
    Response::builder()
        .header("content-type", "application/json")
        .header(
            "lambda-runtime-aws-request-id",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        )
        .header("lambda-runtime-deadline-ms", deadline_ms)
        .header(
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:000000000000:function:coldstart",
        )
        .header(
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
        )
        .body(Body::from(event))
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn response(State(tell): State<mpsc::Sender<Told>>, body: Bytes) -> StatusCode {
    let at = Instant::now();
    accept(&tell, Told::Answer(Answer { at, body })).await
}

async fn error(State(tell): State<mpsc::Sender<Told>>, body: Bytes) -> StatusCode {
    accept(&tell, Told::Error(body)).await
}

async fn accept(tell: &mpsc::Sender<Told>, told: Told) -> StatusCode {
    match tell.send(told).await {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::GONE,
    }
}
