//! The evaluator: a pure function of the plan, the state so far and one input,
//! in the order of arrival, O(1) an input and the same as replaying them all.
//!
//! - [`state`]: what a challenge remembers, and the entry point `apply`.
//! - `snapshot`: judging one snapshot.
//! - `reference`: the daily reference.
//! - `all_time`: the all-time reference and its deepest use.
//! - `activity`: inactivity, open volume and passing.
//! - [`figures`]: the numbers a summary shows.
//! - `change`: another plan or initial balance, and annulment.
//!
//! Adjustments (deposits, withdrawals, payouts, corrections) move what they
//! have to move when they arrive: every reference held here is kept as it
//! stands after all adjustments that have arrived. A snapshot contains those
//! that arrived before it. A snapshot judged though its balance could not be
//! explained (`flagged`) is taken to contain the adjustments dated up to it
//! also where they arrive later, so that these do not count twice.

mod activity;
mod all_time;
mod change;
pub mod figures;
mod prior;
mod reference;
mod snapshot;
pub mod state;

#[cfg(test)]
mod tests;

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use change::Adoption;
pub use figures::{AllTimeFigures, DailyFigures, Figures};
pub use prior::PriorHistory;
pub use reference::Source;
pub use state::State;

use super::deal::Deal;
use super::ledger::{Ledger, Standing};

/// A rule, as violations name it.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The loss of a day.
    DailyDrawdown,
    /// The loss of all time.
    MaxDrawdown,
    /// The gain that passes.
    ProfitTarget,
    /// The days that passing needs.
    MinTradingDays,
    /// The best day's share of the profit.
    Consistency,
    /// Lots open at once.
    MaxLots,
    /// Days without a trade.
    Inactivity,
}

impl Rule {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DailyDrawdown => "daily_drawdown",
            Self::MaxDrawdown => "max_drawdown",
            Self::ProfitTarget => "profit_target",
            Self::MinTradingDays => "min_trading_days",
            Self::Consistency => "consistency",
            Self::MaxLots => "max_lots",
            Self::Inactivity => "inactivity",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// How grave a violation is.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A good part of the limit is used.
    Warning,
    /// Little of the limit is left.
    Critical,
    /// The limit is reached.
    Breach,
}

impl Severity {
    /// Mildest first.
    pub const ALL: [Self; 3] = [Self::Warning, Self::Critical, Self::Breach];

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Breach => "breach",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Where a challenge stands. `Passed` and `Breached` are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The trader may trade.
    Active,
    /// A `pause` rule was reached; until the next reset.
    Paused,
    /// The target is reached.
    Passed,
    /// A limit was reached.
    Breached,
}

impl Phase {
    /// Whether nothing but an annulment changes it any more.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Passed | Self::Breached)
    }

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Passed => "passed",
            Self::Breached => "breached",
        }
    }
}

/// What the evaluator is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The account as it was at a moment.
    Snapshot(Snapshot),
    /// A deal, after the ledger has taken it.
    Deal(DealEffect),
    /// Time has passed. Nothing that a later input yields depends on whether
    /// there were ticks; what is due by time alone appears without waiting
    /// for an input. Send one for an inactivity deadline only after a sync
    /// has brought the deals up to it: a breach is final.
    Tick(Timestamp),
}

/// An account's balance and equity at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Snapshot {
    /// When it was true.
    pub recorded_at: Timestamp,
    /// Balance.
    pub balance: Decimal,
    /// Equity.
    pub equity: Decimal,
    /// Judged although its balance is not the one before plus the deals since.
    pub flagged: bool,
}

/// What a deal does to a challenge.
#[derive(Clone, Debug, PartialEq)]
pub struct DealEffect {
    /// When it was done.
    pub time: Timestamp,
    /// Deposit, withdrawal, payout, correction; zero for anything else.
    pub adjustment: Decimal,
    /// Credit given or taken back; zero for anything else.
    pub credit: Decimal,
    /// Whether the trader traded.
    pub is_trade: bool,
    /// The ledger's figures after it.
    pub standing: Standing,
}

impl DealEffect {
    /// The effect of a deal that the ledger has just taken.
    #[must_use]
    pub fn new(deal: &Deal, ledger: &Ledger) -> Self {
        Self {
            time: deal.time,
            adjustment: deal.adjustment().unwrap_or_default(),
            credit: deal.credit().unwrap_or_default(),
            is_trade: deal.kind.is_trade(),
            standing: ledger.standing(),
        }
    }
}

/// What became of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reception {
    /// It counted.
    Judged,
    /// A snapshot older than the newest judged, or than the challenge: to be
    /// stored and shown, not judged.
    Late,
    /// An amount beyond reason: not judged; a fault of its source.
    OutOfRange,
}

/// A threshold that was crossed. Stored once by
/// `(rule, severity, reset_at, round)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// How grave.
    pub severity: Severity,
    /// The use of the limit from which on it is this grave: an amount for a
    /// drawdown, lots for `max_lots`, days for `inactivity`.
    pub threshold_value: Decimal,
    /// The use that was found, in the same unit.
    pub current_value: Decimal,
    /// The moment it was true: the snapshot's, the deal's or the deadline.
    pub detected_at: Timestamp,
    /// The day it belongs to, by the reset that began it, for what is told
    /// once a day; `None` for what is told once a challenge.
    pub reset_at: Option<Timestamp>,
    /// Annulments and corrections before it, so that a violation after one is
    /// another than the one before.
    pub round: u32,
    /// The largest gap between snapshots so far, of the day or the challenge,
    /// in milliseconds: how well the verdict is grounded.
    pub gap_max_ms: i64,
    /// Whether the snapshot's balance could not be explained.
    pub flagged: bool,
}

/// A change of phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhaseChange {
    /// The phase before.
    pub from: Phase,
    /// The phase now.
    pub to: Phase,
}

/// What an input yields.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What became of the input.
    pub reception: Reception,
    /// The thresholds it crossed: the daily rule's before the all-time one's,
    /// mildest first.
    pub violations: Vec<Violation>,
    /// The change of phase, where there was one.
    pub phase_change: Option<PhaseChange>,
    /// The reset that began the day, where the input is the first of it.
    pub day_began: Option<Timestamp>,
}
