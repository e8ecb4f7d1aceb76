//! Signals in DynamoDB.

pub mod keys;

mod channels;
mod desks;
mod pages;
mod published;
mod signals;
mod strategies;

pub use pages::{Filter, SignalPage};
pub use published::Statistics;

use platform::dynamo::Table;

/// Labels of writes, as a transaction with other contexts' tells them apart.
pub(crate) const SIGNAL: &str = "signal of signals";
pub(crate) const DESK: &str = "desk of signals";
pub(crate) const CHANNEL: &str = "channel of signals";
pub(crate) const STRATEGY: &str = "strategy of signals";

/// The signals' table.
#[derive(Clone, Debug)]
pub struct Store {
    table: Table,
}

impl Store {
    /// Over the table.
    #[must_use]
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// The table, which knows what its use has cost.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }
}
