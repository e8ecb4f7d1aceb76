//! The share of a day in which the judged value was known.

use chrono::Duration;
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::state::State;

/// Time after a judged moment for which the value counts as known while a
/// position is open.
const KNOWN_FOR: Duration = Duration::seconds(60);

/// Digits of a coverage in percent.
const PCT_DIGITS: u32 = 4;

/// The present day's coverage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Coverage {
    /// When the day, or the challenge, began.
    from: Timestamp,
    /// The newest judged moment.
    known_until: Timestamp,
    /// Unknown time of the day so far.
    unknown_ms: i64,
    /// Since when a position is open, the newest judged moment at the earliest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open_since: Option<Timestamp>,
}

impl Coverage {
    pub(super) fn start(at: Timestamp) -> Self {
        Self {
            from: at,
            known_until: at,
            unknown_ms: 0,
            open_since: None,
        }
    }

    /// Returns the unknown part of the time from the newest judged moment to
    /// another, from a moment on.
    fn unknown_until(&self, at: Timestamp, from: Timestamp) -> i64 {
        let Some(open_since) = self.open_since else {
            return 0;
        };
        let known_until = (self.known_until + KNOWN_FOR).max(open_since).max(from);
        (at - known_until).num_milliseconds().max(0)
    }

    /// Returns the day's coverage at a moment, in percent.
    pub(super) fn pct(&self, at: Timestamp) -> Decimal {
        let whole = (at - self.from).num_milliseconds();
        if whole <= 0 {
            return Decimal::ONE_HUNDRED;
        }
        let unknown = self.unknown_ms + self.unknown_until(at, self.from);
        let known = Decimal::from(whole - unknown.min(whole));
        (known * Decimal::ONE_HUNDRED / Decimal::from(whole))
            .round_dp(PCT_DIGITS)
            .normalize()
    }
}

impl State {
    /// Records that a position is open after a deal.
    pub(super) fn cover_deal(&mut self, at: Timestamp) {
        if self.standing.open_positions > 0 {
            self.coverage.open_since.get_or_insert(at);
        }
    }

    /// Records a judged moment, of a day that began at a reset.
    pub(super) fn cover_moment(&mut self, at: Timestamp, reset_at: Timestamp, has_position: bool) {
        let coverage = &mut self.coverage;
        let day = reset_at.max(self.started_at);
        if day > coverage.from {
            coverage.unknown_ms = 0;
            coverage.from = day;
        }
        coverage.unknown_ms += coverage.unknown_until(at, coverage.from);
        coverage.known_until = at;
        coverage.open_since = has_position.then_some(at);
    }

    /// Returns the day's coverage at a moment, in percent; whole where the day
    /// has had no judged moment yet.
    #[must_use]
    pub fn coverage_pct(&self, now: Timestamp) -> Decimal {
        self.coverage.pct(now)
    }
}
