//! What those who run the platform do: find people, shut them out, help them
//! back in, look into the record, and lift blocks of addresses. All of it is
//! recorded, what is only read too.

#![warn(missing_docs)]

mod blocked_ips;
mod change;
mod record;
mod second_factor;
mod state;
mod user_change;
mod users;

pub use state::App;

use axum::Router;

web::contents! {
    App,
    users::list,
    users::show,
    user_change::update,
    second_factor::reset,
    record::list,
    blocked_ips::list,
    blocked_ips::lift,
}

/// The function's router with its chain.
pub fn router(app: App) -> Router {
    let platform = app.platform.clone();
    web::app::serve(routes().with_state(app), &platform)
}
