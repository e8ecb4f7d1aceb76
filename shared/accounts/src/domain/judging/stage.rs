//! A challenge before and after its start.
//!
//! A challenge starts when its account has the money that it needs. Before
//! that nothing is judged.

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::reconciliation::{Reconciliation, SettledEntry};
use crate::domain::deal::{Deal, DealClass};
use crate::domain::ledger::Standing;
use crate::domain::plan::{Basis, Plan};
use crate::domain::rules::{ChallengeStart, Phase, PriorHistory, State};

/// A challenge, and how its snapshots and deals stand to each other: all that
/// one more input needs to know of the past.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChallengeState {
    /// Before or after its start.
    pub stage: Stage,
    /// Its snapshots and deals.
    pub reconciliation: Reconciliation,
}

impl ChallengeState {
    /// Returns the state of a newly connected account.
    #[must_use]
    pub fn connected(at: Timestamp) -> Self {
        Self {
            stage: Stage::Awaiting(Awaiting::connected(at)),
            reconciliation: Reconciliation::default(),
        }
    }

    /// Returns the rules' state, once the challenge has started.
    #[must_use]
    pub fn rules(&self) -> Option<&State> {
        match &self.stage {
            Stage::Running(running) => Some(&running.rules),
            Stage::Awaiting(_) => None,
        }
    }

    /// Returns the rules' state to be changed.
    pub fn rules_mut(&mut self) -> Option<&mut State> {
        match &mut self.stage {
            Stage::Running(running) => Some(&mut running.rules),
            Stage::Awaiting(_) => None,
        }
    }

    /// Settles what stands: it becomes an entry of its own, and so do
    /// stand-ins, with their class. A fall stays in the gain, a rise leaves it.
    /// Returns whether a state was kept for it.
    pub fn settle(&mut self, now: Timestamp) -> bool {
        let reconciliation = &mut self.reconciliation;
        let was_kept = reconciliation.kept_at.take().is_some();
        reconciliation.shown_at = None;
        let at_start = std::mem::take(&mut reconciliation.at_start);
        let standing = std::mem::take(&mut reconciliation.standing) - at_start;
        let mut entries = Vec::new();
        if !at_start.is_zero() {
            entries.push((at_start, DealClass::Adjustment));
        }
        if !standing.is_zero() {
            let class = if standing > Decimal::ZERO {
                DealClass::Adjustment
            } else {
                DealClass::Trading
            };
            entries.push((standing, class));
        }
        let stand_ins = std::mem::take(&mut reconciliation.stand_ins);
        entries.extend(stand_ins.iter().map(|each| (each.amount, each.class)));
        for (amount, class) in entries {
            reconciliation.settle(SettledEntry {
                amount,
                class,
                at: now,
            });
        }
        if let Some(rules) = self.rules_mut() {
            rules.set_unexplained(Decimal::ZERO);
            if standing > Decimal::ZERO {
                rules.adjust_gain(standing);
            }
        }
        was_kept
    }

    /// Returns when the challenge began to wait for its start, or its start.
    #[must_use]
    pub fn begun_at(&self) -> Timestamp {
        match &self.stage {
            Stage::Awaiting(awaiting) => awaiting.since,
            Stage::Running(running) => running.rules.started_at(),
        }
    }

    /// Returns the phase as of the newest input.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.rules().map_or(Phase::AwaitingFunds, State::phase)
    }
}

/// Whether a challenge has started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It waits for the money that it needs.
    Awaiting(Awaiting),
    /// It has started.
    Running(Box<Running>),
}

/// A challenge that has started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Running {
    /// The rules' state.
    pub rules: State,
    /// The history before it, while deposits before the first trade still
    /// make the initial balance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<PriorHistory>,
    /// Whether it is the account's first one.
    pub is_first: bool,
}

/// The reason for which a challenge has not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// The balance is 0 or below.
    Unfunded,
    /// The initial balance is not reached.
    BelowInitial,
    /// The value is at a floor or below.
    BelowFloor,
}

impl WaitsFor {
    /// Returns the name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unfunded => "unfunded",
            Self::BelowInitial => "below_initial",
            Self::BelowFloor => "below_floor",
        }
    }
}

