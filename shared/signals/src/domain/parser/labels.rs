//! What each word does to the reading of the numbers behind it.

use super::facts::{Join, Stop};
use super::fields::{Label, Reader};
use super::keywords::Word;
use super::tokens::{Kind, Sign, Tokens};
use crate::domain::values::{Direction, OrderType};

impl Reader<'_> {
    pub(super) fn word(&mut self, word: Word) {
        match word {
            Word::Buy | Word::Long => self.direction(Direction::Buy, word),
            Word::Sell | Word::Short => self.direction(Direction::Sell, word),
            Word::BuyLimit => self.pending(Direction::Buy, OrderType::Limit, word),
            Word::SellLimit => self.pending(Direction::Sell, OrderType::Limit, word),
            Word::BuyStop => self.pending(Direction::Buy, OrderType::Stop, word),
            Word::SellStop => self.pending(Direction::Sell, OrderType::Stop, word),
            Word::BuyNow => self.at_once(Direction::Buy, word),
            Word::SellNow => self.at_once(Direction::Sell, word),
            Word::Bullish => self.facts.mood = Some(self.facts.mood.unwrap_or(Direction::Buy)),
            Word::Bearish => self.facts.mood = Some(self.facts.mood.unwrap_or(Direction::Sell)),
            Word::Term => self.term(),
            Word::Limit => self.set_order(OrderType::Limit),
            Word::Pending => self.pending_word(),
            Word::Market => {
                self.facts.is_market = true;
                self.imply_entry();
            }
            Word::Above => self.breaks(Direction::Buy),
            Word::Below => self.breaks(Direction::Sell),
            Word::Breakout => self.breakout(),
            Word::Stop => self.stop_word(),
            Word::StopLoss => self.stop_label(),
            Word::Loss => self.loss_word(),
            Word::Take | Word::Target => self.target_label(word),
            Word::Profit => self.profit_word(),
            Word::Entry => self.entry_label(),
            Word::Zone => self.zone_word(),
            Word::Price | Word::Average => self.price_word(),
            Word::At | Word::From => self.imply_entry(),
            Word::Between => self.between(),
            Word::To => self.join_by(Join::To),
            Word::And => self.join_by(Join::And),
            Word::Or => self.join_by(Join::Comma),
            Word::Leverage => self.set(Label::Leverage),
            Word::Risk => self.set(Label::Risk),
            Word::Size | Word::Lots if self.label != Label::Size => self.set(Label::Size),
            Word::Pair | Word::Side => self.set(Label::None),
            Word::Aside => self.aside(),
            Word::Open | Word::Runner => self.open_word(word),
            Word::No | Word::Not => self.no_word(word),
            Word::Later => self.later_word(),
            Word::Breakeven | Word::Even => self.breakeven_word(),
            Word::May | Word::Maybe | Word::If | Word::Think | Word::Wait => {
                self.facts.hedges += 1;
            }
            Word::Unknown | Word::Summary | Word::Advert => self.unknown_word(),
            _ => {}
        }
    }

    fn next_word(&self, ahead: usize) -> Option<Word> {
        self.tokens.word(self.at + ahead)
    }

    /// A direction: the message's, another entry of it, or the start of the next setup.
    fn direction(&mut self, direction: Direction, word: Word) {
        if matches!(word, Word::Long | Word::Short) && self.is_time() {
            return;
        }
        if self.is_one_of_both(direction) {
            self.facts.is_both = true;
            return;
        }
        if self.is_behind(Word::Not, 3) {
            self.facts.is_negated = true;
            return;
        }
        let is_hedged = [Word::May, Word::If, Word::Maybe, Word::Wait]
            .into_iter()
            .any(|word| self.is_behind(word, 4));
        match self.facts.side {
            None => self.take_side(direction, is_hedged),
            Some(side) if side.is_hedged && !is_hedged && !self.facts.has_exit() => {
                self.facts.entries.clear();
                self.take_side(direction, is_hedged);
            }
            Some(side) if side.direction == direction => self.same_direction(),
            Some(_) => self.other_direction(),
        }
    }

    fn pending(&mut self, direction: Direction, order: OrderType, word: Word) {
        if self.facts.side.is_none() {
            self.set_order(order);
        }
        self.direction(direction, word);
    }

    fn at_once(&mut self, direction: Direction, word: Word) {
        self.facts.is_market |= self.facts.side.is_none();
        self.direction(direction, word);
    }

    /// Long-term, short term: a time.
    fn is_time(&self) -> bool {
        let ahead = if self.tokens.is_sign(self.at + 1, Sign::Dash)
            || self.tokens.is_sign(self.at + 1, Sign::Slash)
        {
            2
        } else {
            1
        };
        self.next_word(ahead) == Some(Word::Term)
            || (ahead == 2 && self.next_word(4) == Some(Word::Term))
    }

    /// `Short term: 1.2 - 1.3` lists targets where a direction is known.
    fn term(&mut self) {
        if self.tokens.is_sign(self.at + 1, Sign::Colon) && self.facts.side.is_some() {
            self.set(Label::Target);
        }
    }

    /// `buy/sell`, `buy or sell`.
    fn is_one_of_both(&self, direction: Direction) -> bool {
        let is_link = |at: usize| {
            matches!(
                self.tokens.kind(at),
                Some(
                    Kind::Sign(Sign::Slash | Sign::And | Sign::Bar)
                        | Kind::Word(Word::And | Word::Or)
                )
            )
        };
        let is_other = |at: usize| {
            matches!(
                (direction, self.tokens.word(at)),
                (Direction::Buy, Some(Word::Sell | Word::Short))
                    | (Direction::Sell, Some(Word::Buy | Word::Long))
            )
        };
        (is_link(self.at + 1) && is_other(self.at + 2))
            || (self.at >= 2 && is_link(self.at - 1) && is_other(self.at - 2))
    }

    /// Whether a word is among the last few before, on this line.
    fn is_behind(&self, word: Word, back: usize) -> bool {
        (1..=back)
            .map_while(|back| self.at.checked_sub(back))
            .take_while(|at| self.tokens.kind(*at) != Some(Kind::Line))
            .any(|at| self.tokens.word(at) == Some(word))
    }

    /// Whether a price, an order type or a symbol is near enough to make this a setup.
    fn begins_setup(&self) -> bool {
        let is_before = self
            .at
            .checked_sub(1)
            .is_some_and(|before| matches!(self.tokens.kind(before), Some(Kind::Symbol(_))));
        is_before
            || (1..=3).any(|ahead| {
                matches!(
                    self.tokens.kind(self.at + ahead),
                    Some(
                        Kind::Symbol(_)
                            | Kind::Number(_)
                            | Kind::Word(Word::Limit | Word::Stop | Word::Market)
                    )
                )
            })
    }

    fn is_beside_symbol(&self) -> bool {
        let is_symbol = |at: usize| matches!(self.tokens.kind(at), Some(Kind::Symbol(_)));
        is_symbol(self.at + 1) || self.at.checked_sub(1).is_some_and(is_symbol)
    }

    fn same_direction(&mut self) {
        if self.facts.has_exit() {
            if self.begins_setup() {
                self.end_setup();
            }
        } else if matches!(self.next_word(1), Some(Word::Target | Word::Take)) {
            // `Buy targets`: the label comes next.
        } else if !self.facts.is_entry_labelled && self.label != Label::Entry {
            self.set(Label::Implied);
        }
    }

    /// The other direction is that of the exits (`Buy 100, Sell 110 120`), or of the next setup.
    fn other_direction(&mut self) {
        if matches!(
            self.next_word(1),
            Some(Word::Target | Word::Take | Word::Profit)
        ) {
            return;
        }
        let Some(side) = self.facts.side else { return };
        let entry = self.facts.entries.first().map(|item| item.number.value());
        let next = (1..=4)
            .take_while(|ahead| {
                matches!(
                    self.tokens.kind(self.at + ahead),
                    Some(Kind::Number(_) | Kind::Sign(_) | Kind::Word(Word::At))
                )
            })
            .find_map(|ahead| self.tokens.number(self.at + ahead));
        match (entry, next) {
            (Some(entry), Some(next))
                if self.facts.targets.is_empty() && side.direction.gains(entry, next.value()) =>
            {
                self.set(Label::Target);
            }
            _ if self.begins_setup() => {
                if self.facts.has_exit() || entry.is_some() || self.is_beside_symbol() {
                    self.end_setup();
                } else {
                    self.facts.is_both = true;
                }
            }
            _ => {}
        }
    }

    fn pending_word(&mut self) {
        let is_stop = (1..=4).any(|ahead| {
            matches!(
                self.next_word(ahead),
                Some(Word::Stop | Word::BuyStop | Word::SellStop)
            )
        });
        if !is_stop {
            self.set_order(OrderType::Limit);
        }
    }

    fn breaks(&mut self, direction: Direction) {
        let is_entry = match self.label {
            Label::Entry | Label::Implied => self.is_waiting(),
            Label::None => self.facts.side.is_some() && self.facts.entries.is_empty(),
            _ => false,
        };
        if is_entry {
            self.facts.breaks = Some(direction);
            self.imply_entry();
        }
    }

    fn breakout(&mut self) {
        if matches!(self.label, Label::Entry | Label::Implied) && self.is_waiting() {
            self.set_order(OrderType::Stop);
        }
    }

    /// A stop order directly behind a direction, a stop loss elsewhere.
    fn stop_word(&mut self) {
        let is_loss = matches!(
            self.next_word(1),
            Some(Word::Loss | Word::Target | Word::Hit)
        ) || (self.tokens.is_sign(self.at + 1, Sign::Dash)
            && self.next_word(2) == Some(Word::Loss));
        let is_behind_direction = match self.at.checked_sub(1).map(|at| (at, self.tokens.kind(at)))
        {
            Some((_, Some(Kind::Word(word)))) => word.is_direction() || word == Word::Pending,
            Some((at, Some(Kind::Sign(Sign::Dash)))) => {
                at > 0 && self.tokens.word(at - 1).is_some_and(Word::is_direction)
            }
            // `Sell gold stop 2345, sl 2350`: the stop loss has a label of its own.
            Some((at, Some(Kind::Symbol(_)))) => {
                at > 0
                    && self.tokens.word(at - 1).is_some_and(Word::is_direction)
                    && self.tokens.words.has(Word::StopLoss)
            }
            _ => false,
        };
        let is_order = self.next_word(1) == Some(Word::Position);
        if !is_loss && (is_behind_direction || is_order) && self.facts.entries.is_empty() {
            self.set_order(OrderType::Stop);
        } else {
            self.stop_label();
        }
    }

    fn stop_label(&mut self) {
        // `Stop` and `loss` in two languages, or twice over.
        if self.label == Label::Stop && self.is_waiting_here() {
            return;
        }
        let is_negated = self
            .at
            .checked_sub(1)
            .is_some_and(|at| matches!(self.tokens.word(at), Some(Word::No)));
        self.set(Label::Stop);
        if is_negated {
            self.no_stop(Stop::Open);
        }
    }

    fn loss_word(&mut self) {
        // Persian and Arabic: a limit, or a stopping, of loss.
        let is_limit = matches!(self.label, Label::Target) && self.is_waiting_here();
        if is_limit {
            let is_negated =
                self.label_token > 0 && self.tokens.word(self.label_token - 1) == Some(Word::No);
            self.set(Label::Stop);
            if is_negated {
                self.no_stop(Stop::Open);
            }
        } else if !(self.label == Label::Stop) && self.label != Label::Aside {
            self.set(Label::Aside);
        }
    }

    fn target_label(&mut self, word: Word) {
        let is_behind_label = self.is_waiting_here()
            && self.at == self.label_token + 1
            && matches!(self.label, Label::Entry | Label::Stop);
        let is_behind_direction = self.at > 0
            && word == Word::Target
            && matches!(self.label, Label::Target)
            && self.is_waiting_here();
        if is_behind_label || is_behind_direction {
            return;
        }
        self.set(Label::Target);
    }

    fn profit_word(&mut self) {
        match self.label {
            Label::Target if self.is_waiting_here() => {}
            Label::Target | Label::Stop | Label::Entry if self.line == self.label_line => {}
            _ => self.set(Label::Gain),
        }
    }

    fn entry_label(&mut self) {
        match self.label {
            // `SL to entry`.
            Label::Stop if self.is_waiting_here() => self.set_breakeven(),
            Label::Entry if self.is_waiting_here() => {}
            // `Move your stop to entry` after the stop was given.
            _ if self.facts.has_stop() && self.facts.is_entry_labelled => {
                if self.next_number_is_near() && !self.is_behind(Word::StopLoss, 4) {
                    self.set(Label::Entry);
                }
            }
            _ => self.set(Label::Entry),
        }
    }

    fn next_number_is_near(&self) -> bool {
        (1..=3).any(|ahead| matches!(self.tokens.kind(self.at + ahead), Some(Kind::Number(_))))
    }

    fn zone_word(&mut self) {
        match self.label {
            Label::None | Label::Implied if self.facts.side.is_some() => {
                self.facts.is_zone = true;
                if self.facts.entries.is_empty() {
                    self.set(Label::Entry);
                }
            }
            Label::Entry => self.facts.is_zone = true,
            Label::None if self.facts.entries.is_empty() => {
                self.facts.is_zone = true;
                self.set(Label::Entry);
            }
            _ => {}
        }
    }

    fn price_word(&mut self) {
        let is_part = self.is_waiting_here()
            && !matches!(self.label, Label::None | Label::Aside | Label::Risk);
        let is_next = matches!(self.next_word(1), Some(Word::Target | Word::Aside));
        if !is_part && !is_next && self.facts.entries.is_empty() {
            self.set(Label::Entry);
        }
    }

    fn aside(&mut self) {
        if !(matches!(self.label, Label::Target | Label::Stop | Label::Entry)
            && self.is_waiting_here())
        {
            self.set(Label::Aside);
        }
    }

    fn open_word(&mut self, word: Word) {
        if word == Word::Runner && !self.is_behind(Word::No, 2) {
            self.facts.is_runner = true;
        }
        self.open();
    }

    fn no_word(&mut self, word: Word) {
        if self.label == Label::Stop && self.is_waiting() && word == Word::No {
            self.no_stop(Stop::Open);
        } else if word == Word::No && self.is_behind(Word::Signal, 2) {
            self.set(Label::Aside);
        }
    }

    fn later_word(&mut self) {
        if self.label == Label::Stop && self.is_waiting() {
            self.no_stop(Stop::Later);
        }
    }

    fn breakeven_word(&mut self) {
        if self.label == Label::Stop && self.is_waiting() && is_breakeven(self.tokens, self.at) {
            self.set_breakeven();
        }
    }

    fn set_breakeven(&mut self) {
        self.no_stop(Stop::Breakeven);
    }
}

/// Whether the word at a place means breakeven: `be` is also a verb, and has something to be
/// behind it.
pub(super) fn is_breakeven(tokens: &Tokens, at: usize) -> bool {
    let Some(token) = tokens.list.get(at) else {
        return false;
    };
    match token.kind {
        Kind::Word(Word::Breakeven) if token.end - token.start > 2 => true,
        Kind::Word(Word::Breakeven) => !matches!(
            tokens.kind(at + 1),
            Some(
                Kind::Number(_)
                    | Kind::Word(
                        Word::Unknown
                            | Word::Filler
                            | Word::New
                            | Word::Later
                            | Word::At
                            | Word::Hit
                            | Word::Secure
                            | Word::Closed
                            | Word::Not
                    )
            )
        ),
        Kind::Word(Word::Even) => at > 0 && tokens.word(at - 1) == Some(Word::Break),
        Kind::Word(Word::Free) => at > 0 && tokens.word(at - 1) == Some(Word::Risk),
        _ => false,
    }
}
