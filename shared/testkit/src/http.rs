//! Requests to a router without a socket, and what came back.

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON; `Null` where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header as text; empty where it is absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The body as JSON, of an answer that must have this status.
    ///
    /// # Panics
    /// Where it has another.
    #[must_use]
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self.json()
    }

    /// A JSON figure, digit for digit.
    #[must_use]
    pub fn figure(&self, pointer: &str) -> String {
        self.json()
            .pointer(pointer)
            .map(Value::to_string)
            .unwrap_or_default()
    }
}

/// Sends a request through a router.
///
/// # Panics
/// Where the answer's body cannot be read.
pub async fn send(router: &Router, request: Request<Body>) -> Answer {
    let answer = router.clone().oneshot(request).await;
    let (parts, body) = match answer {
        Ok(answer) => answer.into_parts(),
        Err(never) => match never {},
    };
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: body.collect().await.expect("a body").to_bytes(),
    }
}

/// A request without a caller.
///
/// # Panics
/// Where the path is none.
#[must_use]
pub fn request(method: &Method, path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(body.into())
        .expect("a request")
}

/// A request with a bearer token.
///
/// # Panics
/// Where the path is none, or the token no header.
#[must_use]
pub fn bearer(token: &str, method: &Method, path: &str, body: impl Into<Body>) -> Request<Body> {
    let mut request = request(method, path, body);
    let value = format!("Bearer {token}").parse().expect("a header");
    request.headers_mut().insert("authorization", value);
    request
}

/// The request of an API Gateway event, as Lambda brings it.
///
/// # Panics
/// Where the text is no such event.
#[must_use]
pub fn from_event(event: &str) -> Request<Body> {
    let request = lambda_http::request::from_str(event).expect("an event of API Gateway");
    request.map(|body| Body::from(body.to_vec()))
}
