//! Organizations over HTTP: who belongs to them, in which role, and who is
//! invited.

#![warn(missing_docs)]

mod accept;
mod access;
mod invitations;
mod organizations;
mod roles;
mod state;
mod usage;
mod users;

pub use state::App;

use axum::Router;

web::contents! {
    App,
    organizations::list,
    organizations::create,
    organizations::show,
    organizations::update,
    organizations::leave,
    usage::show,
    invitations::list,
    invitations::create,
    invitations::revoke,
    accept::accept,
    roles::list,
    roles::create,
    roles::update,
    roles::delete,
    users::list,
    users::create,
    users::show,
    users::update,
    users::delete,
}

/// The function's router with its chain.
pub fn router(app: App) -> Router {
    let platform = app.platform.clone();
    web::app::serve(routes().with_state(app), &platform)
}
