//! Strategies of a person.

use kernel::id::StrategyId;
use platform::dynamo::{Condition, Query, Range, StoreError, Transaction};

use super::{STRATEGY, Store, keys};
use crate::domain::strategy::Strategy;
use crate::model::Owner;

impl Store {
    /// A strategy of a person.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn strategy(
        &self,
        owner: &Owner,
        id: &StrategyId,
    ) -> Result<Option<Strategy>, StoreError> {
        self.table.get(&keys::strategy(owner, id), true).await
    }

    /// The strategy that a person's terminals trade by; `None` where they have
    /// none at all.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn active_strategy(&self, owner: &Owner) -> Result<Option<Strategy>, StoreError> {
        match self.desk(owner).await?.active {
            Some(id) => self.strategy(owner, &id).await,
            None => Ok(None),
        }
    }

    /// A page of a person's strategies, the oldest first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn strategies(
        &self,
        owner: &Owner,
        limit: u32,
        after: Option<String>,
    ) -> Result<(Vec<Strategy>, Option<String>), StoreError> {
        let prefix = Range::Prefix(keys::STRATEGY_PREFIX.to_owned());
        let query = Query::new(keys::of(owner), prefix, limit)
            .consistent()
            .after(after);
        let page = self.table.query::<Strategy>(&query).await?;
        let strategies = page
            .rows
            .into_iter()
            .map(|(_, strategy)| strategy)
            .collect();
        Ok((strategies, page.next))
    }

    pub(crate) fn put_strategy(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        before: Option<u64>,
        strategy: &Strategy,
    ) -> Result<(), StoreError> {
        let unchanged = match before {
            Some(version) => Condition::number("version", version),
            None => Condition::absent(),
        };
        let key = keys::strategy(owner, &strategy.id);
        transaction.put(STRATEGY, &self.table, &key, strategy, Some(unchanged))?;
        Ok(())
    }

    /// Deletes a strategy, where it is still the version that was read.
    pub(crate) fn delete_strategy(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        strategy: &Strategy,
    ) -> Result<(), StoreError> {
        let key = keys::strategy(owner, &strategy.id);
        let unchanged = Condition::number("version", strategy.version);
        transaction.delete_where(STRATEGY, &self.table, &key, unchanged)?;
        Ok(())
    }
}
