//! The page at `/`.

use axum::response::{Html, IntoResponse};
use http::{HeaderName, header};

const PAGE: &str = include_str!("page.html");

/// Tells where to begin.
pub(crate) async fn index() -> impl IntoResponse {
    let headers: [(HeaderName, &str); 4] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Html(PAGE))
}
