//! What is done with signals, one file for each use case.

mod attempts;
mod channels;
mod close;
mod create;
mod decide;
mod follow;
mod news;
mod replay;
mod strategies;
mod terminals;

pub use create::Draft;
pub use strategies::StrategyChange;
pub use terminals::{Change, Terminals};

pub use platform::request::Request;

use platform::live::Live;

use crate::store::Store;

/// The use cases.
#[derive(Clone, Debug)]
pub struct Signals<T> {
    /// What is kept.
    pub store: Store,
    /// Whom is told what.
    pub live: Live,
    /// Where signals are traded.
    pub terminals: T,
}
