//! What a plan would have done, on given snapshots or on a recorded history.
//!
//! The same evaluator that judges accounts runs here, so that an operator
//! sees before a change of plan exactly what it would do.

mod history;

#[cfg(test)]
mod tests;

pub use history::HistorySimulation;

use kernel::time::Timestamp;
use kernel::{FieldError, Number};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::is_in_range;
use super::plan::Plan;
use super::rules::{
    ChallengeStart, DealEffect, Figures, Input, Outcome, Phase, PriorHistory, Rule, Severity,
    Snapshot, Source, State, Violation,
};

/// The most snapshots of one simulation.
pub const SNAPSHOTS_MAX: usize = 10_000;

/// A snapshot to simulate on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SimSnapshot {
    /// When it was true.
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
    /// Balance.
    #[serde(with = "kernel::number::json")]
    #[schema(value_type = f64)]
    pub balance: Decimal,
    /// Equity.
    #[serde(with = "kernel::number::json")]
    #[schema(value_type = f64)]
    pub equity: Decimal,
    /// Deposits (above zero) and withdrawals since the snapshot before; other
    /// changes of balance are trading.
    #[serde(
        with = "kernel::number::json_option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<f64>)]
    pub adjustment: Option<Decimal>,
}

/// What a plan would have done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Simulation {
    /// One entry per snapshot, or per reset of a history.
    pub timeline: Vec<TimelineEntry>,
    /// All violations, in order.
    pub violations: Vec<SimViolation>,
    /// The phase at the end.
    pub phase: Phase,
    /// When the challenge was breached; `null` where it was not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub breached_at: Option<Timestamp>,
    /// The rules of the plan that snapshots alone cannot tell of.
    pub not_evaluated: Vec<Rule>,
}

/// The rules at a moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TimelineEntry {
    /// The snapshot's time, or the reset's.
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
    /// The daily drawdown; `null` where the plan has none.
    pub daily: Option<TimelineDaily>,
    /// The all-time drawdown; `null` where the plan has none.
    pub max: Option<TimelineMax>,
    /// The phase after it.
    pub phase: Phase,
    /// What it, or its day, newly crossed.
    pub violations: Vec<Crossing>,
}

/// The daily drawdown at a moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TimelineDaily {
    /// What the day is measured from.
    pub reference: Number,
    /// Where that comes from.
    pub source: Source,
    /// The loss of the day.
    pub used: Number,
    /// How much it may be.
    pub limit: Number,
    /// The value that breaches.
    pub floor: Number,
    /// The use in percent of the limit.
    pub use_pct: Number,
    /// The next reset.
    #[schema(value_type = String, format = DateTime)]
    pub reset_at: Timestamp,
}

/// The all-time drawdown at a moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TimelineMax {
    /// What it is measured from.
    pub reference: Number,
    /// The deepest use so far.
    pub used: Number,
    /// The use at that moment.
    pub current: Number,
    /// How much it may be.
    pub limit: Number,
    /// The value that breaches.
    pub floor: Number,
    /// The deepest use in percent of the limit.
    pub use_pct: Number,
}

/// A threshold crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Crossing {
    /// The rule.
    pub rule: Rule,
    /// How grave.
    pub severity: Severity,
}

/// A threshold crossed, with its figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SimViolation {
    /// The rule.
    pub rule: Rule,
    /// How grave.
    pub severity: Severity,
    /// The use from which on it is this grave.
    pub threshold_value: Number,
    /// The use that was found.
    pub current_value: Number,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub detected_at: Timestamp,
}

/// Runs a plan over snapshots.
///
/// # Errors
/// Each field that cannot be accepted: of the plan, the initial balance, more
/// than [`SNAPSHOTS_MAX`] snapshots, an amount beyond reason, or the first
/// snapshot that is older than the one before it.
pub fn simulate(
    plan: &Plan,
    initial_balance: Decimal,
    snapshots: &[SimSnapshot],
) -> Result<Simulation, Vec<FieldError>> {
    validate(plan, initial_balance, snapshots)?;
    let judged = drawdowns_only(plan);
    // The challenge starts at the first snapshot.
    let started_at = snapshots
        .first()
        .map_or(Timestamp::UNIX_EPOCH, |first| first.recorded_at);
    let start = ChallengeStart::fresh(initial_balance, started_at);
    let state = State::start(&judged, &start, &PriorHistory::default());
    let mut course = Course::new(judged, state, snapshots.len());
    for snapshot in snapshots {
        if let Some(amount) = snapshot.adjustment.filter(|amount| !amount.is_zero()) {
            let movement = DealEffect::movement(snapshot.recorded_at, amount, Decimal::ZERO);
            course.apply(&Input::Deal(movement));
        }
        course.apply(&Input::Snapshot(Snapshot::of_balances(
            snapshot.recorded_at,
            snapshot.balance,
            snapshot.equity,
        )));
        course.enter(snapshot.recorded_at, snapshot.recorded_at);
    }
    Ok(course.into_simulation(rules_beside_drawdown(plan)))
}

