//! The strategy that a person's terminals follow.

use platform::dynamo::{StoreError, Transaction};

use super::{Store, keys};
use crate::model::{Owner, Strategy};

/// Label of the strategy's write.
const STRATEGY: &str = "strategy";

impl Store {
    /// The strategy in force.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn strategy(&self, owner: &Owner) -> Result<Option<Strategy>, StoreError> {
        self.table.get(&keys::strategy(owner), true).await
    }

    /// Has a transaction put a strategy in force; its content is at most
    /// [`STRATEGY_BYTES_MAX`](crate::model::STRATEGY_BYTES_MAX) bytes.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn publish_strategy(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        strategy: &Strategy,
    ) -> Result<(), StoreError> {
        let key = keys::strategy(owner);
        transaction.put(STRATEGY, &self.table, &key, strategy, None)?;
        Ok(())
    }
}
