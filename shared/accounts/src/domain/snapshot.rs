//! A snapshot of an account, as the gateway showed it.

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::rules::OpenPositions;

/// An account at one moment; amounts in its currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountSnapshot {
    /// When it was true.
    pub recorded_at: Timestamp,
    /// Balance.
    pub balance: Decimal,
    /// Equity.
    pub equity: Decimal,
    /// Margin in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<Decimal>,
    /// Margin left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_margin: Option<Decimal>,
    /// Credit, where the gateway tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<Decimal>,
    /// The list of open positions; absent where it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positions: Option<OpenPositions>,
    /// Whether it was judged while a difference stood.
    #[serde(default)]
    pub flagged: bool,
}

impl AccountSnapshot {
    /// Returns a snapshot of which balance and equity alone are known.
    #[must_use]
    pub fn of_balances(recorded_at: Timestamp, balance: Decimal, equity: Decimal) -> Self {
        Self {
            recorded_at,
            balance,
            equity,
            margin: None,
            free_margin: None,
            credit: None,
            positions: None,
            flagged: false,
        }
    }
}
