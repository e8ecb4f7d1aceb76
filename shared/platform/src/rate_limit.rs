//! Limits that hold over all instances of all functions.
//!
//! A window's counter is one item. An instance takes several admissions at a
//! time ("a share") and spends them without asking again, so a busy caller
//! costs one write per share and never gets more than the limit: a share that
//! is not spent by the window's end is lost to the caller, not to us.

use std::collections::HashMap;
use std::sync::Mutex;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use kernel::time::Timestamp;

use crate::dynamo::{Key, StoreError, TTL, Table};

/// Callers one instance remembers; beyond that it forgets those of past
/// windows, and then all.
const CALLERS_MAX: usize = 10_000;

/// A limit: so many admissions in each window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Admissions a window.
    pub admissions: u32,
    /// Length of a window, in seconds.
    pub window_s: u32,
    /// Admissions that an instance takes at a time; 1 is exact.
    pub share: u32,
}

impl Limit {
    /// A limit that counts each admission in the store.
    #[must_use]
    pub const fn exact(admissions: u32, window_s: u32) -> Self {
        Self {
            admissions,
            window_s,
            share: 1,
        }
    }

    /// A limit of which an instance takes a twentieth at a time.
    #[must_use]
    pub const fn shared(admissions: u32, window_s: u32) -> Self {
        let share = admissions / 20;
        Self {
            admissions,
            window_s,
            share: if share == 0 { 1 } else { share },
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

#[derive(Clone, Copy, Debug)]
struct Share {
    window_start_s: i64,
    left: u32,
    remaining: u32,
    exhausted: bool,
}

/// Admits or refuses by the shared counters.
#[derive(Debug)]
pub struct RateLimiter {
    table: Table,
    shares: Mutex<HashMap<String, Share>>,
}

impl RateLimiter {
    /// Over the platform's table.
    #[must_use]
    pub fn new(table: Table) -> Self {
        Self {
            table,
            shares: Mutex::default(),
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
        let decision = |admitted, remaining| Decision {
            admitted,
            limit: limit.admissions,
            remaining,
            reset_s: u64::try_from(ends_s - now.timestamp()).unwrap_or(1).max(1),
        };
        if let Some((admitted, remaining)) = self.spend(name, window_start_s) {
            return Ok(decision(admitted, remaining));
        }
        let taken = self.take(name, limit, window_start_s).await?;
        let (admitted, share) = match taken {
            Some(used) => {
                let left = limit.share - 1;
                let remaining = limit.admissions.saturating_sub(used) + left;
                (true, (left, remaining, false))
            }
            None => (false, (0, 0, true)),
        };
        self.remember(
            name,
            Share {
                window_start_s,
                left: share.0,
                remaining: share.1,
                exhausted: share.2,
            },
        );
        Ok(decision(admitted, share.1))
    }

    /// Spends from the share at hand: `None` where there is none.
    fn spend(&self, name: &str, window_start_s: i64) -> Option<(bool, u32)> {
        let mut shares = self.shares.lock().ok()?;
        let share = shares.get_mut(name)?;
        if share.window_start_s != window_start_s {
            return None;
        }
        if share.left > 0 {
            share.left -= 1;
            share.remaining = share.remaining.saturating_sub(1);
            return Some((true, share.remaining));
        }
        share.exhausted.then_some((false, 0))
    }

    fn remember(&self, name: &str, share: Share) {
        let Ok(mut shares) = self.shares.lock() else {
            return;
        };
        if shares.len() >= CALLERS_MAX {
            shares.retain(|_, kept| kept.window_start_s >= share.window_start_s);
            if shares.len() >= CALLERS_MAX {
                shares.clear();
            }
        }
        shares.insert(name.to_owned(), share);
    }

    /// Takes a share from the window's counter: how much is used now, or
    /// `None` where less than a share is left.
    async fn take(
        &self,
        name: &str,
        limit: Limit,
        window_start_s: i64,
    ) -> Result<Option<u32>, StoreError> {
        let key = Key::new(format!("RATE#{name}"), format!("W#{window_start_s}"));
        let share = limit.share.min(limit.admissions);
        let ceiling = limit.admissions - share;
        let expires_s = window_start_s + i64::from(limit.window_s) + 60;
        let answer = self
            .table
            .client()
            .update_item()
            .table_name(self.table.name())
            .set_key(Some(key.attributes()))
            .update_expression("SET #ttl = :ttl ADD used :share")
            .condition_expression("attribute_not_exists(used) OR used <= :ceiling")
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":ttl", AttributeValue::N(expires_s.to_string()))
            .expression_attribute_values(":share", AttributeValue::N(share.to_string()))
            .expression_attribute_values(":ceiling", AttributeValue::N(ceiling.to_string()))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await;
        match answer {
            Ok(answer) => {
                let used = answer
                    .attributes()
                    .and_then(|attributes| attributes.get("used"))
                    .and_then(|used| used.as_n().ok())
                    .and_then(|used| used.parse().ok());
                Ok(Some(used.unwrap_or(share)))
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(StoreError::new("count a request", error)),
        }
    }
}

/// A window of one minute.
pub const MINUTE_S: u32 = 60;
