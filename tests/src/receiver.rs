//! A shop's server that takes webhooks.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;

/// A message as it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`.
    pub timestamp: String,
    /// `webhook-signature`.
    pub signature: String,
    /// The body, as it was sent.
    pub text: String,
    /// The body, read.
    pub body: Value,
}

/// The server, on a port of its own.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// Where to post to.
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    /// Starts it.
    ///
    /// # Panics
    /// Where no port is free.
    pub async fn start() -> Self {
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let router = Router::new()
            .route("/hook", post(take))
            .with_state(Arc::clone(&received));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            url: format!("http://{address}/hook"),
            received,
        }
    }

    /// What has come so far, in the order of arrival.
    ///
    /// # Panics
    /// Where the server has died.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("the server lives").clone()
    }
}

async fn take(
    State(received): State<Arc<Mutex<Vec<Received>>>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let message = Received {
        id: text("webhook-id"),
        timestamp: text("webhook-timestamp"),
        signature: text("webhook-signature"),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        text: String::from_utf8_lossy(&body).into_owned(),
    };
    if let Ok(mut received) = received.lock() {
        received.push(message);
    }
    StatusCode::NO_CONTENT
}
