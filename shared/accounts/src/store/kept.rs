//! The state of a challenge before a difference that stands.

use kernel::id::{AccountId, ShopId};
use platform::dynamo::{StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::{Store, from_json, keys, to_json};
use crate::domain::judging::ChallengeState;

/// A kept state.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The first input that it does not know of.
    pub next_input: u64,
    /// The state.
    pub state: ChallengeState,
}

#[derive(Serialize, Deserialize)]
struct Row {
    next_input: u64,
    state: String,
}

impl Store {
    /// The kept state of an account.
    ///
    /// # Errors
    /// Returns an error if the store fails.
    pub async fn kept(
        &self,
        shop: &ShopId,
        account: &AccountId,
    ) -> Result<Option<Kept>, StoreError> {
        let key = keys::of_account(shop, account, "KEPT");
        let row: Option<Row> = self.table.get(&key, true).await?;
        row.map(|row| {
            Ok(Kept {
                next_input: row.next_input,
                state: from_json(&row.state)?,
            })
        })
        .transpose()
    }

    /// Adds a kept state to a transaction.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub fn put_kept(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        kept: &Kept,
    ) -> Result<(), StoreError> {
        let row = Row {
            next_input: kept.next_input,
            state: to_json(&kept.state)?,
        };
        let key = keys::of_account(shop, account, "KEPT");
        transaction.put("kept", &self.table, &key, &row, None)?;
        Ok(())
    }

    /// Adds the end of a kept state to a transaction.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub fn delete_kept(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
    ) -> Result<(), StoreError> {
        let key = keys::of_account(shop, account, "KEPT");
        transaction.delete("kept", &self.table, &key)?;
        Ok(())
    }
}
