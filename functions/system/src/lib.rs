//! The deployment itself: whether it lives, how its parts are, what it counts,
//! what it can do; and every path that no other function has.

mod docs;
mod health;
mod metrics;
mod state;
mod system_health;

pub use state::App;

use axum::Router;

web::contents! {
    App,
    health::health,
    system_health::system_health,
    metrics::metrics,
    docs::document,
    docs::page,
}

/// The function's router with its chain.
pub fn router(app: App) -> Router {
    let platform = app.platform.clone();
    web::app::serve(routes().with_state(app), &platform)
}
