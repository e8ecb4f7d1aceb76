//! People through the router: registering, signing in, refreshing, and the end
//! of sessions.

mod desk;
mod links;
mod moving;
mod profile;
mod refreshing;
mod registering;
mod resetting;
mod sessions;
mod signing_in;
mod support;
mod telling;
mod timing;
mod tokens;
mod watching;
