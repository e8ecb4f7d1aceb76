//! How connections and listeners are kept: one file per aggregate, all keys in
//! [`keys`].

mod connections;
pub mod keys;
mod listeners;

pub use connections::{Admission, Connection, State};
pub use listeners::{Held, Listener, Seated};

use platform::dynamo::Table;

/// The realtime table.
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
