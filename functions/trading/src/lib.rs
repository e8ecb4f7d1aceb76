//! Trading over HTTP: open trades and what is done with them, the switches, and
//! how it went.

#![warn(missing_docs)]

mod commands;
mod dashboard;
mod live;
mod on_trade;
mod performance;
mod providers;
mod state;
mod switches;
mod trades;

pub use state::App;

use axum::Router;

web::contents! {
    App,
    dashboard::stats,
    performance::show,
    providers::stats,
    live::list,
    trades::list,
    trades::show,
    on_trade::close,
    on_trade::partial_close,
    on_trade::modify,
    on_trade::trailing_stop,
    commands::list,
    switches::show,
    switches::pause,
    switches::resume,
    switches::stealth_toggle,
    switches::emergency_stop,
}

/// The function's router with its chain.
pub fn router(app: App) -> Router {
    let platform = app.platform.clone();
    web::app::serve(routes().with_state(app), &platform)
}
