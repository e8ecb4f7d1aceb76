//! Closed trades by number, so that page 1,000 costs what page 1 costs.
//!
//! A row holds the trades `first..=last` under the key of its last. A live
//! account's rows hold one trade each; an import packs a hundred into one,
//! since a row costs by its kilobytes.

use kernel::id::{AccountId, ShopId};
use platform::dynamo::{AttributeMap, Key, Query, Range, StoreError, Transaction, to_item};
use serde::{Deserialize, Serialize};

use super::{Store, from_json, keys, to_json};
use crate::domain::ledger::ClosedPosition;

/// Trades that an import packs into one row.
pub(crate) const PACK: usize = 100;

#[derive(Serialize, Deserialize)]
struct TradeRow {
    first: u64,
    trades: String,
}

#[derive(Serialize, Deserialize)]
struct PositionRow {
    number: u64,
}

fn key_of_last(shop: &ShopId, account: &AccountId, last: u64) -> Key {
    keys::of_account(shop, account, keys::trade_sk(last))
}

impl Store {
    /// The trades numbered `from..=to`, the newest first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn trades(
        &self,
        shop: &ShopId,
        account: &AccountId,
        from: u64,
        to: u64,
    ) -> Result<Vec<ClosedPosition>, StoreError> {
        // The row that holds `to` may be keyed by a later last.
        let end = to.saturating_add(PACK as u64);
        let range = Range::Between(keys::trade_sk(from), keys::trade_sk(end));
        let rows = u32::try_from(to.saturating_sub(from) + 2).unwrap_or(u32::MAX);
        let query = Query::new(keys::account(shop, account), range, rows).consistent();
        let page = self.table.query::<TradeRow>(&query).await?;
        let mut trades = Vec::new();
        for (_, row) in page.rows {
            if row.first > to {
                break;
            }
            let packed: Vec<ClosedPosition> = from_json(&row.trades)?;
            trades.extend(
                packed
                    .into_iter()
                    .filter(|trade| (from..=to).contains(&trade.number)),
            );
        }
        trades.reverse();
        Ok(trades)
    }

    /// The trades that positions became, of those that have closed.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn trades_of_positions(
        &self,
        shop: &ShopId,
        account: &AccountId,
        positions: impl IntoIterator<Item = &String>,
    ) -> Result<Vec<ClosedPosition>, StoreError> {
        let keys: Vec<Key> = positions
            .into_iter()
            .map(|position| keys::position(shop, account, position))
            .collect();
        let mut found = Vec::new();
        for (_, row) in self.table.get_many::<PositionRow>(&keys).await? {
            found.extend(self.trades(shop, account, row.number, row.number).await?);
        }
        Ok(found)
    }

    /// Adds a trade to a transaction, new or corrected.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn put_trade(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        trade: &ClosedPosition,
    ) -> Result<(), StoreError> {
        let row = TradeRow {
            first: trade.number,
            trades: to_json(&[trade])?,
        };
        let key = key_of_last(shop, account, trade.number);
        transaction.put("trade", &self.table, &key, &row, None)?;
        let row = PositionRow {
            number: trade.number,
        };
        let key = keys::position(shop, account, &trade.position.id);
        transaction.put("position", &self.table, &key, &row, None)?;
        Ok(())
    }

    /// Adds to a transaction that a trade is open again.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn remove_trade(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        number: u64,
    ) -> Result<(), StoreError> {
        let key = key_of_last(shop, account, number);
        transaction.delete("trade", &self.table, &key)?;
        Ok(())
    }

    /// Items of an import's trades, packed.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn packed_trades(
        &self,
        shop: &ShopId,
        account: &AccountId,
        trades: &[ClosedPosition],
    ) -> Result<Vec<AttributeMap>, StoreError> {
        trades
            .chunks(PACK)
            .map(|pack| {
                let first = pack.first().map_or(0, |trade| trade.number);
                let last = pack.last().map_or(0, |trade| trade.number);
                let row = TradeRow {
                    first,
                    trades: to_json(&pack)?,
                };
                to_item(&key_of_last(shop, account, last), &row)
            })
            .collect()
    }
}
