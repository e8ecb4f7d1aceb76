//! Words, and letters with digits behind them.

use super::{Lexer, MIXED_BYTES_MAX, is_letter};
use crate::domain::parser::keywords::{Word, meaning};
use crate::domain::parser::numbers::{self, Unit};
use crate::domain::parser::symbols::{self, Ticker};
use crate::domain::parser::tokens::{Kind, Sign};

impl Lexer<'_> {
    pub(super) fn letters(&mut self) {
        let start = self.at;
        let letters = self.end_of(start, is_letter);
        if let Some(end) = self.abbreviation(start, letters) {
            self.at = end;
            return;
        }
        let end = self.short_run(letters);
        if self.is_link(start, end) {
            self.tokens.has_link = true;
            self.at = self.end_of(end, |byte| byte > b' ');
            return;
        }
        if letters == end {
            self.word(start, end);
            self.at = end;
            return;
        }
        self.at = self.letters_and_digits(start, letters, end);
    }

    pub(super) fn is_link(&self, start: usize, end: usize) -> bool {
        let rest = self.text.get(end..).unwrap_or_default();
        match self.slice(start, end) {
            b"http" | b"https" => rest.starts_with(b"://"),
            b"www" => rest.starts_with(b"."),
            b"t" => rest.starts_with(b".me/"),
            _ => false,
        }
    }

    /// `s.l`, `t/p`, `б/у`, `s&p`: two letters and a sign are one word.
    pub(super) fn abbreviation(&mut self, start: usize, end: usize) -> Option<usize> {
        let first = self.letter_length(start)?;
        if first != end - start || !matches!(self.text.get(end)?, b'.' | b'/' | b'-' | b'&' | b'\\')
        {
            return None;
        }
        let second = self.letter_length(end + 1)?;
        let close = end + 1 + second;
        if self.text.get(close).is_some_and(|byte| is_letter(*byte)) {
            return None;
        }
        let mut both = [0_u8; 8];
        both.get_mut(..first)?
            .copy_from_slice(self.slice(start, end));
        both.get_mut(first..first + second)?
            .copy_from_slice(self.slice(end + 1, close));
        let both = both.get(..first + second)?;
        if both == b"sp" {
            let digits = self.end_of(close, |byte| byte.is_ascii_digit());
            let name = symbols::of_name(symbols::name(b"spx")?)?;
            self.mention(name, start, digits);
            return Some(digits);
        }
        let word = meaning(both)?;
        self.push_word(word, start, close);
        Some(close)
    }

    pub(super) fn letter_length(&self, at: usize) -> Option<usize> {
        match self.text.get(at)? {
            b'a'..=b'z' => Some(1),
            0xC0..=0xDF => Some(2),
            _ => None,
        }
    }

    /// A word of letters alone.
    pub(super) fn word(&mut self, start: usize, end: usize) {
        let tag = self.tag_before(start);
        let word = self.slice(start, end);
        if tag.is_none()
            && let Some(word) = meaning(word)
        {
            return self.known_word(word, start, end);
        }
        if let Some(name) = symbols::name(word) {
            return self.name(name, tag, start, end);
        }
        if let Some(ticker) = symbols::of_word(word) {
            return self.mention(ticker, start, end);
        }
        if let Some(word) = meaning(word) {
            return self.known_word(word, start, end);
        }
        let is_ticker = tag == Some(Sign::Dollar) && (2..=10).contains(&word.len());
        let is_called = is_ticker
            || self.follows_pair_label()
            || (tag == Some(Sign::Hash) && self.follows_direction(2));
        if is_called && let Some(ticker) = Ticker::bare_coin(word, false) {
            return self.mention(ticker, start, end);
        }
        self.push_word(Word::Unknown, start, end);
    }

    pub(super) fn known_word(&mut self, word: Word, start: usize, end: usize) {
        match word {
            Word::Pips => self.set_unit(Unit::Pips),
            Word::Points => self.set_unit(Unit::Points),
            Word::Time => self.set_unit(Unit::Time),
            Word::Lots => self.set_unit(Unit::Lots),
            Word::Money => self.set_unit(Unit::Money),
            _ => {}
        }
        if word.is_direction() {
            self.promote_before(word);
        }
        self.push_word(word, start, end);
    }

    /// Letters with digits behind: a symbol, a label with its number, or neither.
    pub(super) fn letters_and_digits(&mut self, start: usize, letters: usize, end: usize) -> usize {
        let whole = self.slice(start, end);
        if whole.len() > MIXED_BYTES_MAX {
            self.word(start, letters);
            return letters;
        }
        if let Some(ticker) = symbols::of_word(whole) {
            self.mention(ticker, start, end);
            return end;
        }
        let prefix = self.slice(start, letters);
        let digits = self.slice(letters, end);
        let are_digits = digits.iter().all(u8::is_ascii_digit);
        if prefix == b"x" && are_digits && digits.len() <= 4 {
            let (mut number, taken) = numbers::read(digits);
            number.unit = Unit::Times;
            self.push(Kind::Number(number), start, letters + taken);
            return letters + taken;
        }
        if matches!(prefix, b"h" | b"m" | b"d" | b"w") && are_digits && digits.len() <= 2 {
            self.push_word(Word::Time, start, end);
            return end;
        }
        let is_known = meaning(prefix).is_some() || symbols::of_word(prefix).is_some();
        if is_known {
            self.word(start, letters);
            return letters;
        }
        // A coin that no list has: `#xyz3l long`.
        if self.tag_before(start).is_some()
            && let Some(ticker) = Ticker::bare_coin(whole, false)
            && self.tag_before(start) == Some(Sign::Dollar)
        {
            self.mention(ticker, start, end);
            return end;
        }
        self.push_word(Word::Unknown, start, end);
        end
    }
}
