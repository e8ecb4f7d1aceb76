//! The evaluator: a pure function of the plan, the state so far and one input,
//! in order of time, O(1) an input and the same as replaying them all.
//!
//! One file a rule, each with what the rule remembers and its evaluation:
//! `daily_drawdown`, `max_drawdown`, `profit_target`, `trading_days`,
//! `consistency`, `max_lots`, `inactivity`. Beside them:
//!
//! - [`state`]: what a challenge remembers; [`State::apply`] is the entry point.
//! - `evaluate`: one input applied, rule by rule.
//! - `drawdown`: the use of a limit and its severities.
//! - `reset_values`: balance and equity at a reset instant.
//! - `pending`: a breach that is not certain yet.
//! - `coverage`: the share of a day in which the value was known.
//! - `prior`: what the history before a first challenge leaves to it.
//! - [`figures`]: the numbers that people read.
//! - `change`: another plan or initial balance, and annulments.
//!
//! *Value* is what drawdown is measured on: the equity of a `floating` plan,
//! the balance of a `closed_only` one. A *movement* is money that comes or
//! leaves without trading: it moves references and is neither gain nor loss.

mod change;
pub mod consistency;
mod coverage;
mod daily_drawdown;
mod drawdown;
mod evaluate;
pub mod figures;
mod inactivity;
mod max_drawdown;
mod max_lots;
mod pending;
mod prior;
mod profit_target;
mod reset_values;
pub mod state;
mod trading_days;

#[cfg(test)]
mod tests;

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use change::Adoption;
pub use drawdown::drawdown;
pub use figures::{AllTimeFigures, DailyFigures, Figures};
pub use pending::{CONFIRMED_AFTER, Pending};
pub use prior::PriorHistory;
pub use profit_target::LIST_DECIDES_AFTER;
pub use reset_values::Source;
pub use state::{ChallengeStart, State};

use super::ledger::Standing;
use super::plan::{Basis, Plan};

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

/// The phase of a challenge. `Passed` and `Breached` are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The trader may trade.
    Active,
    /// A `pause` rule was reached; until the next reset.
    Paused,
    /// The account has not the money that the challenge needs.
    AwaitingFunds,
    /// A breach that is not certain yet; nothing is final.
    Pending,
    /// The target is reached.
    Passed,
    /// A limit was reached.
    Breached,
}

impl Phase {
    /// Returns whether nothing but an annulment changes it any more.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Passed | Self::Breached)
    }

    /// Returns the name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::AwaitingFunds => "awaiting_funds",
            Self::Pending => "pending",
            Self::Passed => "passed",
            Self::Breached => "breached",
        }
    }
}

/// One input of the evaluator.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The account as the gateway showed it.
    Snapshot(Snapshot),
    /// A moment whose balance, and equity where it is known, deals prove.
    Proven(ProvenMoment),
    /// A deal.
    Deal(DealEffect),
    /// Time has passed. No later input yields anything else for it. Send one
    /// for an inactivity deadline only after a sync has brought the deals up
    /// to it: a breach is final.
    Tick(Timestamp),
}

/// The open positions that a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenPositions {
    /// Number of positions.
    pub count: u32,
    /// Lots of all of them.
    pub lots: Decimal,
    /// The earliest opening time; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_at: Option<Timestamp>,
}

/// An account's balance and equity as the gateway showed them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Snapshot {
    /// When it was true.
    pub recorded_at: Timestamp,
    /// Balance.
    pub balance: Decimal,
    /// Equity.
    pub equity: Decimal,
    /// The list of open positions; `None` where it is unknown.
    pub positions: Option<OpenPositions>,
    /// Whether it was judged while a difference stands.
    pub flagged: bool,
    /// Whether a breach that it shows is final at once.
    pub is_certain: bool,
    /// Whether a search for older deals is under way: nothing passes.
    pub looks_back: bool,
    /// Whether all deals up to it are known.
    pub deals_known: bool,
    /// The credit, where no position is open by deals.
    pub flat_credit: Option<Decimal>,
}

