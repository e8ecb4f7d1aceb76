//! Cuts a folded message into tokens, in one pass.

mod figures;
mod pairs;
mod words;

use super::keywords::{Word, meaning};
use super::numbers::Unit;
use super::tokens::{Kind, Sign, Token, Tokens, sign};

/// An emoji's name in colons is at most this long.
const SHORTCODE_BYTES_MAX: usize = 40;
/// Letters and digits beyond this many are no symbol, and looked at one part a time.
const MIXED_BYTES_MAX: usize = 24;
/// A number of hours or minutes is at most this; a greater one is a price.
const HOURS_MAX: u64 = 720;

/// Cuts `text` into `tokens`, which are emptied first.
pub(super) fn cut(text: &str, tokens: &mut Tokens) {
    tokens.clear();
    let mut lexer = Lexer {
        text: text.as_bytes(),
        at: 0,
        line: 0,
        line_start: 0,
        is_bracketed: false,
        has_plus: false,
        tokens,
    };
    while lexer.at < lexer.text.len() {
        lexer.step();
    }
}

struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    line: u32,
    /// The first token of the line.
    line_start: usize,
    /// Within brackets that opened on this line.
    is_bracketed: bool,
    /// A plus is directly before.
    has_plus: bool,
    tokens: &'a mut Tokens,
}

