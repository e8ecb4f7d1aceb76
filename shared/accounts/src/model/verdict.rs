//! The ends of a challenge, with their evidence.

use kernel::id::{ChallengeId, VerdictId};
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AccountSnapshot;
use crate::domain::plan::Basis;
use crate::domain::rules::{OpenPositions, Rule};

/// How a challenge ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// A limit was reached.
    Breach,
    /// The target was reached.
    Pass,
}

impl End {
    /// Returns the name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Breach => "breach",
            Self::Pass => "pass",
        }
    }
}

/// What has become of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VerdictState {
    /// Not certain yet.
    Pending,
    /// Final.
    Confirmed,
    /// Taken back before it was final.
    Lifted,
    /// Undone by the shop.
    Annulled,
}

/// What made an end final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmedBy {
    /// The input that showed it.
    Input,
    /// A run again with all deals.
    Explained,
    /// Time.
    Time,
    /// The shop.
    Shop,
}

impl ConfirmedBy {
    /// Returns the name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Explained => "explained",
            Self::Time => "time",
            Self::Shop => "shop",
        }
    }
}

/// A snapshot as evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvidenceSnapshot {
    /// When it was true.
    pub recorded_at: Timestamp,
    /// Balance.
    pub balance: Decimal,
    /// Equity.
    pub equity: Decimal,
    /// Whether a difference stood.
    pub flagged: bool,
}

impl EvidenceSnapshot {
    /// Returns a snapshot as evidence.
    #[must_use]
    pub fn of(snapshot: &AccountSnapshot) -> Self {
        Self {
            recorded_at: snapshot.recorded_at,
            balance: snapshot.balance,
            equity: snapshot.equity,
            flagged: snapshot.flagged,
        }
    }
}

/// What an end goes by: kept as long as the account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Version of the plan.
    pub plan_version: u64,
    /// What drawdown was measured on.
    pub basis: Basis,
    /// The limit, or the target.
    pub limit: Option<Decimal>,
    /// The use from which on it is an end.
    pub threshold: Option<Decimal>,
    /// The use that was found.
    pub used: Option<Decimal>,
    /// The value that breaches.
    pub floor: Option<Decimal>,
    /// What it was measured from.
    pub reference: Option<Decimal>,
    /// Where that comes from.
    pub reference_source: Option<String>,
    /// The reset that began the day.
    pub reset_at: Option<Timestamp>,
    /// The snapshot judged before.
    pub before: Option<EvidenceSnapshot>,
    /// The snapshot, or the one that placed the deals that show it.
    pub at: Option<EvidenceSnapshot>,
    /// The moment that it was true.
    pub detected_at: Option<Timestamp>,
    /// The difference that stood.
    pub unexplained: Decimal,
    /// Deals judged with it, the first hundred.
    pub deals: Vec<String>,
    /// Their number.
    pub deals_count: usize,
    /// The list of open positions, in sum.
    pub positions: Option<OpenPositions>,
    /// The largest gap between judged moments, in whole seconds.
    pub gap_max_s: i64,
    /// Share of the day so far in which the value was known, in percent.
    pub coverage_pct: Decimal,
}

/// An end of a challenge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Its id.
    pub id: VerdictId,
    /// The challenge that it ends.
    pub challenge: ChallengeId,
    /// How.
    pub end: End,
    /// By which rule.
    pub rule: Rule,
    /// What has become of it.
    pub state: VerdictState,
    /// Whether deals contradict it.
    pub doubtful: bool,
    /// When it was seen first.
    pub since: Timestamp,
    /// When a step confirms it, while it is pending.
    #[serde(default)]
    pub confirm_at: Option<Timestamp>,
    /// When it was decided.
    #[serde(default)]
    pub decided_at: Option<Timestamp>,
    /// What made it final.
    #[serde(default)]
    pub confirmed_by: Option<ConfirmedBy>,
    /// The key of the shop that decided.
    #[serde(default)]
    pub decided_by: Option<String>,
    /// Why it was decided so.
    #[serde(default)]
    pub reason: Option<String>,
    /// What it goes by.
    pub evidence: Evidence,
}

impl Verdict {
    /// Returns whether a breach by drawdown lasts even where money that moves
    /// by at most `moved` counts in another way.
    #[must_use]
    pub fn holds_without(&self, moved: Decimal) -> bool {
        let is_drawdown = matches!(self.rule, Rule::DailyDrawdown | Rule::MaxDrawdown);
        let figures = self.evidence.used.zip(self.evidence.limit);
        is_drawdown && figures.is_some_and(|(used, limit)| used - moved >= limit)
    }
}
