//! People through the router: registering, signing in, refreshing, and the end
//! of sessions.

mod desk;
mod links;
mod profile;
mod refreshing;
mod registering;
mod resetting;
mod sessions;
mod signing_in;
mod support;
mod timing;
mod tokens;
mod watching;
