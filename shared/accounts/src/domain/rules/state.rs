//! What a challenge remembers.

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::all_time::AllTime;
use super::reference::Daily;
use super::{
    DealEffect, Input, Outcome, Phase, PhaseChange, PriorHistory, Reception, Rule, Severity,
    Violation,
};
use crate::domain::is_in_range;
use crate::domain::ledger::Standing;
use crate::domain::plan::{Basis, Plan};

/// The state of one challenge: bounded in size, and all that the evaluator
/// knows. Give it the plan it was started with, until [`State::adopt`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub(super) initial_balance: Decimal,
    pub(super) started_at: Timestamp,
    /// The latest moment that any input told of.
    pub(super) clock: Timestamp,
    /// The phase as it was last told.
    pub(super) phase: Phase,
    /// The rules whose breach stands, as bits.
    pub(super) breaches: u8,
    pub(super) is_passed: bool,
    pub(super) paused_until: Option<Timestamp>,
    pub(super) round: u32,
    pub(super) adjusted: Decimal,
    pub(super) credited: Decimal,
    /// By the newest day that any is dated in and one before it: a deal may be
    /// dated a little after a snapshot that arrives after it.
    pub(super) dated: [Dated; 2],
    pub(super) last: Option<Last>,
    /// The recorded time of the newest flagged snapshot.
    pub(super) flagged_at: Option<Timestamp>,
    pub(super) gap_max_ms: i64,
    /// The first reset after the newest judged snapshot, or after the start.
    pub(super) next_reset: Timestamp,
    pub(super) daily: Option<Daily>,
    pub(super) all_time: AllTime,
    pub(super) activity: Activity,
    pub(super) standing: Standing,
}

/// The newest judged snapshot, as it stands after the adjustments since.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Last {
    pub(super) at: Timestamp,
    pub(super) balance: Decimal,
    pub(super) equity: Decimal,
    /// The balance as it was recorded.
    pub(super) balance_recorded: Decimal,
}

/// The adjustments since the newest judged snapshot that are dated within a
/// day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Dated {
    pub(super) reset_at: Timestamp,
    pub(super) adjusted: Decimal,
    pub(super) credited: Decimal,
}

/// What the rules that go by deals remember.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Activity {
    pub(super) last_trade_at: Option<Timestamp>,
    /// Severities told for the present spell without a trade, as bits.
    pub(super) inactivity_told: u8,
    pub(super) lots_told: bool,
}

impl Dated {
    pub(super) fn of(reset_at: Timestamp) -> Self {
        Self {
            reset_at,
            adjusted: Decimal::ZERO,
            credited: Decimal::ZERO,
        }
    }
}

impl State {
    /// The state of a challenge that starts now. `prior` is what the deals up
    /// to the start leave to an account's first challenge.
    #[must_use]
    pub fn start(
        plan: &Plan,
        initial_balance: Decimal,
        started_at: Timestamp,
        prior: &PriorHistory,
    ) -> Self {
        Self {
            initial_balance,
            started_at,
            clock: started_at,
            phase: Phase::Active,
            breaches: 0,
            is_passed: false,
            paused_until: None,
            round: 0,
            adjusted: Decimal::ZERO,
            credited: Decimal::ZERO,
            dated: [Dated::of(started_at); 2],
            last: None,
            flagged_at: None,
            gap_max_ms: 0,
            next_reset: plan.reset.next_after(started_at),
            daily: None,
            all_time: AllTime::start(plan, initial_balance, started_at, prior),
            activity: Activity::default(),
            standing: Standing::default(),
        }
    }

    /// Takes one input.
    pub fn apply(&mut self, plan: &Plan, input: &Input) -> Outcome {
        match input {
            Input::Snapshot(snapshot) => self.apply_snapshot(plan, snapshot),
            Input::Deal(effect) => self.apply_deal(plan, effect),
            Input::Tick(now) => {
                let mut outcome = Outcome::judged();
                self.judge_inactivity(plan, *now, &mut outcome.violations);
                self.settle(*now, outcome)
            }
        }
    }

