//! `Idempotency-Key` on POST: the same request twice has one effect.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use http_body_util::BodyExt;
use kernel::Error;
use platform::idempotency::{Begin, Scope, StoredAnswer};

use crate::bound::WholeBody;
use crate::caller::Principal;
use crate::observe::{RequestInfo, render};
use crate::problem::Problem;
use crate::state::Platform;

/// On a response that carries a token or a code: it is given once and not kept.
#[derive(Clone, Copy, Debug)]
pub struct CarriesSecret;

pub(crate) async fn idempotent(
    State(platform): State<Platform>,
    request: Request,
    next: Next,
) -> Response {
    let scope = match scope(&request) {
        Ok(Some(scope)) => scope,
        Ok(None) => return next.run(request).await,
        Err(error) => return Problem(error).into_response(),
    };
    let records = platform.idempotency();
    match records.begin(&scope, platform.real_now()).await {
        Ok(Begin::Fresh) => {}
        Ok(Begin::Replay(answer)) => return replay(answer),
        Ok(Begin::Running) => {
            let sentence = "a request with this Idempotency-Key is still running";
            return Problem(Error::Conflict(sentence.to_owned())).into_response();
        }
        Ok(Begin::Mismatch) => {
            let sentence = "this Idempotency-Key was used with another body";
            return Problem(Error::Unprocessable(sentence.to_owned())).into_response();
        }
        Err(error) => return Problem(error.into()).into_response(),
    }
    let info = RequestInfo::of(&request);
    let response = render(next.run(request).await, &info);
    keep(&platform, &scope, response).await
}

/// The scope of a request that asks for idempotency and may have it.
fn scope(request: &Request) -> Result<Option<Scope>, Error> {
    let header = request.headers().get("idempotency-key");
    let (Some(header), true) = (header, request.method() == Method::POST) else {
        return Ok(None);
    };
    let caller = request
        .extensions()
        .get::<Principal>()
        .and_then(Principal::name);
    let Some(caller) = caller else {
        return Ok(None);
    };
    let key = header.to_str().unwrap_or("");
    if !(1..=200).contains(&key.len()) {
        return Err(Error::field(
            "Idempotency-Key",
            "must be 1 to 200 printable characters",
        ));
    }
    let body = request.extensions().get::<WholeBody>().cloned();
    let body = body.unwrap_or_default().0;
    let route = request
        .uri()
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str);
    Ok(Some(Scope::new(&caller, route, key, &body)))
}

fn replay(answer: StoredAnswer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = HeaderValue::from_str(&answer.content_type);
    response.headers_mut().insert(
        CONTENT_TYPE,
        kind.unwrap_or_else(|_| HeaderValue::from_static("application/json")),
    );
    response
        .headers_mut()
        .insert("idempotent-replayed", HeaderValue::from_static("true"));
    response
}

async fn keep(platform: &Platform, scope: &Scope, response: Response) -> Response {
    let records = platform.idempotency();
    let carries_secret = response.extensions().get::<CarriesSecret>().is_some();
    let status = response.status();
    // A caller that was told to wait, and one that met our failure, is meant
    // to try again; what carries a secret is given once.
    let is_kept =
        !status.is_server_error() && status != StatusCode::TOO_MANY_REQUESTS && !carries_secret;
    if !is_kept {
        if let Err(error) = records.abandon(scope).await {
            tracing::warn!(error = kernel::error::chain(&error), "key not let go");
        }
        return response;
    }
    let (parts, body) = response.into_parts();
    let bytes = match body.collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(_) => return Problem(Error::internal("an answer without a body")).into_response(),
    };
    let content_type = parts
        .headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or("application/json");
    if let Ok(text) = std::str::from_utf8(&bytes) {
        let answer = StoredAnswer {
            status: parts.status.as_u16(),
            content_type: content_type.to_owned(),
            body: text.to_owned(),
        };
        let kept = records.finish(scope, answer, platform.real_now()).await;
        if let Err(error) = kept {
            tracing::warn!(error = kernel::error::chain(&error), "answer not kept");
        }
    }
    Response::from_parts(parts, Body::from(bytes))
}
