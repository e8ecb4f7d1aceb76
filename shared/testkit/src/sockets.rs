//! API Gateway's management API: connections that tests open, what was sent to
//! them, and ways to fail.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::StatusCode;
use serde_json::Value;
use tokio::sync::Notify;

use crate::cloud::listener;

/// The gateway of one test.
#[derive(Debug)]
pub struct Sockets {
    /// What functions are told as `WEBSOCKET_ENDPOINT`.
    pub url: String,
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    sockets: Mutex<HashMap<String, Socket>>,
    /// Posts until the one that is never answered.
    fuse: Mutex<Option<usize>>,
    blown: Notify,
}

#[derive(Debug, Default)]
struct Socket {
    frames: Vec<Value>,
    is_gone: bool,
    is_ended: bool,
    delay: Option<Duration>,
    status: Option<StatusCode>,
}

impl Sockets {
    /// Starts it, with no connections: each that it does not know is gone.
    pub async fn start() -> Self {
        let (listener, address) = listener().await;
        let inner = Arc::new(Inner::default());
        let app = Router::new()
            .route("/ws/@connections/{id}", post(send).get(look).delete(end))
            .with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            url: format!("{address}/ws"),
            inner,
        }
    }

    /// Opens a connection.
    pub fn open(&self, id: &str) {
        self.with(|sockets| sockets.insert(id.to_owned(), Socket::default()));
    }

    /// Has a client vanish.
    pub fn vanish(&self, id: &str) {
        self.with(|sockets| sockets.entry(id.to_owned()).or_default().is_gone = true);
    }

    /// Has a client take so long for each message.
    pub fn slow_down(&self, id: &str, delay: Duration) {
        self.with(|sockets| sockets.entry(id.to_owned()).or_default().delay = Some(delay));
    }

    /// Answers sends to a connection with a status of the gateway's own.
    pub fn fail(&self, id: &str, status: StatusCode) {
        self.with(|sockets| sockets.entry(id.to_owned()).or_default().status = Some(status));
    }

    /// What was sent to a connection.
    #[must_use]
    pub fn frames(&self, id: &str) -> Vec<Value> {
        self.with(|sockets| sockets.get(id).map(|socket| socket.frames.clone()))
            .unwrap_or_default()
    }

    /// Whether a connection was ended from this side.
    #[must_use]
    pub fn is_ended(&self, id: &str) -> bool {
        self.with(|sockets| sockets.get(id).is_some_and(|socket| socket.is_ended))
    }

    /// Delivers so many more messages, of which the last is never answered:
    /// whoever sends it can be killed then.
    pub fn block_after(&self, posts: usize) {
        *self.inner.fuse.lock().expect("not poisoned") = Some(posts);
    }

    /// Until such a message is there.
    pub async fn blocked(&self) {
        self.inner.blown.notified().await;
    }

    /// Answers all again.
    pub fn unblock(&self) {
        *self.inner.fuse.lock().expect("not poisoned") = None;
    }

    fn with<T>(&self, change: impl FnOnce(&mut HashMap<String, Socket>) -> T) -> T {
        change(&mut self.inner.sockets.lock().expect("not poisoned"))
    }
}

async fn send(State(inner): State<Arc<Inner>>, Path(id): Path<String>, body: String) -> Response {
    let delay = {
        let sockets = inner.sockets.lock().expect("not poisoned");
        sockets.get(&id).and_then(|socket| socket.delay)
    };
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
    {
        let mut sockets = inner.sockets.lock().expect("not poisoned");
        let Some(socket) = sockets.get_mut(&id).filter(|socket| is_open(socket)) else {
            return gone();
        };
        if let Some(status) = socket.status {
            return status.into_response();
        }
        socket
            .frames
            .push(serde_json::from_str(&body).expect("a frame is JSON"));
    }
    let is_last = {
        let mut fuse = inner.fuse.lock().expect("not poisoned");
        match fuse.as_mut() {
            Some(left) => {
                *left = left.saturating_sub(1);
                *left == 0
            }
            None => false,
        }
    };
    if is_last {
        inner.blown.notify_one();
        std::future::pending::<()>().await;
    }
    StatusCode::OK.into_response()
}

async fn look(State(inner): State<Arc<Inner>>, Path(id): Path<String>) -> Response {
    let sockets = inner.sockets.lock().expect("not poisoned");
    match sockets.get(&id).is_some_and(is_open) {
        true => "{}".into_response(),
        false => gone(),
    }
}

async fn end(State(inner): State<Arc<Inner>>, Path(id): Path<String>) -> Response {
    let mut sockets = inner.sockets.lock().expect("not poisoned");
    match sockets.get_mut(&id).filter(|socket| is_open(socket)) {
        Some(socket) => {
            socket.is_ended = true;
            StatusCode::NO_CONTENT.into_response()
        }
        None => gone(),
    }
}

fn is_open(socket: &Socket) -> bool {
    !socket.is_gone && !socket.is_ended
}

fn gone() -> Response {
    let kind = [("x-amzn-errortype", "GoneException")];
    (StatusCode::GONE, kind, r#"{"message":null}"#).into_response()
}
