//! Figures of what was traded: of all, of each day and of each provider.

use chrono::NaiveDate;
use platform::dynamo::{Query, Range, StoreError, Transaction};

use super::{Store, keys, unchanged};
use crate::domain::performance::Day;
use crate::model::{Owner, Provider, Totals};

/// Labels of the figures' writes: where one is refused, another result was
/// first.
pub(crate) const TOTALS: &str = "totals";
/// As [`TOTALS`].
pub(crate) const DAY: &str = "day";
/// As [`TOTALS`].
pub(crate) const PROVIDER: &str = "provider";

impl Store {
    /// Figures of all that a person traded.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn totals(&self, owner: &Owner) -> Result<Totals, StoreError> {
        let totals = self.table.get(&keys::totals(owner), true).await?;
        Ok(totals.unwrap_or_default())
    }

    pub(crate) fn put_totals(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        before: &Totals,
        after: Totals,
    ) -> Result<(), StoreError> {
        let after = Totals {
            revision: before.revision + 1,
            ..after
        };
        let still = Some(unchanged(before.revision));
        transaction.put(TOTALS, &self.table, &keys::totals(owner), &after, still)?;
        Ok(())
    }

    /// Figures of the trades that were closed on a day.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn day(&self, owner: &Owner, date: NaiveDate) -> Result<Day, StoreError> {
        let day = self.table.get(&keys::day(owner, date), true).await?;
        Ok(day.unwrap_or_else(|| Day::empty(date)))
    }

    /// Days of a period on which trades were closed, in their order; of more
    /// than `limit` the first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn days(
        &self,
        owner: &Owner,
        from: NaiveDate,
        to: NaiveDate,
        limit: u32,
    ) -> Result<Vec<Day>, StoreError> {
        let range = Range::Between(keys::day_sk(from), keys::day_sk(to));
        let query = Query::new(keys::of(owner), range, limit).consistent();
        let page = self.table.query::<Day>(&query).await?;
        Ok(page.rows.into_iter().map(|(_, day)| day).collect())
    }

    pub(crate) fn put_day(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        before: &Day,
        after: &Day,
    ) -> Result<(), StoreError> {
        let still = Some(unchanged(before.revision));
        let key = keys::day(owner, after.date);
        transaction.put(DAY, &self.table, &key, after, still)?;
        Ok(())
    }

    /// Figures of a provider's signals.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn provider(&self, owner: &Owner, name: &str) -> Result<Provider, StoreError> {
        let provider = self.table.get(&keys::provider(owner, name), true).await?;
        Ok(provider.unwrap_or_else(|| Provider {
            name: name.to_owned(),
            ..Provider::default()
        }))
    }

    /// A page of the providers, by their names.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn providers(
        &self,
        owner: &Owner,
        limit: u32,
        after: Option<String>,
    ) -> Result<(Vec<Provider>, Option<String>), StoreError> {
        let prefix = Range::Prefix(keys::PROVIDER_PREFIX.to_owned());
        let query = Query::new(keys::of(owner), prefix, limit).consistent();
        let page = self.table.query::<Provider>(&query.after(after)).await?;
        let providers = page
            .rows
            .into_iter()
            .map(|(_, provider)| provider)
            .collect();
        Ok((providers, page.next))
    }

    pub(crate) fn put_provider(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        before: &Provider,
        after: &Provider,
    ) -> Result<(), StoreError> {
        let after = Provider {
            revision: before.revision + 1,
            ..after.clone()
        };
        let still = Some(unchanged(before.revision));
        let key = keys::provider(owner, &after.name);
        transaction.put(PROVIDER, &self.table, &key, &after, still)?;
        Ok(())
    }
}
