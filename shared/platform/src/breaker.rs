//! A circuit breaker for an outside system, shared by all instances.
//!
//! An instance that sees most of its calls fail opens the breaker for all: a
//! refused call costs nobody a time-out, and the system gets time to recover.
//! After the pause one instance at a time tries again; its success closes.

use std::sync::Mutex;

use aws_sdk_dynamodb::types::AttributeValue;
use kernel::time::Timestamp;
use serde::Deserialize;

use crate::dynamo::{Key, StoreError, Table};

/// Calls that an instance must have made before it judges.
const CALLS_MIN: u32 = 8;
/// Of those, failures in percent from which on the breaker opens. One call in
/// five may fail without it: such a system is worth retrying.
const FAILED_PERCENT_MIN: u32 = 60;
/// Calls are judged over a window of this length, in ms.
const WINDOW_MS: i64 = 30_000;
/// How long the breaker stays open, in ms.
const OPEN_MS: i64 = 20_000;
/// How long one instance may try before another does, in ms.
const PROBE_MS: i64 = 10_000;
/// How long the shared state is believed without reading it, in ms.
const STATE_AGE_MS_MAX: i64 = 3_000;

/// What the breaker says of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// Call, and report how it went.
    Go,
    /// Do not call before so many ms have gone.
    Wait {
        /// Milliseconds.
        retry_after_ms: i64,
    },
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct Shared {
    #[serde(default)]
    open_until_ms: i64,
}

#[derive(Debug, Default)]
struct Local {
    shared: Shared,
    read_at_ms: i64,
    window_start_ms: i64,
    calls: u32,
    failures: u32,
}

/// The breaker of one outside system.
#[derive(Debug)]
pub struct Breaker {
    table: Table,
    key: Key,
    local: Mutex<Local>,
}

impl Breaker {
    /// For the system of this name, over the platform's table.
    #[must_use]
    pub fn new(table: Table, system: &str) -> Self {
        Self {
            table,
            key: Key::new(format!("BREAKER#{system}"), "STATE"),
            local: Mutex::default(),
        }
    }

    /// Asks whether to call.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn permit(&self, now: Timestamp) -> Result<Permit, StoreError> {
        let now_ms = now.timestamp_millis();
        let shared = self.shared(now_ms).await?;
        if shared.open_until_ms == 0 {
            return Ok(Permit::Go);
        }
        if now_ms < shared.open_until_ms {
            return Ok(Permit::Wait {
                retry_after_ms: shared.open_until_ms - now_ms,
            });
        }
        // Half open: whoever moves the moment on is the one to try.
        let mine = self
            .move_on(shared.open_until_ms, now_ms + PROBE_MS)
            .await?;
        self.forget_state();
        Ok(if mine {
            Permit::Go
        } else {
            Permit::Wait {
                retry_after_ms: PROBE_MS,
            }
        })
    }

    /// Reports how a call went. `failed` means that the system did not answer
    /// as it should: a refusal of our input is no failure.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn report(&self, failed: bool, now: Timestamp) -> Result<(), StoreError> {
        let now_ms = now.timestamp_millis();
        let (trips, was_open) = self.count(failed, now_ms);
        if trips {
            tracing::warn!(breaker = self.key.pk, "breaker opened");
            self.write(now_ms + OPEN_MS).await?;
        } else if !failed && was_open {
            tracing::info!(breaker = self.key.pk, "breaker closed");
            self.write(0).await?;
        }
        Ok(())
    }

    fn count(&self, failed: bool, now_ms: i64) -> (bool, bool) {
        let Ok(mut local) = self.local.lock() else {
            return (false, false);
        };
        if now_ms - local.window_start_ms > WINDOW_MS {
            local.window_start_ms = now_ms;
            local.calls = 0;
            local.failures = 0;
        }
        local.calls += 1;
        local.failures += u32::from(failed);
        let was_open = local.shared.open_until_ms != 0;
        let mostly_failed =
            local.calls >= CALLS_MIN && local.failures * 100 >= local.calls * FAILED_PERCENT_MIN;
        let trips = failed && (mostly_failed || was_open);
        if trips || (!failed && was_open) {
            local.calls = 0;
            local.failures = 0;
            local.read_at_ms = 0;
        }
        (trips, was_open)
    }

    async fn shared(&self, now_ms: i64) -> Result<Shared, StoreError> {
        if let Ok(local) = self.local.lock()
            && now_ms - local.read_at_ms < STATE_AGE_MS_MAX
        {
            return Ok(local.shared);
        }
        let shared: Shared = self.table.get(&self.key, false).await?.unwrap_or_default();
        if let Ok(mut local) = self.local.lock() {
            local.shared = shared;
            local.read_at_ms = now_ms;
        }
        Ok(shared)
    }

    fn forget_state(&self) {
        if let Ok(mut local) = self.local.lock() {
            local.read_at_ms = 0;
        }
    }

    async fn write(&self, open_until_ms: i64) -> Result<(), StoreError> {
        let mut item = self.key.attributes();
        item.insert(
            "open_until_ms".to_owned(),
            AttributeValue::N(open_until_ms.to_string()),
        );
        self.table.put(item).await
    }

    async fn move_on(&self, from_ms: i64, to_ms: i64) -> Result<bool, StoreError> {
        let moved = self
            .table
            .update_where("move a breaker on", &self.key, |update| {
                update
                    .update_expression("SET open_until_ms = :to")
                    .condition_expression("open_until_ms = :from")
                    .expression_attribute_values(":to", AttributeValue::N(to_ms.to_string()))
                    .expression_attribute_values(":from", AttributeValue::N(from_ms.to_string()))
            });
        Ok(moved.await?.is_some())
    }
}
