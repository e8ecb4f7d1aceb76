//! Movements of money that shops have announced.

use kernel::id::{AccountId, AdjustmentId, ShopId};
use platform::dynamo::{Condition, Query, Range, StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::{Store, from_json, keys, to_json};
use crate::model::Announcement;

/// Announcements that one look reads: those that are open are among the newest.
const READ_MAX: u32 = 100;

#[derive(Serialize, Deserialize)]
struct Row {
    announcement: String,
}

impl Store {
    /// The newest announcements of an account, the newest first.
    ///
    /// # Errors
    /// Returns an error if the store fails.
    pub async fn announcements(
        &self,
        shop: &ShopId,
        account: &AccountId,
    ) -> Result<Vec<Announcement>, StoreError> {
        let prefix = Range::Prefix(keys::ANNOUNCEMENT_PREFIX.to_owned());
        let query = Query::new(keys::account(shop, account), prefix, READ_MAX)
            .consistent()
            .descending();
        let page = self.table.query::<Row>(&query).await?;
        page.rows
            .into_iter()
            .map(|(_, row)| from_json(&row.announcement))
            .collect()
    }

    /// An announcement.
    ///
    /// # Errors
    /// Returns an error if the store fails.
    pub async fn announcement(
        &self,
        shop: &ShopId,
        account: &AccountId,
        id: &AdjustmentId,
    ) -> Result<Option<Announcement>, StoreError> {
        let key = keys::announcement(shop, account, id);
        let row: Option<Row> = self.table.get(&key, true).await?;
        row.map(|row| from_json(&row.announcement)).transpose()
    }

    /// Adds an announcement to a transaction, new or changed.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub fn put_announcement(
        &self,
        transaction: &mut Transaction,
        (shop, account): (&ShopId, &AccountId),
        announcement: &Announcement,
        condition: Option<Condition>,
    ) -> Result<(), StoreError> {
        let row = Row {
            announcement: to_json(announcement)?,
        };
        let key = keys::announcement(shop, account, &announcement.id);
        transaction.put("announcement", &self.table, &key, &row, condition)?;
        Ok(())
    }
}
