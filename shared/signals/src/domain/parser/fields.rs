//! Walks over the tokens once and puts each number where its label says.

use rust_decimal::Decimal;

use super::facts::{Facts, Item, Join, Side, Stop};
use super::keywords::Word;
use super::numbers::{Number, Unit};
use super::tokens::{Kind, Sign, Tokens};
use crate::domain::values::{Direction, OrderType};

/// Numbers without a label beyond this many are of no interest.
const LOOSE_MAX: usize = 16;
/// A label without a value is forgotten after so many lines.
const LINES_WAITED_MAX: u32 = 3;
/// Unknown words between a direction and its price, at most.
const WORDS_BETWEEN_MAX: u32 = 3;
/// The highest number of an entry or a target.
const INDEX_MAX: u8 = 20;

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

    fn number(&mut self, number: Number) {
        if number.is_gain {
            return;
        }
        match number.unit {
            Unit::Times => return self.leverage(number),
            Unit::Percent => return self.percent(number),
            Unit::Pips | Unit::Points => return self.pips(number),
            Unit::Lots => {
                self.facts.is_size_zero |= number.is_zero();
                return;
            }
            Unit::Time | Unit::Ordinal | Unit::Other => return,
            Unit::Plain | Unit::Money => {}
        }
        if number.is_enumerator {
            return;
        }
        match self.label {
            Label::Leverage => self.leverage(number),
            Label::Size => self.facts.is_size_zero |= number.is_zero(),
            Label::Risk | Label::Aside => {}
            _ if number.unit == Unit::Money => {}
            Label::Stop => self.stop_price(number),
            Label::Target | Label::Gain | Label::Entry | Label::Implied => self.list_price(number),
            Label::None => self.loose(number),
        }
    }

    fn leverage(&mut self, number: Number) {
        let factor = u16::try_from(number.whole())
            .ok()
            .filter(|factor| (1..=1000).contains(factor));
        if matches!(self.label, Label::Aside) {
            return;
        }
        // Of a range the least is called for.
        if let Some(factor) = factor {
            self.facts.leverage = Some(self.facts.leverage.map_or(factor, |had| had.min(factor)));
        }
        if self.label == Label::Leverage {
            self.values += 1;
        }
    }

    fn percent(&mut self, number: Number) {
        let is_before_risk =
            (1..=2).any(|ahead| self.tokens.word(self.at + ahead) == Some(Word::Risk));
        match self.label {
            Label::Risk => self.risk(number),
            _ if is_before_risk => self.risk(number),
            Label::Stop if self.is_waiting() => {
                self.values += 1;
                self.set_stop(Stop::Percent(number));
            }
            Label::Target | Label::Entry | Label::Implied if self.values > 0 => {
                let list = if self.label == Label::Target {
                    &mut self.facts.targets
                } else {
                    &mut self.facts.entries
                };
                match list.last_mut() {
                    Some(item) if item.weight.is_none() && self.join != Join::Comma => {
                        item.weight = Some(number);
                    }
                    _ => self.weight = Some(number),
                }
            }
            Label::Aside | Label::Size | Label::Leverage | Label::Gain | Label::Stop => {}
            _ => self.weight = Some(number),
        }
    }

    fn risk(&mut self, number: Number) {
        let is_share = !number.is_zero() && number.whole() <= 100;
        if self.facts.risk.is_none() && is_share {
            self.facts.risk = Some(number);
        }
        self.values += 1;
    }

    fn pips(&mut self, number: Number) {
        match self.label {
            Label::Stop if self.is_waiting() => {
                self.facts.is_pips_range |= self.is_after_range();
                self.values += 1;
                self.set_stop(Stop::Pips(number));
            }
            Label::Target => self.target_pips(number),
            _ => {}
        }
    }

    /// Whether a dash and a number are directly before: `20-30 pips`.
    fn is_after_range(&self) -> bool {
        self.at >= 2
            && self.tokens.is_sign(self.at - 1, Sign::Dash)
            && self.tokens.number(self.at - 2).is_some()
    }

    /// Pips beside a price only say how far it is. Alone they are the target, and so are the
    /// numbers listed before them: `TP 50/100 pips`.
    fn target_pips(&mut self, number: Number) {
        let is_listed = matches!(
            self.join,
            Join::Slash | Join::Comma | Join::And | Join::Dash
        );
        if self.values > 0 {
            let count = usize::try_from(self.values).unwrap_or(usize::MAX);
            let from = self.facts.targets.len().saturating_sub(count);
            let field = self.facts.targets.get_mut(from..).unwrap_or_default();
            let are_distances = field.iter().all(|item| {
                item.number.unit == Unit::Pips
                    || (!item.number.has_decimals() && item.number.whole() <= 1000)
            });
            let last_is_pips = field
                .last()
                .is_some_and(|item| item.number.unit == number.unit);
            if !(are_distances && (is_listed || last_is_pips)) {
                return;
            }
            self.facts.is_pips_range |=
                self.join == Join::Dash || field.iter().any(|item| item.join == Join::Dash);
            for item in field {
                item.number.unit = number.unit;
            }
        }
        self.push(number);
    }

    fn stop_price(&mut self, number: Number) {
        if self.is_index(number) {
            return;
        }
        if self.is_waiting() && !self.is_annotated_pips(number) {
            self.values += 1;
            self.set_stop(Stop::Price(number));
        }
    }

    /// The first half of `20-30 pips`.
    fn is_annotated_pips(&self, number: Number) -> bool {
        !number.has_decimals()
            && number.whole() < 1000
            && self.tokens.is_sign(self.at + 1, Sign::Dash)
            && self
                .tokens
                .number(self.at + 2)
                .is_some_and(|next| matches!(next.unit, Unit::Pips | Unit::Points))
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

    fn list_price(&mut self, number: Number) {
        if self.is_muted || self.is_index(number) {
            return;
        }
        let is_implied = self.label == Label::Implied;
        if is_implied {
            let is_direct = self.line == self.label_line || self.is_fresh;
            if self.words > WORDS_BETWEEN_MAX || !is_direct {
                return self.loose(number);
            }
            // Without a label numbers side by side may be entry, stop and targets.
            let is_range = matches!(self.join, Join::Dash | Join::Slash | Join::To)
                || (self.is_between && self.join == Join::And);
            if self.values > 0 && !is_range {
                return self.loose(number);
            }
        }
        let goes_on = self.line == self.label_line || self.is_waiting() || self.is_fresh;
        if !goes_on {
            self.set(Label::None);
            return self.loose(number);
        }
        if self.label == Label::Gain && (self.facts.side.is_none() || self.line != self.label_line)
        {
            return;
        }
        self.push(number);
    }

    /// Adds a value to the label's list, completed by the value before it where it is short.
    fn push(&mut self, mut number: Number) {
        let is_entry = matches!(self.label, Label::Entry | Label::Implied);
        // What was taken for an entry before a label came is none.
        if self.label == Label::Entry && !self.facts.is_entry_labelled {
            self.facts.entries.clear();
            self.facts.is_entry_labelled = true;
        }
        let list = if is_entry {
            &self.facts.entries
        } else {
            &self.facts.targets
        };
        let is_joined = !matches!(self.join, Join::Space | Join::Line);
        if self.values > 0
            && is_joined
            && let Some(last) = list.last()
            && last.number.unit == Unit::Plain
            && let Some(tail) = number.tail()
            && let Some(completed) = last.number.completed(tail)
        {
            number = completed;
        }
        let join = match self.join {
            Join::And if self.is_between => Join::To,
            join => join,
        };
        if self.values == 0 {
            self.value_line = self.line;
        }
        let item = Item {
            number,
            join: if self.values == 0 { Join::Space } else { join },
            weight: self.weight.take(),
        };
        if is_entry {
            self.facts.push_entry(item);
        } else {
            self.facts.push_target(item);
        }
        self.values += 1;
        self.join = Join::Space;
    }

    /// Whether the number says which one of several the value behind it is.
    fn is_index(&self, number: Number) -> bool {
        let Some(index) = number.small(INDEX_MAX).filter(|index| *index > 0) else {
            return false;
        };
        let read = match self.label {
            Label::Target | Label::Gain => self.facts.targets.len(),
            _ => self.facts.entries.len(),
        };
        let is_due = usize::from(index) == read + 1;
        let starts_line = self.is_fresh && self.join == Join::Line;
        if !(self.values == 0 || starts_line) {
            return false;
        }
        if number.is_attached || self.is_bracketed_index() || self.is_out_of_place(number) {
            return true;
        }
        // A value must follow before anything else does.
        let (mut is_marked, mut has_comma) = (false, false);
        for ahead in 1..=6 {
            match self.tokens.kind(self.at + ahead) {
                Some(Kind::Sign(Sign::Colon | Sign::Close | Sign::At)) => is_marked = true,
                Some(Kind::Sign(Sign::Comma | Sign::Slash | Sign::And)) => has_comma = true,
                Some(
                    Kind::Sign(_) | Kind::Line | Kind::Word(Word::At | Word::Filler | Word::Price),
                ) => {}
                Some(Kind::Number(next)) => {
                    return next.unit == Unit::Plain && (is_marked || (is_due && !has_comma));
                }
                _ => return false,
            }
        }
        false
    }

    /// `Target (1)`.
    fn is_bracketed_index(&self) -> bool {
        self.at == self.label_token + 2 && self.tokens.is_sign(self.at - 1, Sign::Open)
    }

    /// A small whole number among prices of quite another size is no price: `after TP 2`.
    fn is_out_of_place(&self, number: Number) -> bool {
        let known = self
            .facts
            .entries
            .first()
            .or(self.facts.targets.first())
            .map(|item| item.number)
            .filter(|number| number.unit == Unit::Plain && !number.is_comma_ambiguous);
        let Some(known) = known.and_then(|known| known.price()) else {
            return false;
        };
        let (value, five) = (number.value(), Decimal::from(5));
        value.saturating_mul(five) < known || known.saturating_mul(five) < value
    }

    fn loose(&mut self, number: Number) {
        if self.words <= WORDS_BETWEEN_MAX && self.facts.loose.len() < LOOSE_MAX {
            self.facts.loose.push(number);
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
