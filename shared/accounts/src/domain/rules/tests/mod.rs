//! The evaluator against the contract's text, case by case, against a naive
//! one, and against its laws.

mod cases;
mod changes;
mod deals;
mod laws;
mod movements;
mod naive;
mod references;

use chrono::Duration;
use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::*;
use crate::domain::plan::Plan;

/// A time in Tehran, as `11-10 09:00` of 2025.
fn tehran(text: &str) -> Timestamp {
    format!("2025-{}:00+03:30", text.replace(' ', "T"))
        .parse()
        .expect("a time")
}

fn plan(text: &str) -> Plan {
    let plan: Plan = serde_json::from_str(text).expect("a plan");
    plan.validate().expect("a good plan");
    plan
}

fn dec(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

/// A challenge of 100,000 from 10 November 08:00 in Tehran.
struct Run {
    plan: Plan,
    state: State,
}

impl Run {
    fn new(text: &str) -> Self {
        Self::of(text, 100_000)
    }

    fn of(text: &str, initial_balance: i64) -> Self {
        let plan = plan(text);
        let started_at = tehran("11-10 08:00");
        let start = ChallengeStart::fresh(Decimal::from(initial_balance), started_at);
        let state = State::start(&plan, &start, &PriorHistory::default());
        Self { plan, state }
    }

    fn apply(&mut self, input: Input) -> Outcome {
        self.state.apply(&self.plan, &input)
    }

    /// A snapshot; gives what it crossed, as `daily_drawdown warning`.
    fn snapshot(&mut self, time: &str, balance: i64, equity: i64) -> Vec<String> {
        self.snapshot_at(tehran(time), balance, equity, false)
    }

    fn flagged(&mut self, time: &str, balance: i64, equity: i64) -> Vec<String> {
        self.snapshot_at(tehran(time), balance, equity, true)
    }

    fn snapshot_at(
        &mut self,
        recorded_at: Timestamp,
        balance: i64,
        equity: i64,
        flagged: bool,
    ) -> Vec<String> {
        let outcome = self.apply(Input::Snapshot(Snapshot {
            flagged,
            is_certain: !flagged,
            ..Snapshot::of_balances(recorded_at, balance.into(), equity.into())
        }));
        assert_eq!(outcome.reception, Reception::Judged);
        names(&outcome)
    }

    fn adjust(&mut self, time: &str, adjustment: i64) -> Vec<String> {
        self.effect(time, adjustment, 0, false, self.state.standing)
    }

    fn credit(&mut self, time: &str, credit: i64) -> Vec<String> {
        self.effect(time, 0, credit, false, self.state.standing)
    }

    fn trade(&mut self, time: &str, standing: Standing) -> Vec<String> {
        self.effect(time, 0, 0, true, standing)
    }

    fn effect(
        &mut self,
        time: &str,
        adjustment: i64,
        credit: i64,
        is_trade: bool,
        standing: Standing,
    ) -> Vec<String> {
        let outcome = self.apply(Input::Deal(DealEffect {
            is_trade,
            standing,
            ..DealEffect::movement(tehran(time), adjustment.into(), credit.into())
        }));
        names(&outcome)
    }

    fn tick(&mut self, time: &str) -> Outcome {
        self.apply(Input::Tick(tehran(time)))
    }

    fn figures(&self) -> Figures {
        self.state.figures(&self.plan, self.state.clock)
    }

    fn daily(&self) -> DailyFigures {
        self.figures().daily.expect("a daily rule")
    }

    fn max(&self) -> AllTimeFigures {
        self.figures().all_time.expect("an all-time rule")
    }

    /// The daily reference and its source.
    fn reference(&self) -> (Decimal, Source) {
        let daily = self.daily();
        (daily.reference, daily.source)
    }

    fn phase(&self) -> Phase {
        self.state.phase()
    }
}

fn names(outcome: &Outcome) -> Vec<String> {
    outcome
        .violations
        .iter()
        .map(|found| format!("{} {}", found.rule.as_str(), found.severity.as_str()))
        .collect()
}

fn days(count: i64) -> Duration {
    Duration::days(count)
}
