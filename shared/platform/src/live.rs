//! Live events: what a client connected over a WebSocket is told.
//!
//! Each person in a tenant has a log of events, and so have each terminal and
//! each channel. An
//! event is numbered without gaps and written in the transaction of the change
//! that caused it, with an outbox row that says only "look": the sender reads
//! the log from where it last stopped, so that what it sends is complete and
//! in order whatever a queue does, and a client that was away is sent what it
//! missed out of the same log.

use std::fmt;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use chrono::TimeDelta;
use kernel::access::Tier;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::dynamo::{
    AttributeValue, CommitError, Condition, Key, Query, Range, StoreError, TTL, Table, Transaction,
    Update, to_item,
};
use crate::outbox;
use crate::queue::Queue;
use crate::retry;

/// How long an event can be asked for again.
pub const KEPT_FOR: TimeDelta = TimeDelta::hours(24);
/// The largest event, in bytes of its data's JSON: with its envelope it stays
/// below a gateway's frame of 32 KB.
pub const DATA_BYTES_MAX: usize = 30_000;
/// Attempts to number an event where others write to the same log.
const ATTEMPTS_MAX: u32 = 8;
/// The label of a number that somebody else took.
const TAKEN: &str = "live";

const HEAD: &str = "HEAD";
const SENT: &str = "SENT";
const WATCHED: &str = "WATCHED";
const EVENT: &str = "E#";

/// Which log: of whom, or of what.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Log {
    /// Of a person: what concerns them alone.
    Person {
        /// The tenant: a person in two organizations has two logs.
        org: String,
        /// The person.
        sub: String,
    },
    /// Of a desktop terminal: its commands.
    Terminal {
        /// The tenant.
        org: String,
        /// The paired device.
        device: String,
    },
    /// Of a channel, such as `signals`.
    Channel(String),
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person { org, sub } => write!(f, "PERSON#{org}#{sub}"),
            Self::Terminal { org, device } => write!(f, "TERMINAL#{org}#{device}"),
            Self::Channel(name) => write!(f, "CHANNEL#{name}"),
        }
    }
}

/// What somebody is to be told.
#[derive(Clone, Debug)]
pub struct News {
    /// In which log.
    pub log: Log,
    /// The message's `type`.
    pub kind: &'static str,
    /// The message's `data`, as JSON.
    pub data: Box<RawValue>,
    /// The lowest tier that is told; everybody where there is none.
    pub min_tier: Option<Tier>,
}

impl News {
    /// News whose data is any value.
    ///
    /// # Errors
    /// Where it cannot be JSON, or is larger than [`DATA_BYTES_MAX`].
    pub fn new<T: Serialize>(log: Log, kind: &'static str, data: &T) -> Result<Self, StoreError> {
        let data = serde_json::value::to_raw_value(data)
            .map_err(|error| StoreError::new("write a live event", error))?;
        if data.get().len() > DATA_BYTES_MAX {
            return Err(StoreError::new("write a live event", "it is too large"));
        }
        Ok(Self {
            log,
            kind,
            data,
            min_tier: None,
        })
    }

    /// The same, for this tier and those above it.
    #[must_use]
    pub fn for_tier(mut self, tier: Tier) -> Self {
        self.min_tier = Some(tier);
        self
    }
}

/// An event of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number in its log, from 1 on, without gaps.
    pub number: u64,
    /// Its id, the same to everybody who gets it.
    pub id: String,
    /// The message's `type`.
    pub kind: String,
    /// The message's `data`, as JSON.
    pub data: String,
    /// The lowest tier that is told; everybody where there is none.
    pub min_tier: Option<Tier>,
    /// When it happened.
    pub at: Timestamp,
}

/// What the outbox says of a log: look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// Where something is new.
    pub log: Log,
}

/// How far a log was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The number of the last event that was sent to everybody; 0 where none
    /// was.
    #[serde(rename = "last")]
    pub sent: u64,
    /// What was begun after it and has listeners left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<Round>,
}

/// Events on their way to so many listeners that it takes more than one turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// The number of the round's last event.
    pub upto: u64,
    /// The last listener that has them.
    pub after: String,
}

#[derive(Serialize, Deserialize)]
struct Counter {
    last: u64,
}

#[derive(Serialize, Deserialize)]
struct Row {
    id: String,
    kind: String,
    data: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min_tier: Option<Tier>,
    at_ms: i64,
    ttl: i64,
}

#[derive(Deserialize)]
struct Watched {
    ttl: i64,
}

/// The logs.
#[derive(Clone, Debug)]
pub struct Live {
    table: Table,
}

impl Live {
    /// Over the table of live events.
    #[must_use]
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// The table, which knows what its use has cost.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Carries out a change together with the news of it. Events of one log
    /// are numbered in the order given.
    ///
    /// # Errors
    /// [`CommitError`]: the change's own refusals, by its own labels.
    pub async fn commit(
        &self,
        change: &Transaction,
        news: &[News],
        request_id: &str,
        now: Timestamp,
    ) -> Result<(), CommitError> {
        for attempt in 0..ATTEMPTS_MAX {
            let mut whole = change.clone();
            self.add(&mut whole, news, request_id, now).await?;
            match whole.commit().await {
                Err(CommitError::Refused(labels)) if labels.iter().all(|label| *label == TAKEN) => {
                    let pause = std::time::Duration::from_millis(10);
                    tokio::time::sleep(retry::backoff(attempt, pause)).await;
                }
                Err(CommitError::Refused(mut labels)) => {
                    labels.retain(|label| *label != TAKEN);
                    return Err(CommitError::Refused(labels));
                }
                done => return done,
            }
        }
        let busy = "too many others write to the same log";
        Err(StoreError::new("number a live event", busy).into())
    }

