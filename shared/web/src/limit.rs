//! How often one caller may call: a signed-in one by who it is, another by its
//! address.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method};
use kernel::Error;
use platform::rate_limit::Decision;

use crate::caller::Principal;
use crate::observe::RequestInfo;
use crate::problem::Problem;
use crate::state::Platform;

/// Paths that monitors and browsers ask for often and that cost nothing.
const FREE_PATHS: [&str; 2] = ["/api/health", "/.well-known/jwks.json"];

pub(crate) async fn limit(
    State(platform): State<Platform>,
    request: Request,
    next: Next,
) -> Response {
    let is_free = FREE_PATHS.contains(&request.uri().path()) || request.method() == Method::OPTIONS;
    if is_free {
        return next.run(request).await;
    }
    let name = caller_name(&request);
    let decision = platform
        .limiter()
        .admit(&name, platform.limit(), platform.real_now())
        .await;
    let decision = match decision {
        Ok(decision) => decision,
        // A store that cannot count must not close the doors: what follows
        // asks the store as well and says so itself.
        Err(error) => {
            tracing::warn!(error = kernel::error::chain(&error), "request not counted");
            return next.run(request).await;
        }
    };
    let mut response = if decision.admitted {
        next.run(request).await
    } else {
        Problem(Error::RateLimited {
            retry_after_s: decision.reset_s,
        })
        .into_response()
    };
    tell(response.headers_mut(), decision);
    response
}

fn caller_name(request: &Request) -> String {
    let signed_in = request
        .extensions()
        .get::<Principal>()
        .and_then(Principal::name);
    signed_in.unwrap_or_else(|| {
        let address = request
            .extensions()
            .get::<RequestInfo>()
            .map_or("unknown", |info| info.address.as_str());
        format!("address:{address}")
    })
}

fn tell(headers: &mut HeaderMap, decision: Decision) {
    headers.insert("ratelimit-limit", HeaderValue::from(decision.limit));
    headers.insert("ratelimit-remaining", HeaderValue::from(decision.remaining));
    headers.insert("ratelimit-reset", HeaderValue::from(decision.reset_s));
}
