//! The numbers that a summary shows.

use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::Phase;
use super::reference::{Source, percent_of};
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
    /// Gain since the start, adjustments apart; `None` before the first
    /// snapshot.
    pub gain: Option<Decimal>,
    /// The gain that passes the challenge, where the plan has one.
    pub gain_target: Option<Decimal>,
    /// The newest judged snapshot's balance, as recorded.
    pub balance: Option<Decimal>,
    /// The largest gap between snapshots so far, in milliseconds.
    pub gap_max_ms: i64,
    /// The time of the newest judged snapshot.
    pub judged_at: Option<Timestamp>,
}

/// The daily drawdown at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DailyFigures {
    /// B.
    pub reference: Decimal,
    /// Where B comes from.
    pub source: Source,
    /// How far V is below B, at least 0.
    pub used: Decimal,
    /// How far it may be.
    pub limit: Decimal,
    /// The V that breaches.
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
    /// The V that breaches.
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
            Some(daily) if now < self.next_reset => (daily.reset_at, self.next_reset),
            _ => (
                plan.reset.latest_at_or_before(now),
                plan.reset.next_after(now),
            ),
        };
        let target = plan
            .profit_target_pct
            .map(|target_pct| percent_of(self.initial_balance, target_pct));
        Figures {
            as_of: now,
            phase: self.phase_at(now),
            daily: self.daily_figures(plan, reset_at),
            all_time: self.all_time_figures(plan, now),
            reset_at,
            reset_next_at,
            reset_in_seconds: (reset_next_at - now).num_seconds(),
            trading_days: self.standing.trading_days,
            gain: self
                .last
                .map(|last| last.balance - self.initial_balance - self.adjusted),
            gain_target: target,
            balance: self.judged_balance(),
            gap_max_ms: self.gap_max_ms,
            judged_at: self.judged_at(),
        }
    }

    /// The part of the nearest limit that is left at present, in percent of
    /// it; 100 without a snapshot or a limit. A sync's pace goes by it.
    #[must_use]
    pub fn headroom_pct(&self, plan: &Plan, now: Timestamp) -> Decimal {
        let figures = self.figures(plan, now);
        let daily = figures.daily.map(|daily| daily.use_pct);
        let all_time = figures
            .all_time
            .map(|all_time| use_pct(all_time.current, all_time.limit));
        let used = daily.max(all_time).unwrap_or_default();
        (Decimal::ONE_HUNDRED - used).max(Decimal::ZERO)
    }

    /// V as it stands after the adjustments since the newest snapshot, so
    /// that one which a snapshot does not show yet looks like no gain or loss.
    fn value(&self, plan: &Plan) -> Option<Decimal> {
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
                (reference.value, reference.source, daily.limit)
            }
            None => {
                let provisional = self.provisional(rule, reset_at);
                (provisional.value, provisional.source, provisional.limit)
            }
        };
        let used = self.value(plan).map_or(Decimal::ZERO, |value| {
            (reference - value).max(Decimal::ZERO)
        });
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
        let all_time = &self.all_time;
        let mut reference = all_time.reference();
        if rule.mode == MaxMode::TrailingEod
            && now >= self.next_reset
            && let Some(last) = self.last
        {
            let top = all_time.top.max(last.balance);
            reference = all_time.cap.map_or(top, |cap| cap.min(top));
        }
        let current = self.value(plan).map_or(Decimal::ZERO, |value| {
            (reference - value).max(Decimal::ZERO)
        });
        let used = all_time.deepest;
        Some(AllTimeFigures {
            reference,
            used,
            current,
            limit: all_time.limit,
            floor: reference - all_time.limit,
            use_pct: use_pct(used, all_time.limit),
            used_pct_of_initial: use_pct(used, self.initial_balance),
        })
    }
}

/// A part in percent of a whole; of nothing, all or none is used.
fn use_pct(part: Decimal, whole: Decimal) -> Decimal {
    (part * Decimal::ONE_HUNDRED)
        .checked_div(whole)
        .unwrap_or(if part.is_zero() {
            Decimal::ZERO
        } else {
            Decimal::ONE_HUNDRED
        })
        .normalize()
}
