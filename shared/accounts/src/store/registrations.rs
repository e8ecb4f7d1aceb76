//! Registrations at the gateway that are under way.
//!
//! A row is written before the gateway is first called and goes with the write
//! that makes the registration an instance. What is left over (a crash, an
//! answer that never came, a registration that was replaced while the broker
//! was still verifying it) is found when due, and forgotten at the gateway.

use kernel::id::ShopId;
use kernel::time::Timestamp;
use platform::dynamo::{Key, StoreError, Transaction, to_item};
use serde::{Deserialize, Serialize};

use super::{Store, keys};

const PARTITION: &str = "REGISTRATIONS";
/// The kind of due work.
pub(crate) const DUE: &str = "registration";

/// A registration under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    /// Names it at the gateway.
    pub transaction_id: String,
    /// The tenant.
    pub shop: ShopId,
    /// The account's number.
    pub login: String,
    /// The trade server.
    pub server: String,
    /// The investor password, sealed for `identity`.
    pub sealed_password: String,
    /// What it is sealed for.
    pub identity: String,
    /// Where the due index finds it.
    pub due_shard: String,
    /// When it counts as left over, in ms since the epoch.
    pub due_at: i64,
}

impl Registration {
    /// Sets when it counts as left over.
    #[must_use]
    pub fn due(mut self, at: Timestamp) -> Self {
        self.due_shard = keys::due_shard(DUE, &self.transaction_id);
        self.due_at = at.timestamp_millis();
        self
    }
}

fn key(transaction_id: &str) -> Key {
    Key::new(PARTITION, transaction_id)
}

impl Store {
    /// Writes a registration, before the gateway is called.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn put_registration(&self, row: &Registration) -> Result<(), StoreError> {
        self.table
            .put(to_item(&key(&row.transaction_id), row)?)
            .await
    }

    /// Adds a registration to a transaction.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn add_registration(
        &self,
        transaction: &mut Transaction,
        row: &Registration,
    ) -> Result<(), StoreError> {
        transaction.put(
            "registration",
            &self.table,
            &key(&row.transaction_id),
            row,
            None,
        )?;
        Ok(())
    }

    /// Adds the end of a registration to a transaction.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn end_registration(
        &self,
        transaction: &mut Transaction,
        transaction_id: &str,
    ) -> Result<(), StoreError> {
        transaction.delete("registration", &self.table, &key(transaction_id))?;
        Ok(())
    }

    /// Deletes a registration that came to nothing.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn delete_registration(&self, transaction_id: &str) -> Result<(), StoreError> {
        self.table.delete(&key(transaction_id)).await
    }

    /// Registrations that are left over.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn left_over_registrations(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Registration>, StoreError> {
        let mut found = Vec::new();
        for shard in keys::due_shards(DUE) {
            for key in self.table.due(&shard, now, limit).await? {
                let row: Option<Registration> = self.table.get(&key, true).await?;
                found.extend(row.filter(|row| row.due_at <= now.timestamp_millis()));
            }
        }
        Ok(found)
    }
}
