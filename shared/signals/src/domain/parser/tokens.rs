//! A folded message as a row of words, numbers, symbols and signs.

use super::fold;
use super::keywords::{Word, Words};
use super::numbers::Number;
use super::symbols::Ticker;

/// Symbols beyond this many are not gathered.
pub(super) const MENTIONS_MAX: usize = 24;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word, with what it means.
    Word(Word),
    /// A number.
    Number(Number),
    /// A symbol: the index of its mention.
    Symbol(u8),
    /// A sign.
    Sign(Sign),
    /// The end of one or more lines.
    Line,
}

/// Signs that mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// `:`, `=`, `->`.
    Colon,
    /// `-` and its like.
    Dash,
    /// `/` or `\`.
    Slash,
    /// `,` or `;`.
    Comma,
    /// `&`.
    And,
    /// `|`.
    Bar,
    /// `@`.
    At,
    /// `#` before a word.
    Hash,
    /// `$` before a word.
    Dollar,
    /// A bracket that opens.
    Open,
    /// A bracket that closes.
    Close,
    /// `?`.
    Question,
    /// 📈.
    Up,
    /// 📉.
    Down,
    /// 💰.
    EntryMark,
    /// 🛑.
    StopMark,
    /// 🎯.
    TargetMark,
    /// ✅.
    Check,
}

/// A token and its place in the folded text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// Its first byte.
    pub(super) start: u32,
    /// The byte behind its last.
    pub(super) end: u32,
}

/// A symbol that the message names.
#[derive(Clone, Copy)]
pub(super) struct Mention {
    /// The symbol.
    pub(super) ticker: Ticker,
    /// Its token.
    pub(super) token: u32,
    /// The line it is on.
    pub(super) line: u32,
    /// Whether nothing but signs is before it on its line, or a tag or label.
    pub(super) is_heading: bool,
}

/// A message in tokens.
#[derive(Default)]
pub(super) struct Tokens {
    /// In the order of the text.
    pub(super) list: Vec<Token>,
    /// Symbols in the order of the text.
    pub(super) mentions: Vec<Mention>,
    /// Which words come up.
    pub(super) words: Words,
    /// How many words have no known meaning.
    pub(super) unknown: u32,
    /// Whether it links somewhere.
    pub(super) has_link: bool,
}

impl Tokens {
    /// Forgets everything but its memory.
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.mentions.clear();
        self.words = Words::default();
        self.unknown = 0;
        self.has_link = false;
    }

    /// The kind of a token, if there is one.
    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        self.list.get(at).map(|token| token.kind)
    }

    /// The word at a place, if it is one.
    pub(super) fn word(&self, at: usize) -> Option<Word> {
        match self.kind(at) {
            Some(Kind::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// The number at a place, if it is one.
    pub(super) fn number(&self, at: usize) -> Option<Number> {
        match self.kind(at) {
            Some(Kind::Number(number)) => Some(number),
            _ => None,
        }
    }

    /// Whether the sign is at a place.
    pub(super) fn is_sign(&self, at: usize, sign: Sign) -> bool {
        self.kind(at) == Some(Kind::Sign(sign))
    }
}

/// The sign that a byte of its own is.
pub(super) fn sign(byte: u8) -> Option<Sign> {
    Some(match byte {
        b':' | b'=' => Sign::Colon,
        b'-' | b'~' => Sign::Dash,
        b'/' | b'\\' => Sign::Slash,
        b',' | b';' => Sign::Comma,
        b'&' => Sign::And,
        b'|' => Sign::Bar,
        b'(' | b'[' | b'{' | b'<' => Sign::Open,
        b')' | b']' | b'}' | b'>' => Sign::Close,
        b'?' => Sign::Question,
        fold::UP => Sign::Up,
        fold::DOWN => Sign::Down,
        fold::ENTRY => Sign::EntryMark,
        fold::STOP => Sign::StopMark,
        fold::TARGET => Sign::TargetMark,
        fold::CHECK => Sign::Check,
        _ => return None,
    })
}
