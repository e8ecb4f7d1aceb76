//! Why an answer is what it is, in sentences.

use std::fmt;

use serde::{Serialize, Serializer};

/// One reason. Its sentence is stable: clients may compare it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    // Why a message is no signal.
    /// There is nothing to read in it.
    Empty,
    /// Neither symbol nor direction: conversation.
    Chatter,
    /// A direction and prices, and no symbol.
    SymbolMissing,
    /// A symbol and prices, and no direction.
    DirectionMissing,
    /// It buys and sells alike.
    DirectionsContradict,
    /// It sells something else than a trade.
    Advert,
    /// It tells how trades went.
    Result,
    /// It asks.
    Question,
    /// It describes a possibility.
    Possibility,
    /// It says not to.
    Negated,
    /// A direction and a symbol that come up in prose.
    Prose,
    /// The stop is not on the losing side of the entry.
    StopOnWrongSide,
    /// The target of this number is not on the winning side of the entry.
    TargetOnWrongSide(u8),
    /// Without an entry price: the target of this number and the stop contradict the direction.
    TargetBehindStop(u8),
    /// A stop loss is named and none given.
    StopUnreadable,
    /// A limit or stop order and no price for it.
    PriceMissing,
    /// A position of size zero.
    ZeroSize,
    /// A distance in pips that is a range.
    PipsRange,
    /// A price that the symbol cannot have beside the others.
    PriceImplausible,

    // What the confidence of a signal rests on.
    /// Everything is given: entry, stop and targets.
    Complete,
    /// The market is entered at once, at no named price.
    MarketWithoutPrice,
    /// The message leaves the stop open on purpose.
    StopOpen,
    /// The message says that the stop comes later.
    StopLater,
    /// No stop is given.
    StopAbsent,
    /// No target is given.
    TargetsAbsent,
    /// The message leaves the target open on purpose.
    TargetsOpen,
    /// Numbers without labels were told apart by their side of the entry.
    ToldApartBySide,
    /// The direction comes from an emoji or the mood of a word.
    DirectionByHint,
    /// The word for the direction is weakened by those before it.
    DirectionHedged,
    /// The symbol comes from the message replied to.
    SymbolFromParent,
    /// The symbol is of no known coin.
    CoinUnknown,
    /// Pips were made prices.
    PipsResolved,
    /// Pips that no entry price is known for.
    PipsUnresolved,
    /// A stop in percent of the entry was made a price.
    PercentResolved,
    /// More than one setup; only the first is read.
    MoreSetups,
    /// More targets or entries than are kept.
    ListTruncated,
    /// Target and stop are so far apart that one may be mistyped.
    UnusualRatio,
    /// A comma that may be of thousands or of decimals.
    CommaAmbiguous,

    // What an update rests on.
    /// It answers the signal it replies to.
    RepliesToSignal,
    /// It says what it means without a parent.
    SpeaksForItself,
    /// It tells of a trade and no signal is known to belong to it.
    ParentUnknown,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Empty => "there is nothing to read",
            Self::Chatter => "neither a symbol nor a direction is named",
            Self::SymbolMissing => "no symbol is named",
            Self::DirectionMissing => "no direction is named",
            Self::DirectionsContradict => "both directions are named",
            Self::Advert => "the message advertises",
            Self::Result => "the message tells of results",
            Self::Question => "the message asks a question",
            Self::Possibility => "the message describes a possibility, not an order",
            Self::Negated => "the message says not to trade",
            Self::Prose => "symbol and direction come up in prose, not as an order",
            Self::StopOnWrongSide => "stop loss is on the wrong side of the entry",
            Self::TargetOnWrongSide(number) => {
                return write!(f, "target {number} is on the wrong side of the entry");
            }
            Self::TargetBehindStop(number) => {
                return write!(f, "target {number} is on the wrong side of the stop loss");
            }
            Self::StopUnreadable => "a stop loss is named without a price",
            Self::PriceMissing => "a pending order needs a price",
            Self::ZeroSize => "the position's size is zero",
            Self::PipsRange => "a distance in pips is a range, not a figure",
            Self::PriceImplausible => "a price is too far from the entry to be one of this symbol",
            Self::Complete => "symbol, direction, entry, stop loss and targets are given",
            Self::MarketWithoutPrice => "the market is entered without a price",
            Self::StopOpen => "the stop loss is left open on purpose",
            Self::StopLater => "the stop loss is to come later",
            Self::StopAbsent => "no stop loss is given",
            Self::TargetsOpen => "the target is left open on purpose",
            Self::TargetsAbsent => "no target is given",
            Self::ToldApartBySide => {
                "prices without labels are told apart by their side of the entry"
            }
            Self::DirectionByHint => "the direction is only hinted at",
            Self::DirectionHedged => "the direction is weakened by the words before it",
            Self::SymbolFromParent => "the symbol comes from the message replied to",
            Self::CoinUnknown => "the coin is not a known one",
            Self::PipsResolved => "distances in pips are made prices",
            Self::PipsUnresolved => "distances in pips have no entry price to count from",
            Self::PercentResolved => "the stop loss in percent is made a price",
            Self::MoreSetups => "only the first of several setups is read",
            Self::ListTruncated => "only the first twenty prices of a list are kept",
            Self::UnusualRatio => "reward and risk are unusually far apart",
            Self::CommaAmbiguous => "a comma may be of thousands or of decimals",
            Self::RepliesToSignal => "the message answers the signal it replies to",
            Self::SpeaksForItself => "the message says what is to be done",
            Self::ParentUnknown => "the signal it belongs to is not known",
        };
        f.write_str(text)
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
