//! What is done with accounts: one file a use.
//!
//! - [`connect`], [`disconnect`], [`reconnect`]: the life of a connection.
//! - [`sync`]: one step of an account's sync chain, and its revival.
//! - [`judge`]: inputs to verdicts.
//! - [`reset`]: what is due by time alone.
//! - [`administer`]: what a shop may do to a challenge.
//! - [`import`]: histories out of files.
//! - [`backtest`]: a plan over an account's recorded history.
//! - [`summary`]: the figures people read.
//! - [`deliver`]: messages to the shops.
//! - [`watchers`]: what people who watch an account are told at once.
//! - [`events`], [`messages`]: what is told to shops and between functions.

pub mod administer;
pub mod backtest;
pub mod connect;
pub mod deliver;
pub mod disconnect;
pub mod events;
pub mod import;
pub mod judge;
pub mod messages;
pub mod reconnect;
pub mod reset;
pub mod summary;
pub mod sync;
pub mod watchers;

mod registration;
