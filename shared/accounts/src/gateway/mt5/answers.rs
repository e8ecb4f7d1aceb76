//! The gateway's answers, and what they are in our terms.

use kernel::number::{json, json_option};
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::domain::deal::{Deal, DealKind};

/// What became of a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registration {
    /// The broker accepted; the gateway's id of the account.
    Done(String),
    /// Still being verified: ask again with the same transaction id.
    Verifying {
        /// Seconds until asking again makes sense.
        retry_after_s: u64,
    },
}

#[derive(Debug, Deserialize)]
pub(super) struct Registered {
    pub(super) id: String,
}

/// An account at one moment. Amounts are in `currency`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountInformation {
    /// ISO code, as the broker names it.
    pub currency: String,
    /// Closed results and cash.
    #[serde(with = "json")]
    pub balance: Decimal,
    /// Balance, credit and open results.
    #[serde(with = "json")]
    pub equity: Decimal,
    /// Margin in use.
    #[serde(with = "json_option", default)]
    pub margin: Option<Decimal>,
    /// Margin left.
    #[serde(with = "json_option", default)]
    pub free_margin: Option<Decimal>,
}

/// An open position.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenPosition {
    /// The position's id.
    pub id: String,
    /// `POSITION_TYPE_BUY` or `POSITION_TYPE_SELL`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What is held.
    pub symbol: String,
    /// Lots.
    #[serde(with = "json")]
    pub volume: Decimal,
    /// Result so far.
    #[serde(with = "json_option", default)]
    pub profit: Option<Decimal>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GatewayDeal {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    entry_type: Option<String>,
    #[serde(default)]
    symbol: Option<String>,
    time: Timestamp,
    #[serde(default)]
    order_id: Option<String>,
    #[serde(default)]
    position_id: Option<String>,
    #[serde(with = "json_option", default)]
    volume: Option<Decimal>,
    #[serde(with = "json_option", default)]
    price: Option<Decimal>,
    #[serde(with = "json_option", default)]
    commission: Option<Decimal>,
    #[serde(with = "json_option", default)]
    swap: Option<Decimal>,
    #[serde(with = "json_option", default)]
    profit: Option<Decimal>,
    #[serde(default)]
    comment: Option<String>,
}

/// Longest remark that is kept, in characters.
const COMMENT_CHARS_MAX: usize = 200;

impl From<GatewayDeal> for Deal {
    fn from(deal: GatewayDeal) -> Self {
        let named = |text: Option<String>| text.filter(|text| !text.is_empty());
        Self {
            kind: DealKind::parse(&deal.kind),
            entry: deal.entry_type.and_then(|entry| entry.parse().ok()),
            id: deal.id,
            time: deal.time,
            symbol: named(deal.symbol),
            position_id: named(deal.position_id),
            order_id: named(deal.order_id),
            volume: deal.volume.unwrap_or_default(),
            price: deal.price.unwrap_or_default(),
            commission: deal.commission.unwrap_or_default(),
            swap: deal.swap.unwrap_or_default(),
            // The gateway's protocol has no fee apart from the commission.
            fee: Decimal::ZERO,
            profit: deal.profit.unwrap_or_default(),
            comment: deal
                .comment
                .unwrap_or_default()
                .chars()
                .take(COMMENT_CHARS_MAX)
                .collect(),
        }
    }
}
