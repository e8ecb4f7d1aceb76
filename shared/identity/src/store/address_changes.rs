//! Changes of an address that wait for the new one's proof.

use kernel::id::UserId;
use kernel::time::Timestamp;
use platform::dynamo::{StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::{Store, keys};
use crate::model::{AddressChange, Purpose};

#[derive(Serialize, Deserialize)]
struct Row {
    // A nested value, so that what is kept stays apart from how long.
    change: AddressChange,
    ttl: i64,
}

impl Store {
    /// Adds a change of a person's address and its one-time token to a
    /// transaction, in place of the one that waits.
    ///
    /// # Errors
    /// Where a row cannot be an item.
    pub fn put_address_change(
        &self,
        transaction: &mut Transaction,
        user: &UserId,
        change: &AddressChange,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let row = Row {
            change: change.clone(),
            ttl: expires_at.timestamp(),
        };
        let key = keys::address_change(user);
        transaction.put("address change", &self.identity, &key, &row, None)?;
        self.put_one_time(
            transaction,
            &change.token_hash,
            Purpose::ChangeAddress,
            user.as_str(),
            expires_at,
        )
    }

    /// The change of a person's address that waits.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn address_change(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Option<AddressChange>, StoreError> {
        let key = keys::address_change(user);
        let row: Option<Row> = self.identity.get_live(&key, now).await?;
        Ok(row.map(|row| row.change))
    }

    /// Adds the end of a person's change to a transaction.
    ///
    /// # Errors
    /// Where the key cannot be written.
    pub fn end_address_change(
        &self,
        transaction: &mut Transaction,
        user: &UserId,
    ) -> Result<(), StoreError> {
        let key = keys::address_change(user);
        transaction.delete("address change", &self.identity, &key)?;
        Ok(())
    }
}
