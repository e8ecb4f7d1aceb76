//! The shops' webhooks, by the Standard Webhooks specification 1.0.0
//! (<https://github.com/standard-webhooks/standard-webhooks>): how a message
//! is signed, where it may go, how it is posted and when it is tried again.

mod schedule;
mod sender;
mod signature;

pub use platform::outside_url::validate_url;
pub use schedule::{ATTEMPTS_MAX, wait};
pub use sender::{Answer, Post, Sender};
pub use signature::{BadSecret, generate_secret, sign};

use platform::config::Env;

/// Hosts that webhooks may reach although they are not public.
#[must_use]
pub fn allowed_hosts(env: &Env) -> Vec<String> {
    platform::outside_url::allowed_hosts(env, "WEBHOOK_ALLOWED_HOSTS")
}
