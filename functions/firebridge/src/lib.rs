//! Firebridge over HTTP: desktop terminals are paired, report what they see and
//! do, and are told what to do.

#![warn(missing_docs)]

mod devices;
mod error_alert;
mod fields;
mod follow;
mod force_sync;
mod heartbeat;
mod pair;
mod pull_strategy;
mod push_trade_result;
mod standing;
mod state;
mod sync_user;

pub use state::App;

use axum::Router;

web::contents! {
    App,
    devices::list,
    devices::create,
    devices::revoke,
    pair::pair,
    heartbeat::heartbeat,
    sync_user::sync_user,
    push_trade_result::push,
    pull_strategy::pull,
    error_alert::report,
    error_alert::list,
    force_sync::force_sync,
}

/// The function's router with its chain.
pub fn router(app: App) -> Router {
    let platform = app.platform.clone();
    web::app::serve(routes().with_state(app), &platform)
}
