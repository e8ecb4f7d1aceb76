//! How a shop classifies deals.

use kernel::id::ShopId;
use platform::dynamo::{CommitError, Condition, Key, StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::{Store, from_json, keys, to_json};
use crate::domain::deal_class::DealClassRules;

/// A shop's table with its version.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DealClassTable {
    /// Rises with each change; 0 where the shop has none.
    pub version: u64,
    /// The rules, of which the first that fits counts.
    pub rules: DealClassRules,
}

#[derive(Serialize, Deserialize)]
struct Row {
    version: u64,
    rules: String,
}

fn key(shop: &ShopId) -> Key {
    Key::new(keys::shop(shop), "DEALCLASSES")
}

impl Store {
    /// A shop's table; an empty one where it has none.
    ///
    /// # Errors
    /// Returns an error if the store fails.
    pub async fn deal_classes(&self, shop: &ShopId) -> Result<DealClassTable, StoreError> {
        let row: Option<Row> = self.table.get(&key(shop), true).await?;
        row.map_or_else(
            || Ok(DealClassTable::default()),
            |row| {
                Ok(DealClassTable {
                    version: row.version,
                    rules: from_json(&row.rules)?,
                })
            },
        )
    }

    /// Writes a shop's table where it has the version that was read.
    ///
    /// # Errors
    /// Returns [`CommitError::Refused`] if it has another version.
    pub async fn put_deal_classes(
        &self,
        shop: &ShopId,
        before: u64,
        table: &DealClassTable,
    ) -> Result<(), CommitError> {
        let row = Row {
            version: table.version,
            rules: to_json(&table.rules)?,
        };
        let condition = if before == 0 {
            Condition::absent()
        } else {
            Condition::number("version", before)
        };
        let mut transaction = Transaction::new();
        transaction.put("table", &self.table, &key(shop), &row, Some(condition))?;
        transaction.commit().await
    }
}
