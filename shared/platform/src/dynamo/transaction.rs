//! Transactions: all of their writes happen, or none.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnConsumedCapacity, TransactWriteItem,
};
use kernel::error::Cause;
use serde::Serialize;

use super::item::{AttributeMap, Key, to_item};
use super::{StoreError, Table};
use crate::retry;

/// Writes in one transaction; DynamoDB's own bound.
const WRITES_MAX: usize = 100;
/// Attempts where another transaction holds one of the items.
const ATTEMPTS_MAX: u32 = 6;

/// Why a transaction did not happen.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Conditions did not hold; the labels say whose.
    #[error("refused by {}", .0.join(", "))]
    Refused(Vec<&'static str>),
    /// The store failed, or too many others wanted the same items.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CommitError {
    /// Whether the write with this label was refused.
    #[must_use]
    pub fn refused(&self, label: &str) -> bool {
        matches!(self, Self::Refused(labels) if labels.contains(&label))
    }
}

impl From<CommitError> for kernel::Error {
    fn from(error: CommitError) -> Self {
        Self::internal(error)
    }
}

/// A condition on the item that is there before the write.
#[derive(Clone, Debug)]
pub struct Condition {
    expression: String,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Condition {
    /// Nothing is demanded: there may be an item, and whatever it is.
    #[must_use]
    pub fn none() -> Self {
        Self {
            expression: String::new(),
            names: HashMap::new(),
            values: HashMap::new(),
        }
    }

    /// No item is there.
    #[must_use]
    pub fn absent() -> Self {
        Self {
            expression: "attribute_not_exists(pk)".to_owned(),
            ..Self::none()
        }
    }

    /// An item is there.
    #[must_use]
    pub fn present() -> Self {
        Self {
            expression: "attribute_exists(pk)".to_owned(),
            ..Self::none()
        }
    }

    /// The attribute has this number.
    #[must_use]
    pub fn number(name: &str, value: u64) -> Self {
        Self {
            expression: "#c = :c".to_owned(),
            names: HashMap::from([("#c".to_owned(), name.to_owned())]),
            values: HashMap::from([(":c".to_owned(), AttributeValue::N(value.to_string()))]),
        }
    }

    /// The attribute has this text.
    #[must_use]
    pub fn text(name: &str, value: &str) -> Self {
        Self {
            values: HashMap::from([(":c".to_owned(), AttributeValue::S(value.to_owned()))]),
            ..Self::number(name, 0)
        }
    }
}

/// A change of some attributes of an item, the others kept.
#[derive(Clone, Debug, Default)]
pub struct Update {
    sets: Vec<String>,
    removes: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Update {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets an attribute.
    #[must_use]
    pub fn set(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.sets.push(format!("#{name} = :{name}"));
        self.names.insert(format!("#{name}"), name.to_owned());
        self.values.insert(format!(":{name}"), value);
        self
    }

    /// Sets an attribute to a text.
    #[must_use]
    pub fn text(self, name: &'static str, value: impl Into<String>) -> Self {
        self.set(name, AttributeValue::S(value.into()))
    }

    /// Sets an attribute to an integer.
    #[must_use]
    pub fn number(self, name: &'static str, value: i64) -> Self {
        self.set(name, AttributeValue::N(value.to_string()))
    }

    /// Adds to an integer attribute, from zero where it is absent.
    #[must_use]
    pub fn add(mut self, name: &'static str, by: i64) -> Self {
        self.sets
            .push(format!("#{name} = if_not_exists(#{name}, :zero) + :{name}"));
        self.names.insert(format!("#{name}"), name.to_owned());
        self.values
            .insert(format!(":{name}"), AttributeValue::N(by.to_string()));
        self.values
            .insert(":zero".to_owned(), AttributeValue::N("0".to_owned()));
        self
    }

    /// Takes an attribute away.
    #[must_use]
    pub fn remove(mut self, name: &'static str) -> Self {
        self.removes.push(format!("#{name}"));
        self.names.insert(format!("#{name}"), name.to_owned());
        self
    }

    fn expression(&self) -> String {
        let mut parts = Vec::new();
        if !self.sets.is_empty() {
            parts.push(format!("SET {}", self.sets.join(", ")));
        }
        if !self.removes.is_empty() {
            parts.push(format!("REMOVE {}", self.removes.join(", ")));
        }
        parts.join(" ")
    }
}

/// A transaction in the making. Labels name its writes in errors.
#[derive(Clone, Debug, Default)]
pub struct Transaction {
    writes: Vec<TransactWriteItem>,
    labels: Vec<&'static str>,
    tables: Vec<Table>,
}

impl Transaction {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many writes it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.writes.len()
    }

