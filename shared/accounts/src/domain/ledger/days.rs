//! Results by reset-to-reset day.

use chrono::Duration;
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::reset::ResetRule;

/// The most days held one by one. Older ones are folded together: their
/// number, best profit and total stay, and a deal that arrives for one of
/// them counts in the total alone.
const DAYS_MAX: usize = 400;

/// No zone has had a reset-to-reset day shorter than this.
const DAY_MIN: Duration = Duration::hours(20);

/// What one day brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DayResult {
    /// The reset that began it.
    pub reset_at: Timestamp,
    /// What its deals brought, adjustments apart.
    pub profit: Decimal,
    /// Positions opened on it.
    pub opened: u32,
}

/// Days with deals, and what they come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Days {
    /// In order of time.
    recent: Vec<DayResult>,
    folded_until: Option<Timestamp>,
    folded_best: Decimal,
    trading_days: u32,
    best: Decimal,
    total: Decimal,
}

impl Days {
    /// The days held one by one, oldest first.
    #[must_use]
    pub fn recent(&self) -> &[DayResult] {
        &self.recent
    }

    /// Days with at least one position opened.
    #[must_use]
    pub fn trading_days(&self) -> u32 {
        self.trading_days
    }

    /// The most that one day brought; never below zero.
    #[must_use]
    pub fn best_profit(&self) -> Decimal {
        self.best
    }

    /// What all days brought.
    #[must_use]
    pub fn total_profit(&self) -> Decimal {
        self.total
    }

    pub(crate) fn add_result(&mut self, reset: &ResetRule, at: Timestamp, result: Decimal) {
        if result.is_zero() {
            return;
        }
        self.total += result;
        let Some(day) = self.day(reset, at) else {
            return;
        };
        let before = day.profit;
        day.profit += result;
        let after = day.profit;
        if after > self.best {
            self.best = after;
        } else if before == self.best && after < before {
            self.best = self
                .recent
                .iter()
                .map(|day| day.profit)
                .fold(self.folded_best, Decimal::max);
        }
    }

    pub(crate) fn add_opening(&mut self, reset: &ResetRule, at: Timestamp) {
        if let Some(day) = self.day(reset, at) {
            day.opened += 1;
            if day.opened == 1 {
                self.trading_days += 1;
            }
        }
    }

    pub(crate) fn take_opening(&mut self, reset: &ResetRule, at: Timestamp) {
        if let Some(day) = self.day(reset, at)
            && day.opened > 0
        {
            day.opened -= 1;
            if day.opened == 0 {
                self.trading_days -= 1;
            }
        }
    }

    /// The day of a moment, made where it is new. `None` where it is folded.
    fn day(&mut self, reset: &ResetRule, at: Timestamp) -> Option<&mut DayResult> {
        let index = match self.recent.last() {
            Some(day) if day.reset_at <= at && at - day.reset_at < DAY_MIN => self.recent.len() - 1,
            _ => self.index_of(reset.latest_at_or_before(at))?,
        };
        self.recent.get_mut(index)
    }

    fn index_of(&mut self, reset_at: Timestamp) -> Option<usize> {
        if self.folded_until.is_some_and(|until| reset_at <= until) {
            return None;
        }
        let found = self
            .recent
            .binary_search_by_key(&reset_at, |day| day.reset_at);
        let index = match found {
            Ok(index) => return Some(index),
            Err(index) => index,
        };
        self.recent.insert(
            index,
            DayResult {
                reset_at,
                profit: Decimal::ZERO,
                opened: 0,
            },
        );
        if self.recent.len() > DAYS_MAX {
            self.fold_oldest();
            return index.checked_sub(1);
        }
        Some(index)
    }

    fn fold_oldest(&mut self) {
        let day = self.recent.remove(0);
        self.folded_until = Some(day.reset_at);
        self.folded_best = self.folded_best.max(day.profit);
    }
}
