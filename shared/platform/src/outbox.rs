//! The transactional outbox: an event is a row in the same write as the change
//! that caused it, so neither is without the other.
//!
//! The dispatcher reads rows from the table's stream, hands each to its queue
//! and deletes it. A row that the stream lost is found by the sweeper. A row
//! may be handed on twice, so consumers are idempotent.

use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dynamo::{Key, Query, Range, StoreError, Table, Transaction, from_item};
use crate::queue::{Order, Outgoing, Queue, Queues};

/// Every outbox partition starts so; the stream's filter knows it too.
pub const PREFIX: &str = "OUTBOX#";
/// Partitions that rows are spread over, so that no one is hot.
const SHARDS: u64 = 8;
/// Rows that one sweep takes from each partition.
const SWEEP_ROWS_MAX: u32 = 500;
/// A row this old was missed by the stream, in ms.
const MISSED_AFTER_MS: i64 = 15_000;

/// An event on its way to a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Which queue.
    pub queue: Queue,
    /// The message, as JSON.
    pub body: String,
    /// Not to be delivered before, in ms since the epoch of the business
    /// clock; 0 is at once.
    pub deliver_at_ms: i64,
    /// The group within which its queue keeps order, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The request that caused it.
    pub request_id: String,
    /// When it was written, in ms since the epoch of real time.
    pub written_at_ms: i64,
}

/// Adds an event to a transaction.
///
/// # Errors
/// Where the message cannot be JSON.
pub fn enqueue<M: Serialize>(
    transaction: &mut Transaction,
    table: &Table,
    queue: Queue,
    message: &M,
    deliver_at: Option<Timestamp>,
    request_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = Row {
        queue,
        body: body(message)?,
        deliver_at_ms: deliver_at.map_or(0, |at| at.timestamp_millis()),
        group: None,
        request_id: request_id.to_owned(),
        written_at_ms: written_at_ms(),
    };
    add(transaction, table, &row, now)
}

/// Adds an event for a queue that keeps order within a group.
///
/// # Errors
/// Where the message cannot be JSON.
pub fn enqueue_in_order<M: Serialize>(
    transaction: &mut Transaction,
    table: &Table,
    queue: Queue,
    message: &M,
    group: &str,
    request_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = Row {
        queue,
        body: body(message)?,
        deliver_at_ms: 0,
        group: Some(group.to_owned()),
        request_id: request_id.to_owned(),
        written_at_ms: written_at_ms(),
    };
    add(transaction, table, &row, now)
}

fn body<M: Serialize>(message: &M) -> Result<String, StoreError> {
    serde_json::to_string(message).map_err(|error| StoreError::new("write an event", error))
}

fn written_at_ms() -> i64 {
    kernel::time::Clock::now(&crate::clock::SystemClock).timestamp_millis()
}

fn add(
    transaction: &mut Transaction,
    table: &Table,
    row: &Row,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = kernel::id::ulid_at(now);
    let shard = crate::retry::random_below(SHARDS);
    let key = Key::new(format!("{PREFIX}{shard}"), id);
    transaction.put("outbox", table, &key, row, None)?;
    Ok(())
}

/// Hands outbox rows to their queues.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    table: Table,
    queues: Queues,
}

impl Dispatcher {
    /// From a table to queues.
    #[must_use]
    pub fn new(table: Table, queues: Queues) -> Self {
        Self { table, queues }
    }

    /// Hands on the rows that a stream brought. What fails stays in the table
    /// for the sweeper. Answers how many were handed on.
    pub async fn forward(&self, rows: Vec<(Key, Row)>, now: Timestamp) -> usize {
        let mut sent = Vec::with_capacity(rows.len());
        for queue in Queue::ALL {
            let batch: Vec<&(Key, Row)> =
                rows.iter().filter(|(_, row)| row.queue == queue).collect();
            for chunk in batch.chunks(10) {
                let messages: Vec<Outgoing<'_>> =
                    chunk.iter().map(|row| outgoing(row, now)).collect();
                match self.queues.send_batch(queue, &messages).await {
                    Ok(accepted) => {
                        sent.extend(accepted.into_iter().map(|index| chunk[index].0.clone()));
                    }
                    Err(error) => {
                        tracing::error!(
                            error = kernel::error::chain(&error),
                            queue = queue.as_str(),
                            "events not handed on; the sweeper will"
                        );
                    }
                }
            }
        }
        if let Err(error) = self.table.delete_many(&sent).await {
            tracing::warn!(
                error = kernel::error::chain(&error),
                "handed-on events not deleted; they will be handed on again"
            );
        }
        sent.len()
    }

    /// Hands on rows that are still there although the stream should have
    /// brought them. Answers how many.
    ///
    /// # Errors
    /// Where the table cannot be read.
    pub async fn sweep(&self, now: Timestamp, real_now: Timestamp) -> Result<usize, StoreError> {
        let mut total = 0;
        for shard in 0..SHARDS {
            let query = Query::new(format!("{PREFIX}{shard}"), Range::All, SWEEP_ROWS_MAX);
            let page = self.table.query::<Row>(&query).await?;
            let missed = page
                .rows
                .into_iter()
                .filter(|(_, row)| {
                    real_now.timestamp_millis() - row.written_at_ms > MISSED_AFTER_MS
                })
                .collect::<Vec<_>>();
            total += self.forward(missed, now).await;
        }
        Ok(total)
    }
}

/// Reads a row from the image of a stream record.
///
/// # Errors
/// Where it is no outbox row.
pub fn row_of(image: serde_dynamo::Item) -> Result<(Key, Row), StoreError> {
    let image = crate::dynamo::AttributeMap::from(image);
    let key = Key::of(&image).ok_or_else(|| StoreError::new("read an event", "it has no key"))?;
    Ok((key, from_item(image)?))
}

fn outgoing<'a>((key, row): &'a (Key, Row), now: Timestamp) -> Outgoing<'a> {
    Outgoing {
        body: &row.body,
        delay_s: delay_s(row, now),
        order: row
            .group
            .as_deref()
            .map(|group| Order { group, id: &key.sk }),
    }
}

/// Seconds that SQS is to hold a message back; its own bound is 15 minutes,
/// and a consumer sends back what comes too early.
fn delay_s(row: &Row, now: Timestamp) -> i64 {
    let wait_ms = row.deliver_at_ms - now.timestamp_millis();
    ((wait_ms + 999) / 1000).clamp(0, crate::queue::DELAY_S_MAX)
}
