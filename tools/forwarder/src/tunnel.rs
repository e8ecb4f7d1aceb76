//! WebSockets at `/ws`: the upgrade passes through, then bytes both ways.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::{StatusCode, header};
use hyper_util::rt::TokioIo;

use crate::problem::problem;
use crate::proxy::{Forwarder, RESPONSE_WAIT_MAX, forward, set_peer};

/// Opens a tunnel to the WebSocket API. Requests that ask for no upgrade, and
/// all of them where the stack has no such API, go to the HTTP API.
pub(crate) async fn open(
    state: State<Forwarder>,
    peer: ConnectInfo<SocketAddr>,
    mut request: Request,
) -> Response {
    let uri = match state.target.web_socket(request.uri()) {
        Ok(Some(uri)) if request.headers().contains_key(header::UPGRADE) => uri,
        Ok(_) => return forward(state, peer, request).await,
        Err(error) => return problem(StatusCode::URI_TOO_LONG, &error.to_string()),
    };
    let caller = hyper::upgrade::on(&mut request);
    let (mut parts, _) = request.into_parts();
    parts.uri = uri;
    set_peer(&mut parts.headers, peer.0);
    let sent = state
        .client
        .request(Request::from_parts(parts, Body::empty()));
    let Ok(Ok(mut answer)) = tokio::time::timeout(RESPONSE_WAIT_MAX, sent).await else {
        return problem(StatusCode::BAD_GATEWAY, "The emulator does not answer.");
    };
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        let emulator = hyper::upgrade::on(&mut answer);
        tokio::spawn(copy_both_ways(caller, emulator));
    }
    answer.map(Body::new)
}

/// Copies until either side ends. An error is an end like another: both sides
/// then see their connection closed, and there is nobody else to tell.
async fn copy_both_ways(caller: hyper::upgrade::OnUpgrade, emulator: hyper::upgrade::OnUpgrade) {
    if let (Ok(caller), Ok(emulator)) = tokio::join!(caller, emulator) {
        let (mut caller, mut emulator) = (TokioIo::new(caller), TokioIo::new(emulator));
        let _ended = tokio::io::copy_bidirectional(&mut caller, &mut emulator).await;
    }
}
