//! SQS: sending, and consuming in batches of which a part may fail.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::operation::send_message::builders::SendMessageFluentBuilder;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use futures::StreamExt;
use kernel::error::Cause;
use serde::{Deserialize, Serialize};

use crate::config::{ConfigError, Env};

/// The longest that SQS holds a message back, in seconds.
pub const DELAY_S_MAX: i64 = 900;
/// Where SQS says in which group a message is.
const GROUP_ATTRIBUTE: &str = "MessageGroupId";
/// Messages of one batch that are worked on at once.
const CONCURRENCY: usize = 10;

/// The queues, one for each consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    /// Steps of sync chains.
    Sync,
    /// Accounts with inputs to judge, and simulation jobs.
    Rules,
    /// Deliveries to shops.
    Webhooks,
    /// Mails to people.
    Mail,
    /// Logs of live events with something new to send; first in, first out
    /// for each log.
    Fanout,
    /// Checks of connections that are due in a while.
    Realtime,
    /// Looks after terminals, whether they are still there.
    Terminals,
}

impl Queue {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Sync,
        Self::Rules,
        Self::Webhooks,
        Self::Mail,
        Self::Fanout,
        Self::Realtime,
        Self::Terminals,
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Rules => "rules",
            Self::Webhooks => "webhooks",
            Self::Mail => "mail",
            Self::Fanout => "fanout",
            Self::Realtime => "realtime",
            Self::Terminals => "terminals",
        }
    }

    fn setting(self) -> &'static str {
        match self {
            Self::Sync => "SYNC_QUEUE_URL",
            Self::Rules => "RULES_QUEUE_URL",
            Self::Webhooks => "WEBHOOKS_QUEUE_URL",
            Self::Mail => "MAIL_QUEUE_URL",
            Self::Fanout => "FANOUT_QUEUE_URL",
            Self::Realtime => "REALTIME_QUEUE_URL",
            Self::Terminals => "TERMINALS_QUEUE_URL",
        }
    }
}

/// A message could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The function has no address of this queue.
    #[error("the queue {0} is not configured")]
    Unknown(&'static str),
    /// SQS failed.
    #[error("the queue {queue} did not take a message")]
    Send {
        /// Which queue.
        queue: &'static str,
        /// Why.
        #[source]
        source: Cause,
    },
}

impl From<QueueError> for kernel::Error {
    fn from(error: QueueError) -> Self {
        Self::internal(error)
    }
}

/// A message of a batch on its way out.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The message, as JSON.
    pub body: &'a str,
    /// Seconds to hold it back, up to 15 minutes; a queue that keeps order
    /// holds nothing back.
    pub delay_s: i64,
    /// The group within which order is kept, on a queue that keeps order.
    pub order: Option<Order<'a>>,
}

impl<'a> Outgoing<'a> {
    /// A message that is not held back.
    #[must_use]
    pub fn now(body: &'a str) -> Self {
        Self {
            body,
            delay_s: 0,
            order: None,
        }
    }
}

/// What a queue that keeps order is told of a message.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Messages of one group are delivered one after the other.
    pub group: &'a str,
    /// A message with the same id is taken once within five minutes.
    pub id: &'a str,
}

/// The queues that a function may send to.
#[derive(Clone, Debug)]
pub struct Queues {
    client: Client,
    urls: Arc<HashMap<Queue, String>>,
}

impl Queues {
    /// Those whose addresses the settings have.
    ///
    /// # Errors
    /// Where one of `needed` is missing.
    pub fn from_env(client: Client, env: &Env, needed: &[Queue]) -> Result<Self, ConfigError> {
        let mut urls = HashMap::new();
        for queue in needed {
            urls.insert(*queue, env.text(queue.setting())?);
        }
        Ok(Self {
            client,
            urls: Arc::new(urls),
        })
    }

    /// Sends one message, held back for up to 15 minutes.
    ///
    /// # Errors
    /// [`QueueError`].
    pub async fn send<M: Serialize>(
        &self,
        queue: Queue,
        message: &M,
        delay_s: i64,
    ) -> Result<(), QueueError> {
        let held = |call: SendMessageFluentBuilder| call.delay_seconds(bounded(delay_s));
        self.send_one(queue, message, held).await
    }

    /// Sends one message to a queue that keeps order.
    ///
    /// # Errors
    /// [`QueueError`].
    pub async fn send_in_order<M: Serialize>(
        &self,
        queue: Queue,
        message: &M,
        order: Order<'_>,
    ) -> Result<(), QueueError> {
        let ordered = |call: SendMessageFluentBuilder| {
            call.message_group_id(order.group)
                .message_deduplication_id(order.id)
        };
        self.send_one(queue, message, ordered).await
    }

