//! What a running challenge remembers.

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::coverage::Coverage;
use super::daily_drawdown::Daily;
use super::drawdown::percent_of;
use super::inactivity::Inactivity;
use super::max_drawdown::{MaxDrawdown, Movement};
use super::max_lots::MaxLots;
use super::pending::Pending;
use super::reset_values::PassedReset;
use super::{Outcome, Phase, PhaseChange, PriorHistory, Rule, Severity, Violation};
use crate::domain::ledger::Standing;
use crate::domain::plan::{FirstDay, Plan};

/// The state of one challenge from its start on: bounded in size, and all that
/// the evaluator knows. It takes the plan it was started with, until
/// [`State::adopt`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub(super) initial_balance: Decimal,
    pub(super) started_at: Timestamp,
    /// The latest moment that any input told of.
    pub(super) clock: Timestamp,
    /// The phase as of the newest input.
    pub(super) phase: Phase,
    /// The rules whose breach stands, as bits.
    pub(super) breaches: u8,
    pub(super) is_passed: bool,
    /// A breach that is not certain yet.
    pub(super) pending: Option<Pending>,
    pub(super) paused_until: Option<Timestamp>,
    /// Annulments and corrections so far.
    pub(super) round: u32,
    /// Whether an annulled pass waits for a trade before it may come again.
    pub(super) waits_for_trade: bool,
    /// Adjustments that are no gain: those at the start and all since.
    pub(super) adjusted: Decimal,
    /// The difference that stands unexplained: the gain leaves it out.
    pub(super) unexplained: Decimal,
    /// What has moved references since the start.
    pub(super) moved: Movement,
    pub(super) last: Option<Last>,
    /// Results of trading since the newest judged moment, by deals.
    pub(super) results_since: Decimal,
    /// Money that left the account since the newest judged moment.
    pub(super) outflow: Decimal,
    pub(super) gap_max_ms: i64,
    /// The first reset that no input has passed yet.
    pub(super) next_reset: Timestamp,
    /// A reset passed by deals, of whose day no moment is judged yet.
    pub(super) passed: Option<PassedReset>,
    pub(super) daily: Option<Daily>,
    pub(super) max: MaxDrawdown,
    pub(super) max_lots: MaxLots,
    pub(super) inactivity: Inactivity,
    pub(super) coverage: Coverage,
    /// Since when ledger and list of positions differ.
    pub(super) positions_differ_since: Option<Timestamp>,
    pub(super) standing: Standing,
}

/// The newest judged moment, as it stands after the movements since.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Last {
    pub(super) at: Timestamp,
    pub(super) balance: Decimal,
    /// The newest known equity.
    pub(super) equity: Decimal,
    /// When that equity was true.
    pub(super) equity_at: Timestamp,
    /// The balance as it was recorded.
    pub(super) balance_recorded: Decimal,
}

/// What a challenge starts with.
#[derive(Clone, Debug, PartialEq)]
pub struct ChallengeStart {
    /// The nominal initial balance, above 0.
    pub initial_balance: Decimal,
    /// When it starts.
    pub at: Timestamp,
    /// Adjustments up to the start that are no gain: those of the history less
    /// the initial balance, or the balance at the start less the initial
    /// balance.
    pub adjusted: Decimal,
    /// Positions and days that the history leaves.
    pub standing: Standing,
    /// The newest trade of the history.
    pub last_trade_at: Option<Timestamp>,
}

impl ChallengeStart {
    /// Returns the start of a challenge without a past.
    #[must_use]
    pub fn fresh(initial_balance: Decimal, at: Timestamp) -> Self {
        Self {
            initial_balance,
            at,
            adjusted: Decimal::ZERO,
            standing: Standing::default(),
            last_trade_at: None,
        }
    }
}

