//! News of trades called before: what happened, and what is to be done.

use rust_decimal::Decimal;

use super::answer::{Action, LIST_MAX};
use super::facts::{Facts, Stop};
use super::keywords::{Word, Words};
use super::labels::is_breakeven;
use super::numbers::{Number, Unit};
use super::tokens::{Kind, Sign, Tokens};

/// Unknown words on a line that is still news.
const WORDS_AROUND_NEWS_MAX: u32 = 4;
/// How far from a word what it tells of may be.
const REACH: usize = 6;

/// What a message tells of a trade.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Each once, in the order of the text.
    pub(super) actions: Vec<Action>,
    /// The share that is closed.
    pub(super) close_percent: Option<Decimal>,
    /// Whether something has happened, and is not only to be done.
    pub(super) has_happened: bool,
}

impl News {
    fn add(&mut self, action: Action) {
        if !self.actions.contains(&action) && self.actions.len() < LIST_MAX {
            self.actions.push(action);
        }
    }
}

/// Words without which there is no news.
const TELLING: [Word; 17] = [
    Word::To,
    Word::Move,
    Word::New,
    Word::Close,
    Word::Closed,
    Word::Cancel,
    Word::Hit,
    Word::Filled,
    Word::Stopped,
    Word::Half,
    Word::Partial,
    Word::Secure,
    Word::Hold,
    Word::Trail,
    Word::Breakeven,
    Word::Break,
    Word::Free,
];

/// Reads the news of a message.
pub(super) fn read(tokens: &Tokens, facts: &Facts) -> News {
    let mut news = News::default();
    let has_done = tokens
        .list
        .iter()
        .any(|token| matches!(token.kind, Kind::Sign(Sign::Check | Sign::StopMark)));
    if !tokens.words.has_any(&TELLING) && !has_done && !matches!(facts.stop, Stop::Breakeven) {
        return news;
    }
    let mut start = 0;
    while start < tokens.list.len() {
        let end = (start..tokens.list.len())
            .find(|at| tokens.kind(*at) == Some(Kind::Line))
            .unwrap_or(tokens.list.len());
        Line::of(tokens, start, end).read(facts, &mut news);
        start = end + 1;
    }
    // To hold is no news beside other news.
    if news.actions.len() > 1 {
        news.actions.retain(|action| *action != Action::Hold);
    }
    news
}

/// A line with what words it has.
struct Line<'a> {
    tokens: &'a Tokens,
    start: usize,
    end: usize,
    words: Words,
    unknown: u32,
    count: u32,
    has_symbol: bool,
    percent: Option<Number>,
}

impl<'a> Line<'a> {
    fn of(tokens: &'a Tokens, start: usize, end: usize) -> Self {
        let mut line = Self {
            tokens,
            start,
            end,
            words: Words::default(),
            unknown: 0,
            count: 0,
            has_symbol: false,
            percent: None,
        };
        for at in start..end {
            match tokens.kind(at) {
                Some(Kind::Word(word)) => {
                    line.words.insert(word);
                    line.unknown += u32::from(word == Word::Unknown);
                    line.count += 1;
                }
                Some(Kind::Symbol(_)) => line.has_symbol = true,
                Some(Kind::Number(number)) if number.unit == Unit::Percent && !number.is_gain => {
                    line.percent = line.percent.or(Some(number));
                }
                _ => {}
            }
        }
        line
    }

    fn read(&self, facts: &Facts, news: &mut News) {
        let is_conditional = self.words.has_any(&[Word::When, Word::If]);
        for at in self.start..self.end {
            match self.tokens.kind(at) {
                Some(Kind::Word(Word::Hit | Word::Filled | Word::Stopped))
                    if !is_conditional && !self.is_after(at) =>
                {
                    self.hit(at, news);
                }
                Some(Kind::Word(Word::Closed)) if self.is_closed_at_stop(at) => {
                    news.has_happened = true;
                    news.add(Action::StopHit);
                }
                Some(Kind::Sign(Sign::Check | Sign::StopMark)) => self.ticked(at, news),
                Some(Kind::Word(Word::Breakeven | Word::Even | Word::Free)) if !is_conditional => {
                    self.breakeven(at, news);
                }
                _ => {}
            }
        }
        if is_conditional {
            return;
        }
        if matches!(facts.stop, Stop::Breakeven) && self.has_stop() {
            news.add(Action::Breakeven);
        }
        self.managed(facts, news);
    }

