//! Organizations in DynamoDB.

pub mod keys;

mod deleted;
mod invitations;
mod kyc;
mod members;
mod memberships;
mod organizations;
mod providers;
mod roles;
mod roster;

pub(crate) use kyc::KYC;
pub use memberships::MEMBERSHIPS_MAX;
pub(crate) use providers::PROVIDER;
pub(crate) use roster::ROSTER;

use platform::dynamo::Table;

/// The organizations' table.
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
