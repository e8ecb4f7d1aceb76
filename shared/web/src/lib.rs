//! HTTP as every function of Tradebridge speaks it.
//!
//! [`app::serve`] puts the chain around a function's router: observe, bound the
//! body, authenticate, limit, make idempotent, handle. Handlers take what they
//! need as extractors: [`caller`] says who may call, [`extract`] what was sent.
//! [`problem`] is the one place that maps errors to statuses.

pub mod app;
pub mod audit;
pub mod caller;
pub mod contents;
pub mod extract;
pub mod fields;
pub mod hmac;
pub mod limit;
pub mod openapi;
pub mod page;
pub mod problem;
pub mod state;
pub mod tier;

mod authenticate;
mod bound;
mod cors;
mod idempotent;
mod observe;

pub use idempotent::CarriesSecret;
pub use problem::{Problem, Result};
pub use state::Platform;