    /// Whether it has no writes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Writes a value under a key, where the condition holds.
    ///
    /// # Errors
    /// Where the value cannot be an item.
    pub fn put<T: Serialize>(
        &mut self,
        label: &'static str,
        table: &Table,
        key: &Key,
        value: &T,
        condition: Option<Condition>,
    ) -> Result<&mut Self, StoreError> {
        let item = to_item(key, value)?;
        self.put_item(label, table, item, condition)
    }

    /// Writes a ready item, where the condition holds.
    ///
    /// # Errors
    /// Where the SDK refuses the item.
    pub fn put_item(
        &mut self,
        label: &'static str,
        table: &Table,
        item: AttributeMap,
        condition: Option<Condition>,
    ) -> Result<&mut Self, StoreError> {
        let condition = condition.unwrap_or_else(Condition::none);
        let put = Put::builder()
            .table_name(table.name())
            .set_item(Some(item))
            .set_condition_expression(some(condition.expression))
            .set_expression_attribute_names(some_map(condition.names))
            .set_expression_attribute_values(some_map(condition.values))
            .build()
            .map_err(|error| StoreError::new("build a put", error))?;
        self.push(label, table, TransactWriteItem::builder().put(put).build());
        Ok(self)
    }

    /// Changes some attributes of an item, where the condition holds.
    ///
    /// # Errors
    /// Where the SDK refuses the update.
    pub fn update(
        &mut self,
        label: &'static str,
        table: &Table,
        key: &Key,
        update: Update,
        condition: Condition,
    ) -> Result<&mut Self, StoreError> {
        let expression = update.expression();
        let mut names = update.names;
        names.extend(condition.names);
        let mut values = update.values;
        values.extend(condition.values);
        let update = aws_sdk_dynamodb::types::Update::builder()
            .table_name(table.name())
            .set_key(Some(key.attributes()))
            .update_expression(expression)
            .set_condition_expression(some(condition.expression))
            .set_expression_attribute_names(some_map(names))
            .set_expression_attribute_values(some_map(values))
            .build()
            .map_err(|error| StoreError::new("build an update", error))?;
        let write = TransactWriteItem::builder().update(update).build();
        self.push(label, table, write);
        Ok(self)
    }

    /// Deletes an item.
    ///
    /// # Errors
    /// Where the SDK refuses the key.
    pub fn delete(
        &mut self,
        label: &'static str,
        table: &Table,
        key: &Key,
    ) -> Result<&mut Self, StoreError> {
        self.delete_where(label, table, key, Condition::none())
    }

    /// Deletes an item, where the condition holds.
    ///
    /// # Errors
    /// Where the SDK refuses the key.
    pub fn delete_where(
        &mut self,
        label: &'static str,
        table: &Table,
        key: &Key,
        condition: Condition,
    ) -> Result<&mut Self, StoreError> {
        let delete = Delete::builder()
            .table_name(table.name())
            .set_key(Some(key.attributes()))
            .set_condition_expression(some(condition.expression))
            .set_expression_attribute_names(some_map(condition.names))
            .set_expression_attribute_values(some_map(condition.values))
            .build()
            .map_err(|error| StoreError::new("build a delete", error))?;
        let write = TransactWriteItem::builder().delete(delete).build();
        self.push(label, table, write);
        Ok(self)
    }