    fn apply_deal(&mut self, plan: &Plan, effect: &DealEffect) -> Outcome {
        if !is_in_range(effect.adjustment) || !is_in_range(effect.credit) {
            return Outcome::ignored(Reception::OutOfRange);
        }
        let mut outcome = Outcome::judged();
        self.standing = effect.standing;
        // What is dated up to the start made the initial balance what it is.
        if effect.time <= self.started_at {
            return outcome;
        }
        self.judge_inactivity(plan, effect.time, &mut outcome.violations);
        if !effect.adjustment.is_zero() || !effect.credit.is_zero() {
            self.adjust(plan, effect);
        }
        if effect.is_trade {
            self.note_trade(effect.time);
            self.judge_lots(plan, effect.time, &mut outcome.violations);
        }
        self.settle(effect.time, outcome)
    }

    /// Tells time on and the phase with it.
    pub(super) fn settle(&mut self, at: Timestamp, mut outcome: Outcome) -> Outcome {
        self.clock = self.clock.max(at);
        let now = self.phase_at(self.clock);
        if now != self.phase {
            outcome.phase_change = Some(PhaseChange {
                from: self.phase,
                to: now,
            });
            self.phase = now;
        }
        outcome
    }

    pub(super) fn phase_at(&self, at: Timestamp) -> Phase {
        if self.breaches != 0 {
            Phase::Breached
        } else if self.is_passed {
            Phase::Passed
        } else if self.paused_until.is_some_and(|until| at < until) {
            Phase::Paused
        } else {
            Phase::Active
        }
    }

    /// Whether new violations are recorded no more.
    pub(super) fn is_final(&self) -> bool {
        self.breaches != 0 || self.is_passed
    }

    pub(super) fn breach(&mut self, rule: Rule) {
        self.breaches |= rule.bit();
    }

    /// V of a balance and an equity.
    pub(super) fn basis(plan: &Plan, balance: Decimal, equity: Decimal) -> Decimal {
        match plan.basis {
            Basis::Floating => equity,
            Basis::ClosedOnly => balance,
        }
    }

    /// The phase as of the newest input.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The nominal initial balance.
    #[must_use]
    pub fn initial_balance(&self) -> Decimal {
        self.initial_balance
    }

    /// When the challenge began.
    #[must_use]
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// The recorded time of the newest judged snapshot; a snapshot older than
    /// this comes too late to be judged.
    #[must_use]
    pub fn judged_at(&self) -> Option<Timestamp> {
        self.last.map(|last| last.at)
    }

    /// The balance of the newest judged snapshot, as recorded.
    #[must_use]
    pub fn judged_balance(&self) -> Option<Decimal> {
        self.last.map(|last| last.balance_recorded)
    }

    /// The ledger's figures as of the newest deal.
    #[must_use]
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// The rules whose breach stands.
    pub fn breaches(&self) -> impl Iterator<Item = Rule> {
        let bits = self.breaches;
        [
            Rule::DailyDrawdown,
            Rule::MaxDrawdown,
            Rule::MaxLots,
            Rule::Inactivity,
        ]
        .into_iter()
        .filter(move |rule| bits & rule.bit() != 0)
    }

    /// When time alone will next change something: the next reset, or the
    /// next moment of the inactivity rule.
    #[must_use]
    pub fn next_due(&self, plan: &Plan) -> Timestamp {
        let reset = if self.clock < self.next_reset {
            self.next_reset
        } else {
            plan.reset.next_after(self.clock)
        };
        self.inactivity_due(plan)
            .map_or(reset, |due| reset.min(due))
    }

    pub(super) fn violation(
        &self,
        rule: Rule,
        severity: Severity,
        (threshold_value, current_value): (Decimal, Decimal),
        detected_at: Timestamp,
    ) -> Violation {
        Violation {
            rule,
            severity,
            threshold_value,
            current_value,
            detected_at,
            reset_at: None,
            round: self.round,
            gap_max_ms: self.gap_max_ms,
            flagged: false,
        }
    }
}

impl Outcome {
    pub(super) fn judged() -> Self {
        Self::ignored(Reception::Judged)
    }

    pub(super) fn ignored(reception: Reception) -> Self {
        Self {
            reception,
            violations: Vec::new(),
            phase_change: None,
            day_began: None,
        }
    }
}
