//! Open positions by deals, each a row of its own: an account may have ten
//! thousand of them.

use std::collections::HashMap;

use kernel::id::{AccountId, ShopId};
use platform::dynamo::{StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::{Store, from_json, keys, to_json};
use crate::domain::ledger::Position;

#[derive(Serialize, Deserialize)]
struct Row {
    position: String,
}

impl Store {
    /// Those of an account's positions that are open, or remnants, by key.
    ///
    /// # Errors
    /// Returns an error if the store fails.
    pub async fn open_positions(
        &self,
        shop: &ShopId,
        account: &AccountId,
        wanted: impl IntoIterator<Item = String>,
    ) -> Result<HashMap<String, Position>, StoreError> {
        let keys: Vec<_> = wanted
            .into_iter()
            .map(|key| keys::open_position(shop, account, &key))
            .collect();
        let rows = self.table.get_many::<Row>(&keys).await?;
        rows.into_iter()
            .filter_map(|(key, row)| {
                let name = key.sk.strip_prefix(keys::OPEN_PREFIX)?.to_owned();
                Some(from_json(&row.position).map(|position| (name, position)))
            })
            .collect()
    }

    /// Adds an open position to a transaction, new or changed.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub fn put_open_position(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        (key, position): (&str, &Position),
    ) -> Result<(), StoreError> {
        let row = Row {
            position: to_json(position)?,
        };
        let key = keys::open_position(shop, account, key);
        transaction.put("open_position", &self.table, &key, &row, None)?;
        Ok(())
    }

    /// Adds to a transaction that a position is open no more.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub fn delete_open_position(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        key: &str,
    ) -> Result<(), StoreError> {
        let key = keys::open_position(shop, account, key);
        transaction.delete("open_position", &self.table, &key)?;
        Ok(())
    }
}
