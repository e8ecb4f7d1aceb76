//! Where a number goes: by its unit, its label, and its neighbours.

use rust_decimal::Decimal;

use super::{Label, Reader};
use crate::domain::parser::facts::{Item, Join, Stop};
use crate::domain::parser::keywords::Word;
use crate::domain::parser::numbers::{Number, Unit};
use crate::domain::parser::tokens::{Kind, Sign};

/// Numbers without a label beyond this many are of no interest.
const LOOSE_MAX: usize = 16;
/// Unknown words between a direction and its price, at most.
const WORDS_BETWEEN_MAX: u32 = 3;
/// The highest number of an entry or a target.
const INDEX_MAX: u8 = 20;

impl Reader<'_> {
    pub(super) fn number(&mut self, number: Number) {
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
            Label::Risk if self.is_least_of_range() => self.risk(number),
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

    /// The first half of `1-2%`.
    fn is_least_of_range(&self) -> bool {
        self.tokens.is_sign(self.at + 1, Sign::Dash)
            && self
                .tokens
                .number(self.at + 2)
                .is_some_and(|next| next.unit == Unit::Percent)
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
}
