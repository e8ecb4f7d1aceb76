//! Channels that signals come through, and which of those wait for approval.

use kernel::id::{SignalChannelId, StrategyId};
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The most channels of one person in a tenant.
pub const CHANNELS_MAX: u32 = 100;

/// How signals of a channel are released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SignalApproval)]
pub enum Approval {
    /// At once.
    Automatic,
    /// When somebody approves them.
    Manual,
}

/// Why a signal is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SignalHold)]
pub enum Hold {
    /// Its channel asks for approval.
    Approval,
    /// The reading is less sure than its channel asks for.
    LowConfidence,
    /// Its stop or its targets are distances from the fill, and terminals take
    /// prices.
    PricesMissing,
    /// Its author has paused trading.
    TradingPaused,
    /// Its author has stopped trading in an emergency.
    TradingStopped,
}

/// What is set of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelTerms {
    /// What people call it.
    pub name: String,
    /// Who its signals are by.
    pub provider: String,
    /// Where it is read, such as a Telegram channel's address.
    pub source: Option<String>,
    /// How its signals are released.
    pub approval: Approval,
    /// The confidence from which a signal is released by itself: 0 to 100.
    pub min_confidence: Option<u8>,
    /// Whether it takes signals.
    pub enabled: bool,
    /// The strategy that its signals are traded by; the active one where left
    /// out.
    pub strategy: Option<StrategyId>,
}

impl ChannelTerms {
    /// Why a signal of this confidence waits; `None` where it is released at
    /// once.
    #[must_use]
    pub fn hold(&self, confidence: u8) -> Option<Hold> {
        match self.approval {
            Approval::Manual => Some(Hold::Approval),
            Approval::Automatic => self
                .min_confidence
                .is_some_and(|least| confidence < least)
                .then_some(Hold::LowConfidence),
        }
    }
}

/// A channel of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Its id.
    pub id: SignalChannelId,
    /// What is set of it.
    pub terms: ChannelTerms,
    /// From 1, one more at each change.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_channel_holds_all_and_an_automatic_one_what_is_too_unsure() {
        let mut terms = ChannelTerms {
            name: "Gold room".to_owned(),
            provider: "Goldfinger".to_owned(),
            source: None,
            approval: Approval::Manual,
            min_confidence: Some(70),
            enabled: true,
            strategy: None,
        };
        assert_eq!(terms.hold(100), Some(Hold::Approval));
        terms.approval = Approval::Automatic;
        assert_eq!(terms.hold(69), Some(Hold::LowConfidence));
        assert_eq!(terms.hold(70), None);
        terms.min_confidence = None;
        assert_eq!(terms.hold(0), None);
    }
}
