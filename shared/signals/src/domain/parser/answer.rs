//! What a message says.

use kernel::Number;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use super::reasons::Reason;
use crate::domain::values::{Direction, OrderType, Symbol};

/// The most entries, targets, actions and reasons that an answer has.
pub const LIST_MAX: usize = 20;

/// What kind of message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MessageKind)]
pub enum Kind {
    /// A call to open a trade.
    Signal,
    /// News of a trade called before: its details, its management, its end.
    Update,
    /// Anything else; the first reason says why it is no signal.
    Noise,
}

/// A range of prices to enter in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct EntryZone {
    /// Its lower bound.
    #[serde(with = "kernel::number::json")]
    #[schema(value_type = f64)]
    pub low: Decimal,
    /// Its upper bound.
    #[serde(with = "kernel::number::json")]
    #[schema(value_type = f64)]
    pub high: Decimal,
}

/// What an update says is to be done, or has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The entry price of a called trade is given or changed.
    SetEntry,
    /// The stop loss of a called trade is given.
    SetStop,
    /// The targets of a called trade are given or changed.
    SetTargets,
    /// The stop loss moves to a price.
    MoveStop,
    /// The stop loss moves to the entry.
    Breakeven,
    /// The stop loss is to follow the price.
    TrailStop,
    /// The trade is closed.
    Close,
    /// All trades are closed.
    CloseAll,
    /// A part of the trade is closed.
    ClosePartial,
    /// A pending order is withdrawn, or the signal is void.
    Cancel,
    /// The trade was entered.
    EntryHit,
    /// A target was reached; its number where the message has one.
    TargetHit(Option<u8>),
    /// Every target was reached.
    AllTargetsHit,
    /// The stop loss was reached.
    StopHit,
    /// The trade is kept open.
    Hold,
}

impl Action {
    /// The stable word for it: `breakeven`, `tp1_hit`.
    #[must_use]
    pub fn code(self) -> &'static str {
        const NUMBERED: [&str; 10] = [
            "tp1_hit", "tp2_hit", "tp3_hit", "tp4_hit", "tp5_hit", "tp6_hit", "tp7_hit", "tp8_hit",
            "tp9_hit", "tp10_hit",
        ];
        match self {
            Self::SetEntry => "set_entry",
            Self::SetStop => "set_stop",
            Self::SetTargets => "set_targets",
            Self::MoveStop => "move_stop",
            Self::Breakeven => "breakeven",
            Self::TrailStop => "trail_stop",
            Self::Close => "close",
            Self::CloseAll => "close_all",
            Self::ClosePartial => "close_partial",
            Self::Cancel => "cancel",
            Self::EntryHit => "entry_hit",
            Self::TargetHit(number) => number
                .and_then(|number| NUMBERED.get(usize::from(number).wrapping_sub(1)).copied())
                .unwrap_or("tp_hit"),
            Self::AllTargetsHit => "all_targets_hit",
            Self::StopHit => "stop_hit",
            Self::Hold => "hold",
        }
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// The answer: every figure exact, as the message writes it.
///
/// Where a signal is refused nothing but the reasons is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ParsedMessage)]
pub struct Parsed {
    /// What kind of message it is.
    pub kind: Kind,
    /// What is traded. Of an update, its own or the parent's.
    #[schema(value_type = Option<String>)]
    pub symbol: Option<Symbol>,
    /// Which way. Of an update, its own or the parent's.
    pub direction: Option<Direction>,
    /// How a signal enters; `None` but for signals.
    pub order_type: Option<OrderType>,
    /// Entry prices in the order written; both bounds of a zone, the one
    /// written first in front. Empty where the market is entered without a price.
    #[serde(serialize_with = "numbers")]
    #[schema(value_type = Vec<f64>)]
    pub entries: Vec<Decimal>,
    /// The share of each entry in percent, where each has one.
    #[serde(serialize_with = "optional_numbers")]
    #[schema(value_type = Option<Vec<f64>>)]
    pub entry_weights: Option<Vec<Decimal>>,
    /// The range to enter in, where the entry is one range.
    pub entry_zone: Option<EntryZone>,
    /// The stop loss; `None` where it is open, comes later or is in pips alone.
    #[serde(with = "kernel::number::json_option")]
    #[schema(value_type = Option<f64>)]
    pub stop_loss: Option<Decimal>,
    /// Target prices in the order written.
    #[serde(serialize_with = "numbers")]
    #[schema(value_type = Vec<f64>)]
    pub take_profits: Vec<Decimal>,
    /// The share of each target in percent, where each has one.
    #[serde(serialize_with = "optional_numbers")]
    #[schema(value_type = Option<Vec<f64>>)]
    pub take_profit_weights: Option<Vec<Decimal>>,
    /// Whether a part is to run on without a target.
    pub runner: bool,
    /// The leverage called for, rounded down to a whole factor.
    pub leverage: Option<u16>,
    /// The share of the account to risk, in percent.
    #[serde(with = "kernel::number::json_option")]
    #[schema(value_type = Option<f64>)]
    pub risk_percent: Option<Decimal>,
    /// What an update does; empty but for updates.
    #[schema(value_type = Vec<String>)]
    pub actions: Vec<Action>,
    /// The share of the position that [`Action::ClosePartial`] closes, in percent.
    #[serde(with = "kernel::number::json_option")]
    #[schema(value_type = Option<f64>)]
    pub close_percent: Option<Decimal>,
    /// The stop's distance from the fill in pips, where no entry price is known
    /// to make a price of it.
    #[serde(with = "kernel::number::json_option")]
    #[schema(value_type = Option<f64>)]
    pub stop_loss_pips: Option<Decimal>,
    /// The targets' distances from the fill in pips, where no entry price is
    /// known to make prices of them.
    #[serde(serialize_with = "numbers")]
    #[schema(value_type = Vec<f64>)]
    pub take_profit_pips: Vec<Decimal>,
    /// How sure the reading is: 0 (nothing to trade on) to 100.
    pub confidence: u8,
    /// Why: of noise first why it is refused, otherwise what the confidence rests on.
    #[schema(value_type = Vec<String>)]
    pub reasons: Vec<Reason>,
}

impl Parsed {
    /// An answer that says nothing yet.
    pub(super) fn empty(kind: Kind) -> Self {
        Self {
            kind,
            symbol: None,
            direction: None,
            order_type: None,
            entries: Vec::new(),
            entry_weights: None,
            entry_zone: None,
            stop_loss: None,
            take_profits: Vec::new(),
            take_profit_weights: None,
            runner: false,
            leverage: None,
            risk_percent: None,
            actions: Vec::new(),
            close_percent: None,
            stop_loss_pips: None,
            take_profit_pips: Vec::new(),
            confidence: 0,
            reasons: Vec::new(),
        }
    }

    /// Noise, and why.
    pub(super) fn noise(reason: Reason) -> Self {
        let mut parsed = Self::empty(Kind::Noise);
        parsed.reasons.push(reason);
        parsed
    }
}

fn numbers<S: Serializer>(values: &[Decimal], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().copied().map(Number))
}

#[expect(clippy::ref_option, reason = "the signature is serde's")]
fn optional_numbers<S: Serializer>(
    values: &Option<Vec<Decimal>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match values {
        Some(values) => numbers(values, serializer),
        None => serializer.serialize_none(),
    }
}
