//! One table: reads, single writes and pages.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConsumedCapacity, DeleteRequest, KeysAndAttributes, PutRequest,
    ReturnConsumedCapacity, ReturnValue, WriteRequest,
};
use kernel::time::Timestamp;
use serde::de::DeserializeOwned;

use super::item::{AttributeMap, Key, from_item};
use super::range::Range;
use super::units::{Units, Used};
use super::{DUE_AT, DUE_INDEX, DUE_SHARD, StoreError, TTL};

/// Keys in one batch read; DynamoDB's own bound.
const BATCH_GET_MAX: usize = 100;
/// Writes in one batch; DynamoDB's own bound.
const BATCH_WRITE_MAX: usize = 25;
/// Times that what a batch left undone is asked for again.
const BATCH_ROUNDS_MAX: u32 = 8;

/// A table, and how many capacity units its use has cost so far.
#[derive(Clone, Debug)]
pub struct Table {
    pub(super) client: Client,
    name: Arc<str>,
    used: Arc<Used>,
}

/// A query of one partition.
#[derive(Clone, Debug)]
pub struct Query {
    /// The partition.
    pub pk: String,
    /// Which sort keys.
    pub range: Range,
    /// Newest first.
    pub descending: bool,
    /// Items at most.
    pub limit: u32,
    /// The sort key after which to go on.
    pub after: Option<String>,
    /// Whether writes that were just answered must be seen.
    pub consistent: bool,
}

impl Query {
    /// All of a partition that is in a range, ascending, up to a bound.
    pub fn new(pk: impl Into<String>, range: Range, limit: u32) -> Self {
        Self {
            pk: pk.into(),
            range,
            descending: false,
            limit,
            after: None,
            consistent: false,
        }
    }

    /// The same, newest first.
    #[must_use]
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }

    /// The same, seeing all that was written before.
    #[must_use]
    pub fn consistent(mut self) -> Self {
        self.consistent = true;
        self
    }

    /// The same, from after a sort key on.
    #[must_use]
    pub fn after(mut self, sk: Option<String>) -> Self {
        self.after = sk;
        self
    }
}

/// What a query found.
#[derive(Debug)]
pub struct QueryPage<T> {
    /// Values with their keys.
    pub rows: Vec<(Key, T)>,
    /// Sort key to go on after, where there is more.
    pub next: Option<String>,
}

impl Table {
    /// A table of a client.
    pub fn new(client: Client, name: impl Into<Arc<str>>) -> Self {
        Self {
            client,
            name: name.into(),
            used: Arc::default(),
        }
    }

    /// The table's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The SDK's client, for what this type does not do.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Capacity units that this table and its clones have used since start.
    #[must_use]
    pub fn units(&self) -> Units {
        self.used.units()
    }

    /// The same, in tenths, reads and writes together.
    #[must_use]
    pub fn units_tenths(&self) -> u64 {
        self.units().tenths()
    }

    pub(crate) fn count_read(&self, consumed: Option<&ConsumedCapacity>) {
        self.used.read(consumed);
    }

    pub(crate) fn count_write(&self, consumed: Option<&ConsumedCapacity>) {
        self.used.write(consumed);
    }

