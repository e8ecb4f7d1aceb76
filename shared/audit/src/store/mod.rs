//! What is remembered of sign-ins, in the record's table: one file per
//! aggregate, all keys in [`keys`].

mod failures;
pub mod keys;
mod profiles;

pub use profiles::Kept;

use platform::audit_log::AuditLog;

/// The record, and what is kept beside it.
#[derive(Clone, Debug)]
pub struct Store {
    log: AuditLog,
}

impl Store {
    /// Over the record.
    #[must_use]
    pub fn new(log: AuditLog) -> Self {
        Self { log }
    }

    /// The record.
    #[must_use]
    pub fn log(&self) -> &AuditLog {
        &self.log
    }
}
