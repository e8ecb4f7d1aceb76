//! The provider over HTTP. Its addresses come from an organization, so none of
//! them is called that is not public, no redirect is followed, and every answer
//! is bounded in bytes and time.

mod client;
mod error;
mod fetch;
mod providers;

pub use client::{Client, Tokens};
pub use error::ProviderError;
pub use providers::Providers;

use platform::config::Env;

/// Hosts of providers that may be reached although they are not public, and
/// without TLS: a setting of the local stage; nothing on any other.
#[must_use]
pub fn allowed_hosts(env: &Env) -> Vec<String> {
    platform::outside_url::allowed_hosts(env, "OIDC_ALLOWED_HOSTS")
}