impl<'a> Lexer<'a> {
    fn step(&mut self) {
        let Some(byte) = self.peek(0) else { return };
        let had_plus = std::mem::take(&mut self.has_plus);
        match byte {
            b'a'..=b'z' | 0x80.. => self.letters(),
            b'0'..=b'9' => self.number(had_plus),
            b'.' if self.starts_decimals() => self.number(had_plus),
            b'\n' => self.line_end(),
            b'@' => self.at_sign(),
            b':' => self.colon(),
            b'+' => {
                self.has_plus = true;
                self.at += 1;
            }
            b'-' | b'=' if self.peek(1) == Some(b'>') => {
                self.push(Kind::Sign(Sign::Colon), self.at, self.at + 2);
                self.at += 2;
            }
            b'_' => {
                if self.is_between_digits() {
                    self.push(Kind::Sign(Sign::Dash), self.at, self.at + 1);
                }
                self.at += 1;
            }
            b'#' | b'$' => {
                if self.peek(1).is_some_and(is_word_byte) {
                    let tag = if byte == b'#' {
                        Sign::Hash
                    } else {
                        Sign::Dollar
                    };
                    self.push(Kind::Sign(tag), self.at, self.at + 1);
                }
                self.at += 1;
            }
            b'%' => {
                self.set_unit(Unit::Percent);
                self.at += 1;
            }
            _ => {
                if let Some(sign) = sign(byte) {
                    match sign {
                        Sign::Open => self.is_bracketed = true,
                        Sign::Close => self.is_bracketed = false,
                        _ => {}
                    }
                    self.push(Kind::Sign(sign), self.at, self.at + 1);
                }
                self.at += 1;
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    fn before(&self) -> Option<u8> {
        self.text.get(self.at.checked_sub(1)?).copied()
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        // Texts of more than four gigabytes do not come here.
        let place = |at| u32::try_from(at).unwrap_or(u32::MAX);
        self.tokens.list.push(Token {
            kind,
            start: place(start),
            end: place(end),
        });
    }

    fn line_end(&mut self) {
        if self.tokens.list.last().map(|token| token.kind) != Some(Kind::Line) {
            self.push(Kind::Line, self.at, self.at + 1);
            self.line += 1;
        }
        self.line_start = self.tokens.list.len();
        self.is_bracketed = false;
        self.at += 1;
    }

    /// `.75` is a number, and the dot of `sl.75` is not part of one.
    fn starts_decimals(&self) -> bool {
        let is_free = !self
            .before()
            .is_some_and(|byte| is_word_byte(byte) || byte == b'.');
        is_free && self.peek(1).is_some_and(|byte| byte.is_ascii_digit())
    }

    fn is_between_digits(&self) -> bool {
        self.before().is_some_and(|byte| byte.is_ascii_digit())
            && self.peek(1).is_some_and(|byte| byte.is_ascii_digit())
    }

    /// `@ 1.25` is a price, `@now` an order, `@somebody` a user.
    fn at_sign(&mut self) {
        let is_free = !self.before().is_some_and(is_word_byte);
        let name = self.run(self.at + 1);
        let is_user = is_free
            && self.peek(1).is_some_and(|byte| byte.is_ascii_lowercase())
            && meaning(self.slice(self.at + 1, name)).is_none();
        if is_user {
            self.at = name.max(self.at + 1);
        } else {
            self.push(Kind::Sign(Sign::At), self.at, self.at + 1);
            self.at += 1;
        }
    }

    /// A colon, or the name of an emoji between two.
    fn colon(&mut self) {
        let name = self
            .text
            .get(self.at + 1..)
            .unwrap_or_default()
            .iter()
            .take(SHORTCODE_BYTES_MAX)
            .position(|byte| !matches!(byte, b'a'..=b'z' | b'_' | b'0'..=b'9' | b'+'));
        if let Some(length) = name.filter(|length| *length > 0) {
            let end = self.at + 1 + length;
            let inner = self.slice(self.at + 1, end);
            let is_shortcode = self.text.get(end) == Some(&b':')
                && (inner.contains(&b'_') || inner == b"x")
                && inner.iter().any(u8::is_ascii_lowercase);
            if is_shortcode {
                self.at = end + 1;
                return;
            }
        }
        self.push(Kind::Sign(Sign::Colon), self.at, self.at + 1);
        self.at += 1;
    }

    fn slice(&self, start: usize, end: usize) -> &'a [u8] {
        self.text.get(start..end).unwrap_or_default()
    }

    /// The end of letters and digits from `start` on.
    fn run(&self, start: usize) -> usize {
        self.end_of(start, is_word_byte)
    }

    /// The same, but no further than any symbol goes.
    fn short_run(&self, start: usize) -> usize {
        self.short_end_of(start, is_word_byte)
    }

    fn short_letters(&self, start: usize) -> usize {
        self.short_end_of(start, is_letter)
    }

    fn short_end_of(&self, start: usize, is_part: impl Fn(u8) -> bool) -> usize {
        let bound = self.text.len().min(start + MIXED_BYTES_MAX);
        let near = self.slice(start, bound);
        let length = near.iter().position(|byte| !is_part(*byte));
        start + length.unwrap_or(near.len())
    }

    fn end_of(&self, start: usize, is_part: impl Fn(u8) -> bool) -> usize {
        let rest = self.text.get(start..).unwrap_or_default();
        let length = rest.iter().position(|byte| !is_part(*byte));
        start + length.unwrap_or(rest.len())
    }

    /// Gives the number directly before its unit. A price with decimals has no hours.
    fn set_unit(&mut self, unit: Unit) {
        if let Some(Token {
            kind: Kind::Number(number),
            ..
        }) = self.tokens.list.last_mut()
            && number.unit == Unit::Plain
            && !(unit == Unit::Time && (number.has_decimals() || number.whole() > HOURS_MAX))
        {
            number.unit = unit;
        }
    }

    fn push_word(&mut self, word: Word, start: usize, end: usize) {
        self.tokens.words.insert(word);
        self.tokens.unknown += u32::from(word == Word::Unknown);
        self.push(Kind::Word(word), start, end);
    }

    /// The tag that a word at `start` directly follows.
    fn tag_before(&self, start: usize) -> Option<Sign> {
        let last = self.tokens.list.last()?;
        match last.kind {
            Kind::Sign(sign @ (Sign::Hash | Sign::Dollar)) if last.end as usize == start => {
                Some(sign)
            }
            _ => None,
        }
    }

    fn last_word(&self, back: usize) -> Option<Word> {
        let at = self.tokens.list.len().checked_sub(back)?;
        self.tokens.word(at)
    }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte >= 0x80
}

fn is_word_byte(byte: u8) -> bool {
    is_letter(byte) || byte.is_ascii_digit()
}
