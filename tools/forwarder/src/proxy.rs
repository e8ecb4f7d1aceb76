//! Forwarding of plain requests.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use axum::routing::{any, get};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::problem::problem;
use crate::target::Target;
use crate::{page, tunnel, upload};

/// Names the caller's address to the functions. Whatever a caller sends under
/// this name is overwritten; only the local stage believes the header.
pub const PEER_HEADER: HeaderName = HeaderName::from_static("x-tradebridge-peer");

/// Longest wait for an answer's head: API Gateway's 30 s and some slack, so
/// that the emulator's own answer wins.
pub const RESPONSE_WAIT_MAX: Duration = Duration::from_secs(35);

const IDLE_CONNECTIONS_MAX: usize = 256;
const IDLE_CONNECTION_AGE_MAX: Duration = Duration::from_secs(30);

/// Headers that belong to one connection and are never forwarded (RFC 9110,
/// section 7.6.1).
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// What handlers share.
#[derive(Debug, Clone)]
pub(crate) struct Forwarder {
    pub(crate) target: Target,
    pub(crate) client: Client<HttpConnector, Body>,
}

/// The router; serve it with connect info, since it needs callers' addresses.
pub fn router(target: Target) -> Router {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(Duration::from_secs(2)));
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_CONNECTION_AGE_MAX)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
        .build(connector);
    Router::new()
        .route("/", get(page::index))
        .route("/ws", any(tunnel::open))
        .fallback(forward)
        .with_state(Forwarder { target, client })
}

/// Forwards one request to the HTTP API and its answer back.
pub(crate) async fn forward(
    State(forwarder): State<Forwarder>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let uri = match forwarder.target.http(request.uri()) {
        Ok(uri) => uri,
        Err(error) => return problem(StatusCode::URI_TOO_LONG, &error.to_string()),
    };
    let (mut parts, body) = request.into_parts();
    parts.uri = uri;
    drop_hop_by_hop(&mut parts.headers);
    set_peer(&mut parts.headers, peer);
    let body = match upload::read(body).await {
        Ok(body) => Body::from(body),
        Err(refusal) => return refusal,
    };
    let sent = forwarder.client.request(Request::from_parts(parts, body));
    match tokio::time::timeout(RESPONSE_WAIT_MAX, sent).await {
        Ok(Ok(mut answer)) => {
            drop_hop_by_hop(answer.headers_mut());
            answer.map(Body::new)
        }
        Ok(Err(_)) => problem(StatusCode::BAD_GATEWAY, "The emulator does not answer."),
        Err(_) => problem(
            StatusCode::GATEWAY_TIMEOUT,
            "The emulator took too long to answer.",
        ),
    }
}

/// Writes the caller's address into the header that the local stage believes.
pub(crate) fn set_peer(headers: &mut HeaderMap, peer: SocketAddr) {
    let address = peer.ip().to_canonical().to_string();
    let value = HeaderValue::try_from(address).expect("an address is plain ASCII");
    headers.insert(PEER_HEADER, value);
}

/// Removes what belongs to one connection, and what `Connection` names.
fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.into_iter().chain(named) {
        headers.remove(name);
    }
}