    async fn add(
        &self,
        transaction: &mut Transaction,
        news: &[News],
        request_id: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut logs: Vec<&Log> = Vec::new();
        for one in news {
            if !logs.contains(&&one.log) {
                logs.push(&one.log);
            }
        }
        for log in logs {
            let last = self.last(log).await?;
            let of_log = news.iter().filter(|one| one.log == *log);
            let mut number = last;
            for one in of_log {
                number += 1;
                self.put(transaction, one, number, now)?;
            }
            let condition = match last {
                0 => Condition::absent(),
                last => Condition::number("last", last),
            };
            let update = Update::new().set("last", AttributeValue::N(number.to_string()));
            transaction.update(TAKEN, &self.table, &head(log), update, condition)?;
            let look = Look { log: log.clone() };
            let group = group(log);
            let queue = Queue::Fanout;
            outbox::enqueue_in_order(
                transaction,
                &self.table,
                queue,
                &look,
                &group,
                request_id,
                now,
            )?;
        }
        Ok(())
    }

    fn put(
        &self,
        transaction: &mut Transaction,
        news: &News,
        number: u64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let row = Row {
            id: format!("evt_{}", kernel::id::ulid_at(now)),
            kind: news.kind.to_owned(),
            data: news.data.get().to_owned(),
            min_tier: news.min_tier,
            at_ms: now.timestamp_millis(),
            ttl: (now + KEPT_FOR).timestamp(),
        };
        let key = Key::new(news.log.to_string(), event_sk(number));
        transaction.put("live event", &self.table, &key, &row, None)?;
        Ok(())
    }

    /// The number of a log's last event; 0 where it has none.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn last(&self, log: &Log) -> Result<u64, StoreError> {
        let counter = self.table.get::<Counter>(&head(log), true).await?;
        Ok(counter.map_or(0, |counter| counter.last))
    }

    /// How far a log was sent.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn cursor(&self, log: &Log) -> Result<Cursor, StoreError> {
        let cursor = self.table.get(&sent(log), true).await?;
        Ok(cursor.unwrap_or_default())
    }

    /// Notes how far a log was sent.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn set_cursor(&self, log: &Log, cursor: &Cursor) -> Result<(), StoreError> {
        self.table.put(to_item(&sent(log), cursor)?).await
    }

    /// Notes that somebody listens to a log until a moment at least.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn watch(&self, log: &Log, until: Timestamp) -> Result<(), StoreError> {
        let until = AttributeValue::N(until.timestamp().to_string());
        let extend = |update: UpdateItemFluentBuilder| {
            update
                .update_expression("SET #ttl = :until")
                .condition_expression("attribute_not_exists(pk) OR #ttl < :until")
                .expression_attribute_names("#ttl", TTL)
                .expression_attribute_values(":until", until)
        };
        let operation = "note a listener";
        self.table
            .update_where(operation, &watched(log), extend)
            .await?;
        Ok(())
    }

    /// Whether somebody listens to a log: what nobody listens to need not be
    /// written. Somebody who has begun within the last second may be missed.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn is_watched(&self, log: &Log, now: Timestamp) -> Result<bool, StoreError> {
        let found: Option<Watched> = self.table.get(&watched(log), false).await?;
        Ok(found.is_some_and(|watched| watched.ttl > now.timestamp()))
    }

    /// Up to `limit` events after a number, the oldest first. Where the first
    /// is not the next number, those between are gone.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn after(
        &self,
        log: &Log,
        number: u64,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let last = event_sk(number.saturating_add(u64::from(limit)));
        let range = Range::Between(event_sk(number.saturating_add(1)), last);
        let mut events = Vec::new();
        let mut next = None;
        loop {
            let query = Query::new(log.to_string(), range.clone(), limit)
                .consistent()
                .after(next);
            let page = self.table.query::<Row>(&query).await?;
            for (key, row) in page.rows {
                events.push(event(&key, row)?);
            }
            next = page.next;
            if next.is_none() || events.len() >= limit as usize {
                return Ok(events);
            }
        }
    }
}

/// The group of a log's messages on the queue that keeps order: at most 128
/// characters of those that SQS takes.
#[must_use]
pub fn group(log: &Log) -> String {
    kernel::digest::sha256_hex(log.to_string().as_bytes())
}

fn event(key: &Key, row: Row) -> Result<Event, StoreError> {
    let number = key
        .sk
        .strip_prefix(EVENT)
        .and_then(|text| text.parse().ok());
    let at = Timestamp::from_timestamp_millis(row.at_ms);
    let (Some(number), Some(at)) = (number, at) else {
        return Err(StoreError::new("read a live event", "its key is none"));
    };
    Ok(Event {
        number,
        id: row.id,
        kind: row.kind,
        data: row.data,
        min_tier: row.min_tier,
        at,
    })
}

fn head(log: &Log) -> Key {
    Key::new(log.to_string(), HEAD)
}

fn sent(log: &Log) -> Key {
    Key::new(log.to_string(), SENT)
}

fn watched(log: &Log) -> Key {
    Key::new(log.to_string(), WATCHED)
}

fn event_sk(number: u64) -> String {
    format!("{EVENT}{number:020}")
}