impl State {
    /// Returns the state of a challenge at its start. `prior` is what the
    /// deals up to the start leave to an account's first challenge.
    #[must_use]
    pub fn start(plan: &Plan, start: &ChallengeStart, prior: &PriorHistory) -> Self {
        let at = start.at;
        Self {
            initial_balance: start.initial_balance,
            started_at: at,
            clock: at,
            phase: Phase::Active,
            breaches: 0,
            is_passed: false,
            pending: None,
            paused_until: None,
            round: 0,
            waits_for_trade: false,
            adjusted: start.adjusted,
            unexplained: Decimal::ZERO,
            moved: Movement::default(),
            last: None,
            results_since: Decimal::ZERO,
            outflow: Decimal::ZERO,
            gap_max_ms: 0,
            next_reset: plan.reset.next_after(at),
            passed: None,
            daily: None,
            max: MaxDrawdown::start(plan, start.initial_balance, prior),
            max_lots: MaxLots::default(),
            inactivity: Inactivity {
                last_trade_at: start.last_trade_at,
                reported: 0,
            },
            coverage: Coverage::start(at),
            positions_differ_since: None,
            standing: start.standing,
        }
    }

    /// Advances the clock, and the phase with it.
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
        } else if self.pending.is_some() {
            Phase::Pending
        } else if self.max.is_below_floor {
            Phase::AwaitingFunds
        } else if self.paused_until.is_some_and(|until| at < until) {
            Phase::Paused
        } else {
            Phase::Active
        }
    }

    /// Returns whether new violations are recorded no more.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.breaches != 0 || self.is_passed
    }

    pub(super) fn has_breach(&self, rule: Rule) -> bool {
        let pending = self.pending.map_or(0, |pending| pending.rules);
        (self.breaches | pending) & rule.bit() != 0
    }

    /// Returns the phase as of the newest input.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Returns the nominal initial balance.
    #[must_use]
    pub fn initial_balance(&self) -> Decimal {
        self.initial_balance
    }

    /// Returns when the challenge started.
    #[must_use]
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// Returns the time of the newest judged moment.
    #[must_use]
    pub fn judged_at(&self) -> Option<Timestamp> {
        self.last.map(|last| last.at)
    }

    /// Returns the balance of the newest judged moment, as recorded.
    #[must_use]
    pub fn judged_balance(&self) -> Option<Decimal> {
        self.last.map(|last| last.balance_recorded)
    }

    /// Returns the balance by deals; `None` before the first judged moment.
    #[must_use]
    pub fn known_balance(&self) -> Option<Decimal> {
        self.last.map(|last| last.balance + self.results_since)
    }

    /// Returns the end of the present pause.
    #[must_use]
    pub fn paused_until(&self) -> Option<Timestamp> {
        self.paused_until
    }

    /// Returns the ledger's figures as of the newest deal.
    #[must_use]
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Sets the ledger's figures, for deals that count for no drawdown.
    pub fn set_standing(&mut self, standing: Standing) {
        self.standing = standing;
    }

    /// Returns since when ledger and list of positions differ.
    #[must_use]
    pub fn positions_differ_since(&self) -> Option<Timestamp> {
        self.positions_differ_since
    }

    /// Sets the difference that stands unexplained.
    pub fn set_unexplained(&mut self, unexplained: Decimal) {
        self.unexplained = unexplained;
    }

    /// Takes an amount out of the gain, or puts it back, without moving a
    /// reference.
    pub fn adjust_gain(&mut self, amount: Decimal) {
        self.adjusted += amount;
    }

    /// Returns the rules whose breach is confirmed.
    pub fn breaches(&self) -> impl Iterator<Item = Rule> + use<> {
        rules_of(self.breaches)
    }

    /// Returns when time alone will next change something: the next reset, or
    /// the next moment of the inactivity rule.
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
            coverage_pct: self.coverage.pct(self.clock.max(detected_at)),
        }
    }
}

/// Returns the rules that bits stand for.
pub(super) fn rules_of(bits: u8) -> impl Iterator<Item = Rule> {
    [
        Rule::DailyDrawdown,
        Rule::MaxDrawdown,
        Rule::MaxLots,
        Rule::Inactivity,
    ]
    .into_iter()
    .filter(move |rule| bits & rule.bit() != 0)
}

impl State {
    /// Returns the highest floor that the start must be above.
    #[must_use]
    pub fn floor_at_start(&self, plan: &Plan) -> Option<Decimal> {
        let max = plan.max.as_ref().map(|_| self.max.floor());
        let daily = plan
            .daily
            .as_ref()
            .filter(|rule| rule.first_day == FirstDay::Initial)
            .map(|rule| self.initial_balance - percent_of(self.initial_balance, rule.limit_pct));
        max.max(daily)
    }
}
