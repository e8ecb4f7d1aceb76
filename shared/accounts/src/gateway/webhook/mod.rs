//! The shops' webhooks, by the Standard Webhooks specification 1.0.0
//! (<https://github.com/standard-webhooks/standard-webhooks>): how a message
//! is signed, where it may go, how it is posted and when it is tried again.

mod address;
mod schedule;
mod sender;
mod signature;

pub use address::{allowed_hosts, validate_url};
pub use schedule::{ATTEMPTS_MAX, wait};
pub use sender::{Answer, Post, Sender};
pub use signature::{BadSecret, generate_secret, sign};