    fn has_stop(&self) -> bool {
        self.words.has_any(&[Word::Stop, Word::StopLoss])
    }

    /// `Closed at stop loss`.
    fn is_closed_at_stop(&self, at: usize) -> bool {
        (at + 1..self.end)
            .take(3)
            .take_while(|at| !self.tokens.is_sign(*at, Sign::Comma))
            .any(|at| matches!(self.tokens.word(at), Some(Word::Stop | Word::StopLoss)))
    }

    /// `SL to 1.25`.
    fn has_stop_to(&self) -> bool {
        (self.start..self.end).any(|at| {
            matches!(self.tokens.word(at), Some(Word::Stop | Word::StopLoss))
                && self.tokens.word(at + 1) == Some(Word::To)
        })
    }

    /// Whether `after` is before: an instruction for later.
    fn is_after(&self, at: usize) -> bool {
        (self.start..at)
            .rev()
            .take(REACH)
            .any(|at| self.tokens.word(at) == Some(Word::After))
    }

    /// What was hit: the nearest label, before the word first.
    fn hit(&self, at: usize, news: &mut News) {
        let word = self.tokens.word(at);
        if word == Some(Word::Stopped) {
            news.has_happened = true;
            return news.add(Action::StopHit);
        }
        let before = (self.start..at).rev().take(REACH);
        let behind = (at + 1..self.end).take(4);
        let label = |at: usize| match self.tokens.word(at) {
            Some(Word::Target | Word::Take | Word::Stop | Word::StopLoss | Word::Entry) => Some(at),
            Some(Word::Limit | Word::Position) if word == Some(Word::Filled) => Some(at),
            _ => None,
        };
        let is_comma = |at: &usize| self.tokens.is_sign(*at, Sign::Comma);
        let Some(label) = before
            .take_while(|at| !is_comma(at))
            .find_map(label)
            .or_else(|| behind.take_while(|at| !is_comma(at)).find_map(label))
        else {
            return;
        };
        self.labelled_hit(label, news);
    }

    fn labelled_hit(&self, label: usize, news: &mut News) {
        news.has_happened = true;
        match self.tokens.word(label) {
            Some(Word::Target | Word::Take) => {
                // `All entry targets achieved` is of entries.
                let first = (self.start..label).rev().take(3);
                if first
                    .clone()
                    .any(|at| self.tokens.word(at) == Some(Word::Entry))
                {
                    return news.add(Action::EntryHit);
                }
                if first
                    .clone()
                    .any(|at| self.tokens.word(at) == Some(Word::All))
                {
                    return news.add(Action::AllTargetsHit);
                }
                news.add(Action::TargetHit(self.index(label)));
            }
            Some(Word::Stop | Word::StopLoss) => news.add(Action::StopHit),
            _ => news.add(Action::EntryHit),
        }
    }

    /// The number of the target at a place: `tp1`, `target 2`, `1st target`, `первый тейк`.
    fn index(&self, label: usize) -> Option<u8> {
        let small = |at: usize| {
            let number = self.tokens.number(at)?;
            let counts = matches!(number.unit, Unit::Plain | Unit::Ordinal);
            number.small(20).filter(|index| counts && *index > 0)
        };
        let worded = |at: usize| match self.tokens.word(at)? {
            Word::First => Some(1),
            Word::Second => Some(2),
            Word::Third => Some(3),
            _ => None,
        };
        let before = label.checked_sub(1).filter(|at| *at >= self.start);
        small(label + 1)
            .or_else(|| worded(label + 1))
            .or_else(|| small(label + 2).filter(|_| self.is_label(label + 1)))
            .or_else(|| before.and_then(|at| small(at).or_else(|| worded(at))))
    }

    fn is_label(&self, at: usize) -> bool {
        matches!(
            self.tokens.kind(at),
            Some(Kind::Word(Word::Target | Word::Profit) | Kind::Sign(Sign::Hash | Sign::Dash))
        )
    }