fn validate(
    plan: &Plan,
    initial_balance: Decimal,
    snapshots: &[SimSnapshot],
) -> Result<(), Vec<FieldError>> {
    let mut faults = Vec::new();
    if let Err(of_plan) = plan.validate() {
        faults.extend(of_plan.into_iter().map(|fault| FieldError {
            field: format!("plan.{}", fault.field),
            ..fault
        }));
    }
    if initial_balance <= Decimal::ZERO || !is_in_range(initial_balance) {
        faults.push(FieldError::new(
            "initial_balance",
            "must be an amount above 0",
        ));
    }
    if snapshots.len() > SNAPSHOTS_MAX {
        faults.push(FieldError::new("snapshots", "must be at most 10000"));
    } else {
        faults.extend(snapshot_fault(snapshots));
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

/// The first snapshot that cannot be accepted.
fn snapshot_fault(snapshots: &[SimSnapshot]) -> Option<FieldError> {
    let mut before: Option<Timestamp> = None;
    for (index, snapshot) in snapshots.iter().enumerate() {
        let fault = |field: &str, message: &str| {
            Some(FieldError::new(
                format!("snapshots[{index}].{field}"),
                message,
            ))
        };
        if before.is_some_and(|before| snapshot.recorded_at < before) {
            return fault(
                "recorded_at",
                "is before the snapshot that precedes it; snapshots must be in order of time",
            );
        }
        if !(1970..2200).contains(&chrono::Datelike::year(&snapshot.recorded_at)) {
            return fault("recorded_at", "must be within the years 1970 to 2199");
        }
        for (field, amount) in [
            ("balance", snapshot.balance),
            ("equity", snapshot.equity),
            ("adjustment", snapshot.adjustment.unwrap_or_default()),
        ] {
            if !is_in_range(amount) {
                return fault(field, "is too large an amount");
            }
        }
        before = Some(snapshot.recorded_at);
    }
    None
}

fn drawdowns_only(plan: &Plan) -> Plan {
    Plan {
        profit_target_pct: None,
        min_trading_days: None,
        consistency_pct: None,
        max_lots: None,
        inactivity_days: None,
        ..plan.clone()
    }
}

fn rules_beside_drawdown(plan: &Plan) -> Vec<Rule> {
    [
        (Rule::ProfitTarget, plan.profit_target_pct.is_some()),
        (Rule::MinTradingDays, plan.min_trading_days.is_some()),
        (Rule::Consistency, plan.consistency_pct.is_some()),
        (Rule::MaxLots, plan.max_lots.is_some()),
        (Rule::Inactivity, plan.inactivity_days.is_some()),
    ]
    .into_iter()
    .filter_map(|(rule, is_set)| is_set.then_some(rule))
    .collect()
}

/// A run in the making.
#[derive(Clone, Debug)]
struct Course {
    plan: Plan,
    state: State,
    timeline: Vec<TimelineEntry>,
    violations: Vec<SimViolation>,
    /// What has been crossed since the last entry.
    crossings: Vec<Crossing>,
    breached_at: Option<Timestamp>,
}

impl Course {
    fn new(plan: Plan, state: State, entries: usize) -> Self {
        Self {
            plan,
            state,
            timeline: Vec::with_capacity(entries.min(SNAPSHOTS_MAX)),
            violations: Vec::new(),
            crossings: Vec::new(),
            breached_at: None,
        }
    }

    fn apply(&mut self, input: &Input) {
        let Outcome { violations, .. } = self.state.apply(&self.plan, input);
        for violation in violations {
            self.record(&violation);
        }
    }

    /// Goes on with a state that has been judged elsewhere.
    fn follow(&mut self, state: &State, violations: Vec<Violation>) {
        self.state = state.clone();
        for violation in violations {
            self.record(&violation);
        }
    }

    fn record(&mut self, violation: &Violation) {
        // The phase tells a breach from a pause, which the severity does not.
        if violation.severity == Severity::Breach && self.state.phase() == Phase::Breached {
            self.breached_at.get_or_insert(violation.detected_at);
        }
        self.crossings.push(Crossing {
            rule: violation.rule,
            severity: violation.severity,
        });
        self.violations.push(SimViolation {
            rule: violation.rule,
            severity: violation.severity,
            threshold_value: Number::exact(violation.threshold_value),
            current_value: Number::exact(violation.current_value),
            detected_at: violation.detected_at,
        });
    }

    /// Adds an entry that is named by one moment and shows another.
    fn enter(&mut self, recorded_at: Timestamp, shown_at: Timestamp) {
        let figures = self.state.figures(&self.plan, shown_at);
        self.timeline.push(TimelineEntry {
            recorded_at,
            daily: daily(&figures),
            max: max(&figures),
            phase: figures.phase,
            violations: std::mem::take(&mut self.crossings),
        });
    }

    fn into_simulation(self, not_evaluated: Vec<Rule>) -> Simulation {
        Simulation {
            phase: self.state.phase(),
            timeline: self.timeline,
            violations: self.violations,
            breached_at: self.breached_at,
            not_evaluated,
        }
    }
}

fn daily(figures: &Figures) -> Option<TimelineDaily> {
    let daily = figures.daily?;
    Some(TimelineDaily {
        reference: Number::exact(daily.reference),
        source: daily.source,
        used: Number::exact(daily.used),
        limit: Number::exact(daily.limit),
        floor: Number::exact(daily.floor),
        use_pct: Number::percent(daily.use_pct),
        reset_at: figures.reset_next_at,
    })
}

fn max(figures: &Figures) -> Option<TimelineMax> {
    let all_time = figures.all_time?;
    Some(TimelineMax {
        reference: Number::exact(all_time.reference),
        used: Number::exact(all_time.used),
        current: Number::exact(all_time.current),
        limit: Number::exact(all_time.limit),
        floor: Number::exact(all_time.floor),
        use_pct: Number::percent(all_time.use_pct),
    })
}
