//! What is known of an account: the challenge's state, and the figures that
//! people read.

use kernel::currency::Currency;
use kernel::id::{ChallengeId, VerdictId};
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::attention::{Attention, AttentionWord};
use super::{Account, AccountSnapshot, BalanceSource, InitialBalance, Kind, Status};
use crate::domain::judging::{ChallengeState, WaitsFor};
use crate::domain::plan::Plan;
use crate::domain::rules::{Phase, Rule, State};

/// A breach that is not certain yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenVerdict {
    /// Its record.
    pub id: VerdictId,
    /// The rule that would breach.
    pub rule: Rule,
    /// Since when it is pending.
    pub since: Timestamp,
    /// The first step from this moment on confirms it.
    pub confirm_at: Timestamp,
}

/// The state of an account.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountState {
    /// The person it belongs to.
    pub owner: String,
    /// What the account is for.
    pub kind: Kind,
    /// State of the connection.
    pub status: Status,
    /// Why the connection is in error, for a person.
    pub status_detail: Option<String>,
    /// The account's currency, once a snapshot has told.
    pub currency: Currency,
    /// The initial balance, once it is known.
    pub initial_balance: Option<InitialBalance>,
    /// The newest snapshot, judged or not.
    pub live: Option<AccountSnapshot>,
    /// The newest snapshot that counted.
    pub judged: Option<AccountSnapshot>,
    /// The challenge in force.
    pub challenge: Option<ChallengeId>,
    /// Version of its plan.
    pub plan_version: u64,
    /// Its plan.
    pub plan: Plan,
    /// The challenge's state; `None` for an imported account.
    pub challenge_state: Option<ChallengeState>,
    /// Trades listed, those of earlier challenges too: the newest's number.
    pub trades: u64,
    /// Closed positions of the challenge.
    pub closed: u64,
    /// Those of them that won.
    pub winners: u64,
    /// Reset-to-reset days with a position opened.
    pub trading_days: u32,
    /// A breach that is not certain yet.
    pub verdict: Option<OpenVerdict>,
    /// The record of the end that stands.
    pub end: Option<VerdictId>,
    /// Whether that end is contradicted by deals: the shop decides.
    pub is_doubtful: bool,
    /// What a person should look at.
    pub attention: Vec<Attention>,
    /// Announced movements that are expected.
    pub announced: u32,
    /// Whether the shop has been told that the challenge awaits funds.
    pub is_awaiting_told: bool,
    /// Number of the next input to judge.
    pub next_input: u64,
    /// Rises with each change by judging.
    pub revision: u64,
}

impl AccountState {
    /// Returns the state of an account that nothing is known of yet.
    #[must_use]
    pub fn start(account: &Account, status: Status, plan_version: u64, plan: Plan) -> Self {
        Self {
            owner: account.owner.clone(),
            kind: account.kind,
            status,
            status_detail: None,
            currency: Currency::usd(),
            initial_balance: None,
            live: None,
            judged: None,
            challenge: account.challenge.clone(),
            plan_version,
            plan,
            challenge_state: (account.kind == Kind::Judged)
                .then(|| ChallengeState::connected(account.created_at)),
            trades: 0,
            closed: 0,
            winners: 0,
            trading_days: 0,
            verdict: None,
            end: None,
            is_doubtful: false,
            attention: Vec::new(),
            announced: 0,
            is_awaiting_told: false,
            next_input: 1,
            revision: 0,
        }
    }

    /// Returns the rules' state, once the challenge has started.
    #[must_use]
    pub fn rules(&self) -> Option<&State> {
        self.challenge_state
            .as_ref()
            .and_then(ChallengeState::rules)
    }

    /// Returns the phase as of the newest input; `None` for an imported
    /// account.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        self.challenge_state.as_ref().map(ChallengeState::phase)
    }

    /// Returns the phase at a moment, with what time alone has changed.
    #[must_use]
    pub fn phase_at(&self, now: Timestamp) -> Option<Phase> {
        match self.rules() {
            Some(rules) => Some(rules.figures(&self.plan, now).phase),
            None => self.phase(),
        }
    }

    /// Returns why the challenge awaits funds, where it does.
    #[must_use]
    pub fn waits_for(&self) -> Option<WaitsFor> {
        match &self.challenge_state.as_ref()?.stage {
            crate::domain::judging::Stage::Awaiting(awaiting) => Some(awaiting.waits_for),
            crate::domain::judging::Stage::Running(running) => {
                (running.rules.phase() == Phase::AwaitingFunds).then_some(WaitsFor::BelowFloor)
            }
        }
    }

    /// Returns the initial balance that the shop gave.
    #[must_use]
    pub fn initial_given(&self) -> Option<Decimal> {
        self.initial_balance
            .as_ref()
            .filter(|initial| initial.source != BalanceSource::Mt5Deposits)
            .map(|initial| initial.value)
    }

    /// Returns the difference that stands unexplained.
    #[must_use]
    pub fn unexplained(&self) -> Decimal {
        self.challenge_state
            .as_ref()
            .map_or(Decimal::ZERO, |state| state.reconciliation.standing)
    }

    /// Raises an attention. Returns whether it is new, or was last told an
    /// hour ago.
    pub fn raise(&mut self, word: AttentionWord, detail: String, now: Timestamp) -> bool {
        Attention::raise(&mut self.attention, word, detail, now)
    }

    /// Ends an attention.
    pub fn clear(&mut self, word: AttentionWord) {
        self.attention.retain(|attention| attention.word != word);
    }
}
