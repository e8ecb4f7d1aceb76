//! Who may knock: failed sign-ins and visits to bait paths, counted over all
//! instances, and the addresses that are shut out for them.
//!
//! A block is an item of its own, which is read for each request of a sign-in
//! route, so that it holds there and ends there at once; and an entry of
//! [`crate::restrictions`], which every other route feels within five seconds.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use kernel::Error;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dynamo::{Key, Query, Range, StoreError, TTL, Table, from_item, to_item};
use crate::restrictions::shut_out;
use crate::tokens::sha256_hex;

/// Length of a window in which failures count, and of a block, in seconds.
const WINDOW_S: i64 = 900;
/// Failed sign-ins of one address in a window that shut it out.
pub const FAILURES_MAX: u32 = 5;
/// Visits to bait paths of one address in a window that shut it out.
pub const BAITS_MAX: u32 = 3;
/// The longest that an account's answers are delayed, in ms.
const DELAY_MS_MAX: u64 = 2_000;
/// Delay for each failed sign-in of an account beyond the second, in ms.
const DELAY_MS_STEP: u64 = 250;
const BLOCKS: &str = "BLOCKS";

/// An address that is shut out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The address; of IPv6, its /64 network.
    pub address: String,
    /// Why: `failed_sign_ins` or `bait_paths`.
    pub reason: String,
    /// When it was shut out.
    pub since: Timestamp,
    /// When it is let in again.
    pub until: Timestamp,
    ttl: i64,
}

#[derive(Deserialize)]
struct Counter {
    count: u32,
}

/// Counts and shuts out.
#[derive(Clone, Debug)]
pub struct Doorkeeper {
    table: Table,
}

impl Doorkeeper {
    /// Over the platform's table.
    #[must_use]
    pub fn new(platform_table: Table) -> Self {
        Self {
            table: platform_table,
        }
    }

    /// Asked of an address at a sign-in route.
    ///
    /// # Errors
    /// [`Error::RateLimited`] where it is shut out; [`Error::Internal`] where
    /// the store fails, and then nobody signs in.
    pub async fn admit(&self, address: &str, now: Timestamp) -> Result<(), Error> {
        let block: Option<Block> = self.table.get_live(&block_key(address), now).await?;
        let Some(block) = block else { return Ok(()) };
        let left_s = (block.until - now).num_seconds().max(1);
        Err(Error::RateLimited {
            retry_after_s: u64::try_from(left_s).unwrap_or(1),
        })
    }

    /// Asked before a password is looked at: how long to delay the answer, so
    /// that guessing at one account from many addresses is slow.
    ///
    /// # Errors
    /// Where the store fails, and then nobody signs in.
    pub async fn delay(&self, account: &str, now: Timestamp) -> Result<Duration, Error> {
        let counter: Option<Counter> = self.table.get_live(&account_key(account), now).await?;
        let failures = u64::from(counter.map_or(0, |counter| counter.count));
        let delay_ms = failures.saturating_sub(2) * DELAY_MS_STEP;
        Ok(Duration::from_millis(delay_ms.min(DELAY_MS_MAX)))
    }

    /// Both, for a route on which somebody who is signed in shows a password:
    /// no door has asked of the address there.
    ///
    /// # Errors
    /// As [`admit`](Self::admit) and [`delay`](Self::delay).
    pub async fn before(
        &self,
        address: &str,
        account: &str,
        now: Timestamp,
    ) -> Result<Duration, Error> {
        self.admit(address, now).await?;
        self.delay(account, now).await
    }