    /// `TP1 ✅`, `Entry 1 ✅`, `Stoploss ⛔`: a label without a price, and a tick.
    fn ticked(&self, at: usize, news: &mut News) {
        let is_check = self.tokens.is_sign(at, Sign::Check);
        if self.tokens.number(at + 1).is_some() {
            return;
        }
        let Some(before) = at.checked_sub(1).filter(|before| *before >= self.start) else {
            return;
        };
        let label = match self.tokens.kind(before) {
            Some(Kind::Number(number)) if is_check && number.small(20).is_some() => {
                before.checked_sub(1)
            }
            Some(Kind::Word(_)) => Some(before),
            _ => None,
        };
        let Some(label) = label.filter(|label| *label >= self.start) else {
            return;
        };
        match self.tokens.word(label) {
            Some(Word::Target | Word::Take | Word::Profit | Word::Entry) if is_check => {
                let label = if self.tokens.word(label) == Some(Word::Profit) {
                    label.saturating_sub(1)
                } else {
                    label
                };
                self.labelled_hit(label, news);
            }
            Some(Word::StopLoss) if !is_check && self.words.has(Word::StopLoss) => {
                self.labelled_hit(label, news);
            }
            _ => {}
        }
    }

    fn breakeven(&self, at: usize, news: &mut News) {
        let is_told = self
            .words
            .has_any(&[Word::Stop, Word::StopLoss, Word::Move, Word::Secure]);
        if is_breakeven(self.tokens, at) && (is_told || self.count <= 6) {
            news.add(Action::Breakeven);
        }
    }

    /// What is to be done with the trade.
    fn managed(&self, facts: &Facts, news: &mut News) {
        if self.unknown > WORDS_AROUND_NEWS_MAX {
            return;
        }
        let words = self.words;
        if words.has(Word::Cancel) {
            news.add(Action::Cancel);
        }
        if self.is_partial() {
            news.add(Action::ClosePartial);
            news.close_percent = self
                .percent
                .map(|percent| percent.value().normalize())
                .filter(|share| *share <= Decimal::ONE_HUNDRED && !share.is_zero())
                .or_else(|| words.has(Word::Half).then(|| Decimal::from(50)));
        } else if self.closes() && !news.actions.contains(&Action::StopHit) {
            let is_all = words.has(Word::All) && !self.has_symbol;
            news.add(if is_all {
                Action::CloseAll
            } else {
                Action::Close
            });
        }
        let is_order = facts.side.is_some() && !facts.entries.is_empty();
        if words.has(Word::Trail) && self.has_stop() {
            news.add(Action::TrailStop);
        } else if self.has_stop()
            && !is_order
            && matches!(facts.stop, Stop::Price(_) | Stop::Pips(_))
            && (words.has_any(&[Word::Move, Word::New]) || self.has_stop_to())
        {
            news.add(Action::MoveStop);
        }
        let has_target = words.has_any(&[Word::Target, Word::Take]);
        if has_target
            && words.has_any(&[Word::Move, Word::New])
            && !is_order
            && !facts.targets.is_empty()
            && !news.has_happened
        {
            news.add(Action::SetTargets);
        }
        if words.has(Word::Hold) && !self.has_target_price(facts) {
            news.add(Action::Hold);
        }
    }

    fn has_target_price(&self, facts: &Facts) -> bool {
        facts.side.is_some() && facts.has_exit()
    }

    /// Half, a part or so many percent are closed.
    fn is_partial(&self) -> bool {
        let words = self.words;
        let is_closing = words.has_any(&[Word::Close, Word::Closed, Word::Secure])
            || (words.has(Word::Take) && words.has_any(&[Word::Partial, Word::Half]));
        let is_part = words.has_any(&[Word::Half, Word::Partial]) || self.percent.is_some();
        let is_gain = words.has(Word::Secure) && words.has(Word::Profit);
        (is_closing && is_part) || is_gain
    }

    /// A close that is of a trade, not of a candle, and not nearness.
    fn closes(&self) -> bool {
        let is_close = |at: usize| {
            let word = self.tokens.word(at);
            let is_past = word == Some(Word::Closed);
            if !(word == Some(Word::Close) || is_past) {
                return false;
            }
            let behind = self.tokens.word(at + 1);
            let before = at.checked_sub(1).and_then(|at| self.tokens.word(at));
            let is_nearness = matches!(behind, Some(Word::To | Word::Above | Word::Below))
                || matches!(before, Some(Word::Candle | Word::Time));
            let is_of_trade = self.has_symbol
                || self.words.has_any(&[
                    Word::Position,
                    Word::Signal,
                    Word::All,
                    Word::Market,
                    Word::Buy,
                    Word::Sell,
                    Word::Stop,
                    Word::StopLoss,
                    Word::Profit,
                ])
                || self.count <= 3;
            !is_nearness && is_of_trade
        };
        (self.start..self.end).any(is_close) && !self.words.has(Word::Summary)
    }
}
