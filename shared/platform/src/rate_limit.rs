//! Limits that hold over all instances of all functions.
//!
//! A window's counter is one item. An instance asks it about a caller's first
//! request in the window, and from then on tells it of five requests at a time:
//! a busy caller costs one write for five requests, nobody gets less than the
//! limit, and nobody gets more than four requests beyond it for each instance
//! that serves them. An exact limit asks each time.

use std::collections::HashMap;
use std::sync::Mutex;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use kernel::time::Timestamp;

use crate::dynamo::{AttributeMap, Key, StoreError, TTL, Table};

/// Callers one instance remembers; beyond that it forgets those of past
/// windows, and then all.
const CALLERS_MAX: usize = 10_000;
/// Requests that an instance tells the counter of at a time.
const TOLD_AT_ONCE: u32 = 5;

/// A limit: so many admissions in each window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Admissions a window.
    pub admissions: u32,
    /// Length of a window, in seconds.
    pub window_s: u32,
    /// Whether each admission is asked of the store.
    pub is_exact: bool,
}

impl Limit {
    /// A limit that counts each admission in the store.
    #[must_use]
    pub const fn exact(admissions: u32, window_s: u32) -> Self {
        Self {
            admissions,
            window_s,
            is_exact: true,
        }
    }

    /// A limit of which instances tell the store a few admissions at a time.
    #[must_use]
    pub const fn shared(admissions: u32, window_s: u32) -> Self {
        Self {
            admissions,
            window_s,
            is_exact: false,
        }
    }

    fn window_start_s(self, now: Timestamp) -> i64 {
        now.timestamp() - now.timestamp().rem_euclid(i64::from(self.window_s))
    }
}

/// What the limit says of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may go on.
    pub admitted: bool,
    /// The limit's admissions a window.
    pub limit: u32,
    /// Admissions left, as far as this instance knows.
    pub remaining: u32,
    /// Seconds until the window ends.
    pub reset_s: u64,
}

/// What an instance knows of a caller in a window.
#[derive(Clone, Copy, Debug)]
struct Tally {
    window_start_s: i64,
    /// As the counter last said, this instance's own included.
    used: u32,
    /// Admitted here and not told yet.
    untold: u32,
}

/// How to decide about a request.
enum Step {
    /// Decided from what is known.
    Known { admitted: bool, remaining: u32 },
    /// Admitted, and time to tell the counter of so many.
    Tell(u32),
    /// To be asked of the counter.
    Ask,
}

/// Admits or refuses by the shared counters.
#[derive(Debug)]
pub struct RateLimiter {
    table: Table,
    tallies: Mutex<HashMap<String, Tally>>,
}

impl RateLimiter {
    /// Over the platform's table.
    #[must_use]
    pub fn new(table: Table) -> Self {
        Self {
            table,
            tallies: Mutex::default(),
        }
    }

    /// Asks for one admission of `name` (a caller and what it is limited in).
    ///
    /// # Errors
    /// Where the store fails; the caller decides whether that admits.
    pub async fn admit(
        &self,
        name: &str,
        limit: Limit,
        now: Timestamp,
    ) -> Result<Decision, StoreError> {
        let window_start_s = limit.window_start_s(now);
        let ends_s = window_start_s + i64::from(limit.window_s);
        let (admitted, remaining) = match self.step(name, limit, window_start_s) {
            Step::Known {
                admitted,
                remaining,
            } => (admitted, remaining),
            Step::Tell(count) => {
                let used = self.add(name, limit, window_start_s, count, false).await?;
                (true, self.heard(name, limit, window_start_s, used))
            }
            Step::Ask => {
                let used = self.add(name, limit, window_start_s, 1, true).await?;
                let remaining = self.heard(name, limit, window_start_s, used);
                (used.is_some(), remaining)
            }
        };
        Ok(Decision {
            admitted,
            limit: limit.admissions,
            remaining,
            reset_s: u64::try_from(ends_s - now.timestamp()).unwrap_or(1).max(1),
        })
    }

    fn step(&self, name: &str, limit: Limit, window_start_s: i64) -> Step {
        let mut tallies = self.tallies.lock().expect("not poisoned");
        let tally = tallies
            .get_mut(name)
            .filter(|tally| tally.window_start_s == window_start_s);
        let Some(tally) = tally else { return Step::Ask };
        let left = limit.admissions.saturating_sub(tally.used + tally.untold);
        if left == 0 {
            return Step::Known {
                admitted: false,
                remaining: 0,
            };
        }
        if limit.is_exact {
            return Step::Ask;
        }
        tally.untold += 1;
        if tally.untold < TOLD_AT_ONCE {
            return Step::Known {
                admitted: true,
                remaining: left - 1,
            };
        }
        // Counted as told at once: a request beside this one must not tell
        // of them again.
        tally.used += tally.untold;
        Step::Tell(std::mem::take(&mut tally.untold))
    }

    /// Remembers what the counter said; `None` is that nothing is left.
    /// Answers what is left.
    fn heard(&self, name: &str, limit: Limit, window_start_s: i64, used: Option<u32>) -> u32 {
        let used = used.unwrap_or(limit.admissions);
        let mut tallies = self.tallies.lock().expect("not poisoned");
        if tallies.len() >= CALLERS_MAX {
            tallies.retain(|_, kept| kept.window_start_s >= window_start_s);
            if tallies.len() >= CALLERS_MAX {
                tallies.clear();
            }
        }
        let tally = tallies.entry(name.to_owned()).or_insert(Tally {
            window_start_s,
            used,
            untold: 0,
        });
        if tally.window_start_s != window_start_s {
            *tally = Tally {
                window_start_s,
                used,
                untold: 0,
            };
        }
        // Answers may overtake each other; a counter only grows.
        tally.used = tally.used.max(used);
        limit.admissions.saturating_sub(tally.used + tally.untold)
    }

    /// Adds to the window's counter: how much is used now, or `None` where
    /// the addition was to be within the limit and is not.
    async fn add(
        &self,
        name: &str,
        limit: Limit,
        window_start_s: i64,
        count: u32,
        within_limit: bool,
    ) -> Result<Option<u32>, StoreError> {
        let key = Key::new(format!("RATE#{name}"), format!("W#{window_start_s}"));
        let expires_s = window_start_s + i64::from(limit.window_s) + 60;
        let add = |update: UpdateItemFluentBuilder| {
            let update = update
                .update_expression("SET #ttl = :ttl ADD used :count")
                .expression_attribute_names("#ttl", TTL)
                .expression_attribute_values(":ttl", AttributeValue::N(expires_s.to_string()))
                .expression_attribute_values(":count", AttributeValue::N(count.to_string()));
            if !within_limit {
                return update;
            }
            let admissions = AttributeValue::N(limit.admissions.to_string());
            update
                .condition_expression("attribute_not_exists(used) OR used < :limit")
                .expression_attribute_values(":limit", admissions)
        };
        let counter = self
            .table
            .update_where("count a request", &key, add)
            .await?;
        let used = |counter: AttributeMap| counter.get("used")?.as_n().ok()?.parse().ok();
        Ok(counter.map(|counter| used(counter).unwrap_or(count)))
    }
}

/// A window of one minute.
pub const MINUTE_S: u32 = 60;
