//! The MT5 gateway: a client of MetaApi's REST protocol, hosted or self-hosted.
//!
//! Every call has a time limit, bounded retries with jitter, and asks a circuit
//! breaker that all instances share.

mod answers;
mod client;
mod errors;

pub use answers::{AccountInformation, DealsPage, Registration};
pub(crate) use client::DEALS_PAGE;
pub use client::{Credentials, Mt5Gateway, Mt5Settings};
pub use errors::GatewayError;
