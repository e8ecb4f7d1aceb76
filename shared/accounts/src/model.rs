//! The records of an account's life, as values.

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
            Self::Error => "error",
            Self::Disconnected => "disconnected",
            Self::Imported => "imported",
        }
    }

    /// Whether a sync chain should be running.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::Connecting | Self::Active)
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
    /// Rises with each change of this record.
    pub version: u64,
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
    /// When it was asked for; drawdown counts from the first snapshot on.
    pub created_at: Timestamp,
    /// Which plan.
    pub account_type: String,
    /// Which version of it; 0 is the default plan.
    pub plan_version: u64,
    /// Whether the account's history before it counts: the first one's does.
    pub has_history: bool,
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

/// A snapshot as it was fetched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// When.
    pub recorded_at: Timestamp,
    /// Balance.
    pub balance: Decimal,
    /// Equity.
    pub equity: Decimal,
    /// Margin in use.
    #[serde(default)]
    pub margin: Option<Decimal>,
    /// Margin left.
    #[serde(default)]
    pub free_margin: Option<Decimal>,
    /// Judged although its balance is not explained.
    #[serde(default)]
    pub flagged: bool,
}

/// What one sync step or import brought, in the order of arrival: the deals
/// first, then the snapshot.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Input {
    /// New deals.
    pub deals: Vec<Deal>,
    /// The snapshot, where there is one.
    #[serde(default)]
    pub reading: Option<Reading>,
}