    async fn send_one<M: Serialize>(
        &self,
        queue: Queue,
        message: &M,
        say_how: impl FnOnce(SendMessageFluentBuilder) -> SendMessageFluentBuilder,
    ) -> Result<(), QueueError> {
        let failed = |source: Cause| QueueError::Send {
            queue: queue.as_str(),
            source,
        };
        let body = serde_json::to_string(message).map_err(|error| failed(error.into()))?;
        let call = self.client.send_message().queue_url(self.url(queue)?);
        say_how(call.message_body(body))
            .send()
            .await
            .map_err(|error| failed(error.into()))?;
        Ok(())
    }

    /// Sends up to ten messages. Answers the indices of those taken.
    ///
    /// # Errors
    /// [`QueueError`] where none was.
    pub async fn send_batch(
        &self,
        queue: Queue,
        messages: &[Outgoing<'_>],
    ) -> Result<Vec<usize>, QueueError> {
        let failed = |source: Cause| QueueError::Send {
            queue: queue.as_str(),
            source,
        };
        let entries = messages
            .iter()
            .enumerate()
            .map(|(index, message)| {
                let entry = SendMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .message_body(message.body);
                match message.order {
                    None => entry.delay_seconds(bounded(message.delay_s)),
                    Some(order) => entry
                        .message_group_id(order.group)
                        .message_deduplication_id(order.id),
                }
                .build()
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| failed(error.into()))?;
        let answer = self
            .client
            .send_message_batch()
            .queue_url(self.url(queue)?)
            .set_entries(Some(entries))
            .send()
            .await
            .map_err(|error| failed(error.into()))?;
        Ok(answer
            .successful()
            .iter()
            .filter_map(|entry| entry.id().parse().ok())
            .collect())
    }

    fn url(&self, queue: Queue) -> Result<&str, QueueError> {
        self.urls
            .get(&queue)
            .map(String::as_str)
            .ok_or(QueueError::Unknown(queue.as_str()))
    }
}

fn bounded(delay_s: i64) -> i32 {
    i32::try_from(delay_s.clamp(0, DELAY_S_MAX)).unwrap_or(0)
}

/// Works on each message of a batch and answers which have failed, so that
/// only those come again. A message that is not of the expected form can never
/// succeed; it fails too, and ends in the dead-letter queue where it is seen.
pub async fn consume<M, F, Fut>(event: SqsEvent, handle: F) -> SqsBatchResponse
where
    M: for<'de> Deserialize<'de>,
    F: Fn(M) -> Fut,
    Fut: Future<Output = kernel::Result<()>>,
{
    consume_grouped(event, |_| None, handle).await
}

/// The same, where messages of one key ask for the same work: it is done once
/// for all of them that a batch brings, and they fail together.
pub async fn consume_grouped<M, F, Fut>(
    event: SqsEvent,
    key: impl Fn(&M) -> Option<String>,
    handle: F,
) -> SqsBatchResponse
where
    M: for<'de> Deserialize<'de>,
    F: Fn(M) -> Fut,
    Fut: Future<Output = kernel::Result<()>>,
{
    let mut response = SqsBatchResponse::default();
    let mut groups: Vec<Group<M>> = Vec::new();
    for record in event.records {
        match read::<M>(record) {
            Ok((id, message)) => gather(&mut groups, id, message, &key),
            Err(id) => response.add_failure(id),
        }
    }
    let handle = &handle;
    let failed: Vec<Vec<String>> = futures::stream::iter(groups)
        .map(|group| async move { run(group, handle).await })
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    for id in failed.into_iter().flatten() {
        response.add_failure(id);
    }
    response
}

/// Works on a batch of a queue that keeps order: `handle` is given the messages
/// of one group, in their order, and groups are worked on side by side. The
/// messages of a group are done or come again together.
pub async fn consume_in_order<M, F, Fut>(event: SqsEvent, handle: F) -> SqsBatchResponse
where
    M: for<'de> Deserialize<'de>,
    F: Fn(Vec<M>) -> Fut,
    Fut: Future<Output = kernel::Result<()>>,
{
    let mut groups: Vec<(String, Vec<SqsMessage>)> = Vec::new();
    for record in event.records {
        let group = record.attributes.get(GROUP_ATTRIBUTE).cloned();
        let group = group.unwrap_or_default();
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, records)) => records.push(record),
            None => groups.push((group, vec![record])),
        }
    }
    let handle = &handle;
    let failed: Vec<Vec<String>> = futures::stream::iter(groups)
        .map(|(_, records)| async move { run_in_order(records, handle).await })
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    let mut response = SqsBatchResponse::default();
    for id in failed.into_iter().flatten() {
        response.add_failure(id);
    }
    response
}

