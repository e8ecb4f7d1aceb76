//! Walks over the tokens once and puts each number where its label says.

mod prices;

use super::facts::{Facts, Join, Side, Stop};
use super::keywords::Word;
use super::numbers::{Number, Unit};
use super::tokens::{Kind, Sign, Tokens};
use crate::domain::values::{Direction, OrderType};

/// A label without a value is forgotten after so many lines.
const LINES_WAITED_MAX: u32 = 3;

/// What the numbers that come next are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// Nothing says.
    None,
    /// Entries, because a direction or `at` came before.
    Implied,
    /// Entries.
    Entry,
    /// The stop loss.
    Stop,
    /// Targets.
    Target,
    /// Targets by a word that is also used for gains.
    Gain,
    /// Leverage.
    Leverage,
    /// Risk.
    Risk,
    /// A size.
    Size,
    /// Nothing that a signal needs.
    Aside,
}

/// Reads the fields of a message into `facts`, which are emptied first.
pub(super) fn read(tokens: &Tokens, facts: &mut Facts) {
    facts.clear();
    let mut reader = Reader::new(tokens, facts);
    while reader.at < tokens.list.len() && !reader.is_done {
        reader.step();
        reader.at += 1;
    }
    reader.leave_label();
}

pub(super) struct Reader<'a> {
    pub(super) tokens: &'a Tokens,
    pub(super) facts: &'a mut Facts,
    pub(super) at: usize,
    pub(super) is_done: bool,
    pub(super) label: Label,
    /// Values read for the label.
    values: u32,
    /// Where the label was set.
    pub(super) label_line: u32,
    pub(super) label_token: usize,
    /// The line of the label's first value.
    value_line: u32,
    join: Join,
    /// The share that the next value has.
    weight: Option<Number>,
    is_between: bool,
    /// Targets after `open` are not to be read.
    is_muted: bool,
    pub(super) line: u32,
    /// Whether the line has had no word and no symbol yet.
    is_fresh: bool,
    /// Unknown words on the line.
    words: u32,
}

impl<'a> Reader<'a> {
    fn new(tokens: &'a Tokens, facts: &'a mut Facts) -> Self {
        Self {
            tokens,
            facts,
            at: 0,
            is_done: false,
            label: Label::None,
            values: 0,
            label_line: 0,
            label_token: 0,
            value_line: 0,
            join: Join::Space,
            weight: None,
            is_between: false,
            is_muted: false,
            line: 0,
            is_fresh: true,
            words: 0,
        }
    }

    fn step(&mut self) {
        match self.tokens.kind(self.at) {
            Some(Kind::Number(number)) => self.number(number),
            Some(Kind::Word(word)) => {
                self.word(word);
                self.is_fresh = false;
            }
            Some(Kind::Symbol(index)) => {
                self.symbol(index);
                self.is_fresh = false;
            }
            Some(Kind::Sign(sign)) => self.sign(sign),
            Some(Kind::Line) => self.end_line(),
            None => {}
        }
    }

    /// Whether the label waits for its first value.
    pub(super) fn is_waiting(&self) -> bool {
        self.values == 0
    }

    /// Whether the label was set on this line and waits for its first value.
    pub(super) fn is_waiting_here(&self) -> bool {
        self.values == 0 && self.label_line == self.line
    }

    /// What follows is of another field.
    pub(super) fn set(&mut self, label: Label) {
        self.leave_label();
        self.label = label;
        self.values = 0;
        self.label_line = self.line;
        self.label_token = self.at;
        self.join = Join::Space;
        self.is_muted = false;
        self.is_between = false;
    }

    /// A stop label that is left without a value names a stop that is not there.
    fn leave_label(&mut self) {
        if self.label == Label::Stop && self.values == 0 && matches!(self.facts.stop, Stop::Unsaid)
        {
            self.facts.stop = Stop::Unreadable;
        }
    }

    fn end_line(&mut self) {
        self.line += 1;
        self.words = 0;
        self.is_fresh = true;
        self.weight = None;
        self.join = Join::Line;
        let waited = self.line - self.label_line;
        match self.label {
            Label::Target | Label::Gain if self.values > 0 => {}
            // Values that began below the label go on below each other.
            Label::Entry if self.values > 0 && self.value_line > self.label_line => {}
            _ if self.values == 0 && waited <= LINES_WAITED_MAX && self.may_wait() => {}
            Label::Implied
                if self.values == 0
                    && (self.facts.entries.is_empty() || waited <= LINES_WAITED_MAX) => {}
            _ => {
                self.leave_label();
                self.label = Label::None;
            }
        }
    }

    fn may_wait(&self) -> bool {
        matches!(
            self.label,
            Label::Entry | Label::Stop | Label::Target | Label::Gain | Label::Leverage
        )
    }

