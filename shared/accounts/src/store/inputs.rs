//! Inputs in the order of their arrival: what rules are judged by, what a
//! replay reads, and the raw equity of 90 days.

use std::collections::HashSet;

use chrono::TimeDelta;
use kernel::id::{AccountId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::{Condition, Query, Range, StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::{Store, from_json, keys, to_json};
use crate::domain::deal::Deal;
use crate::model::{Input, Reading};

/// How long inputs are kept.
const KEPT_FOR: TimeDelta = TimeDelta::days(90);
/// Deals of one input: so many that the judging transaction, with two writes
/// for each that closes a position, stays within DynamoDB's hundred.
pub(crate) const DEALS_MAX: usize = 30;

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
    #[serde(default)]
    deals: Option<String>,
    #[serde(default)]
    reading: Option<String>,
    ttl: i64,
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
        let deals = (!input.deals.is_empty())
            .then(|| to_json(&input.deals))
            .transpose()?;
        let row = InputRow {
            number: *number,
            deals,
            reading: input.reading.as_ref().map(to_json).transpose()?,
            ttl: (now + KEPT_FOR).timestamp(),
        };
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
        Ok(())
    }

    /// Those of the deals that are not stored yet, each once.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn unknown_deals(
        &self,
        shop: &ShopId,
        account: &AccountId,
        deals: Vec<Deal>,
    ) -> Result<Vec<Deal>, StoreError> {
        let mut wanted: HashSet<&str> = HashSet::new();
        let keys: Vec<_> = deals
            .iter()
            .filter(|deal| wanted.insert(&deal.id))
            .map(|deal| keys::deal(shop, account, &deal.id))
            .collect();
        let known: HashSet<String> = self
            .table
            .get_many::<Marker>(&keys)
            .await?
            .into_iter()
            .map(|(key, _)| key.sk)
            .collect();
        let mut seen = HashSet::new();
        Ok(deals
            .into_iter()
            .filter(|deal| !known.contains(&format!("DEAL#{}", deal.id)))
            .filter(|deal| seen.insert(deal.id.clone()))
            .collect())
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
            .map(|(_, row)| {
                let deals = row
                    .deals
                    .as_deref()
                    .map(from_json::<Vec<Deal>>)
                    .transpose()?;
                let reading = row
                    .reading
                    .as_deref()
                    .map(from_json::<Reading>)
                    .transpose()?;
                Ok(NumberedInput {
                    number: row.number,
                    input: Input {
                        deals: deals.unwrap_or_default(),
                        reading,
                    },
                })
            })
            .collect()
    }
}

/// A row of which only its being there matters.
#[derive(Deserialize)]
struct Marker {}
