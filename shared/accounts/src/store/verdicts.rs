//! Ends of challenges with their evidence, kept as long as the account.

use kernel::id::{AccountId, ShopId, VerdictId};
use platform::dynamo::{Query, Range, StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::{Store, from_json, keys, to_json};
use crate::model::Verdict;

#[derive(Serialize, Deserialize)]
struct Row {
    verdict: String,
}

impl Store {
    /// A verdict of an account.
    ///
    /// # Errors
    /// Returns an error if the store fails.
    pub async fn verdict(
        &self,
        shop: &ShopId,
        account: &AccountId,
        id: &VerdictId,
    ) -> Result<Option<Verdict>, StoreError> {
        let key = keys::verdict(shop, account, id);
        let row: Option<Row> = self.table.get(&key, true).await?;
        row.map(|row| from_json(&row.verdict)).transpose()
    }

    /// A page of an account's verdicts, the newest first.
    ///
    /// # Errors
    /// Returns an error if the store fails.
    pub async fn verdicts(
        &self,
        shop: &ShopId,
        account: &AccountId,
        limit: u32,
        after: Option<String>,
    ) -> Result<(Vec<Verdict>, Option<String>), StoreError> {
        let prefix = Range::Prefix(keys::VERDICT_PREFIX.to_owned());
        let query = Query::new(keys::account(shop, account), prefix, limit)
            .consistent()
            .descending()
            .after(after);
        let page = self.table.query::<Row>(&query).await?;
        let verdicts = page
            .rows
            .into_iter()
            .map(|(_, row)| from_json(&row.verdict))
            .collect::<Result<_, _>>()?;
        Ok((verdicts, page.next))
    }

    /// Adds a verdict to a transaction, new or changed.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub fn put_verdict(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        verdict: &Verdict,
    ) -> Result<(), StoreError> {
        let row = Row {
            verdict: to_json(verdict)?,
        };
        let key = keys::verdict(shop, account, &verdict.id);
        transaction.put("verdict", &self.table, &key, &row, None)?;
        Ok(())
    }
}
