//! What a person should look at.

use chrono::TimeDelta;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Time after which the same attention is sent again.
const AGAIN_AFTER: TimeDelta = TimeDelta::hours(1);

/// The subject of an attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttentionWord {
    /// A difference that no deal explains.
    Unexplained,
    /// The same at the start: the history is not whole.
    HistoryShort,
    /// The ledger has positions that the list does not show, or the reverse.
    PositionsDiffer,
    /// The list of positions cannot be read.
    PositionsUnknown,
    /// A movement that was announced and seen has no deal.
    MovementMissing,
    /// A deal was left out.
    DealSetAside,
    /// More positions than are held.
    OverBound,
    /// A trade before the challenge has started.
    TradingUnfunded,
}

impl AttentionWord {
    /// Returns the name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unexplained => "unexplained",
            Self::HistoryShort => "history_short",
            Self::PositionsDiffer => "positions_differ",
            Self::PositionsUnknown => "positions_unknown",
            Self::MovementMissing => "movement_missing",
            Self::DealSetAside => "deal_set_aside",
            Self::OverBound => "over_bound",
            Self::TradingUnfunded => "trading_unfunded",
        }
    }
}

/// Something that a person should look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attention {
    /// Its subject.
    pub word: AttentionWord,
    /// When it began.
    pub since: Timestamp,
    /// What it is about, for a person.
    pub detail: String,
    /// When it was last sent.
    pub told_at: Timestamp,
}

impl Attention {
    /// Adds an attention to a list, once for each word. Returns whether it is
    /// to be sent: it is new, or was last sent an hour ago.
    pub fn raise(
        list: &mut Vec<Self>,
        word: AttentionWord,
        detail: String,
        now: Timestamp,
    ) -> bool {
        let Some(known) = list.iter_mut().find(|known| known.word == word) else {
            list.push(Self {
                word,
                since: now,
                detail,
                told_at: now,
            });
            return true;
        };
        let is_due = now - known.told_at >= AGAIN_AFTER && known.detail != detail;
        known.detail = detail;
        if is_due {
            known.told_at = now;
        }
        is_due
    }
}
