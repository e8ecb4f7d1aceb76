//! Funded accounts: connected, synced, judged by their plan's rules, and shown.
//!
//! - [`domain`]: plans, deals, the ledger and the rules; pure.
//! - [`model`]: the records of an account's life, as values.
//! - [`store`]: how they are kept in DynamoDB, one file per aggregate.
//! - [`gateway`]: the MT5 gateway, and the shops' webhooks.
//! - [`app`]: what is done with all of these, one file per use.

pub mod app;
pub mod domain;
pub mod gateway;
pub mod model;
pub mod store;
