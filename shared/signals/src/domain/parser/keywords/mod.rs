//! The words that mean something in a signal, whatever language they are of.
//!
//! Words are listed as [`super::fold`] leaves them: lower case, without accents,
//! Arabic and Persian in one spelling.

mod arabic;
mod english;
mod persian;
mod russian;
mod spanish;

use super::table::{Table, count, join};

/// What a word means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Word {
    /// Nothing that is known.
    Unknown,
    /// Part of a sentence, without weight.
    Filler,

    // Direction.
    /// Buy, and only that.
    Buy,
    /// Sell, and only that.
    Sell,
    /// Long: also of time.
    Long,
    /// Short: also of time.
    Short,
    /// A mood: up.
    Bullish,
    /// A mood: down.
    Bearish,
    /// After long, short and mid: a time.
    Term,

    // How to enter.
    /// Limit order.
    Limit,
    /// Stop order, or stop loss.
    Stop,
    /// Now, at the market's price.
    Market,
    /// A pending order of either kind.
    Pending,
    /// `buylimit` and its like: one word for two.
    BuyLimit,
    /// See [`Word::BuyLimit`].
    BuyStop,
    /// See [`Word::BuyLimit`].
    SellLimit,
    /// See [`Word::BuyLimit`].
    SellStop,
    /// See [`Word::BuyLimit`].
    BuyNow,
    /// See [`Word::BuyLimit`].
    SellNow,
    /// When the price is higher than.
    Above,
    /// When the price is lower than.
    Below,
    /// When the price breaks through.
    Breakout,
    /// Without leverage: crypto itself, which can only be bought.
    Spot,

    // Labels of fields.
    /// An entry follows.
    Entry,
    /// It is a zone.
    Zone,
    /// A price follows.
    Price,
    /// A stop loss follows.
    StopLoss,
    /// The second word of stop loss.
    Loss,
    /// The first word of take profit, or all of it.
    Take,
    /// The second word of take profit, or gain.
    Profit,
    /// A target follows.
    Target,
    /// Leverage follows.
    Leverage,
    /// Cross, isolated: near leverage.
    Margin,
    /// Risk follows.
    Risk,
    /// A size follows.
    Size,
    /// A symbol follows.
    Pair,
    /// A direction follows.
    Side,
    /// Something follows that is no price: a date, an id, a ratio.
    Aside,
    /// A signal, a trade, a setup.
    Signal,
    /// A position, an order.
    Position,

    // Units.
    /// Pips.
    Pips,
    /// Points.
    Points,
    /// Hours, minutes, days.
    Time,
    /// Lots.
    Lots,
    /// Dollars, as money.
    Money,
    /// A currency's code.
    Currency,
    /// A coin's code that is an English word, too.
    WordlikeCoin,
    /// A coin that others are priced in.
    Quote,

    // What joins.
    /// At.
    At,
    /// From.
    From,
    /// To.
    To,
    /// Between.
    Between,
    /// And.
    And,
    /// Or.
    Or,
    /// Average.
    Average,

    // In place of a price.
    /// Open, left open.
    Open,
    /// No, none, without.
    No,
    /// Later, soon.
    Later,
    /// The entry, as a place for the stop.
    Breakeven,
    /// The first word of break even.
    Break,
    /// The second word of break even.
    Even,
    /// After risk: without it.
    Free,

    // Following up.
    /// Move, set, change.
    Move,
    /// New, updated.
    New,
    /// Close, exit.
    Close,
    /// Closed, exited.
    Closed,
    /// Cancel, delete, ignore.
    Cancel,
    /// Hit, reached, done.
    Hit,
    /// Activated, filled.
    Filled,
    /// Stopped (out).
    Stopped,
    /// Half.
    Half,
    /// Partial, some.
    Partial,
    /// Secure, book, lock in.
    Secure,
    /// All, everything.
    All,
    /// Hold, keep.
    Hold,
    /// Trail.
    Trail,
    /// Runner.
    Runner,
    /// Leave.
    Leave,
    /// First, in words.
    First,
    /// Second, in words.
    Second,
    /// Third, in words.
    Third,
    /// A candle, a bar.
    Candle,

    // What weakens.
    /// Can, may, might, could.
    May,
    /// If.
    If,
    /// When, once, as soon as.
    When,
    /// After.
    After,
    /// Possibly, perhaps.
    Maybe,
    /// Wait, watch.
    Wait,
    /// Think, expect.
    Think,
    /// Not, never, avoid.
    Not,
    /// Running: an open trade's gain.
    Running,

    // What is no trade.
    /// Join, subscribe, VIP.
    Advert,
    /// Week, month, total, accuracy.
    Summary,
}

impl Word {
    /// Whether it names a direction.
    pub(super) fn is_direction(self) -> bool {
        use Word::{
            Buy, BuyLimit, BuyNow, BuyStop, Long, Sell, SellLimit, SellNow, SellStop, Short,
        };
        matches!(
            self,
            Buy | Sell
                | Long
                | Short
                | BuyLimit
                | BuyStop
                | SellLimit
                | SellStop
                | BuyNow
                | SellNow
        )
    }
}

/// A set of words.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Words(u128);

impl Words {
    /// Adds a word.
    pub(super) fn insert(&mut self, word: Word) {
        self.0 |= 1 << word as u8;
    }

    /// Whether any of these words is in it.
    pub(super) fn has_any(self, words: &[Word]) -> bool {
        words.iter().any(|word| self.has(*word))
    }

    /// Whether the word is in it.
    pub(super) fn has(self, word: Word) -> bool {
        self.0 & 1 << word as u8 != 0
    }
}

/// A list of words with what they mean.
type List = &'static [(&'static str, Word)];

const LISTS: &[List] = &[
    english::WORDS,
    russian::WORDS,
    persian::WORDS,
    arabic::WORDS,
    spanish::WORDS,
];
static WORDS: [(&str, Word); count(LISTS)] = join(LISTS, ("", Word::Unknown));
static TABLE: Table<Word, 4096> = Table::new(&WORDS);

/// What a folded word means.
pub(super) fn meaning(word: &[u8]) -> Option<Word> {
    TABLE.get(word)
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;
    use super::*;

    #[test]
    fn every_word_is_found_as_what_it_is_listed_for() {
        for (word, expected) in &WORDS {
            assert_eq!(meaning(word.as_bytes()), Some(*expected), "{word}");
        }
        assert!(WORDS.len() > 500, "{}", WORDS.len());
    }

    #[test]
    fn every_word_is_listed_as_folding_leaves_it() {
        let mut folded = String::new();
        for (word, _) in &WORDS {
            fold(word, &mut folded);
            assert_eq!(&folded, word);
        }
    }

    #[test]
    fn every_meaning_has_a_place_in_a_set() {
        assert!((Word::Summary as u8) < 128);
    }
}