    /// Reads one item. `consistent` costs twice as much and sees every write
    /// that was answered before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get<T: DeserializeOwned>(
        &self,
        key: &Key,
        consistent: bool,
    ) -> Result<Option<T>, StoreError> {
        self.get_item(key, consistent)
            .await?
            .map(from_item)
            .transpose()
    }

    /// Reads one item that may have expired: past its `ttl` it is not there,
    /// whether or not DynamoDB has come round to deleting it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get_live<T: DeserializeOwned>(
        &self,
        key: &Key,
        now: Timestamp,
    ) -> Result<Option<T>, StoreError> {
        self.get_item(key, true)
            .await?
            .filter(|item| is_live(item, now))
            .map(from_item)
            .transpose()
    }

    async fn get_item(
        &self,
        key: &Key,
        consistent: bool,
    ) -> Result<Option<AttributeMap>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(self.name())
            .set_key(Some(key.attributes()))
            .consistent_read(consistent)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| StoreError::new("get", error))?;
        self.count_read(answer.consumed_capacity());
        Ok(answer.item)
    }

    /// Reads many items by key, consistently, in no order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get_many<T: DeserializeOwned>(
        &self,
        keys: &[Key],
    ) -> Result<Vec<(Key, T)>, StoreError> {
        let mut found = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(BATCH_GET_MAX) {
            let mut wanted: Vec<AttributeMap> = chunk.iter().map(Key::attributes).collect();
            for round in 0..BATCH_ROUNDS_MAX {
                pause_between_rounds(round).await;
                let (items, left) = self.get_batch(wanted).await?;
                for item in items {
                    let key = key_of(&item)?;
                    found.push((key, from_item(item)?));
                }
                wanted = left;
                if wanted.is_empty() {
                    break;
                }
            }
            if !wanted.is_empty() {
                return Err(StoreError::new("get many", "throttled for too long"));
            }
        }
        Ok(found)
    }

    async fn get_batch(
        &self,
        keys: Vec<AttributeMap>,
    ) -> Result<(Vec<AttributeMap>, Vec<AttributeMap>), StoreError> {
        let request = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(true)
            .build()
            .map_err(|error| StoreError::new("get many", error))?;
        let answer = self
            .client
            .batch_get_item()
            .request_items(self.name(), request)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| StoreError::new("get many", error))?;
        for consumed in answer.consumed_capacity() {
            self.count_read(Some(consumed));
        }
        let left = answer
            .unprocessed_keys
            .and_then(|mut tables| tables.remove(self.name()))
            .map(|left| left.keys)
            .unwrap_or_default();
        let items = answer
            .responses
            .and_then(|mut tables| tables.remove(self.name()))
            .unwrap_or_default();
        Ok((items, left))
    }

    /// Reads a page of one partition.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn query<T: DeserializeOwned>(
        &self,
        query: &Query,
    ) -> Result<QueryPage<T>, StoreError> {
        let mut rows = Vec::new();
        let mut after = query.after.clone();
        if after.as_ref().is_some_and(|sk| !query.range.may_have(sk)) {
            // Made up: nothing comes after it.
            return Ok(QueryPage { rows, next: None });
        }
        loop {
            let (items, next) = self.query_once(query, after, rows.len()).await?;
            for item in items {
                rows.push((key_of(&item)?, from_item(item)?));
            }
            let enough = rows.len() >= query.limit as usize;
            if enough || next.is_none() {
                return Ok(QueryPage { rows, next });
            }
            after = next;
        }
    }

    async fn query_once(
        &self,
        query: &Query,
        after: Option<String>,
        have: usize,
    ) -> Result<(Vec<AttributeMap>, Option<String>), StoreError> {
        let left = query
            .limit
            .saturating_sub(u32::try_from(have).unwrap_or(u32::MAX));
        let mut request = self
            .client
            .query()
            .table_name(self.name())
            .expression_attribute_values(":pk", AttributeValue::S(query.pk.clone()))
            .scan_index_forward(!query.descending)
            .consistent_read(query.consistent)
            .limit(i32::try_from(left.max(1)).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        request = match &query.range {
            Range::All => request.key_condition_expression("pk = :pk"),
            Range::Prefix(prefix) => request
                .key_condition_expression("pk = :pk AND begins_with(sk, :a)")
                .expression_attribute_values(":a", AttributeValue::S(prefix.clone())),
            Range::Between(from, to) => request
                .key_condition_expression("pk = :pk AND sk BETWEEN :a AND :b")
                .expression_attribute_values(":a", AttributeValue::S(from.clone()))
                .expression_attribute_values(":b", AttributeValue::S(to.clone())),
        };
        if let Some(after) = after {
            let start = Key::new(query.pk.clone(), after).attributes();
            request = request.set_exclusive_start_key(Some(start));
        }
        let answer = request
            .send()
            .await
            .map_err(|error| StoreError::new("query", error))?;
        self.count_read(answer.consumed_capacity());
        let next = answer
            .last_evaluated_key
            .as_ref()
            .and_then(Key::of)
            .map(|key| key.sk);
        Ok((answer.items.unwrap_or_default(), next))
    }

    /// Keys of what is due in a shard of the due index up to `now`, the
    /// longest overdue first. The index is eventually consistent: a key may
    /// name an item that has moved on, so its reader checks.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due(
        &self,
        shard: &str,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Key>, StoreError> {
        let mut keys = Vec::new();
        let mut start = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(self.name())
                .index_name(DUE_INDEX)
                .key_condition_expression("#s = :s AND #d <= :d")
                .expression_attribute_names("#s", DUE_SHARD)
                .expression_attribute_names("#d", DUE_AT)
                .expression_attribute_values(":s", AttributeValue::S(shard.to_owned()))
                .expression_attribute_values(
                    ":d",
                    AttributeValue::N(now.timestamp_millis().to_string()),
                )
                .limit(i32::try_from(limit).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|error| StoreError::new("query the due index", error))?;
            self.count_read(answer.consumed_capacity());
            keys.extend(answer.items().iter().filter_map(Key::of));
            start = answer.last_evaluated_key;
            if start.is_none() || keys.len() >= limit as usize {
                return Ok(keys);
            }
        }
    }

    /// Writes an item, replacing what was there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put(&self, item: AttributeMap) -> Result<(), StoreError> {
        let answer = self
            .client
            .put_item()
            .table_name(self.name())
            .set_item(Some(item))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| StoreError::new("put", error))?;
        self.count_write(answer.consumed_capacity());
        Ok(())
    }

    /// Writes an item where none is, or only one that has expired. Answers
    /// whether it was written.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put_new(&self, item: AttributeMap, now: Timestamp) -> Result<bool, StoreError> {
        let answer = self
            .client
            .put_item()
            .table_name(self.name())
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR #ttl <= :now")
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":now", AttributeValue::N(now.timestamp().to_string()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match answer {
            Ok(answer) => {
                self.count_write(answer.consumed_capacity());
                Ok(true)
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::new("put", error)),
        }
    }

    /// Changes an item where the condition that `build` gives it holds, and
    /// answers it as it is then; `None` where the condition does not hold.
    ///
    /// # Errors
    /// [`StoreError`], by the name of `operation`.
    pub async fn update_where(
        &self,
        operation: &'static str,
        key: &Key,
        build: impl FnOnce(UpdateItemFluentBuilder) -> UpdateItemFluentBuilder,
    ) -> Result<Option<AttributeMap>, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(self.name())
            .set_key(Some(key.attributes()))
            .return_values(ReturnValue::AllNew)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match build(request).send().await {
            Ok(answer) => {
                self.count_write(answer.consumed_capacity());
                Ok(Some(answer.attributes.unwrap_or_default()))
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(StoreError::new(operation, error)),
        }
    }

    /// Deletes an item; nothing happens where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        let answer = self
            .client
            .delete_item()
            .table_name(self.name())
            .set_key(Some(key.attributes()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| StoreError::new("delete", error))?;
        self.count_write(answer.consumed_capacity());
        Ok(())
    }

    /// Writes many items, in no order and not as one: for what can be written
    /// again without harm.
    ///
    /// # Errors
    /// [`StoreError`]; some of the items may then be written.
    pub async fn put_many(&self, items: Vec<AttributeMap>) -> Result<(), StoreError> {
        let requests = items
            .into_iter()
            .map(|item| PutRequest::builder().set_item(Some(item)).build())
            .map(|put| Ok(WriteRequest::builder().put_request(put?).build()))
            .collect::<Result<Vec<_>, aws_sdk_dynamodb::error::BuildError>>()
            .map_err(|error| StoreError::new("put many", error))?;
        self.write_many(requests).await
    }

    /// Deletes many items, in no order and not as one.
    ///
    /// # Errors
    /// [`StoreError`]; some of the items may then be gone.
    pub async fn delete_many(&self, keys: &[Key]) -> Result<(), StoreError> {
        let requests = keys
            .iter()
            .map(|key| {
                DeleteRequest::builder()
                    .set_key(Some(key.attributes()))
                    .build()
            })
            .map(|delete| Ok(WriteRequest::builder().delete_request(delete?).build()))
            .collect::<Result<Vec<_>, aws_sdk_dynamodb::error::BuildError>>()
            .map_err(|error| StoreError::new("delete many", error))?;
        self.write_many(requests).await
    }

    async fn write_many(&self, requests: Vec<WriteRequest>) -> Result<(), StoreError> {
        for chunk in requests.chunks(BATCH_WRITE_MAX) {
            let mut wanted = chunk.to_vec();
            for round in 0..BATCH_ROUNDS_MAX {
                pause_between_rounds(round).await;
                let answer = self
                    .client
                    .batch_write_item()
                    .request_items(self.name(), wanted)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await
                    .map_err(|error| StoreError::new("write many", error))?;
                for consumed in answer.consumed_capacity() {
                    self.count_write(Some(consumed));
                }
                wanted = answer
                    .unprocessed_items
                    .and_then(|mut tables| tables.remove(self.name()))
                    .unwrap_or_default();
                if wanted.is_empty() {
                    break;
                }
            }
            if !wanted.is_empty() {
                return Err(StoreError::new("write many", "throttled for too long"));
            }
        }
        Ok(())
    }
}

fn key_of(item: &AttributeMap) -> Result<Key, StoreError> {
    Key::of(item).ok_or_else(|| StoreError::new("read an item", "it has no key"))
}

fn is_live(item: &AttributeMap, now: Timestamp) -> bool {
    let expires_s = item
        .get(TTL)
        .and_then(|ttl| ttl.as_n().ok())
        .and_then(|ttl| ttl.parse::<i64>().ok());
    expires_s.is_none_or(|expires_s| expires_s > now.timestamp())
}

async fn pause_between_rounds(round: u32) {
    if round > 0 {
        tokio::time::sleep(Duration::from_millis(25 << round.min(6))).await;
    }
}
