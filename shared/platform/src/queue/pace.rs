//! How long messages wait in the queues.
//!
//! SQS counts messages and tells how old the oldest is by CloudWatch alone,
//! minutes later. What is told here is derived from two notes for each queue:
//! a consumer notes every few seconds when it took messages and how long they
//! had waited, and once a minute the dispatcher notes which queues nothing
//! waits in. Messages are taken about in the order in which they become due, so
//! what waits now became due after both.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use kernel::time::Timestamp;
use serde::Deserialize;

use super::{Queue, Queues};
use crate::dynamo::{Key, Query, Range, StoreError, Table};

/// The partition of the platform's table that has a note for each queue.
const PARTITION: &str = "QUEUES";
/// How long one queue may take to be counted and noted.
const COUNT_WITHIN: Duration = Duration::from_secs(2);

/// What is noted of a queue; times are in ms since the epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Pace {
    /// When messages were last taken.
    #[serde(default)]
    pub taken_at_ms: Option<i64>,
    /// How long they had waited then, in ms, the time that they were held back
    /// not counted.
    #[serde(default)]
    pub waited_ms: Option<i64>,
    /// When nothing waited.
    #[serde(default)]
    pub empty_at_ms: Option<i64>,
}

impl Pace {
    /// When messages were last taken.
    #[must_use]
    pub fn taken_at(&self) -> Option<Timestamp> {
        Timestamp::from_timestamp_millis(self.taken_at_ms?)
    }

    /// How long what waits now has waited, at most, in ms; none where nothing
    /// was ever noted. What comes again after a failure is not counted.
    #[must_use]
    pub fn age_ms_max(&self, now: Timestamp) -> Option<i64> {
        let taken = self.taken_at_ms.zip(self.waited_ms);
        let due_ms = taken.map(|(at_ms, waited_ms)| at_ms - waited_ms);
        // None is less than any.
        let since_ms = due_ms.max(self.empty_at_ms)?;
        Some((now.timestamp_millis() - since_ms).max(0))
    }
}

/// The notes of all queues.
#[derive(Clone, Debug)]
pub struct Paces {
    table: Table,
}

impl Paces {
    /// Over the platform's table.
    #[must_use]
    pub fn new(platform_table: Table) -> Self {
        Self {
            table: platform_table,
        }
    }

    /// The notes of all queues, as of every one that was written; a queue of
    /// which nothing was noted is not among them.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn all(&self) -> Result<Vec<(Queue, Pace)>, StoreError> {
        let query = Query::new(PARTITION, Range::All, 100).consistent();
        let rows = self.table.query::<Pace>(&query).await?.rows.into_iter();
        Ok(rows
            .filter_map(|(key, pace)| {
                let queue = Queue::ALL.into_iter().find(|one| one.as_str() == key.sk)?;
                Some((queue, pace))
            })
            .collect())
    }

    /// Notes that messages were taken and how long they had waited; the last
    /// note counts.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn note_taken(
        &self,
        queue: Queue,
        waited_ms: i64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let number = |number: i64| AttributeValue::N(number.to_string());
        let is_newer = "attribute_not_exists(taken_at_ms) OR taken_at_ms < :now";
        let note = |update: UpdateItemFluentBuilder| {
            update
                .update_expression("SET taken_at_ms = :now, waited_ms = :waited")
                .condition_expression(is_newer)
                .expression_attribute_values(":now", number(now.timestamp_millis()))
                .expression_attribute_values(":waited", number(waited_ms))
        };
        let key = key(queue);
        self.table.update_where("note a wait", &key, note).await?;
        Ok(())
    }

    /// Notes in which queues nothing waits. A queue that is not counted or not
    /// noted is told, and the others are noted.
    pub async fn note_empty(&self, queues: &Queues, now: Timestamp) {
        let notes = Queue::ALL.map(|queue| async move {
            let noted = self.note_if_empty(queues, queue, now);
            let error = match tokio::time::timeout(COUNT_WITHIN, noted).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => kernel::error::chain(&error),
                Err(late) => late.to_string(),
            };
            let queue = queue.as_str();
            tracing::warn!(queue, error, "not noted whether a queue is empty");
        });
        futures::future::join_all(notes).await;
    }

    async fn note_if_empty(
        &self,
        queues: &Queues,
        queue: Queue,
        now: Timestamp,
    ) -> kernel::Result<()> {
        if queues.depth(queue).await?.waiting > 0 {
            return Ok(());
        }
        let now = AttributeValue::N(now.timestamp_millis().to_string());
        let note = |update: UpdateItemFluentBuilder| {
            update
                .update_expression("SET empty_at_ms = :now")
                .expression_attribute_values(":now", now)
        };
        let (operation, key) = ("note an empty queue", key(queue));
        self.table.update_where(operation, &key, note).await?;
        Ok(())
    }
}

fn key(queue: Queue) -> Key {
    Key::new(PARTITION, queue.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age_ms_max(pace: Pace) -> Option<i64> {
        let now = Timestamp::from_timestamp_millis(100_000).expect("a time");
        pace.age_ms_max(now)
    }

    #[test]
    fn what_waits_became_due_after_what_was_taken_and_after_nothing_waited() {
        let taken = Pace {
            taken_at_ms: Some(98_000),
            waited_ms: Some(30_000),
            empty_at_ms: None,
        };
        assert_eq!(age_ms_max(taken), Some(32_000));
        let emptied_before = Pace {
            empty_at_ms: Some(50_000),
            ..taken
        };
        assert_eq!(age_ms_max(emptied_before), Some(32_000));
        let emptied_since = Pace {
            empty_at_ms: Some(99_000),
            ..taken
        };
        assert_eq!(age_ms_max(emptied_since), Some(1_000));
    }

    #[test]
    fn a_queue_of_which_nothing_was_noted_tells_no_age() {
        assert_eq!(age_ms_max(Pace::default()), None);
    }
}
