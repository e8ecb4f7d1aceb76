//! How many messages the queues have.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use futures::future::join_all;
use kernel::error::Cause;
use kernel::time::Timestamp;

use super::{Queue, QueueError};
use crate::config::{ConfigError, Env};

/// How long one queue may take to be counted.
const COUNT_WITHIN: Duration = Duration::from_secs(2);
/// How long counts are believed, in ms: what asking costs depends on the number
/// of instances and not on that of who ask.
const AGE_MS_MAX: i64 = 2_000;

/// How many messages a queue has; SQS counts approximately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Those that wait to be taken.
    pub waiting: u64,
    /// Those that are held back until their time.
    pub delayed: u64,
    /// Those that are being worked on.
    pub in_flight: u64,
}

/// How many messages the queue with an address has: the queue itself, or that
/// of its dead letters.
pub(super) async fn depth(client: &Client, queue: Queue, url: &str) -> Result<Depth, QueueError> {
    use QueueAttributeName::{
        ApproximateNumberOfMessages, ApproximateNumberOfMessagesDelayed,
        ApproximateNumberOfMessagesNotVisible,
    };
    let failed = |source: Cause| QueueError::Count {
        queue: queue.as_str(),
        source,
    };
    let names = [
        ApproximateNumberOfMessages,
        ApproximateNumberOfMessagesDelayed,
        ApproximateNumberOfMessagesNotVisible,
    ];
    let answer = client
        .get_queue_attributes()
        .queue_url(url)
        .set_attribute_names(Some(names.to_vec()))
        .send()
        .await
        .map_err(|error| failed(error.into()))?;
    let count = |name: &QueueAttributeName| {
        let count = answer.attributes().and_then(|counts| counts.get(name));
        let count = count.and_then(|count| count.parse().ok());
        count.ok_or_else(|| failed(format!("no {name} was told").into()))
    };
    let [waiting, delayed, in_flight] = &names;
    Ok(Depth {
        waiting: count(waiting)?,
        delayed: count(delayed)?,
        in_flight: count(in_flight)?,
    })
}

/// A queue's counts; what SQS did not tell in time is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Which queue.
    pub queue: Queue,
    /// How many messages it has.
    pub depth: Option<Depth>,
    /// Messages that failed for good and wait for a person.
    pub dead_letters: Option<u64>,
}

/// All queues with their dead letters, to be counted.
#[derive(Clone, Debug)]
pub struct Gauges {
    client: Client,
    watched: Arc<Vec<Watched>>,
    last: Arc<Mutex<Last>>,
}

/// What was counted last, and when in ms since the epoch.
#[derive(Debug, Default)]
struct Last {
    read_at_ms: i64,
    counts: Vec<Count>,
}

/// A queue and its dead letters, by their addresses.
#[derive(Clone, Debug)]
struct Watched {
    queue: Queue,
    url: String,
    dead_letters_url: String,
}

impl Gauges {
    /// By the addresses that the settings have.
    ///
    /// # Errors
    /// Where one is missing.
    pub fn from_env(client: Client, env: &Env) -> Result<Self, ConfigError> {
        let watched = Queue::ALL.into_iter().map(|queue| {
            Ok(Watched {
                queue,
                url: env.text(queue.setting())?,
                dead_letters_url: env.text(queue.dead_letters_setting())?,
            })
        });
        Ok(Self {
            client,
            watched: Arc::new(watched.collect::<Result<_, _>>()?),
            last: Arc::default(),
        })
    }

    /// Counts all queues at once; counts of the last two seconds are told
    /// again. A queue that SQS does not count in time is told.
    pub async fn read(&self, now: Timestamp) -> Vec<Count> {
        let now_ms = now.timestamp_millis();
        if let Ok(last) = self.last.lock()
            && now_ms - last.read_at_ms < AGE_MS_MAX
        {
            return last.counts.clone();
        }
        let counts = join_all(self.watched.iter().map(|one| self.count(one))).await;
        if let Ok(mut last) = self.last.lock() {
            last.read_at_ms = now_ms;
            last.counts.clone_from(&counts);
        }
        counts
    }

    async fn count(&self, watched: &Watched) -> Count {
        let queue = watched.queue;
        let (depth, dead_letters) = tokio::join!(
            self.depth(queue, &watched.url),
            self.depth(queue, &watched.dead_letters_url),
        );
        Count {
            queue,
            depth,
            dead_letters: dead_letters.map(|depth| depth.waiting),
        }
    }

    async fn depth(&self, queue: Queue, url: &str) -> Option<Depth> {
        let counted = tokio::time::timeout(COUNT_WITHIN, depth(&self.client, queue, url));
        let error = match counted.await {
            Ok(Ok(depth)) => return Some(depth),
            Ok(Err(error)) => kernel::error::chain(&error),
            Err(late) => late.to_string(),
        };
        let queue = queue.as_str();
        tracing::warn!(queue, url, error, "queue not counted");
        None
    }
}
