//! DynamoDB as stores see it: keys, typed items, pages and transactions.
//!
//! Every key names its tenant, so every read and write does.

mod item;
mod range;
mod table;
mod transaction;
mod units;

pub use item::{AttributeMap, Key, from_item, to_item};
pub use range::Range;
pub use table::{Query, QueryPage, Table};
pub use transaction::{CommitError, Condition, Transaction, Update};
pub use units::Units;

pub use aws_sdk_dynamodb::types::AttributeValue;

use kernel::error::Cause;

/// Name of the attribute that DynamoDB's time-to-live reads: seconds since the
/// epoch. Expiry may be days late, so readers check it too.
pub const TTL: &str = "ttl";
/// Hash key of the index that finds what is due.
pub const DUE_SHARD: &str = "due_shard";
/// Range key of that index: milliseconds since the epoch.
pub const DUE_AT: &str = "due_at";
/// Name of that index.
pub const DUE_INDEX: &str = "due";

/// A store operation that failed, by its name.
#[derive(Debug, thiserror::Error)]
#[error("the store could not {operation}")]
pub struct StoreError {
    /// What was tried: `get`, `query` …
    pub operation: &'static str,
    /// The SDK's error.
    #[source]
    pub source: Cause,
}

impl StoreError {
    pub(crate) fn new(operation: &'static str, source: impl Into<Cause>) -> Self {
        Self {
            operation,
            source: source.into(),
        }
    }
}

impl From<StoreError> for kernel::Error {
    fn from(error: StoreError) -> Self {
        Self::internal(error)
    }
}
