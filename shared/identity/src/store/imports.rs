//! What imported hashes there are: one item, which each sign-in reads.

use platform::dynamo::{Condition, StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::{Store, keys};

/// Imported people's hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imports {
    /// The highest cost of a hash of bcrypt that somebody may still have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bcrypt_cost: Option<u32>,
    /// Counts the writes of this record.
    pub revision: u64,
}

impl Store {
    /// What imported hashes there are.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn imports(&self) -> Result<Imports, StoreError> {
        let found: Option<Imports> = self.identity.get(&keys::imports(), true).await?;
        Ok(found.unwrap_or_default())
    }

    /// Adds what imported hashes there are from now on to a transaction.
    /// `imports` is refused where somebody else wrote since they were read.
    ///
    /// # Errors
    /// Where the row cannot be an item.
    pub fn put_imports(
        &self,
        transaction: &mut Transaction,
        before: Imports,
        bcrypt_cost: Option<u32>,
    ) -> Result<(), StoreError> {
        let after = Imports {
            bcrypt_cost,
            revision: before.revision + 1,
        };
        let unchanged = match before.revision {
            0 => Condition::absent(),
            revision => Condition::number("revision", revision),
        };
        let key = keys::imports();
        transaction.put("imports", &self.identity, &key, &after, Some(unchanged))?;
        Ok(())
    }
}
