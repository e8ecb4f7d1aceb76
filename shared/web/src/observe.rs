//! The outermost layer: a request's id and address, its one line in the log,
//! the body of every error, and the headers that every answer has.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue};
use kernel::id::RequestId;
use lambda_http::request::RequestContext;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Instant;

use crate::problem::{Failure, is_problem, of_bare_status, write_body};
use crate::state::Platform;

/// The request's id on every answer.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The peer, as the local forwarder passes it on; the local stage alone
/// believes it.
const LOCAL_PEER: &str = "x-tradebridge-peer";

/// Below it a path names a secret: an invitation by its token.
const INVITATIONS: &str = "/api/organizations/invitations/";

/// What is known of a request before anything is asked of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestInfo {
    /// In every log line, queue message and connection log of this request.
    pub(crate) id: String,
    /// The caller's address, as the trusted hop saw it.
    pub(crate) address: String,
    /// The path, without the query and without a token in it.
    pub(crate) path: String,
}

impl RequestInfo {
    /// Of a request that has passed the outermost layer.
    pub(crate) fn of(request: &Request) -> Self {
        request.extensions().get().cloned().unwrap_or(Self {
            id: String::new(),
            address: "unknown".to_owned(),
            path: request.uri().path().to_owned(),
        })
    }
}

pub(crate) async fn observe(
    State(platform): State<Platform>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    platform.clock().refresh().await;
    let info = RequestInfo {
        id: RequestId::generate(platform.real_now()).to_string(),
        address: address(&request, platform.is_local()),
        path: loggable(request.uri().path()),
    };
    let method = request.method().clone();
    let accepts_html = request.uri().path() == "/api/docs";
    request.extensions_mut().insert(info.clone());
    let mut response = render(next.run(request).await, &info);
    finish_headers(response.headers_mut(), &info, accepts_html);
    tracing::info!(
        request_id = info.id,
        method = method.as_str(),
        path = info.path,
        status = response.status().as_u16(),
        latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "{method} {} {}",
        info.path,
        response.status().as_u16(),
    );
    response
}

/// The trusted hop's word for the peer: API Gateway's, or on the local stage
/// the forwarder's. Never a header that a caller can set.
fn address(request: &Request, is_local: bool) -> String {
    let peer = request.headers().get(LOCAL_PEER).filter(|_| is_local);
    let peer = peer.and_then(|peer| peer.to_str().ok());
    let source = match request.extensions().get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
        _ => None,
    };
    peer.or(source)
        .map_or_else(|| "unknown".to_owned(), network)
}

/// A path without the token that it may carry.
fn loggable(path: &str) -> String {
    match path.strip_prefix(INVITATIONS) {
        Some(rest) => match rest.split_once('/') {
            Some((_, last)) => format!("{INVITATIONS}…/{last}"),
            None => format!("{INVITATIONS}…"),
        },
        None => path.to_owned(),
    }
}

/// An address as limits know it: of IPv6 the /64 network, since one caller
/// has all of it.
fn network(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(v6)) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.to_string(),
            None => {
                let [a, b, c, d, ..] = v6.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
            }
        },
        Ok(IpAddr::V4(v4)) => v4.to_string(),
        Err(_) => "unknown".to_owned(),
    }
}

/// Gives an error its body, and logs what only we may know of it.
pub(crate) fn render(mut response: Response, info: &RequestInfo) -> Response {
    let failure = response.extensions_mut().remove::<Failure>();
    let error = match failure {
        Some(Failure(error)) => error,
        None if is_problem(&response) => return response,
        None => match of_bare_status(response.status()) {
            Some(error) => std::sync::Arc::new(error),
            None => return response,
        },
    };
    if error.is_fault() {
        tracing::error!(
            request_id = info.id,
            path = info.path,
            error = kernel::error::chain(error.as_ref()),
            "request failed"
        );
    }
    // axum's own refusals of a method and of a body; a handler's 415 stays.
    let is_ours = matches!(*error, kernel::Error::UnsupportedMedia(_));
    if !is_ours && matches!(response.status().as_u16(), 405 | 415) {
        *response.status_mut() = match response.status().as_u16() {
            405 => http::StatusCode::NOT_FOUND,
            _ => http::StatusCode::BAD_REQUEST,
        };
    }
    let (kind, bytes) = write_body(&error, &info.path, &info.id);
    response.headers_mut().remove(CONTENT_LENGTH);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    *response.body_mut() = Body::from(bytes);
    response
}

fn finish_headers(headers: &mut HeaderMap, info: &RequestInfo, is_page: bool) {
    let fixed = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (
            STRICT_TRANSPORT_SECURITY,
            "max-age=63072000; includeSubDomains",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !is_page {
        headers.insert(
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        );
    }
    // What is public says so itself.
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(id) = HeaderValue::from_str(&info.id) {
        headers.insert(REQUEST_ID, id);
    }
}
