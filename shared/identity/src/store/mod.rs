//! How identities are kept: one table, one file per aggregate, all keys in
//! [`keys`].

mod address_changes;
mod external;
mod imports;
mod links;
mod one_time;
mod passkeys;
mod people;
mod registrations;
mod second_factor;
mod sessions;

pub mod keys;

pub use imports::Imports;
pub use one_time::OneTime;
pub use passkeys::{PASSKEYS_MAX, Passkey};

pub use second_factor::{
    Authenticator, BackupCodes, backup_identity, first_revision, totp_identity,
};

use platform::dynamo::Table;

/// The identity's table, and the platform's for what running tokens must feel.
#[derive(Clone, Debug)]
pub struct Store {
    identity: Table,
    platform: Table,
}

impl Store {
    /// Over the identity's table and the platform's.
    #[must_use]
    pub fn new(identity: Table, platform: Table) -> Self {
        Self { identity, platform }
    }

    /// The identity's table, for transactions that span aggregates.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.identity
    }

    /// The platform's table, for restrictions written with their cause.
    #[must_use]
    pub fn platform(&self) -> &Table {
        &self.platform
    }
}
