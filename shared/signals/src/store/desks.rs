//! How much a person has, and which of their strategies is active.

use platform::dynamo::{Condition, StoreError, Transaction};

use super::{DESK, Store, keys};
use crate::model::{Desk, Owner};

impl Store {
    /// A person's desk, as of every write that was answered.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn desk(&self, owner: &Owner) -> Result<Desk, StoreError> {
        let desk = self.table.get(&keys::desk(owner), true).await?;
        Ok(desk.unwrap_or_default())
    }

    /// Adds the next state of a desk to a transaction, where the one before is
    /// still what is there.
    pub(crate) fn put_desk(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        after: Desk,
    ) -> Result<(), StoreError> {
        let unchanged = match after.revision {
            0 => Condition::absent(),
            revision => Condition::number("revision", revision),
        };
        let next = Desk {
            revision: after.revision + 1,
            ..after
        };
        transaction.put(
            DESK,
            &self.table,
            &keys::desk(owner),
            &next,
            Some(unchanged),
        )?;
        Ok(())
    }
}
