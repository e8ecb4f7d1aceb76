//! `forwarder`: serves the local stack at one address.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::serve::ListenerExt as _;
use clap::Parser;
use forwarder::{Target, router};
use tokio::net::TcpListener;

/// Serves the emulator's APIs at one address, on their public paths.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Port to listen on, on this machine's own addresses only.
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Address of the emulator.
    #[arg(long, default_value = "http://127.0.0.1:4566")]
    emulator: String,
    /// Id of the HTTP API.
    #[arg(long)]
    api: String,
    /// Id of the WebSocket API, served at `/ws`.
    #[arg(long)]
    ws_api: Option<String>,
    /// Stage of the WebSocket API.
    #[arg(long, default_value = "ws")]
    ws_stage: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let mut target = Target::new(&arguments.emulator, &arguments.api)?;
    if let Some(api) = &arguments.ws_api {
        target = target.with_web_socket(api, &arguments.ws_stage)?;
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port)).await?;
    // `localhost` is ::1 first to many clients, but not every machine has IPv6.
    if let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST, arguments.port)).await {
        tokio::spawn(serve(listener, target.clone()));
    }
    tokio::select! {
        served = serve(listener, target) => Ok(served?),
        stopped = stop_signal() => Ok(stopped?),
    }
}

async fn serve(listener: TcpListener, target: Target) -> std::io::Result<()> {
    // An answer in two segments would otherwise wait 40 ms for the caller's ACK.
    let listener = listener.tap_io(|stream| {
        let _best_effort = stream.set_nodelay(true);
    });
    let service = router(target).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await
}

async fn stop_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
