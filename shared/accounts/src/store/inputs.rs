//! Inputs in the order of their arrival: what rules are judged by, what a
//! replay reads, and the raw equity of 90 days.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;
use kernel::id::{AccountId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::{Condition, Query, Range, StoreError, Transaction, Update};
use serde::{Deserialize, Serialize};

use super::{Store, from_json, keys, to_json};
use crate::domain::deal::Deal;
use crate::model::{DealChange, Input};

/// How long inputs are kept.
const KEPT_FOR: TimeDelta = TimeDelta::days(90);
/// Deals of one input: so many that the judging transaction, with three writes
/// for each that closes a position, stays within DynamoDB's hundred.
pub(crate) const DEALS_MAX: usize = 30;
/// Inputs that one query reads.
const PAGE: u32 = 500;

/// An input with its number.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberedInput {
    /// From 1, without gaps.
    pub number: u64,
    /// What arrived.
    pub input: Input,
}

#[derive(Serialize, Deserialize)]
struct InputRow {
    number: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deals: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changes: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    set_aside: Vec<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    is_history: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reading: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    whole_read: Option<Timestamp>,
    ttl: i64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a reference over"
)]
fn is_false(value: &bool) -> bool {
    !*value
}

impl InputRow {
    fn of(numbered: &NumberedInput, now: Timestamp) -> Result<Self, StoreError> {
        let NumberedInput { number, input } = numbered;
        let some = |is_empty: bool| (!is_empty).then_some(());
        Ok(Self {
            number: *number,
            deals: some(input.deals.is_empty())
                .map(|()| to_json(&input.deals))
                .transpose()?,
            changes: some(input.changes.is_empty())
                .map(|()| to_json(&input.changes))
                .transpose()?,
            set_aside: input.set_aside.clone(),
            is_history: input.is_history,
            reading: input.reading.as_ref().map(to_json).transpose()?,
            whole_read: input.whole_read,
            ttl: (now + KEPT_FOR).timestamp(),
        })
    }

    fn numbered(self) -> Result<NumberedInput, StoreError> {
        let list = |text: Option<String>| text.as_deref().map(from_json).transpose();
        let changes = self.changes.as_deref().map(from_json).transpose()?;
        Ok(NumberedInput {
            number: self.number,
            input: Input {
                deals: list(self.deals)?.unwrap_or_default(),
                changes: changes.unwrap_or_default(),
                set_aside: self.set_aside,
                is_history: self.is_history,
                reading: self.reading.as_deref().map(from_json).transpose()?,
                whole_read: self.whole_read,
            },
        })
    }
}

#[derive(Serialize, Deserialize)]
struct DealRow {
    input: u64,
    deal: String,
}

impl Store {
    /// Adds an input to a transaction, which is refused by `deal` where one of
    /// its deals is there already.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn add_input(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        numbered: &NumberedInput,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let NumberedInput { number, input } = numbered;
        let row = InputRow::of(numbered, now)?;
        let key = keys::input(shop, account, *number);
        transaction.put("input", &self.table, &key, &row, Some(Condition::absent()))?;
        for deal in &input.deals {
            let row = DealRow {
                input: *number,
                deal: to_json(deal)?,
            };
            let key = keys::deal(shop, account, &deal.id);
            transaction.put("deal", &self.table, &key, &row, Some(Condition::absent()))?;
        }
        for change in &input.changes {
            let row = DealRow {
                input: *number,
                deal: to_json(&change.after)?,
            };
            let key = keys::deal(shop, account, &change.after.id);
            transaction.put("deal", &self.table, &key, &row, Some(Condition::present()))?;
        }
        Ok(())
    }

    /// A deal of an account.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn deal(
        &self,
        shop: &ShopId,
        account: &AccountId,
        id: &str,
    ) -> Result<Option<Deal>, StoreError> {
        let row: Option<DealRow> = self.table.get(&keys::deal(shop, account, id), true).await?;
        row.map(|row| from_json(&row.deal)).transpose()
    }

    /// Adds a changed deal to a transaction.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn change_deal(
        &self,
        transaction: &mut Transaction,
        shop: &ShopId,
        account: &AccountId,
        deal: &Deal,
    ) -> Result<(), StoreError> {
        let update = Update::new().text("deal", to_json(deal)?);
        let key = keys::deal(shop, account, &deal.id);
        transaction.update("deal", &self.table, &key, update, Condition::present())?;
        Ok(())
    }

    /// Tells new deals from known ones that have changed, each once. A class
    /// that a shop's rule or a shop itself has given a deal is no change.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn new_deals(
        &self,
        shop: &ShopId,
        account: &AccountId,
        deals: Vec<Deal>,
    ) -> Result<NewDeals, StoreError> {
        let mut seen = HashSet::new();
        let deals: Vec<Deal> = deals
            .into_iter()
            .filter(|deal| seen.insert(deal.id.clone()))
            .collect();
        let keys: Vec<_> = deals
            .iter()
            .map(|deal| keys::deal(shop, account, &deal.id))
            .collect();
        let rows = self.table.get_many::<DealRow>(&keys).await?;
        let mut known = HashMap::new();
        for (key, row) in rows {
            known.insert(key.sk, from_json::<Deal>(&row.deal)?);
        }
        let mut found = NewDeals::default();
        for deal in deals {
            match known.remove(&keys::deal(shop, account, &deal.id).sk) {
                None => found.new.push(deal),
                Some(before) if before.differs_from(&deal) => {
                    let after = Deal {
                        class: before.class,
                        ..deal
                    };
                    found.changes.push(DealChange { before, after });
                }
                Some(_) => {}
            }
        }
        Ok(found)
    }

    /// The inputs of a range of numbers, in order.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn inputs_between(
        &self,
        shop: &ShopId,
        account: &AccountId,
        from: u64,
        to: u64,
    ) -> Result<Vec<NumberedInput>, StoreError> {
        let mut found = Vec::new();
        let mut next = from;
        while next <= to {
            let range = Range::Between(keys::input_sk(next), keys::input_sk(to));
            let query = Query::new(keys::account(shop, account), range, PAGE).consistent();
            let page = self.table.query::<InputRow>(&query).await?;
            let Some((_, last)) = page.rows.last() else {
                break;
            };
            next = last.number + 1;
            for (_, row) in page.rows {
                found.push(row.numbered()?);
            }
        }
        Ok(found)
    }

    /// Inputs from a number on, in order, at most `limit`.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn inputs_from(
        &self,
        shop: &ShopId,
        account: &AccountId,
        number: u64,
        limit: u32,
    ) -> Result<Vec<NumberedInput>, StoreError> {
        let range = Range::Between(keys::input_sk(number), keys::input_sk(999_999_999_999));
        let query = Query::new(keys::account(shop, account), range, limit).consistent();
        let page = self.table.query::<InputRow>(&query).await?;
        page.rows
            .into_iter()
            .map(|(_, row)| row.numbered())
            .collect()
    }
}

/// Deals as a step has found them.
#[derive(Debug, Default)]
pub struct NewDeals {
    /// Those that are not stored yet.
    pub new: Vec<Deal>,
    /// Stored ones whose kind or amounts differ now.
    pub changes: Vec<DealChange>,
}
