//! The records of an account's life, as values.

mod account_state;
mod announcement;
mod attention;
mod verdict;

pub use account_state::{AccountState, OpenVerdict};
pub use announcement::{Announcement, AnnouncementKind, AnnouncementState};
pub use attention::{Attention, AttentionWord};
pub use verdict::{ConfirmedBy, End, Evidence, EvidenceSnapshot, Verdict, VerdictState};

pub use crate::domain::snapshot::AccountSnapshot;

use kernel::id::{AccountId, ChallengeId, InstanceId, ShopId};
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::deal::Deal;
use crate::domain::plan::Plan;

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Connected by a shop and judged by a plan.
    Judged,
    /// Imported by its trader for analysis; never judged.
    Imported,
}

/// State of an account's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The broker is still verifying the credentials; not judged yet.
    Connecting,
    /// Synced and judged.
    Active,
    /// No snapshot has been judged for longer than its pace explains.
    Stale,
    /// The broker refuses the credentials; the shop must reconnect.
    Error,
    /// The shop ended it.
    Disconnected,
    /// From a file.
    Imported,
}

impl Status {
    /// The name in storage and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Active => "active",
            Self::Stale => "stale",
            Self::Error => "error",
            Self::Disconnected => "disconnected",
            Self::Imported => "imported",
        }
    }

    /// Whether a sync chain should be running.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::Connecting | Self::Active | Self::Stale)
    }
}

/// Where an initial balance comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BalanceSource {
    /// The shop's order.
    OrderMeta,
    /// The deposits before the first trade, as the account shows them.
    Mt5Deposits,
    /// Set by a person of the shop.
    Manual,
}

/// An initial balance, and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InitialBalance {
    /// In the account's currency.
    pub value: Decimal,
    /// Its source.
    pub source: BalanceSource,
    /// When it was set.
    pub set_at: Timestamp,
}

/// An account: what does not change from one sync to the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The tenant.
    pub shop: ShopId,
    /// The person it belongs to, as tokens name them.
    pub owner: String,
    /// What it is for.
    pub kind: Kind,
    /// A name for people.
    #[serde(default)]
    pub name: Option<String>,
    /// Number at the trade server; empty for an import that does not tell.
    pub login: String,
    /// The trade server.
    pub server: String,
    /// Which plan it was sold with.
    pub account_type: String,
    /// The shop's order.
    #[serde(default)]
    pub order_id: Option<String>,
    /// When it was connected first.
    pub created_at: Timestamp,
    /// The connection in force.
    #[serde(default)]
    pub instance: Option<InstanceId>,
    /// The challenge in force.
    #[serde(default)]
    pub challenge: Option<ChallengeId>,
    /// The trade server that ids belong to: from 1, and one more with each
    /// server or login.
    #[serde(default = "first_epoch")]
    pub server_epoch: u32,
    /// What it was connected with first.
    #[serde(default)]
    pub connected_with: Option<ConnectedWith>,
    /// Rises with each change of this record.
    pub version: u64,
}

/// What a shop said of an account when it connected it first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectedWith {
    /// The plan.
    pub account_type: String,
    /// The initial balance, where it was given.
    #[serde(default)]
    pub initial_balance: Option<Decimal>,
}

fn first_epoch() -> u32 {
    1
}

/// One connection of an account, with one password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// Names the registration at the gateway, also after a crash.
    pub transaction_id: String,
    /// The gateway's id, once the broker has accepted.
    #[serde(default)]
    pub gateway_id: Option<String>,
    /// The investor password, sealed; gone once the instance has ended.
    #[serde(default)]
    pub sealed_password: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// Why it ended: `replaced`, `disconnected`, `credentials_refused`.
    #[serde(default)]
    pub ended_for: Option<String>,
}

/// What a sealed investor password belongs to.
#[must_use]
pub fn password_identity(shop: &ShopId, account: &AccountId, instance: &InstanceId) -> String {
    format!("tradebridge/investor-password/{shop}/{account}/{instance}")
}

/// One run of a plan on an account, as it began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Challenge {
    /// Its id.
    pub id: ChallengeId,
    /// When it was asked for; drawdown counts from its start on.
    pub created_at: Timestamp,
    /// Which plan.
    pub account_type: String,
    /// Which version of it; 0 is the default plan.
    pub plan_version: u64,
}

/// A version of a shop's plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanVersion {
    /// The account type it is sold as.
    pub account_type: String,
    /// From 1; 0 is the default that a shop without plans has.
    pub version: u64,
    /// The rules.
    pub plan: Plan,
    /// When it was written.
    pub created_at: Timestamp,
}

/// A deal that the gateway shows otherwise than before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DealChange {
    /// As it was stored.
    pub before: Deal,
    /// As it is now.
    pub after: Deal,
}

/// What one sync step or import brought, in the order of arrival: the deals
/// first, then the snapshot.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Input {
    /// New deals.
    pub deals: Vec<Deal>,
    /// Known deals that have changed.
    #[serde(default)]
    pub changes: Vec<DealChange>,
    /// Ids of deals that were left out: beyond reason or not well formed.
    #[serde(default)]
    pub set_aside: Vec<String>,
    /// Whether its deals are older than what has been judged: history that
    /// waits for no snapshot.
    #[serde(default)]
    pub is_history: bool,
    /// The snapshot, where there is one.
    #[serde(default)]
    pub reading: Option<AccountSnapshot>,
    /// The newest request to read the whole challenge again that has been
    /// carried out at the snapshot.
    #[serde(default)]
    pub whole_read: Option<Timestamp>,
}
