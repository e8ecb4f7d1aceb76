//! The numbers that a summary shows.

use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::Phase;
use super::drawdown::{drawdown, use_pct};
use super::profit_target::gain_target;
use super::reset_values::Source;
use super::state::State;
use crate::domain::plan::{Basis, MaxMode, Plan};

/// Where a challenge stands at a moment; amounts in the account's currency,
/// exact.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// The moment.
    pub as_of: Timestamp,
    /// The phase then.
    pub phase: Phase,
    /// The daily rule; `None` where the plan has none.
    pub daily: Option<DailyFigures>,
    /// The all-time rule; `None` where the plan has none.
    pub all_time: Option<AllTimeFigures>,
    /// The reset that began the day.
    pub reset_at: Timestamp,
    /// The next reset.
    pub reset_next_at: Timestamp,
    /// Whole seconds until the next reset.
    pub reset_in_seconds: i64,
    /// Reset-to-reset days with a position opened.
    pub trading_days: u32,
    /// The result of trading, adjustments and what stands unexplained apart;
    /// `None` before the first judged moment.
    pub gain: Option<Decimal>,
    /// The gain that passes the challenge, where the plan has one.
    pub gain_target: Option<Decimal>,
    /// The newest judged snapshot's balance, as recorded.
    pub balance: Option<Decimal>,
    /// The largest gap between snapshots so far, in milliseconds.
    pub gap_max_ms: i64,
    /// The time of the newest judged moment.
    pub judged_at: Option<Timestamp>,
    /// Share of the day so far in which the value was known, in percent.
    pub coverage_pct: Decimal,
}

/// The daily drawdown at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DailyFigures {
    /// What the day is measured from.
    pub reference: Decimal,
    /// Where that comes from.
    pub source: Source,
    /// How far the value is below it, at least 0.
    pub used: Decimal,
    /// How far it may be.
    pub limit: Decimal,
    /// The value that breaches.
    pub floor: Decimal,
    /// The use in percent of the limit.
    pub use_pct: Decimal,
}

/// The all-time drawdown at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AllTimeFigures {
    /// What it is measured from.
    pub reference: Decimal,
    /// The deepest use so far.
    pub used: Decimal,
    /// The use at present.
    pub current: Decimal,
    /// How deep it may be.
    pub limit: Decimal,
    /// The value that breaches.
    pub floor: Decimal,
    /// The deepest use in percent of the limit.
    pub use_pct: Decimal,
    /// The deepest use in percent of the initial balance.
    pub used_pct_of_initial: Decimal,
}

impl State {
    /// The figures at a moment, with what time alone has changed since the
    /// last input. A moment before the newest input is taken as that one.
    #[must_use]
    pub fn figures(&self, plan: &Plan, now: Timestamp) -> Figures {
        let now = now.max(self.clock);
        let (reset_at, reset_next_at) = match &self.daily {
            Some(daily) if now < self.next_reset && self.passed.is_none() => {
                (daily.reset_at, self.next_reset)
            }
            _ => (
                plan.reset.latest_at_or_before(now),
                plan.reset.next_after(now),
            ),
        };
        Figures {
            as_of: now,
            phase: self.phase_at(now),
            daily: self.daily_figures(plan, reset_at),
            all_time: self.all_time_figures(plan, now),
            reset_at,
            reset_next_at,
            reset_in_seconds: (reset_next_at - now).num_seconds(),
            trading_days: self.standing.trading_days,
            gain: self.last.map(|last| self.gain_of(last.balance)),
            gain_target: gain_target(plan, self.initial_balance),
            balance: self.judged_balance(),
            gap_max_ms: self.gap_max_ms,
            judged_at: self.judged_at(),
            coverage_pct: self.coverage_pct(now),
        }
    }

    /// Returns the value that drawdown is measured on, after the movements
    /// since the newest judged moment.
    pub(super) fn value(&self, plan: &Plan) -> Option<Decimal> {
        self.last.map(|last| match plan.basis {
            Basis::Floating => last.equity,
            Basis::ClosedOnly => last.balance,
        })
    }

    fn daily_figures(&self, plan: &Plan, reset_at: Timestamp) -> Option<DailyFigures> {
        let rule = plan.daily.as_ref()?;
        let fixed = self
            .daily
            .as_ref()
            .filter(|daily| daily.reset_at == reset_at);
        let (reference, source, limit) = match fixed {
            Some(daily) => {
                let reference = daily.reference();
                (reference.value, reference.source, daily.limit.amount)
            }
            None => {
                let provisional = self.provisional_day(rule, reset_at);
                (provisional.value, provisional.source, provisional.limit)
            }
        };
        let used = self
            .value(plan)
            .map_or(Decimal::ZERO, |value| drawdown(reference, value));
        Some(DailyFigures {
            reference,
            source,
            used,
            limit,
            floor: reference - limit,
            use_pct: use_pct(used, limit),
        })
    }

    fn all_time_figures(&self, plan: &Plan, now: Timestamp) -> Option<AllTimeFigures> {
        let rule = plan.max.as_ref()?;
        let max = &self.max;
        let mut reference = max.reference();
        if rule.mode == MaxMode::TrailingEod
            && now >= self.next_reset
            && let Some(last) = self.last
        {
            reference = max.reference_at(max.top.max(last.balance));
        }
        let current = self
            .value(plan)
            .map_or(Decimal::ZERO, |value| drawdown(reference, value));
        let used = max.max_used;
        Some(AllTimeFigures {
            reference,
            used,
            current,
            limit: max.limit.amount,
            floor: reference - max.limit.amount,
            use_pct: use_pct(used, max.limit.amount),
            used_pct_of_initial: use_pct(used, self.initial_balance),
        })
    }
}
