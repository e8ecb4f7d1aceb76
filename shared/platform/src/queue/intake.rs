//! The queue that a function takes messages of.

use std::future::Future;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use kernel::time::{Clock, Timestamp};
use serde::Deserialize;

use super::consume::{consume, consume_counted, consume_grouped, consume_in_order};
use super::{DELAY_ATTRIBUTE, Paces, Queue, RECEIVES_ATTRIBUTE};
use crate::clock::SystemClock;
use crate::dynamo::Table;

/// Where SQS says when a message was sent, in ms since the epoch.
const SENT_ATTRIBUTE: &str = "SentTimestamp";
/// An instance notes how long messages waited once in so many ms, at most.
const NOTE_EVERY_MS: i64 = 10_000;
/// How long an invocation waits for its note.
const NOTE_WITHIN: Duration = Duration::from_secs(1);

/// The queue that a function takes messages of. While a batch is worked on, it
/// is noted every now and then how long its messages had waited; a note that
/// fails is told and holds nothing up.
#[derive(Debug)]
pub struct Intake {
    queue: Queue,
    paces: Paces,
    noted_at_ms: AtomicI64,
}

impl Intake {
    /// Of a queue, with notes in the platform's table.
    #[must_use]
    pub fn new(platform_table: Table, queue: Queue) -> Self {
        Self {
            queue,
            paces: Paces::new(platform_table),
            noted_at_ms: AtomicI64::new(0),
        }
    }

    /// Works on each message of a batch and answers which have failed, so that
    /// only those come again. A message that is not of the expected form can
    /// never succeed; it fails too, and ends in the dead-letter queue where it
    /// is seen.
    pub async fn consume<M, F, Fut>(&self, event: SqsEvent, handle: F) -> SqsBatchResponse
    where
        M: for<'de> Deserialize<'de>,
        F: Fn(M) -> Fut,
        Fut: Future<Output = kernel::Result<()>>,
    {
        let noted = self.note(SystemClock.now(), &event.records);
        let (response, ()) = tokio::join!(consume(event, handle), noted);
        response
    }

    /// Works on each message of a batch, as [`Self::consume`] does. `handle`
    /// also receives how often SQS has delivered the message, from 1, so that
    /// it can end the work before the message becomes a dead letter.
    pub async fn consume_counted<M, F, Fut>(&self, event: SqsEvent, handle: F) -> SqsBatchResponse
    where
        M: for<'de> Deserialize<'de>,
        F: Fn(M, u32) -> Fut,
        Fut: Future<Output = kernel::Result<()>>,
    {
        let noted = self.note(SystemClock.now(), &event.records);
        let (response, ()) = tokio::join!(consume_counted(event, handle), noted);
        response
    }

    /// The same, where messages of one key ask for the same work: it is done
    /// once for all of them that a batch brings, and they fail together.
    pub async fn consume_grouped<M, F, Fut>(
        &self,
        event: SqsEvent,
        key: impl Fn(&M) -> Option<String>,
        handle: F,
    ) -> SqsBatchResponse
    where
        M: for<'de> Deserialize<'de>,
        F: Fn(M) -> Fut,
        Fut: Future<Output = kernel::Result<()>>,
    {
        let noted = self.note(SystemClock.now(), &event.records);
        let (response, ()) = tokio::join!(consume_grouped(event, key, handle), noted);
        response
    }

    /// Works on a batch of a queue that keeps order: `handle` is given the
    /// messages of one group, in their order, and groups are worked on side by
    /// side. The messages of a group are done or come again together.
    pub async fn consume_in_order<M, F, Fut>(&self, event: SqsEvent, handle: F) -> SqsBatchResponse
    where
        M: for<'de> Deserialize<'de>,
        F: Fn(Vec<M>) -> Fut,
        Fut: Future<Output = kernel::Result<()>>,
    {
        let noted = self.note(SystemClock.now(), &event.records);
        let (response, ()) = tokio::join!(consume_in_order(event, handle), noted);
        response
    }

    /// Notes how long messages had waited that are taken now, where it is time
    /// for a note.
    fn note<'a>(
        &'a self,
        now: Timestamp,
        records: &[SqsMessage],
    ) -> impl Future<Output = ()> + use<'a> {
        let waited_ms = waited_ms(records, now).filter(|_| self.is_time(now));
        async move {
            let Some(waited_ms) = waited_ms else { return };
            let noted = self.paces.note_taken(self.queue, waited_ms, now);
            let error = match tokio::time::timeout(NOTE_WITHIN, noted).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => kernel::error::chain(&error),
                Err(late) => late.to_string(),
            };
            let queue = self.queue.as_str();
            tracing::warn!(queue, error, "not noted how long messages waited");
        }
    }

    fn is_time(&self, now: Timestamp) -> bool {
        let now_ms = now.timestamp_millis();
        let is_time = now_ms - self.noted_at_ms.load(Ordering::Relaxed) >= NOTE_EVERY_MS;
        if is_time {
            self.noted_at_ms.store(now_ms, Ordering::Relaxed);
        }
        is_time
    }
}

/// The longest that one of these messages waited, in ms, the time that it was
/// held back not counted; none where all of them come again.
fn waited_ms(records: &[SqsMessage], now: Timestamp) -> Option<i64> {
    let waited = records.iter().filter_map(|record| {
        let attribute = |name| record.attributes.get(name);
        if attribute(RECEIVES_ATTRIBUTE).is_some_and(|count| count != "1") {
            return None;
        }
        let sent_ms: i64 = attribute(SENT_ATTRIBUTE)?.parse().ok()?;
        let delay = record.message_attributes.get(DELAY_ATTRIBUTE);
        let delay = delay.and_then(|delay| delay.string_value.as_deref());
        let delay_s: i64 = delay.and_then(|delay| delay.parse().ok()).unwrap_or(0);
        Some((now.timestamp_millis() - sent_ms - delay_s.saturating_mul(1000)).max(0))
    });
    waited.max()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SENT_MS: i64 = 1_730_000_000_000;

    fn waited_after(ms: i64, records: Value) -> Option<i64> {
        let now = Timestamp::from_timestamp_millis(SENT_MS + ms).expect("a time");
        let records: Vec<SqsMessage> = serde_json::from_value(records).expect("records");
        waited_ms(&records, now)
    }

    fn record(receives: &str, delay_s: Option<&str>) -> Value {
        let mut record = json!({
            "attributes": {
                "SentTimestamp": SENT_MS.to_string(), "ApproximateReceiveCount": receives,
            },
        });
        if let Some(delay_s) = delay_s {
            record["messageAttributes"] = json!({
                "delay_s": {
                    "dataType": "Number", "stringValue": delay_s,
                    "stringListValues": [], "binaryListValues": [],
                },
            });
        }
        record
    }

    #[test]
    fn the_longest_wait_of_a_batch_counts() {
        let late = record("1", None);
        let held = record("1", Some("60"));
        assert_eq!(waited_after(61_500, json!([held])), Some(1_500));
        assert_eq!(waited_after(61_500, json!([held, late])), Some(61_500));
    }

    #[test]
    fn a_message_that_is_early_by_anothers_clock_did_not_wait() {
        let held = record("1", Some("60"));
        assert_eq!(waited_after(59_900, json!([held])), Some(0));
    }

    #[test]
    fn messages_that_come_again_say_nothing_of_the_queue() {
        assert_eq!(waited_after(500, json!([record("2", None)])), None);
        assert_eq!(waited_after(500, json!([{}])), None);
    }
}
