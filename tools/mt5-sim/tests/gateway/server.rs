//! The server on a socket of its own.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

async fn exchange(address: std::net::SocketAddr, head: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("connects");
    stream.write_all(head.as_bytes()).await.expect("writes");
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    // A reset is one of the ways in which a dropped connection ends.
    let _ended = tokio::time::timeout(Duration::from_secs(5), read)
        .await
        .expect("ends in time");
    answer
}

#[tokio::test]
async fn it_listens_on_a_free_port_drops_connections_on_demand_and_stops() {
    let (address, handle) = mt5_sim::serve(mt5_sim::Settings::default())
        .await
        .expect("starts");
    let get = |path: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nauth-token: sim-token\r\nconnection: close\r\n\r\n"
        )
    };
    let clock = exchange(address, &get("/sim/clock")).await;
    assert!(clock.starts_with("HTTP/1.1 200 OK"), "{clock}");
    assert!(clock.contains(r#""ahead_s":0"#), "{clock}");
    let rule = r#"{"fault":"drop"}"#;
    let post = format!(
        "POST /sim/faults HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{rule}",
        rule.len()
    );
    assert!(exchange(address, &post).await.starts_with("HTTP/1.1 201"));
    let dropped = exchange(address, &get("/users/current/accounts/x/positions")).await;
    let (_, body) = dropped.split_once("\r\n\r\n").unwrap_or_default();
    assert!(body.is_empty(), "{dropped}");
    handle.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
}
