//! CORS from an allow list. Greedy routes bring the preflight to the function.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// Seconds that a browser may remember a preflight.
const PREFLIGHT_AGE_S: u64 = 600;

pub(crate) fn layer(origins: &[String]) -> CorsLayer {
    let allowed: Vec<HeaderValue> = origins
        .iter()
        .filter_map(|origin| HeaderValue::from_str(origin).ok())
        .collect();
    let header = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(allowed))
        .allow_credentials(true)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers([
            header("authorization"),
            header("content-type"),
            header("idempotency-key"),
            header("if-match"),
        ])
        .expose_headers([
            header("x-request-id"),
            header("etag"),
            header("retry-after"),
            header("ratelimit-remaining"),
        ])
        .max_age(Duration::from_secs(PREFLIGHT_AGE_S))
}
