//! The forwarder between a caller and an upstream of the test's own.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::any;
use forwarder::{BODY_BYTES_MAX, PEER_HEADER, Target, router};
use http::{HeaderMap, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

async fn listening(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

async fn forwarder_to(upstream: SocketAddr) -> SocketAddr {
    let target = Target::new(&format!("http://{upstream}"), "7bad91d6").unwrap();
    listening(router(target.with_web_socket("0b5e55ed", "ws").unwrap())).await
}

/// An upstream that answers what it saw: path, length of the body, peer.
async fn echo() -> SocketAddr {
    async fn seen(uri: Uri, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
        let peer = headers.get(PEER_HEADER).unwrap().to_str().unwrap();
        format!("{uri} {} {peer}", body.len())
    }
    listening(Router::new().fallback(any(seen))).await
}

/// Sends `request` from the local address `from`.
async fn send(from: [u8; 4], request: http::request::Builder, body: Body) -> Response<Bytes> {
    let mut connector = HttpConnector::new();
    connector.set_local_address(Some(from.into()));
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let answer = client.request(request.body(body).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn path_query_and_body_arrive_with_the_callers_own_address() {
    let forwarder = forwarder_to(echo().await).await;
    for (from, peer) in [([127, 0, 0, 1], "127.0.0.1"), ([127, 0, 0, 3], "127.0.0.3")] {
        let request = http::Request::post(format!("http://{forwarder}/api/a%20b?c=%2F"))
            .header(PEER_HEADER, "10.0.0.1");
        let answer = send(from, request, Body::from("four")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let seen = format!("/_aws/execute-api/7bad91d6/$default/api/a%20b?c=%2F 4 {peer}");
        assert_eq!(answer.body(), &seen);
    }
}

#[tokio::test]
async fn errors_of_the_functions_pass_through_untouched() {
    async fn refuse() -> impl IntoResponse {
        let headers = [(header::RETRY_AFTER, "7"), (header::CONNECTION, "close")];
        (StatusCode::TOO_MANY_REQUESTS, headers, "{\"status\":429}")
    }
    let upstream = listening(Router::new().fallback(any(refuse))).await;
    let forwarder = forwarder_to(upstream).await;
    let request = http::Request::get(format!("http://{forwarder}/api/x"));
    let answer = send([127, 0, 0, 1], request, Body::empty()).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers()[header::RETRY_AFTER], "7");
    assert!(!answer.headers().contains_key(header::CONNECTION));
    assert_eq!(answer.body(), "{\"status\":429}");
}

#[tokio::test]
async fn a_body_over_ten_megabytes_is_refused_declared_or_not() {
    let forwarder = forwarder_to(echo().await).await;
    let post = || http::Request::post(format!("http://{forwarder}/api/x"));
    let declared = Body::from(vec![0; BODY_BYTES_MAX + 1]);
    let chunk = Bytes::from(vec![0; BODY_BYTES_MAX / 2 + 1]);
    let chunks = [chunk.clone(), chunk].map(|chunk| Ok::<_, std::io::Error>(Frame::data(chunk)));
    let chunked = Body::new(StreamBody::new(futures::stream::iter(chunks)));
    for body in [declared, chunked] {
        let answer = send([127, 0, 0, 1], post(), body).await;
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(
            answer.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
    }
}

#[tokio::test]
async fn an_emulator_that_is_gone_is_a_bad_gateway() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = gone.local_addr().unwrap();
    drop(gone);
    let forwarder = forwarder_to(upstream).await;
    let request = http::Request::get(format!("http://{forwarder}/api/health"));
    let answer = send([127, 0, 0, 1], request, Body::empty()).await;
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn the_first_page_links_the_document_and_health() {
    let forwarder = forwarder_to(echo().await).await;
    let request = http::Request::get(format!("http://{forwarder}/"));
    let answer = send([127, 0, 0, 1], request, Body::empty()).await;
    let page = String::from_utf8(answer.body().to_vec()).unwrap();
    assert!(page.contains("href=\"/api/docs\"") && page.contains("href=\"/api/health\""));
    assert!(
        answer.headers()[header::CONTENT_TYPE]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
}

#[tokio::test]
async fn a_web_socket_upgrade_is_tunnelled_both_ways() {
    async fn shout(mut request: Request) -> Response<Body> {
        assert_eq!(request.uri(), "/_aws/execute-api/0b5e55ed/ws?token=t");
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let mut stream = TokioIo::new(upgrade.await.unwrap());
            let mut heard = [0; 4];
            stream.read_exact(&mut heard).await.unwrap();
            stream.write_all(&heard.to_ascii_uppercase()).await.unwrap();
        });
        Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header(header::CONNECTION, "upgrade")
            .header(header::UPGRADE, "websocket")
            .body(Body::empty())
            .unwrap()
    }
    let forwarder = forwarder_to(listening(Router::new().fallback(any(shout))).await).await;
    let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let request = http::Request::get(format!("http://{forwarder}/ws?token=t"))
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, "websocket");
    let mut answer = client
        .request(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
    let mut stream = TokioIo::new(hyper::upgrade::on(&mut answer).await.unwrap());
    stream.write_all(b"ping").await.unwrap();
    let mut said = [0; 4];
    stream.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"PING");
}
