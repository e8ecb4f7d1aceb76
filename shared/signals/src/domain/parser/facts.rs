//! What a message says, field by field, before it is judged.

use super::answer::LIST_MAX;
use super::numbers::Number;
use crate::domain::values::{Direction, OrderType};

/// How a value follows the one before it in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    /// Beside it, or the first one.
    Space,
    /// On another line.
    Line,
    /// `1331-1335`.
    Dash,
    /// `1331/35`.
    Slash,
    /// From one to the other.
    To,
    /// `1331, 1335`.
    Comma,
    /// One and the other.
    And,
}

/// A value of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    /// Its number.
    pub(super) number: Number,
    /// How it follows.
    pub(super) join: Join,
    /// Its share in percent.
    pub(super) weight: Option<Number>,
}

/// What is said of the stop loss.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Stop {
    /// Nothing.
    #[default]
    Unsaid,
    /// It is named, and nothing that can be read follows.
    Unreadable,
    /// At a price.
    Price(Number),
    /// At a distance in pips.
    Pips(Number),
    /// At a distance in percent of the entry.
    Percent(Number),
    /// Left open.
    Open,
    /// To come later.
    Later,
    /// At the entry.
    Breakeven,
}

/// The direction, and what speaks for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    /// Which way.
    pub(super) direction: Direction,
    /// The token that says so.
    pub(super) token: usize,
    /// Its line.
    pub(super) line: u32,
    /// Weakened by the words before it: `can`, `if`.
    pub(super) is_hedged: bool,
}

/// The fields of a message.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The direction, in so many words.
    pub(super) side: Option<Side>,
    /// The direction by mood words: bullish.
    pub(super) mood: Option<Direction>,
    /// Signs that the price rises, and that it falls.
    pub(super) ups: u8,
    /// See `ups`.
    pub(super) downs: u8,
    /// Both directions are offered at once.
    pub(super) is_both: bool,
    /// A direction is named not to be taken.
    pub(super) is_negated: bool,
    /// The order type, where the message has a word for it.
    pub(super) order: Option<OrderType>,
    /// Now, at the market.
    pub(super) is_market: bool,
    /// Above or below: a stop order for one direction.
    pub(super) breaks: Option<Direction>,
    /// Entry prices.
    pub(super) entries: Vec<Item>,
    /// Whether a label says that they are.
    pub(super) is_entry_labelled: bool,
    /// The entry is called a zone.
    pub(super) is_zone: bool,
    /// The stop loss.
    pub(super) stop: Stop,
    /// Target prices, or distances in pips.
    pub(super) targets: Vec<Item>,
    /// A distance in pips is a range.
    pub(super) is_pips_range: bool,
    /// Numbers without a label.
    pub(super) loose: Vec<Number>,
    /// A part runs on.
    pub(super) is_runner: bool,
    /// Leverage.
    pub(super) leverage: Option<u16>,
    /// Risk in percent.
    pub(super) risk: Option<Number>,
    /// The size is given as zero.
    pub(super) is_size_zero: bool,
    /// Another setup follows.
    pub(super) has_more: bool,
    /// A list is longer than what is kept of it.
    pub(super) is_truncated: bool,
    /// It asks something.
    pub(super) is_question: bool,
    /// How many words weaken what is said.
    pub(super) hedges: u32,
}

impl Facts {
    /// Forgets everything but its memory.
    pub(super) fn clear(&mut self) {
        let mut entries = std::mem::take(&mut self.entries);
        let mut targets = std::mem::take(&mut self.targets);
        let mut loose = std::mem::take(&mut self.loose);
        entries.clear();
        targets.clear();
        loose.clear();
        *self = Self {
            entries,
            targets,
            loose,
            ..Self::default()
        };
    }

    /// Whether a stop or a target is read.
    pub(super) fn has_exit(&self) -> bool {
        !self.targets.is_empty() || self.has_stop()
    }

    /// Whether the stop is read, or said to be none.
    pub(super) fn has_stop(&self) -> bool {
        !matches!(self.stop, Stop::Unsaid | Stop::Unreadable)
    }

    /// Adds a target or notes that it is one too many.
    pub(super) fn push_target(&mut self, item: Item) {
        push(&mut self.targets, item, &mut self.is_truncated);
    }

    /// Adds an entry or notes that it is one too many.
    pub(super) fn push_entry(&mut self, item: Item) {
        push(&mut self.entries, item, &mut self.is_truncated);
    }
}

fn push(list: &mut Vec<Item>, item: Item, is_truncated: &mut bool) {
    if list.len() < LIST_MAX {
        list.push(item);
    } else {
        *is_truncated = true;
    }
}