    /// Counts a failed sign-in of an address and of the account that it named,
    /// whether or not there is one.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn failed(&self, address: &str, account: &str, now: Timestamp) -> Result<(), Error> {
        let of_address = self.count(&failures_key(address), now).await?;
        self.count(&account_key(account), now).await?;
        if of_address >= FAILURES_MAX {
            self.block(address, "failed_sign_ins", now).await?;
        }
        Ok(())
    }

    /// Counts a visit to a bait path. One never shuts an address out: a link
    /// somewhere may have led there.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn took_bait(&self, address: &str, now: Timestamp) -> Result<(), StoreError> {
        let key = Key::new(format!("BAIT#{address}"), "COUNT");
        if self.count(&key, now).await? >= BAITS_MAX {
            self.block(address, "bait_paths", now).await?;
        }
        Ok(())
    }

    /// The addresses that are shut out, and the one after which to go on.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn blocked(
        &self,
        limit: u32,
        after: Option<String>,
        now: Timestamp,
    ) -> Result<(Vec<Block>, Option<String>), StoreError> {
        let query = Query::new(BLOCKS, Range::All, limit)
            .consistent()
            .after(after);
        let page = self.table.query::<Block>(&query).await?;
        let live = page.rows.into_iter().map(|(_, block)| block);
        let live = live.filter(|block| block.until > now).collect();
        Ok((live, page.next))
    }

    /// Lets an address in again. Answers whether it was shut out.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn lift(&self, address: &str, now: Timestamp) -> Result<bool, StoreError> {
        let block: Option<Block> = self.table.get_live(&block_key(address), now).await?;
        if block.is_none() {
            return Ok(false);
        }
        let bait = Key::new(format!("BAIT#{address}"), "COUNT");
        self.table
            .delete_many(&[failures_key(address), bait, block_key(address)])
            .await?;
        shut_out(&self.table, address, now, now).await?;
        Ok(true)
    }

    async fn block(&self, address: &str, reason: &str, now: Timestamp) -> Result<(), StoreError> {
        let until = now + TimeDelta::seconds(WINDOW_S);
        let block = Block {
            address: address.to_owned(),
            reason: reason.to_owned(),
            since: now,
            until,
            ttl: until.timestamp(),
        };
        self.table
            .put(to_item(&block_key(address), &block)?)
            .await?;
        tracing::warn!(alarm = "address_blocked", reason, "an address is shut out");
        shut_out(&self.table, address, now, until).await
    }

    /// Adds one to a counter, which starts anew when its window is over.
    async fn count(&self, key: &Key, now: Timestamp) -> Result<u32, StoreError> {
        // Two steps at most: where the window is over, the first is refused.
        for _ in 0..3 {
            if let Some(count) = self.count_in_window(key, now).await? {
                return Ok(count);
            }
            let first = std::collections::HashMap::from([
                ("count".to_owned(), AttributeValue::N("1".to_owned())),
                (
                    TTL.to_owned(),
                    AttributeValue::N((now.timestamp() + WINDOW_S).to_string()),
                ),
            ]);
            let item = key.attributes().into_iter().chain(first).collect();
            if self.table.put_new(item, now).await? {
                return Ok(1);
            }
        }
        Err(StoreError::new("count", "others were always faster"))
    }

    async fn count_in_window(&self, key: &Key, now: Timestamp) -> Result<Option<u32>, StoreError> {
        let now_s = AttributeValue::N(now.timestamp().to_string());
        let counted = self.table.update_where("count", key, |update| {
            update
                .update_expression("ADD #count :one")
                .condition_expression("#ttl > :now")
                .expression_attribute_names("#count", "count")
                .expression_attribute_names("#ttl", TTL)
                .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
                .expression_attribute_values(":now", now_s)
        });
        let counter = counted.await?.map(from_item::<Counter>).transpose()?;
        Ok(counter.map(|counter| counter.count))
    }
}

fn block_key(address: &str) -> Key {
    Key::new(BLOCKS, address)
}

fn failures_key(address: &str) -> Key {
    Key::new(format!("FAILURES#{address}"), "COUNT")
}

/// An account's counter; what it is named by is a person's address, and not
/// kept readable here.
fn account_key(account: &str) -> Key {
    Key::new(format!("SLOW#{}", sha256_hex(account.as_bytes())), "COUNT")
}