    /// Demands a condition of an item that is not written.
    ///
    /// # Errors
    /// Where the SDK refuses the condition.
    pub fn check(
        &mut self,
        label: &'static str,
        table: &Table,
        key: &Key,
        condition: Condition,
    ) -> Result<&mut Self, StoreError> {
        let check = ConditionCheck::builder()
            .table_name(table.name())
            .set_key(Some(key.attributes()))
            .condition_expression(condition.expression)
            .set_expression_attribute_names(some_map(condition.names))
            .set_expression_attribute_values(some_map(condition.values))
            .build()
            .map_err(|error| StoreError::new("build a check", error))?;
        let write = TransactWriteItem::builder().condition_check(check).build();
        self.push(label, table, write);
        Ok(self)
    }

    fn push(&mut self, label: &'static str, table: &Table, write: TransactWriteItem) {
        self.labels.push(label);
        self.writes.push(write);
        if !self.tables.iter().any(|known| known.name() == table.name()) {
            self.tables.push(table.clone());
        }
    }

    /// Carries it out, again with jitter where another transaction is at work
    /// on the same items.
    ///
    /// # Errors
    /// [`CommitError`].
    pub async fn commit(self) -> Result<(), CommitError> {
        let Some(client) = self.tables.first().map(|table| table.client.clone()) else {
            return Ok(());
        };
        if self.writes.len() > WRITES_MAX {
            return Err(StoreError::new("commit", "more writes than a transaction takes").into());
        }
        let mut last: Cause = "contended".into();
        for attempt in 0..ATTEMPTS_MAX {
            let answer = client
                .transact_write_items()
                .set_transact_items(Some(self.writes.clone()))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await;
            let error = match answer {
                Ok(answer) => {
                    self.count(answer.consumed_capacity());
                    return Ok(());
                }
                Err(error) => error,
            };
            match error.as_service_error().map(|cause| self.judge(cause)) {
                Some(Verdict::Refused(labels)) => return Err(CommitError::Refused(labels)),
                Some(Verdict::Contended) => last = error.into(),
                Some(Verdict::Failed) | None => {
                    return Err(StoreError::new("commit", error).into());
                }
            }
            tokio::time::sleep(retry::backoff(attempt, Duration::from_millis(20))).await;
        }
        Err(StoreError::new("commit", last).into())
    }

    fn count(&self, consumed: &[aws_sdk_dynamodb::types::ConsumedCapacity]) {
        for units in consumed {
            let table = self
                .tables
                .iter()
                .find(|table| units.table_name() == Some(table.name()));
            if let Some(table) = table {
                table.count_write(Some(units));
            }
        }
    }

    fn judge(&self, error: &TransactWriteItemsError) -> Verdict {
        let canceled = match error {
            TransactWriteItemsError::TransactionCanceledException(canceled) => canceled,
            TransactWriteItemsError::TransactionInProgressException(_) => {
                return Verdict::Contended;
            }
            _ => return Verdict::Failed,
        };
        let reasons = canceled.cancellation_reasons();
        let refused: Vec<&'static str> = reasons
            .iter()
            .zip(&self.labels)
            .filter(|(reason, _)| reason.code() == Some("ConditionalCheckFailed"))
            .map(|(_, label)| *label)
            .collect();
        let contended = reasons.iter().any(|reason| {
            matches!(
                reason.code(),
                Some("TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded")
            )
        });
        match (refused.is_empty(), contended) {
            (false, _) => Verdict::Refused(refused),
            (true, true) => Verdict::Contended,
            (true, false) => Verdict::Failed,
        }
    }
}

enum Verdict {
    Refused(Vec<&'static str>),
    Contended,
    Failed,
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn some_map<V>(map: HashMap<String, V>) -> Option<HashMap<String, V>> {
    (!map.is_empty()).then_some(map)
}
