//! Trading in DynamoDB.

pub mod keys;

mod alerts;
mod commands;
mod control;
mod figures;
mod positions;
mod strategy;
mod terminals;
mod trades;

pub(crate) use alerts::{SAME_FAULT, SameFault};
pub(crate) use commands::COMMAND;
pub(crate) use control::{CONTROL, SIGNAL};
pub(crate) use figures::{DAY, PROVIDER, TOTALS};
pub(crate) use terminals::{PAIRING, ROSTER, TERMINAL};
pub use terminals::{Pairing, Roster};
pub(crate) use trades::{RESULT, TRADE};

use platform::dynamo::{Condition, Table};

/// The trading's table.
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

    /// The table, for transactions that span aggregates.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }
}

/// That an item is still the one of this revision; 0 is that there was none.
fn unchanged(revision: u64) -> Condition {
    match revision {
        0 => Condition::absent(),
        revision => Condition::number("revision", revision),
    }
}
