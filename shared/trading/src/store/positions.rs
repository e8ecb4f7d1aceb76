//! Open positions, as terminals last told of them.

use kernel::id::DeviceId;
use platform::dynamo::{StoreError, to_item};

use super::{Store, keys};
use crate::model::{Owner, Positions};

impl Store {
    /// What a terminal last told of.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn positions(
        &self,
        owner: &Owner,
        device: &DeviceId,
    ) -> Result<Positions, StoreError> {
        let told = self
            .table
            .get(&keys::positions(owner, device), true)
            .await?;
        Ok(told.unwrap_or_default())
    }

    /// Keeps what a terminal told of.
    ///
    /// # Errors
    /// Where the store fails.
    pub(crate) async fn put_positions(
        &self,
        owner: &Owner,
        device: &DeviceId,
        positions: &Positions,
    ) -> Result<(), StoreError> {
        let item = to_item(&keys::positions(owner, device), positions)?;
        self.table.put(item).await
    }
}