impl Snapshot {
    /// Returns a snapshot of an account of which nothing but balance and
    /// equity is known.
    #[must_use]
    pub fn of_balances(recorded_at: Timestamp, balance: Decimal, equity: Decimal) -> Self {
        Self {
            recorded_at,
            balance,
            equity,
            positions: Some(OpenPositions {
                count: 0,
                lots: Decimal::ZERO,
                oldest_at: None,
            }),
            flagged: false,
            is_certain: true,
            looks_back: false,
            deals_known: false,
            flat_credit: None,
        }
    }
}

/// A moment that deals prove.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProvenMoment {
    /// The time of the last deal of its movement.
    pub at: Timestamp,
    /// Balance.
    pub balance: Decimal,
    /// Equity; `None` where a position is open.
    pub equity: Option<Decimal>,
    /// The first equity that is known after it, less the money that moved
    /// since, where its own is not: a reset before it lies on the line there.
    pub next_equity: Option<(Timestamp, Decimal)>,
    /// Whether a difference stands.
    pub flagged: bool,
    /// Whether a breach that it shows is final at once.
    pub is_certain: bool,
}

/// A moment to judge.
#[derive(Clone, Copy, Debug)]
struct Moment {
    at: Timestamp,
    balance: Decimal,
    equity: Option<Decimal>,
    /// The first equity that is known after it, where its own is not.
    next_equity: Option<(Timestamp, Decimal)>,
    flagged: bool,
    is_certain: bool,
    is_proven: bool,
    /// Money that left since the moment before.
    outflow: Decimal,
}

impl Moment {
    /// Returns the value that drawdown is measured on; `None` where the plan
    /// measures the equity and it is not known.
    fn value(&self, plan: &Plan) -> Option<Decimal> {
        match plan.basis {
            Basis::Floating => self.equity,
            Basis::ClosedOnly => Some(self.balance),
        }
    }
}

/// The effect of a deal on a challenge.
#[derive(Clone, Debug, PartialEq)]
pub struct DealEffect {
    /// When it was done.
    pub time: Timestamp,
    /// Its result of trading.
    pub result: Decimal,
    /// Deposit, withdrawal, payout or correction; zero for anything else.
    pub adjustment: Decimal,
    /// Credit given or taken back; zero for anything else.
    pub credit: Decimal,
    /// Whether it ends a payout cycle.
    pub is_payout: bool,
    /// Whether the trader traded.
    pub is_trade: bool,
    /// Whether it closed a position.
    pub closes_trade: bool,
    /// Whether all deals before it are known.
    pub deals_known: bool,
    /// The credit before it, where no position was open by deals.
    pub flat_credit: Option<Decimal>,
    /// The ledger's figures after it.
    pub standing: Standing,
}

impl DealEffect {
    /// Returns the effect of a movement of money alone.
    #[must_use]
    pub fn movement(time: Timestamp, adjustment: Decimal, credit: Decimal) -> Self {
        Self {
            time,
            result: Decimal::ZERO,
            adjustment,
            credit,
            is_payout: false,
            is_trade: false,
            closes_trade: false,
            deals_known: false,
            flat_credit: None,
            standing: Standing::default(),
        }
    }
}

/// What became of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reception {
    /// It counted.
    Judged,
    /// A snapshot older than the newest judged moment, or than the challenge:
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
    /// Whether it was seen while a difference stood.
    pub flagged: bool,
    /// Share of the day so far in which the value was known, in percent.
    #[serde(default = "whole")]
    pub coverage_pct: Decimal,
}

fn whole() -> Decimal {
    Decimal::ONE_HUNDRED
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

impl Outcome {
    fn judged() -> Self {
        Self::ignored(Reception::Judged)
    }

    fn ignored(reception: Reception) -> Self {
        Self {
            reception,
            violations: Vec::new(),
            phase_change: None,
            day_began: None,
        }
    }
}