    fn sign(&mut self, sign: Sign) {
        match sign {
            Sign::Dash => self.join = Join::Dash,
            Sign::Slash => self.join = Join::Slash,
            Sign::Comma | Sign::Bar => self.join = Join::Comma,
            Sign::And => self.join = Join::And,
            Sign::Question => self.facts.is_question = true,
            Sign::At => self.imply_entry(),
            Sign::Up => self.facts.ups = self.facts.ups.saturating_add(1),
            Sign::Down => self.facts.downs = self.facts.downs.saturating_add(1),
            Sign::EntryMark => self.mark(Label::Entry),
            Sign::StopMark => self.mark(Label::Stop),
            Sign::TargetMark => self.mark(Label::Target),
            Sign::Check => self.check(),
            Sign::Colon | Sign::Hash | Sign::Dollar | Sign::Open | Sign::Close => {}
        }
    }

    /// An emoji is a label where a price follows directly, and decoration elsewhere.
    fn mark(&mut self, label: Label) {
        let is_price = self.tokens.number(self.at + 1).is_some_and(|number| {
            number.unit == Unit::Plain && !number.is_enumerator && !number.is_gain
        });
        let is_free = self.label == Label::None || !self.is_waiting_here();
        if is_price && is_free {
            self.set(label);
        }
    }

    /// ✅ before a price on a line of its own is a target.
    fn check(&mut self) {
        let is_price = self.tokens.number(self.at + 1).is_some_and(|number| {
            number.unit == Unit::Plain && (number.has_decimals() || number.whole() > 50)
        });
        if is_price && self.is_fresh && self.facts.side.is_some() && self.label == Label::None {
            self.set(Label::Target);
        }
    }

    /// `at`, `from`, `now`: an entry follows a direction.
    pub(super) fn imply_entry(&mut self) {
        if self.label == Label::None && self.facts.side.is_some() && self.facts.entries.is_empty() {
            self.set(Label::Implied);
        }
    }

    fn symbol(&mut self, index: u8) {
        let Some(side) = self.facts.side else { return };
        if !self.facts.has_exit() || !self.is_fresh || side.line == self.line {
            return;
        }
        let ticker = |index: usize| {
            self.tokens
                .mentions
                .get(index)
                .map(|mention| mention.ticker)
        };
        let is_other = ticker(usize::from(index)) != ticker(0);
        // A heading with a direction behind it begins the next setup.
        let is_setup = (1..=6).any(|ahead| {
            self.tokens
                .word(self.at + ahead)
                .is_some_and(Word::is_direction)
        });
        if is_other && is_setup {
            self.end_setup();
        }
    }

    /// What follows is another setup.
    pub(super) fn end_setup(&mut self) {
        self.leave_label();
        self.label = Label::None;
        self.facts.has_more = true;
        self.is_done = true;
    }

    /// Of several stops the first price counts.
    pub(super) fn set_stop(&mut self, stop: Stop) {
        let is_better = match self.facts.stop {
            Stop::Unsaid | Stop::Unreadable => true,
            Stop::Open | Stop::Later => matches!(stop, Stop::Price(_)),
            _ => false,
        };
        if is_better {
            self.facts.stop = stop;
        }
    }

    /// `open` in place of a price.
    pub(super) fn open(&mut self) {
        match self.label {
            Label::Stop if self.is_waiting() => self.no_stop(Stop::Open),
            Label::Target if self.line == self.label_line || self.is_waiting() => {
                self.facts.is_runner = true;
                self.is_muted = true;
                self.values += 1;
            }
            _ => {}
        }
    }

    /// The stop is said to be none.
    pub(super) fn no_stop(&mut self, stop: Stop) {
        self.values += 1;
        self.set_stop(stop);
        self.label = Label::Aside;
        self.label_line = self.line;
    }

    pub(super) fn unknown_word(&mut self) {
        self.words += 1;
        // Prose below a list does not go on with it.
        if self.is_fresh && self.line != self.label_line && self.values > 0 {
            self.leave_label();
            self.label = Label::None;
        }
    }

    pub(super) fn between(&mut self) {
        if self.label == Label::None {
            self.imply_entry();
        }
        self.is_between = true;
    }

    pub(super) fn join_by(&mut self, join: Join) {
        self.join = join;
    }

    /// Reads a direction that is not weakened, negated or doubled.
    pub(super) fn take_side(&mut self, direction: Direction, is_hedged: bool) {
        self.facts.side = Some(Side {
            direction,
            token: self.at,
            line: self.line,
            is_hedged,
        });
        self.words = 0;
        self.set(Label::Implied);
    }

    /// The order type that a word says.
    pub(super) fn set_order(&mut self, order: OrderType) {
        self.facts.order.get_or_insert(order);
    }
}
