//! `Idempotency-Key`: the same request twice has one effect and one answer.

use chrono::TimeDelta;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dynamo::{Key, StoreError, Table, to_item};

/// How long an answer is kept for a repeat.
const KEPT_FOR: TimeDelta = TimeDelta::hours(24);
/// How long a request counts as running; above any function's time limit, so
/// that one which died can be tried again.
const RUNNING_FOR: TimeDelta = TimeDelta::seconds(60);
/// Largest answer that is kept: DynamoDB items end at 400 KB.
const ANSWER_BYTES_MAX: usize = 300_000;

/// An answer that can be given again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAnswer {
    /// HTTP status.
    pub status: u16,
    /// Content type.
    pub content_type: String,
    /// The body.
    pub body: String,
}

/// What to do with a request that has an idempotency key.
#[derive(Debug, PartialEq, Eq)]
pub enum Begin {
    /// Carry it out, then [`Idempotency::finish`] or [`Idempotency::abandon`].
    Fresh,
    /// Give the first answer again.
    Replay(StoredAnswer),
    /// The first is still running.
    Running,
    /// The key was used with another body.
    Mismatch,
}

#[derive(Serialize, Deserialize)]
struct Record {
    body_hash: String,
    answer: Option<StoredAnswer>,
    ttl: i64,
}

/// The record of requests that were carried out.
#[derive(Clone, Debug)]
pub struct Idempotency {
    table: Table,
}

/// One caller's use of one key on one route.
#[derive(Clone, Debug)]
pub struct Scope {
    key: Key,
    body_hash: String,
}

impl Scope {
    /// `caller` and `route` are hashed with the key, so that neither can be
    /// chosen to meet another's.
    #[must_use]
    pub fn new(caller: &str, route: &str, idempotency_key: &str, body: &[u8]) -> Self {
        let named =
            crate::tokens::sha256_hex(format!("{caller}\n{route}\n{idempotency_key}").as_bytes());
        Self {
            key: Key::new(format!("IDEMPOTENCY#{named}"), "ANSWER"),
            body_hash: crate::tokens::sha256_hex(body),
        }
    }
}

impl Idempotency {
    /// Over the platform's table.
    #[must_use]
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// Claims the key, or says what became of the request that had it.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn begin(&self, scope: &Scope, now: Timestamp) -> Result<Begin, StoreError> {
        let claim = Record {
            body_hash: scope.body_hash.clone(),
            answer: None,
            ttl: (now + RUNNING_FOR).timestamp(),
        };
        if self
            .table
            .put_new(to_item(&scope.key, &claim)?, now)
            .await?
        {
            return Ok(Begin::Fresh);
        }
        let record: Option<Record> = self.table.get_live(&scope.key, now).await?;
        Ok(match record {
            Some(record) if record.body_hash != scope.body_hash => Begin::Mismatch,
            Some(Record {
                answer: Some(answer),
                ..
            }) => Begin::Replay(answer),
            // Expired between the two calls counts as running: the caller
            // comes back and finds it free.
            Some(Record { answer: None, .. }) | None => Begin::Running,
        })
    }

    /// Keeps the answer for 24 hours.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn finish(
        &self,
        scope: &Scope,
        answer: StoredAnswer,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if answer.body.len() > ANSWER_BYTES_MAX {
            return self.abandon(scope).await;
        }
        let record = Record {
            body_hash: scope.body_hash.clone(),
            answer: Some(answer),
            ttl: (now + KEPT_FOR).timestamp(),
        };
        self.table.put(to_item(&scope.key, &record)?).await
    }

    /// Lets the key go, so that the request can be tried again.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn abandon(&self, scope: &Scope) -> Result<(), StoreError> {
        self.table.delete(&scope.key).await
    }
}