/// Answers the messages of a group that have failed. One that cannot be read
/// holds up those behind it, until it is set aside.
async fn run_in_order<M, F, Fut>(records: Vec<SqsMessage>, handle: &F) -> Vec<String>
where
    M: for<'de> Deserialize<'de>,
    F: Fn(Vec<M>) -> Fut,
    Fut: Future<Output = kernel::Result<()>>,
{
    let mut ids = Vec::new();
    let mut messages = Vec::new();
    let mut behind = Vec::new();
    for record in records {
        if !behind.is_empty() {
            behind.push(record.message_id.unwrap_or_default());
            continue;
        }
        match read::<M>(record) {
            Ok((id, message)) => {
                ids.push(id);
                messages.push(message);
            }
            Err(id) => behind.push(id),
        }
    }
    let mut failed = match messages.is_empty() {
        true => Vec::new(),
        false => {
            let key = None;
            let message = messages;
            run(Group { key, ids, message }, handle).await
        }
    };
    failed.append(&mut behind);
    failed
}

/// Messages that ask for the same.
struct Group<M> {
    key: Option<String>,
    ids: Vec<String>,
    message: M,
}

fn read<M: for<'de> Deserialize<'de>>(record: SqsMessage) -> Result<(String, M), String> {
    let id = record.message_id.unwrap_or_default();
    let body = record.body.unwrap_or_default();
    match serde_json::from_str(&body) {
        Ok(message) => Ok((id, message)),
        Err(error) => {
            tracing::error!(message_id = id, %error, "message is not of the expected form");
            Err(id)
        }
    }
}

fn gather<M>(
    groups: &mut Vec<Group<M>>,
    id: String,
    message: M,
    key: &impl Fn(&M) -> Option<String>,
) {
    let key = key(&message);
    let same = |group: &&mut Group<M>| key.is_some() && group.key == key;
    match groups.iter_mut().find(same) {
        Some(group) => group.ids.push(id),
        None => groups.push(Group {
            key,
            ids: vec![id],
            message,
        }),
    }
}

/// Answers the messages that have failed.
async fn run<M, F, Fut>(group: Group<M>, handle: &F) -> Vec<String>
where
    F: Fn(M) -> Fut,
    Fut: Future<Output = kernel::Result<()>>,
{
    match handle(group.message).await {
        Ok(()) => Vec::new(),
        Err(error) => {
            tracing::error!(
                message_id = group.ids[0],
                error = kernel::error::chain(&error),
                "message failed; it will come again"
            );
            group.ids
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn batch(bodies: &[&str]) -> SqsEvent {
        let mut event = SqsEvent::default();
        for (index, body) in bodies.iter().enumerate() {
            let mut message = SqsMessage::default();
            message.message_id = Some(index.to_string());
            message.body = Some((*body).to_owned());
            event.records.push(message);
        }
        event
    }

    fn failed(response: &SqsBatchResponse) -> Vec<&str> {
        let failures = response.batch_item_failures.iter();
        let mut ids: Vec<&str> = failures.map(|one| one.item_identifier.as_str()).collect();
        ids.sort_unstable();
        ids
    }

    #[tokio::test]
    async fn messages_of_one_key_are_one_work_and_fail_together() {
        let done = Mutex::new(Vec::new());
        let event = batch(&[r#""a""#, r#""b""#, r#""a""#, "{", r#""a""#]);
        let key = |message: &String| Some(message.clone());
        let response = consume_grouped(event, key, async |message: String| {
            done.lock().expect("not poisoned").push(message.clone());
            match message.as_str() {
                "a" => Err(kernel::Error::internal("no")),
                _ => Ok(()),
            }
        })
        .await;
        done.lock().expect("not poisoned").sort();
        assert_eq!(*done.lock().expect("not poisoned"), ["a", "b"]);
        assert_eq!(failed(&response), ["0", "2", "3", "4"]);
    }

    #[tokio::test]
    async fn groups_keep_their_order_and_fail_alone() {
        let mut event = batch(&["1", "2", "3", "4", "{", "5", "6"]);
        let groups = ["a", "b", "a", "c", "c", "b", "c"];
        for (record, group) in event.records.iter_mut().zip(groups) {
            let name = GROUP_ATTRIBUTE.to_owned();
            record.attributes.insert(name, group.to_owned());
        }
        let done = Mutex::new(Vec::new());
        let response = consume_in_order(event, async |messages: Vec<u32>| {
            let is_good = !messages.contains(&3);
            done.lock().expect("not poisoned").push(messages);
            match is_good {
                true => Ok(()),
                false => Err(kernel::Error::internal("no")),
            }
        })
        .await;
        let mut done = done.into_inner().expect("not poisoned");
        done.sort_unstable();
        assert_eq!(done, [vec![1, 3], vec![2, 5], vec![4]]);
        // What cannot be read fails with what is behind it.
        assert_eq!(failed(&response), ["0", "2", "4", "6"]);
    }

    #[tokio::test]
    async fn messages_without_a_key_are_each_worked_on() {
        let done = Mutex::new(0);
        let response = consume(batch(&["1", "1", "1"]), async |_: u32| {
            *done.lock().expect("not poisoned") += 1;
            Ok(())
        })
        .await;
        assert_eq!(*done.lock().expect("not poisoned"), 3);
        assert!(failed(&response).is_empty());
    }
}
