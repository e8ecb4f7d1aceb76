//! Symbols: codes by themselves, and joined with the one before.

use super::{Lexer, is_word_byte};
use crate::domain::parser::keywords::Word;
use crate::domain::parser::numbers::Unit;
use crate::domain::parser::symbols::{self, Name, Ticker};
use crate::domain::parser::tokens::{Kind, MENTIONS_MAX, Mention, Sign, Token};

impl Lexer<'_> {
    /// Whether `Pair:` or its like is directly before.
    pub(super) fn follows_pair_label(&self) -> bool {
        let mut at = self.tokens.list.len();
        while let Some(before) = at.checked_sub(1) {
            match self.tokens.kind(before) {
                Some(Kind::Sign(Sign::Hash | Sign::Dollar | Sign::Colon)) => at = before,
                Some(Kind::Word(Word::Pair)) => return at < self.tokens.list.len(),
                _ => return false,
            }
            if self.tokens.list.len() - at > 3 {
                return false;
            }
        }
        false
    }

    pub(super) fn follows_direction(&self, back: usize) -> bool {
        self.last_word(back).is_some_and(Word::is_direction)
    }

    /// A coin that is a word of English, or a tag, and now a direction after it.
    pub(super) fn promote_before(&mut self, direction: Word) {
        let last = self.tokens.list.len();
        let Some(at) = last.checked_sub(1).filter(|at| *at >= self.line_start) else {
            return;
        };
        let token = self.tokens.list.get(at).copied();
        let Some(Token {
            kind: Kind::Word(word @ (Word::WordlikeCoin | Word::Unknown)),
            start,
            end,
        }) = token
        else {
            return;
        };
        let is_tagged = at
            .checked_sub(1)
            .is_some_and(|before| self.tokens.is_sign(before, Sign::Hash));
        let is_coin = match word {
            Word::WordlikeCoin => matches!(direction, Word::Long | Word::Short),
            _ => is_tagged,
        };
        let text = self.slice(start as usize, end as usize);
        if is_coin && let Some(ticker) = Ticker::bare_coin(text, word == Word::WordlikeCoin) {
            self.tokens.list.truncate(at);
            self.tokens.unknown -= u32::from(word == Word::Unknown);
            self.mention(ticker, start as usize, end as usize);
        }
    }

    /// A word that names a currency, a coin or an instrument.
    pub(super) fn name(&mut self, name: Name, tag: Option<Sign>, start: usize, end: usize) {
        if self.combine(name, start, end) {
            return;
        }
        match name {
            Name::CoinWord(code) => {
                let is_called = tag.is_some()
                    || self.follows_pair_label()
                    || matches!(self.last_word(1), Some(Word::Long | Word::Short));
                match Ticker::bare_coin(code.as_bytes(), true).filter(|_| is_called) {
                    Some(ticker) => self.mention(ticker, start, end),
                    None => self.push_word(Word::WordlikeCoin, start, end),
                }
            }
            Name::Currency(_) => {
                // 500 usd are no price of anything.
                self.set_unit_beside(Unit::Money, start);
                self.push_word(Word::Currency, start, end);
            }
            Name::Quote(_) => self.push_word(Word::Quote, start, end),
            Name::Instrument(..) | Name::Metal(_) | Name::Coin(_) => {
                if let Some(ticker) = symbols::of_name(name) {
                    self.mention(ticker, start, end);
                }
            }
        }
    }

    pub(super) fn set_unit_beside(&mut self, unit: Unit, start: usize) {
        let is_beside = self
            .tokens
            .list
            .last()
            .is_some_and(|last| start.saturating_sub(last.end as usize) <= 1);
        if is_beside {
            self.set_unit(unit);
        }
    }

    /// Joins a code with the one before it: `eur/usd`, `gbp cad`, `btc-usdt`.
    pub(super) fn combine(&mut self, quote: Name, start: usize, end: usize) -> bool {
        let Some(last) = self.tokens.list.len().checked_sub(1) else {
            return false;
        };
        let is_joined = match self.tokens.kind(last) {
            Some(Kind::Sign(Sign::Slash)) => true,
            Some(Kind::Sign(Sign::Dash | Sign::Bar)) => self.is_tight(last, start),
            _ => false,
        };
        let Some(at) = last.checked_sub(usize::from(is_joined)) else {
            return false;
        };
        let Some(base) = self.tokens.list.get(at).copied() else {
            return false;
        };
        let gap = self.slice(base.end as usize, start);
        let is_joined = is_joined || matches!(gap, b"_" | b"." | b"-");
        if !is_joined && gap != b" " && !gap.is_empty() {
            return false;
        }
        let Some(ticker) = self.pair_of(base, at, quote, is_joined) else {
            return false;
        };
        if let Kind::Symbol(_) = base.kind {
            self.tokens.mentions.pop();
        }
        if base.kind == Kind::Word(Word::Unknown) {
            self.tokens.unknown -= 1;
        }
        self.tokens.list.truncate(at);
        self.mention(ticker, base.start as usize, end);
        true
    }

    /// Whether nothing is on either side of a sign.
    pub(super) fn is_tight(&self, at: usize, start: usize) -> bool {
        let sign = self.tokens.list.get(at);
        let before = at.checked_sub(1).and_then(|at| self.tokens.list.get(at));
        match (before, sign) {
            (Some(before), Some(sign)) => before.end == sign.start && sign.end as usize == start,
            _ => false,
        }
    }

    pub(super) fn pair_of(
        &self,
        base: Token,
        at: usize,
        quote: Name,
        is_joined: bool,
    ) -> Option<Ticker> {
        let text = self.slice(base.start as usize, base.end as usize);
        match (base.kind, quote) {
            (Kind::Symbol(index), _) => {
                let mention = self.tokens.mentions.get(usize::from(index))?;
                // Coins side by side are a list, not a pair.
                if !is_joined && matches!(quote, Name::Coin(_)) {
                    return None;
                }
                let is_last = usize::from(index) + 1 == self.tokens.mentions.len();
                mention.ticker.priced_in(quote).filter(|_| is_last)
            }
            (Kind::Word(Word::Currency), Name::Currency(quote)) => {
                let Some(Name::Currency(base)) = symbols::name(text) else {
                    return None;
                };
                (base != quote && (is_joined || symbols::is_usual_pair(base, quote)))
                    .then(|| Ticker::pair(base, quote))
            }
            (Kind::Word(word), Name::Quote(quote)) => {
                let is_tagged = at.checked_sub(1).is_some_and(|before| {
                    self.tokens.is_sign(before, Sign::Hash)
                        || self.tokens.is_sign(before, Sign::Dollar)
                });
                let is_heading = at == self.line_start && word == Word::Unknown && text.len() <= 8;
                let is_coin = word == Word::WordlikeCoin;
                (is_joined || is_tagged || is_heading || is_coin)
                    .then(|| Ticker::coin(text, quote.as_bytes(), is_coin))?
            }
            _ => None,
        }
    }

    pub(super) fn mention(&mut self, ticker: Ticker, start: usize, end: usize) {
        let end = self.broker_suffix(end);
        let Ok(index) = u8::try_from(self.tokens.mentions.len()) else {
            return;
        };
        if usize::from(index) >= MENTIONS_MAX {
            return self.push_word(Word::Unknown, start, end);
        }
        let token = u32::try_from(self.tokens.list.len()).unwrap_or(u32::MAX);
        let is_heading = self.starts_line() || self.follows_pair_label();
        self.tokens.mentions.push(Mention {
            ticker,
            token,
            line: self.line,
            is_heading,
        });
        self.push(Kind::Symbol(index), start, end);
    }

    /// The end of what a broker puts behind a dot: `xauusd.r`, `eurusd.pro`, `btcusdt.p`.
    pub(super) fn broker_suffix(&self, end: usize) -> usize {
        let is_dotted = matches!(self.text.get(end), Some(b'.'));
        let close = self.end_of(end + 1, |byte| byte.is_ascii_lowercase());
        let is_suffix = is_dotted
            && close > end + 1
            && symbols::is_suffix(self.slice(end + 1, close))
            && !self.text.get(close).is_some_and(|byte| is_word_byte(*byte));
        if is_suffix { close } else { end }
    }
}
