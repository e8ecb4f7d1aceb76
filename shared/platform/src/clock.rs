//! The clocks: real time, and on the local stage a clock that can be set ahead.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{TimeDelta, Utc};
use kernel::time::{Clock, Timestamp};
use serde::{Deserialize, Serialize};

use crate::dynamo::{Key, StoreError, Table, to_item};

/// Real time.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the system for the time"
    )]
    fn now(&self) -> Timestamp {
        Utc::now()
    }
}

/// The time that rules, resets and schedules go by. It is real time, but on
/// the local stage, where an item in the store may set it ahead so that days
/// can pass in a test. Signatures, tokens and AWS calls keep [`SystemClock`].
#[derive(Clone, Debug)]
pub struct BusinessClock {
    offset: Option<Arc<Offset>>,
}

#[derive(Debug)]
struct Offset {
    table: Table,
    ahead_s: AtomicI64,
    read_at_ms: AtomicI64,
}

#[derive(Serialize, Deserialize)]
struct OffsetItem {
    ahead_s: i64,
}

/// Longest time a local clock goes without reading its offset, in ms.
const OFFSET_AGE_MS_MAX: i64 = 500;

impl BusinessClock {
    /// A clock that no deployed stage can set ahead.
    #[must_use]
    pub fn real() -> Self {
        Self { offset: None }
    }

    /// The clock of a stage: only the local one can be set ahead.
    #[must_use]
    pub fn of(env: &crate::config::Env, platform_table: Table) -> Self {
        if env.is_local() {
            Self::local(platform_table)
        } else {
            Self::real()
        }
    }

    /// The local stage's clock, ahead of real time by what the store says.
    #[must_use]
    pub fn local(platform_table: Table) -> Self {
        Self {
            offset: Some(Arc::new(Offset {
                table: platform_table,
                ahead_s: AtomicI64::new(0),
                read_at_ms: AtomicI64::new(0),
            })),
        }
    }

    /// Reads the offset anew where it is older than half a second; called at
    /// the start of each invocation and free on a deployed stage. A failure
    /// keeps the last offset.
    pub async fn refresh(&self) {
        let Some(offset) = &self.offset else { return };
        let now_ms = SystemClock.now().timestamp_millis();
        if now_ms - offset.read_at_ms.load(Ordering::Relaxed) < OFFSET_AGE_MS_MAX {
            return;
        }
        match offset.table.get::<OffsetItem>(&offset_key(), true).await {
            Ok(item) => {
                let ahead_s = item.map_or(0, |item| item.ahead_s);
                offset.ahead_s.store(ahead_s, Ordering::Relaxed);
                offset.read_at_ms.store(now_ms, Ordering::Relaxed);
            }
            Err(error) => {
                tracing::warn!(
                    error = kernel::error::chain(&error),
                    "clock offset not read"
                );
            }
        }
    }
}

impl Clock for BusinessClock {
    fn now(&self) -> Timestamp {
        let ahead_s = self
            .offset
            .as_ref()
            .map_or(0, |offset| offset.ahead_s.load(Ordering::Relaxed));
        SystemClock.now() + TimeDelta::seconds(ahead_s)
    }
}

/// Sets the local stage's clock ahead of real time.
///
/// # Errors
/// Where the store fails.
pub async fn set_ahead(platform_table: &Table, ahead: TimeDelta) -> Result<(), StoreError> {
    let item = OffsetItem {
        ahead_s: ahead.num_seconds(),
    };
    platform_table.put(to_item(&offset_key(), &item)?).await
}

fn offset_key() -> Key {
    Key::new("LOCAL", "CLOCK")
}
