//! How often one caller may call, and who is not served at all.
//!
//! Two layers. Before anybody is authenticated, [`at_the_door`] counts sign-ins
//! by address, each of them, and requests without credentials by address in
//! shares; it turns away addresses that are shut out, on sign-in routes by the
//! block itself and elsewhere by the copy of what is restricted. After that,
//! [`by_caller`] counts each user, key or device. A request whose credentials
//! turn out not to be good counts for its address, as one without.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method};
use kernel::Error;
use platform::rate_limit::Decision;

use crate::caller::Principal;
use crate::hmac::SIGNATURE_HEADER;
use crate::observe::RequestInfo;
use crate::problem::Problem;
use crate::state::Platform;

/// Paths that monitors and browsers ask for often and that cost nothing.
const FREE_PATHS: [&str; 2] = ["/api/health", "/.well-known/jwks.json"];

/// Paths on which somebody says who they are: all that starts so. Refresh is
/// not among them, since every open page asks for it.
pub const SIGN_IN_PATHS: [&str; 10] = [
    "/api/auth/login",
    "/api/auth/oidc/",
    "/api/auth/register",
    "/api/auth/saml/",
    "/api/firebridge/devices/pair",
    "/api/v1/auth/login",
    "/api/v1/auth/passkeys/login/",
    "/api/v1/auth/password/reset",
    "/api/v1/auth/register",
    "/api/v1/auth/verify-email",
];

/// Paths that nothing of ours has and that scanners ask for: all that starts
/// so.
const BAIT_PATHS: [&str; 12] = [
    "/.aws/",
    "/.env",
    "/.git/",
    "/.ssh/",
    "/admin.php",
    "/cgi-bin/",
    "/config.php",
    "/phpmyadmin",
    "/vendor/phpunit",
    "/wp-admin",
    "/wp-login.php",
    "/xmlrpc.php",
];

/// Scanners that say so themselves, in lower case.
const BLOCKED_AGENTS: [&str; 8] = [
    "acunetix",
    "dirbuster",
    "gobuster",
    "masscan",
    "nikto",
    "nuclei",
    "sqlmap",
    "zgrab",
];

/// Whether a path is one on which somebody signs in.
#[must_use]
pub fn is_sign_in(path: &str) -> bool {
    SIGN_IN_PATHS.iter().any(|start| path.starts_with(start))
}

pub(crate) async fn at_the_door(
    State(platform): State<Platform>,
    request: Request,
    next: Next,
) -> Response {
    if is_free(&request) {
        return next.run(request).await;
    }
    if is_blocked_agent(request.headers()) {
        return Problem(Error::Forbidden("this client is not served")).into_response();
    }
    let address = RequestInfo::of(&request).address;
    if is_sign_in(request.uri().path()) {
        return match sign_in(&platform, &address).await {
            Ok(decision) => decide(decision, request, next).await,
            Err(error) => Problem(error).into_response(),
        };
    }
    if has_credentials(request.headers()) {
        return next.run(request).await;
    }
    as_address(&platform, &address, request, next).await
}

/// Counts a sign-in of an address, and asks whether it is shut out. Where
/// nobody can tell, nobody may guess.
async fn sign_in(platform: &Platform, address: &str) -> Result<Decision, Error> {
    let name = format!("signin:{address}");
    let limit = platform.sign_in_limit();
    let now = platform.real_now();
    let decision = platform.limiter().admit(&name, limit, now).await?;
    if decision.admitted {
        platform.doorkeeper().admit(address, now).await?;
    }
    Ok(decision)
}

pub(crate) async fn by_caller(
    State(platform): State<Platform>,
    request: Request,
    next: Next,
) -> Response {
    if is_free(&request) {
        return next.run(request).await;
    }
    let caller = request
        .extensions()
        .get::<Principal>()
        .and_then(Principal::name);
    let Some(caller) = caller else {
        let address = RequestInfo::of(&request).address;
        if is_bait(request.uri().path()) {
            take_bait(&platform, &address).await;
        }
        let is_counted = !has_credentials(request.headers()) || is_sign_in(request.uri().path());
        return if is_counted {
            next.run(request).await
        } else {
            as_address(&platform, &address, request, next).await
        };
    };
    match count(&platform, &caller).await {
        Some(decision) => decide(decision, request, next).await,
        None => next.run(request).await,
    }
}

/// Serves somebody who is known by their address alone, where it is not shut
/// out.
async fn as_address(platform: &Platform, address: &str, request: Request, next: Next) -> Response {
    if let Err(error) = platform.restrictions().refresh().await {
        // What follows asks the store as well and says so itself.
        tracing::warn!(
            error = kernel::error::chain(&error),
            "restrictions not read"
        );
    }
    let now = platform.real_now();
    if let Some(retry_after_s) = platform.restrictions().shuts_out(address, now) {
        return Problem(Error::RateLimited { retry_after_s }).into_response();
    }
    match count(platform, &format!("address:{address}")).await {
        Some(decision) => decide(decision, request, next).await,
        None => next.run(request).await,
    }
}

fn is_free(request: &Request) -> bool {
    FREE_PATHS.contains(&request.uri().path()) || request.method() == Method::OPTIONS
}

fn has_credentials(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION) || headers.contains_key(SIGNATURE_HEADER)
}

fn is_bait(path: &str) -> bool {
    BAIT_PATHS.iter().any(|start| path.starts_with(start))
}

fn is_blocked_agent(headers: &HeaderMap) -> bool {
    let agent = headers
        .get(USER_AGENT)
        .and_then(|agent| agent.to_str().ok());
    let Some(agent) = agent.map(str::to_ascii_lowercase) else {
        return false;
    };
    BLOCKED_AGENTS.iter().any(|blocked| agent.contains(blocked))
}

async fn take_bait(platform: &Platform, address: &str) {
    let now = platform.real_now();
    if let Err(error) = platform.doorkeeper().took_bait(address, now).await {
        tracing::warn!(error = kernel::error::chain(&error), "bait not counted");
    }
}

/// Counts a request. A store that cannot count must not close the doors:
/// `None`, and what follows asks the store as well and says so itself.
async fn count(platform: &Platform, name: &str) -> Option<Decision> {
    let now = platform.real_now();
    match platform.limiter().admit(name, platform.limit(), now).await {
        Ok(decision) => Some(decision),
        Err(error) => {
            tracing::warn!(error = kernel::error::chain(&error), "request not counted");
            None
        }
    }
}

async fn decide(decision: Decision, request: Request, next: Next) -> Response {
    if !decision.admitted {
        return refuse(decision);
    }
    let mut response = next.run(request).await;
    tell(response.headers_mut(), decision);
    response
}

fn refuse(decision: Decision) -> Response {
    let mut response = Problem(Error::RateLimited {
        retry_after_s: decision.reset_s,
    })
    .into_response();
    tell(response.headers_mut(), decision);
    response
}

fn tell(headers: &mut HeaderMap, decision: Decision) {
    headers.insert("ratelimit-limit", HeaderValue::from(decision.limit));
    headers.insert("ratelimit-remaining", HeaderValue::from(decision.remaining));
    headers.insert("ratelimit-reset", HeaderValue::from(decision.reset_s));
}
