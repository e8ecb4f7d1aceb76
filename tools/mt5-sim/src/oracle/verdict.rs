//! The oracle's answer: each rule that was truly broken or met.

use chrono::NaiveDate;
use kernel::Number;
use kernel::time::Timestamp;
use serde::Serialize;

use super::all_time::AllTimeFigures;
use super::daily::DailyFigures;

/// A rule, as the contract names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Daily drawdown.
    DailyDrawdown,
    /// All-time drawdown.
    MaxDrawdown,
    /// The profit target, with the conditions of passing.
    ProfitTarget,
    /// The largest open volume.
    MaxLots,
    /// Days without a trade.
    Inactivity,
}

/// The degree to which a limit is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// By default from 70 %.
    Warning,
    /// By default from 90 %.
    Critical,
    /// From 100 %.
    Breach,
}

/// The phase of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It has not started, or payments brought it to its floor.
    AwaitingFunds,
    /// It is judged.
    Active,
    /// It is paused until the next reset.
    Paused,
    /// It is breached.
    Breached,
    /// It is passed.
    Passed,
}

/// The evidence of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueSource {
    /// By deals, or by a moment at the instant itself.
    Exact,
    /// By a moment at most 30 minutes before.
    Before,
    /// In a straight line between the moments before and after.
    Interpolated,
    /// By an older moment, as there is none after.
    Stale,
    /// By the first moment, as there is none before.
    After,
    /// The initial balance.
    Initial,
}

/// A violation of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// The severity.
    pub severity: Severity,
    /// The local date on which the day began.
    pub day: NaiveDate,
    /// The moment.
    pub at: Timestamp,
    /// The use of the limit: money, lots or days.
    pub figure: Number,
    /// The limit.
    pub limit: Number,
}

/// The end of a challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct End {
    /// Breached or passed.
    pub phase: Phase,
    /// The rule.
    pub rule: Rule,
    /// The local date on which the day began.
    pub day: NaiveDate,
    /// The moment.
    pub at: Timestamp,
    /// The use of the limit, or the gain.
    pub figure: Number,
    /// The limit, or the target.
    pub limit: Number,
}

/// A day of a challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Day {
    /// The local date on which it began.
    pub day: NaiveDate,
    /// The reset at which it began.
    pub reset_at: Timestamp,
    /// The reference as fixed then.
    pub reference: Number,
    /// The evidence of the reference.
    pub source: ValueSource,
    /// The limit.
    pub limit: Number,
    /// The use at the day's last moment.
    pub used: Number,
    /// The largest use at a moment of the day.
    pub used_max: Number,
}

/// Daily drawdown at the last moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DailyUse {
    /// The reference, movements included.
    pub reference: Number,
    /// The evidence of the reference.
    pub source: ValueSource,
    /// The use.
    pub used: Number,
    /// The limit.
    pub limit: Number,
    /// The floor.
    pub floor: Number,
}

impl From<DailyFigures> for DailyUse {
    fn from(figures: DailyFigures) -> Self {
        Self {
            reference: Number::exact(figures.reference),
            source: figures.source,
            used: Number::exact(figures.used),
            limit: Number::exact(figures.limit),
            floor: Number::exact(figures.reference - figures.limit),
        }
    }
}

/// All-time drawdown at the last moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AllTimeUse {
    /// The reference.
    pub reference: Number,
    /// The deepest use so far.
    pub used: Number,
    /// The use at the moment.
    pub current: Number,
    /// The limit.
    pub limit: Number,
    /// The floor.
    pub floor: Number,
}

impl From<AllTimeFigures> for AllTimeUse {
    fn from(figures: AllTimeFigures) -> Self {
        Self {
            reference: Number::exact(figures.reference),
            used: Number::exact(figures.used),
            current: Number::exact(figures.current),
            limit: Number::exact(figures.limit),
            floor: Number::exact(figures.reference - figures.limit),
        }
    }
}

/// Figures at the last moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// The moment.
    pub at: Timestamp,
    /// The balance.
    pub balance: Number,
    /// The result of trading.
    pub gain: Number,
    /// The sum of what is no gain and no loss, beyond the initial balance.
    pub adjusted: Number,
    /// Days with an opening.
    pub trading_days: usize,
    /// The best day's profit.
    pub best_day_profit: Number,
    /// The profit of all days.
    pub total_profit: Number,
    /// Daily drawdown.
    pub daily: Option<DailyUse>,
    /// All-time drawdown.
    pub max: Option<AllTimeUse>,
}

/// One challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Challenge {
    /// The connection, or the reset.
    pub begun_at: Timestamp,
    /// The start; `None` while it waits for funds.
    pub started_at: Option<Timestamp>,
    /// The initial balance.
    pub initial_balance: Option<Number>,
    /// The phase at the end.
    pub phase: Phase,
    /// Figures at the last moment.
    pub figures: Option<Figures>,
    /// The violations, in order.
    pub violations: Vec<Violation>,
    /// The days of the daily rule.
    pub days: Vec<Day>,
    /// The end; `None` while it goes on.
    pub end: Option<End>,
}

impl Challenge {
    /// Returns a challenge that has not started.
    pub(crate) fn awaiting(begun_at: Timestamp) -> Self {
        Self {
            begun_at,
            started_at: None,
            initial_balance: None,
            phase: Phase::AwaitingFunds,
            figures: None,
            violations: Vec::new(),
            days: Vec::new(),
            end: None,
        }
    }
}
