//! Trades, which of them are open, and the results that made them.

use kernel::id::TradeId;
use platform::dynamo::{Condition, Key, Query, Range, StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::{Store, keys, unchanged};
use crate::domain::Trade;
use crate::model::Owner;

/// Label of a trade's write: where it is refused, another result was first.
pub(crate) const TRADE: &str = "trade";
/// Label of a result's write: where it is refused, it was counted.
pub(crate) const RESULT: &str = "result";
const MARKER: &str = "trade's place";

/// A trade that a list leads to, or a result was counted for.
#[derive(Serialize, Deserialize)]
struct Marker {
    trade: TradeId,
}

impl Store {
    /// A trade of a person.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn trade(&self, owner: &Owner, id: &TradeId) -> Result<Option<Trade>, StoreError> {
        self.table.get(&keys::trade(owner, id), true).await
    }

    /// A page of the open trades, in the order of their ids.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn open_trades(
        &self,
        owner: &Owner,
        limit: u32,
        after: Option<String>,
    ) -> Result<(Vec<Trade>, Option<String>), StoreError> {
        let prefix = Range::Prefix(keys::OPEN_PREFIX.to_owned());
        let query = Query::new(keys::of(owner), prefix, limit).consistent();
        self.listed(owner, query.after(after)).await
    }

    /// A page of the closed trades, the last closed first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn closed_trades(
        &self,
        owner: &Owner,
        limit: u32,
        after: Option<String>,
    ) -> Result<(Vec<Trade>, Option<String>), StoreError> {
        let prefix = Range::Prefix(keys::CLOSED_PREFIX.to_owned());
        let query = Query::new(keys::of(owner), prefix, limit).consistent();
        self.listed(owner, query.descending().after(after)).await
    }

    async fn listed(
        &self,
        owner: &Owner,
        query: Query,
    ) -> Result<(Vec<Trade>, Option<String>), StoreError> {
        let page = self.table.query::<Marker>(&query).await?;
        let order: Vec<Key> = page
            .rows
            .iter()
            .map(|(_, marker)| keys::trade(owner, &marker.trade))
            .collect();
        let mut found = self.table.get_many::<Trade>(&order).await?;
        found.sort_by_key(|(key, _)| order.iter().position(|wanted| wanted == key));
        let trades = found.into_iter().map(|(_, trade)| trade).collect();
        Ok((trades, page.next))
    }

    /// The trade that a result was counted for.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn counted(
        &self,
        owner: &Owner,
        result_id: &str,
    ) -> Result<Option<TradeId>, StoreError> {
        let marker = self
            .table
            .get::<Marker>(&keys::result(owner, result_id), true)
            .await?;
        Ok(marker.map(|marker| marker.trade))
    }

    /// Notes that a result is counted, once.
    pub(crate) fn count_result(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        result_id: &str,
        trade: &TradeId,
    ) -> Result<(), StoreError> {
        let key = keys::result(owner, result_id);
        let marker = Marker {
            trade: trade.clone(),
        };
        let absent = Some(Condition::absent());
        transaction.put(RESULT, &self.table, &key, &marker, absent)?;
        Ok(())
    }

    /// Writes a trade and its places in the lists, where it is still the one
    /// that was read.
    pub(crate) fn put_trade(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        before: Option<&Trade>,
        after: &Trade,
    ) -> Result<(), StoreError> {
        let key = keys::trade(owner, &after.id);
        let still = unchanged(before.map_or(0, |before| before.revision));
        transaction.put(TRADE, &self.table, &key, after, Some(still))?;
        let marker = Marker {
            trade: after.id.clone(),
        };
        let (was_open, is_open) = (
            before.is_some_and(|before| before.status.is_open()),
            after.status.is_open(),
        );
        let open = keys::open(owner, &after.id);
        match (was_open, is_open) {
            (false, true) => {
                transaction.put(MARKER, &self.table, &open, &marker, None)?;
            }
            (true, false) => {
                transaction.delete(MARKER, &self.table, &open)?;
            }
            _ => {}
        }
        let had_ended = before.is_some_and(|before| before.has_ended);
        if let (Some(at), true, false) = (after.closed_at, after.has_ended, had_ended) {
            let closed = keys::closed(owner, at, &after.id);
            transaction.put(MARKER, &self.table, &closed, &marker, None)?;
        }
        Ok(())
    }
}
