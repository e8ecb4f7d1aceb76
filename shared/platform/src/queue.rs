//! SQS: sending, consuming in batches of which a part may fail, and how queues
//! stand.

mod consume;
mod gauges;
mod intake;
mod pace;

pub use gauges::{Count, Depth, Gauges};
pub use intake::Intake;
pub use pace::{Pace, Paces};

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::operation::send_message::builders::SendMessageFluentBuilder;
use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use kernel::error::Cause;
use serde::{Deserialize, Serialize};

use crate::config::{ConfigError, Env};

/// The longest that SQS holds a message back, in seconds.
pub const DELAY_S_MAX: i64 = 900;
/// The attribute of a message that was held back: for how many seconds, so that
/// its consumer can tell that time from the time it waited.
const DELAY_ATTRIBUTE: &str = "delay_s";
/// The attribute that counts how often SQS has delivered a message.
const RECEIVES_ATTRIBUTE: &str = "ApproximateReceiveCount";

/// The queues, one for each consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    /// Steps of sync chains.
    Sync,
    /// Accounts with inputs to judge.
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
    /// Backtests of plans.
    Backtests,
    /// Imports whose files are due to be looked for.
    Imports,
}

impl Queue {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Sync,
        Self::Rules,
        Self::Webhooks,
        Self::Mail,
        Self::Fanout,
        Self::Realtime,
        Self::Terminals,
        Self::Backtests,
        Self::Imports,
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
            Self::Backtests => "backtests",
            Self::Imports => "imports",
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
            Self::Backtests => "BACKTESTS_QUEUE_URL",
            Self::Imports => "IMPORTS_QUEUE_URL",
        }
    }

    fn dead_letters_setting(self) -> &'static str {
        match self {
            Self::Sync => "SYNC_DLQ_URL",
            Self::Rules => "RULES_DLQ_URL",
            Self::Webhooks => "WEBHOOKS_DLQ_URL",
            Self::Mail => "MAIL_DLQ_URL",
            Self::Fanout => "FANOUT_DLQ_URL",
            Self::Realtime => "REALTIME_DLQ_URL",
            Self::Terminals => "TERMINALS_DLQ_URL",
            Self::Backtests => "BACKTESTS_DLQ_URL",
            Self::Imports => "IMPORTS_DLQ_URL",
        }
    }
}

/// What a queue was asked for was not done.
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
    /// SQS did not say how a queue stands.
    #[error("the queue {queue} was not counted")]
    Count {
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
        let held = |call: SendMessageFluentBuilder| {
            call.delay_seconds(bounded(delay_s))
                .set_message_attributes(delay_attribute(delay_s))
        };
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
                    None => entry
                        .delay_seconds(bounded(message.delay_s))
                        .set_message_attributes(delay_attribute(message.delay_s)),
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

    /// How many messages a queue has.
    ///
    /// # Errors
    /// [`QueueError`].
    pub async fn depth(&self, queue: Queue) -> Result<Depth, QueueError> {
        gauges::depth(&self.client, queue, self.url(queue)?).await
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

/// What a message that is held back says of it; nothing where it is not.
fn delay_attribute(delay_s: i64) -> Option<HashMap<String, MessageAttributeValue>> {
    let held_s = bounded(delay_s);
    if held_s == 0 {
        return None;
    }
    let told = MessageAttributeValue::builder()
        .data_type("Number")
        .string_value(held_s.to_string());
    let told = told.build().ok()?;
    Some(HashMap::from([(DELAY_ATTRIBUTE.to_owned(), told)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_held_back_says_for_how_long() {
        let told = |delay_s| {
            let told = delay_attribute(delay_s)?.remove(DELAY_ATTRIBUTE)?;
            told.string_value
        };
        assert_eq!(told(30).as_deref(), Some("30"));
        assert_eq!(told(10_000).as_deref(), Some("900"));
        assert_eq!(told(0), None);
        assert_eq!(told(-5), None);
    }
}
