//! Cuts a folded message into tokens, in one pass.

use super::fold;
use super::keywords::{Word, meaning};
use super::numbers::{self, Number, Unit};
use super::symbols::{self, Name, Ticker};
use super::tokens::{Kind, MENTIONS_MAX, Mention, Sign, Token, Tokens, sign};

/// An emoji's name in colons is at most this long.
const SHORTCODE_BYTES_MAX: usize = 40;
/// Letters and digits beyond this many are no symbol, and looked at one part a time.
const MIXED_BYTES_MAX: usize = 24;
/// Numbers up to this one may number a line.
const ENUMERATOR_MAX: u8 = 50;
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
        let rest = self.text.get(start..).unwrap_or_default();
        let length = rest
            .iter()
            .take(MIXED_BYTES_MAX)
            .take_while(|byte| is_word_byte(**byte));
        start + length.count()
    }

    fn short_letters(&self, start: usize) -> usize {
        let run = self.short_run(start);
        let letters = self
            .slice(start, run)
            .iter()
            .take_while(|byte| is_letter(**byte));
        start + letters.count()
    }

    fn end_of(&self, start: usize, is_part: impl Fn(u8) -> bool) -> usize {
        let rest = self.text.get(start..).unwrap_or_default();
        let length = rest.iter().position(|byte| !is_part(*byte));
        start + length.unwrap_or(rest.len())
    }

    fn letters(&mut self) {
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

    fn is_link(&self, start: usize, end: usize) -> bool {
        let rest = self.text.get(end..).unwrap_or_default();
        match self.slice(start, end) {
            b"http" | b"https" => rest.starts_with(b"://"),
            b"www" => rest.starts_with(b"."),
            b"t" => rest.starts_with(b".me/"),
            _ => false,
        }
    }

    /// `s.l`, `t/p`, `б/у`, `s&p`: two letters and a sign are one word.
    fn abbreviation(&mut self, start: usize, end: usize) -> Option<usize> {
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

    fn letter_length(&self, at: usize) -> Option<usize> {
        match self.text.get(at)? {
            b'a'..=b'z' => Some(1),
            0xC0..=0xDF => Some(2),
            _ => None,
        }
    }

    /// A word of letters alone.
    fn word(&mut self, start: usize, end: usize) {
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

    fn known_word(&mut self, word: Word, start: usize, end: usize) {
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

    /// Whether `Pair:` or its like is directly before.
    fn follows_pair_label(&self) -> bool {
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

    fn follows_direction(&self, back: usize) -> bool {
        self.last_word(back).is_some_and(Word::is_direction)
    }

    /// A coin that is a word of English, or a tag, and now a direction after it.
    fn promote_before(&mut self, direction: Word) {
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
    fn name(&mut self, name: Name, tag: Option<Sign>, start: usize, end: usize) {
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

    fn set_unit_beside(&mut self, unit: Unit, start: usize) {
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
    fn combine(&mut self, quote: Name, start: usize, end: usize) -> bool {
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
    fn is_tight(&self, at: usize, start: usize) -> bool {
        let sign = self.tokens.list.get(at);
        let before = at.checked_sub(1).and_then(|at| self.tokens.list.get(at));
        match (before, sign) {
            (Some(before), Some(sign)) => before.end == sign.start && sign.end as usize == start,
            _ => false,
        }
    }

    fn pair_of(&self, base: Token, at: usize, quote: Name, is_joined: bool) -> Option<Ticker> {
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

    /// Letters with digits behind: a symbol, a label with its number, or neither.
    fn letters_and_digits(&mut self, start: usize, letters: usize, end: usize) -> usize {
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

    /// A number and what is directly behind it.
    fn number(&mut self, is_gain: bool) {
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
        let end = start + taken;
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
    fn starts_line(&self) -> bool {
        self.tokens
            .list
            .get(self.line_start..)
            .unwrap_or_default()
            .iter()
            .rev()
            .take(4)
            .all(|token| matches!(token.kind, Kind::Sign(_)))
    }

    /// The end of 06:55, 2018/12/24 or 24.12.2018, where one starts here.
    fn date_or_time(&self, start: usize) -> Option<usize> {
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
    fn follows_aside(&self) -> bool {
        self.last_word(2) == Some(Word::Aside) || self.last_word(1) == Some(Word::Aside)
    }

    /// What letters directly behind a number make of it.
    fn suffix(&mut self, mut number: Number, start: usize, end: usize) -> usize {
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

    fn mention(&mut self, ticker: Ticker, start: usize, end: usize) {
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
    fn broker_suffix(&self, end: usize) -> usize {
        let is_dotted = matches!(self.text.get(end), Some(b'.'));
        let close = self.end_of(end + 1, |byte| byte.is_ascii_lowercase());
        let is_suffix = is_dotted
            && close > end + 1
            && symbols::is_suffix(self.slice(end + 1, close))
            && !self.text.get(close).is_some_and(|byte| is_word_byte(*byte));
        if is_suffix { close } else { end }
    }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte >= 0x80
}

fn is_word_byte(byte: u8) -> bool {
    is_letter(byte) || byte.is_ascii_digit()
}

/// 1й, 2го, 3я.
fn is_russian_ending(text: &[u8]) -> bool {
    ["й", "го", "я", "е", "ю", "ый", "ой", "ая", "му"]
        .iter()
        .any(|ending| ending.as_bytes() == text)
}
