//! Trading: a person's terminals, what they are told to do, and what became of
//! their trades.
//!
//! [`domain`] has the rules, pure; [`store`] keeps them, and each of its
//! signatures names whose they are; [`app`] has one file for each use case.
//!
//! Everything a person owns here is theirs in one tenant. What a dashboard or a
//! terminal is to hear of is written with what happened, as a live event.

#![warn(missing_docs)]

pub mod app;
pub mod domain;
pub mod model;
pub mod store;

pub use app::{Request, Trading};
pub use model::{Owner, Terminal};
pub use store::Store;
