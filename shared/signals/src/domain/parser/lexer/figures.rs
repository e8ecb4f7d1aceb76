//! Numbers, with what is directly behind them, and what only looks like one.

use super::{Lexer, MIXED_BYTES_MAX, is_letter};
use crate::domain::parser::fold;
use crate::domain::parser::keywords::{Word, meaning};
use crate::domain::parser::numbers::{self, Number, Unit};
use crate::domain::parser::symbols;
use crate::domain::parser::tokens::{Kind, Sign};

/// Numbers up to this one may number a line.
const ENUMERATOR_MAX: u8 = 50;

impl Lexer<'_> {
    /// A number and what is directly behind it.
    pub(super) fn number(&mut self, is_gain: bool) {
        let start = self.at;
        let is_attached = self.before().is_some_and(is_letter);
        if !is_attached && let Some(end) = self.date_or_time(start) {
            self.push(Kind::Number(Number::of_time()), start, end);
            self.at = end;
            return;
        }
        let (mut number, taken) = numbers::read(self.text.get(start..).unwrap_or_default());
        number.is_gain = is_gain;
        number.is_attached = is_attached;
        let mut end = start + taken;
        if let Some((whole, close)) = self.spaced_thousands(&number, end) {
            (number, end) = (whole, close);
        }
        let is_whole = !number.has_decimals();
        match self.text.get(end).copied() {
            Some(fold::ORDINAL) => {
                number.is_enumerator = true;
                self.push(Kind::Number(number), start, end);
                self.at = end + 1;
            }
            Some(b')') if is_whole && !self.is_bracketed => {
                number.is_enumerator = number.small(ENUMERATOR_MAX).is_some();
                self.push(Kind::Number(number), start, end);
                self.at = end + 1;
            }
            Some(b'.')
                if self.starts_line() && self.text.get(end + 1).is_none_or(|b| *b == b' ') =>
            {
                number.is_enumerator = number.small(ENUMERATOR_MAX).is_some();
                self.push(Kind::Number(number), start, end);
                self.at = end + 1;
            }
            Some(byte) if is_letter(byte) => self.at = self.suffix(number, start, end),
            _ => {
                self.push(Kind::Number(number), start, end);
                self.at = end;
            }
        }
    }

    /// Whether only signs are before on this line.
    pub(super) fn starts_line(&self) -> bool {
        self.tokens
            .list
            .get(self.line_start..)
            .unwrap_or_default()
            .iter()
            .rev()
            .take(4)
            .all(|token| matches!(token.kind, Kind::Sign(_)))
    }

    /// `Entry: 62 500`: a space sets thousands apart where a sign is before, and where the two
    /// numbers are too unlike to be prices of one thing beside each other.
    fn spaced_thousands(&self, first: &Number, end: usize) -> Option<(Number, usize)> {
        let is_due = matches!(
            self.tokens.list.last().map(|token| token.kind),
            Some(Kind::Sign(
                Sign::Colon | Sign::At | Sign::Slash | Sign::Dash
            ))
        );
        let thousands = first.whole();
        let digits = self.slice(end + 1, end + 4);
        let is_group = self.text.get(end) == Some(&b' ')
            && digits.len() == 3
            && digits.iter().all(u8::is_ascii_digit)
            && !matches!(
                self.text.get(end + 4),
                Some(b'0'..=b'9' | b'.' | b',' | b'%' | b'x' | b'a'..=b'z')
            );
        let is_first = !first.has_decimals() && (1..1000).contains(&thousands);
        if !(is_due && is_first && is_group) {
            return None;
        }
        let (rest, _) = numbers::read(digits);
        let rest = rest.whole();
        let are_alike = rest < thousands * 3 && thousands < rest * 3;
        (!are_alike).then(|| (Number::new(thousands * 1000 + rest, 0), end + 4))
    }

    /// The end of 06:55, 2018/12/24 or 24.12.2018, where one starts here.
    pub(super) fn date_or_time(&self, start: usize) -> Option<usize> {
        let is_price_due = matches!(
            self.tokens.list.last().map(|token| token.kind),
            Some(
                Kind::Word(Word::Target | Word::Take | Word::Profit | Word::Entry | Word::StopLoss)
                    | Kind::Word(Word::Stop | Word::Buy | Word::Sell)
                    | Kind::Sign(Sign::Colon | Sign::At)
            )
        );
        let digits = |from| self.end_of(from, |byte| byte.is_ascii_digit()) - from;
        // More digits than a year has are no part of a date.
        let first = self
            .text
            .get(start..start + 5)
            .unwrap_or_else(|| self.text.get(start..).unwrap_or_default())
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let mark = *self.text.get(start + first)?;
        if !(matches!(first, 1 | 2 | 4) && matches!(mark, b':' | b'/' | b'-' | b'.')) {
            return None;
        }
        if !self.text.get(start + first + 1)?.is_ascii_digit() {
            return None;
        }
        let second_at = start + first + 1;
        let second = digits(second_at);
        let end = second_at + second;
        if mark == b':' {
            let is_free = !matches!(
                self.tokens.list.last().map(|token| token.kind),
                Some(Kind::Word(
                    Word::Target | Word::Take | Word::Profit | Word::Entry
                ))
            );
            let is_more = matches!(self.text.get(end), Some(b'.' | b','))
                && self.text.get(end + 1).is_some_and(u8::is_ascii_digit);
            return (first <= 2 && second <= 2 && is_free && !is_more)
                .then(|| self.end_of(end, |byte| byte == b':' || byte.is_ascii_digit()));
        }
        if self.text.get(end) != Some(&mark) || second > 2 {
            return None;
        }
        let third = digits(end + 1);
        let year = self.slice(start, start + 4);
        let is_year_first = first == 4 && matches!(third, 1 | 2) && year.starts_with(b"20");
        let is_year_last = first <= 2 && third == 4;
        let is_date =
            is_year_last || (is_year_first && (mark == b'.' || !is_price_due || second == 2));
        (is_date && !(is_price_due && mark == b'/' && first == 4 && !self.follows_aside()))
            .then_some(end + 1 + third)
    }

    /// Whether a word for dates and the like is on this line before.
    pub(super) fn follows_aside(&self) -> bool {
        self.last_word(2) == Some(Word::Aside) || self.last_word(1) == Some(Word::Aside)
    }

    /// What letters directly behind a number make of it.
    pub(super) fn suffix(&mut self, mut number: Number, start: usize, end: usize) -> usize {
        let run = self.short_run(end);
        let letters = self.short_letters(end);
        let text = self.slice(end, run);
        if (4..=MIXED_BYTES_MAX).contains(&(run - start))
            && let Some(ticker) = symbols::of_word(self.slice(start, run))
        {
            self.mention(ticker, start, run);
            return run;
        }
        let unit = match text {
            b"x" | b"\xd1\x85" => Some(Unit::Times),
            b"k" | b"\xd0\xba" => {
                number = number.thousands();
                Some(number.unit)
            }
            b"st" | b"nd" | b"rd" | b"th" => Some(Unit::Ordinal),
            b"r" | b"rr" | b"am" | b"pm" => Some(Unit::Other),
            b"p" => Some(Unit::Pips),
            b"usdt" | b"usd" => Some(Unit::Plain),
            _ if is_russian_ending(text) => Some(Unit::Ordinal),
            _ => None,
        };
        if let Some(unit) = unit {
            number.unit = unit;
            self.push(Kind::Number(number), start, run);
            return run;
        }
        match meaning(self.slice(end, letters)) {
            Some(Word::Unknown) | None => {
                self.push_word(Word::Unknown, start, run);
                run
            }
            // The letters are read as a word of their own, and give the number its unit.
            Some(_) => {
                self.push(Kind::Number(number), start, end);
                end
            }
        }
    }
}

/// 1й, 2го, 3я.
fn is_russian_ending(text: &[u8]) -> bool {
    if text.first().is_none_or(u8::is_ascii) {
        return false;
    }
    ["й", "го", "я", "е", "ю", "ый", "ой", "ая", "му"]
        .iter()
        .any(|ending| ending.as_bytes() == text)
}
