//! How accounts are kept: one table, one file per aggregate, all keys in
//! [`keys`]. Every function names the tenant.

mod account_state;
mod accounts;
mod announcements;
mod deal_classes;
mod equity;
mod imports;
mod inputs;
mod kept;
pub mod keys;
mod logs;
mod plans;
mod positions;
mod registrations;
mod settings;
mod sync_state;
mod trades;
mod verdicts;
mod violations;
mod webhooks;

pub use account_state::AccountStateChange;
pub use accounts::Listed;
pub use deal_classes::DealClassTable;
pub use equity::{Buckets, Candle, Floors, Resolution};
pub use imports::{Import, ImportFailure, ImportKey, ImportState};
pub(crate) use imports::{ImportSlot, OPEN_IMPORTS_MAX};
pub(crate) use inputs::DEALS_MAX;
pub use inputs::{NewDeals, NumberedInput};
pub use kept::Kept;
pub use logs::LogEntry;
pub use registrations::Registration;
pub use settings::Settings;
pub use sync_state::{LookBack, Stale, SyncState};
pub use violations::StoredViolation;
pub use webhooks::{Delivery, DeliveryState, WebhookEndpoint, secret_identity};

use platform::dynamo::{StoreError, Table};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The accounts' table.
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

/// Nested values are kept as JSON text: the domain's own serde form, one
/// attribute, and no second mapping to keep true.
fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError {
        operation: "write a nested value",
        source: error.into(),
    })
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError {
        operation: "read a nested value",
        source: error.into(),
    })
}