/// A challenge that waits for its start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Awaiting {
    /// The connection, or the restart.
    pub since: Timestamp,
    /// Whether it is the account's first one: its whole history counts.
    pub is_first: bool,
    /// The deals up to now; after a restart the balance alone.
    pub prior: PriorHistory,
    /// The balance by deals.
    pub balance: Decimal,
    /// The credit of the newest snapshot.
    #[serde(default)]
    pub credit: Decimal,
    /// Whether a position is open or has been opened: ever, or since a
    /// restart.
    pub has_opened: bool,
    /// Why it has not started, as of the newest moment.
    pub waits_for: WaitsFor,
    /// Whether the moment of the restart itself has been tried.
    pub has_tried_restart: bool,
}

/// A moment at which a challenge may start.
#[derive(Clone, Copy, Debug)]
pub struct StartMoment {
    /// When.
    pub at: Timestamp,
    /// Balance.
    pub balance: Decimal,
    /// Equity; `None` where it is not known.
    pub equity: Option<Decimal>,
    /// Whether a position is open.
    pub has_position: bool,
    /// The ledger's figures.
    pub standing: Standing,
}

impl Awaiting {
    /// Returns a newly connected account's.
    #[must_use]
    pub fn connected(at: Timestamp) -> Self {
        Self {
            since: at,
            is_first: true,
            prior: PriorHistory::default(),
            balance: Decimal::ZERO,
            credit: Decimal::ZERO,
            has_opened: false,
            waits_for: WaitsFor::Unfunded,
            has_tried_restart: true,
        }
    }

    /// Returns a restarted challenge's: `balance` and `credit` are those of the
    /// newest judged snapshot.
    #[must_use]
    pub fn restarted(at: Timestamp, balance: Decimal, credit: Decimal) -> Self {
        Self {
            is_first: false,
            balance,
            credit,
            waits_for: WaitsFor::BelowInitial,
            has_tried_restart: false,
            ..Self::connected(at)
        }
    }

    /// Takes the next deal.
    pub fn take(&mut self, plan: &Plan, deal: &Deal) {
        self.balance += deal.balance_effect();
        if self.is_first {
            self.prior.add(plan, deal);
            self.has_opened |= deal.kind.is_trade();
        } else if deal.time > self.since {
            self.has_opened |= deal.kind.is_trade();
        }
    }

    /// Takes a difference that no deal explains: money of before the history.
    pub fn take_unexplained(&mut self, amount: Decimal) {
        self.balance += amount;
        self.prior.add_unexplained(amount);
    }

    /// Returns the initial balance at a moment: the given one, or the deposits
    /// less withdrawals before the first trade, or the balance.
    #[must_use]
    pub fn initial_balance(&self, given: Option<Decimal>, balance: Decimal) -> Decimal {
        given.unwrap_or_else(|| {
            let deposited = self.prior.deposited();
            if deposited > Decimal::ZERO {
                deposited
            } else {
                balance
            }
        })
    }

    /// Starts the challenge at a moment, where it has what it needs, or
    /// `forced` by the shop. Records the reason where it has not.
    pub fn start(
        &mut self,
        plan: &Plan,
        given: Option<Decimal>,
        moment: &StartMoment,
        forced: bool,
    ) -> Option<Running> {
        if moment.balance <= Decimal::ZERO {
            self.waits_for = WaitsFor::Unfunded;
            return None;
        }
        let value = match plan.basis {
            Basis::Floating => moment.equity?,
            Basis::ClosedOnly => moment.balance,
        };
        let initial_balance = self.initial_balance(given, moment.balance);
        if initial_balance <= Decimal::ZERO {
            self.waits_for = WaitsFor::Unfunded;
            return None;
        }
        let adjusted_before = if self.is_first {
            self.prior.adjusted()
        } else {
            moment.balance
        };
        let mut prior = self.prior.clone();
        prior.end(plan, moment.at);
        let start = ChallengeStart {
            initial_balance,
            at: moment.at,
            adjusted: adjusted_before - initial_balance,
            standing: moment.standing,
            last_trade_at: self.prior.last_trade_at(),
        };
        let rules = State::start(plan, &start, &prior);
        if !forced {
            if given.is_some_and(|given| moment.balance < given)
                && !self.has_opened
                && !moment.has_position
            {
                self.waits_for = WaitsFor::BelowInitial;
                return None;
            }
            if rules
                .floor_at_start(plan)
                .is_some_and(|floor| value <= floor)
            {
                self.waits_for = WaitsFor::BelowFloor;
                return None;
            }
        }
        let is_open = given.is_none() && self.is_first && !self.prior.has_traded();
        Some(Running {
            rules,
            prior: is_open.then(|| self.prior.clone()),
            is_first: self.is_first,
        })
    }
}
