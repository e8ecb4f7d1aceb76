//! Organizations over HTTP: who belongs to them, in which role, who is invited,
//! and who has shown who they are.

#![warn(missing_docs)]

mod accept;
mod access;
mod invitations;
mod kyc;
mod kyc_answers;
mod oidc;
mod organizations;
mod record;
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
    organizations::delete,
    organizations::leave,
    oidc::show,
    oidc::set,
    oidc::remove,
    usage::show,
    record::list,
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
    kyc::list,
    kyc::apply,
    kyc::show,
    kyc::complete,
    kyc::decide,
}

/// The function's router with its chain.
pub fn router(app: App) -> Router {
    let platform = app.platform.clone();
    web::app::serve(routes().with_state(app), &platform)
}
