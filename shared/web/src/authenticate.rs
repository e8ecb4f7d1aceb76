//! Finds out who is calling: a shop by its signature, a person or a terminal
//! by a token.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use kernel::Error;
use platform::devices::is_device_token;
use platform::once::use_once;
use platform::shops::ShopKey;

use crate::bound::WholeBody;
use crate::caller::{Principal, ShopCaller};
use crate::hmac::{SignatureHeaders, TIMESTAMP_TOLERANCE_S};
use crate::problem::Problem;
use crate::state::Platform;

pub(crate) async fn authenticate(
    State(platform): State<Platform>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let principal = match find_principal(&platform, &parts).await {
        Ok(principal) => principal,
        // A route for everybody serves a client that still sends its old
        // token; every other one asks for a caller and finds none.
        Err(Error::Unauthenticated) => Principal::Anonymous,
        Err(error) => return Problem(error).into_response(),
    };
    parts.extensions.insert(principal);
    next.run(Request::from_parts(parts, body)).await
}

async fn find_principal(platform: &Platform, request: &Parts) -> Result<Principal, Error> {
    if let Some(headers) = SignatureHeaders::read(&request.headers)? {
        return shop(platform, &headers, request).await.map(Principal::Shop);
    }
    match bearer(&request.headers) {
        Some(token) if is_device_token(token) => {
            let device = platform.devices().find(token).await?;
            let device = device.ok_or(Error::Unauthenticated)?;
            Ok(Principal::Terminal(Box::new(device)))
        }
        Some(token) => {
            let now = platform.real_now();
            let claims = platform.verifier().verify(token, now).await?;
            platform.restrictions().refresh().await?;
            if platform.restrictions().refuses(&claims, now) {
                return Err(Error::Unauthenticated);
            }
            Ok(Principal::Person(Box::new(claims)))
        }
        None => Ok(Principal::Anonymous),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// Checks a signature. Whatever is wrong, the answer is the same.
async fn shop(
    platform: &Platform,
    headers: &SignatureHeaders,
    request: &Parts,
) -> Result<ShopCaller, Error> {
    let now = platform.real_now();
    let body = request.extensions.get::<WholeBody>().cloned();
    let body = body.unwrap_or_default().0;
    let method = request.method.as_str();
    let path_and_query = request
        .uri
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str);
    let key = candidates(platform, headers)
        .await?
        .into_iter()
        .find(|key| headers.is_by(&key.secret, method, path_and_query, &body))
        .filter(|_| headers.is_fresh(now))
        .ok_or(Error::Unauthenticated)?;
    // The nonce is stored after the signature is known to be good, so that
    // nobody else can use a shop's nonces up; it outlives the window.
    let expires = now + TimeDelta::seconds(2 * TIMESTAMP_TOLERANCE_S + 60);
    let scope = format!("NONCE#{}", key.shop);
    let first = use_once(platform.table(), &scope, &headers.nonce, now, expires).await?;
    if !first {
        return Err(Error::Unauthenticated);
    }
    Ok(ShopCaller {
        shop: key.shop,
        key_id: key.key_id,
    })
}

async fn candidates(
    platform: &Platform,
    headers: &SignatureHeaders,
) -> Result<Vec<ShopKey>, Error> {
    let Some(keys) = platform.shop_keys() else {
        return Ok(Vec::new());
    };
    match (&headers.key_id, platform.default_shop()) {
        (Some(key_id), _) if is_key_id(key_id) => {
            Ok(keys.find(key_id).await?.into_iter().collect())
        }
        (None, Some(shop)) => keys.of_shop(shop).await,
        _ => Ok(Vec::new()),
    }
}

fn is_key_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
