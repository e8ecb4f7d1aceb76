//! Who people are: tokens for WordPress users, and the keys to check them by.

mod exchange;
mod jwks;
mod state;

pub use state::App;

use axum::Router;

web::contents! {
    App,
    exchange::exchange,
    jwks::keys,
}

/// The function's router with its chain.
pub fn router(app: App) -> Router {
    let platform = app.platform.clone();
    web::app::serve(routes().with_state(app), &platform)
}
