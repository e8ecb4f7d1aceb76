//! An MT5 gateway for local work and tests.
//!
//! It serves the REST paths of a hosted gateway over accounts that are
//! simulated: by a scenario, by a recorded history or by a market of its own.
//! README.md describes the scenario format and the control API.

mod account;
mod actions;
mod bulk;
mod calls;
mod cancellation;
mod checks;
mod client;
mod clock;
mod closed;
mod control;
mod demo;
mod distortion;
mod equity;
mod errors;
mod faults;
mod history;
mod ledger;
mod migration;
mod observations;
pub mod oracle;
mod provisioning;
mod registry;
mod release;
mod replay;
mod report;
pub mod scenario;
mod settings;
mod symbols;
mod timeline;
mod wire;
mod world;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use crate::clock::SystemClock;
use crate::errors::GatewayError;
pub use crate::report::Report;
pub use crate::scenario::Scenario;
pub use crate::settings::{
    DEMO_LOGIN, DEMO_PASSWORD, DEMO_SERVER, DemoSettings, REPORT_LOGIN, Settings, StartError,
};
use crate::world::{BODY_BYTES_MAX, Shared, Sim};

/// How long a stopping simulator waits for calls under way.
const STOP_WAIT: Duration = Duration::from_secs(2);

/// The simulator's paths, for tests that need no socket.
///
/// # Errors
/// An account that cannot be as the settings describe it.
pub fn app(settings: Settings) -> Result<Router, StartError> {
    Ok(router(Arc::new(Sim::new(settings)?)))
}

fn router(sim: Shared) -> Router {
    gateway_routes(&sim)
        .merge(control_routes())
        .fallback(|| async { GatewayError::not_found("No such path") })
        .method_not_allowed_fallback(|| async { GatewayError::method_not_allowed() })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(sim)
}

/// What the hosted gateway serves at its two addresses.
fn gateway_routes(sim: &Shared) -> Router<Shared> {
    const ACCOUNTS: &str = "/users/current/accounts";
    let of = |rest: &str| format!("{ACCOUNTS}/{{id}}{rest}");
    Router::new()
        .route(ACCOUNTS, post(provisioning::create))
        .route(&of(""), delete(provisioning::delete))
        .route(
            &of("/account-information"),
            get(client::account_information),
        )
        .route(&of("/positions"), get(client::positions))
        .route(
            &of("/history-deals/time/{from}/{to}"),
            get(client::history_deals),
        )
        .route_layer(from_fn_with_state(Arc::clone(sim), calls::gateway))
}

/// The control API.
fn control_routes() -> Router<Shared> {
    Router::new()
        .route("/sim/clock", get(control::clock).post(control::set_clock))
        .route(
            "/sim/accounts",
            get(control::list_accounts).post(control::add_account),
        )
        .route(
            "/sim/faults",
            get(control::faults)
                .post(control::add_fault)
                .delete(control::clear_faults),
        )
        .route("/sim/faults/{id}", delete(control::remove_fault))
        .route(
            "/sim/calls",
            get(control::calls).delete(control::clear_calls),
        )
        .merge(account_controls())
}

/// The control API of one account.
fn account_controls() -> Router<Shared> {
    use control::accounts;
    let of = |rest: &str| format!("/sim/accounts/{{login}}{rest}");
    Router::new()
        .route(&of(""), get(control::account))
        .route(&of("/steps"), post(control::add_steps))
        .route(&of("/password"), post(control::set_password))
        .route(&of("/closed"), post(accounts::add_closed))
        .route(
            &of("/history"),
            get(accounts::history).post(accounts::set_history),
        )
        .route(&of("/release"), post(accounts::release))
        .route(&of("/hide"), post(accounts::hide))
        .route(
            &of("/distortions"),
            get(accounts::distortions)
                .post(accounts::add_distortion)
                .delete(accounts::clear_distortions),
        )
        .route(&of("/migrate"), post(accounts::migrate))
        .route(&of("/ledger"), get(control::ledger::ledger))
        .route(&of("/oracle"), post(control::oracle::judge))
        .route(
            &of("/observations"),
            delete(control::ledger::clear_observations),
        )
}

/// A running simulator. Dropping it lets the simulator run on.
pub struct Handle {
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Handle {
    /// Stops the simulator; calls under way have two seconds to end.
    pub async fn stop(self) {
        let Self { stop, mut server } = self;
        // An error means that the server has ended already.
        let _ended = stop.send(());
        if tokio::time::timeout(STOP_WAIT, &mut server).await.is_err() {
            server.abort();
        }
    }
}

/// Starts the simulator and returns where it listens.
///
/// # Errors
/// An account that cannot be as described, or an address that is taken.
pub async fn serve(settings: Settings) -> Result<(SocketAddr, Handle), StartError> {
    let address = settings.address;
    let listen = |source| StartError::Listen { address, source };
    let router = app(settings)?;
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let bound = listener.local_addr().map_err(listen)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let listener = listener.tap_io(|stream| {
            // Without it small answers wait for Nagle's algorithm; with it
            // missing they only come later.
            let _set = stream.set_nodelay(true);
        });
        let ended = axum::serve(listener, router)
            .with_graceful_shutdown(async {
                // Only a stop ends the server, not a handle that was dropped.
                if stopped.await.is_err() {
                    std::future::pending::<()>().await;
                }
            })
            .await;
        if let Err(error) = ended {
            tracing::error!(error = %error, "the simulator ended");
        }
    });
    Ok((bound, Handle { stop, server }))
}
