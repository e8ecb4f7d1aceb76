//! Who people are: registering, signing in, sessions and their tokens, and the
//! keys to check these by.

mod address;
mod cookie;
mod desk;
mod exchange;
mod fields;
mod guard;
mod jwks;
mod links;
mod login;
mod oidc;
mod passkeys;
mod password;
mod profile;
mod register;
mod saml;
mod second_factor;
mod sessions;
mod state;
mod tokens;
mod watch;

pub use state::App;

use axum::Router;

web::contents! {
    App,
    exchange::exchange,
    jwks::keys,
    register::register,
    register::verify_email,
    login::login,
    login::refresh,
    login::logout,
    password::reset,
    password::change,
    profile::show,
    profile::update,
    address::change,
    passkeys::start_registration,
    passkeys::finish_registration,
    passkeys::start_sign_in,
    passkeys::finish_sign_in,
    passkeys::list,
    passkeys::remove,
    second_factor::setup,
    second_factor::verify,
    second_factor::disable,
    second_factor::renew_backup_codes,
    sessions::list,
    sessions::end,
    sessions::end_others,
    links::create,
    desk::register,
    desk::login,
    desk::logout,
    desk::me,
    desk::switch_organization,
    oidc::login,
    oidc::callback,
    oidc::link,
    oidc::unlink,
    saml::metadata,
    saml::login,
    saml::acs,
}

/// The function's router with its chain.
pub fn router(app: App) -> Router {
    let platform = app.platform.clone();
    web::app::serve(routes().with_state(app), &platform)
}
