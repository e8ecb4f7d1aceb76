//! The text of a channel's message to a structured signal.
//!
//! Pure and total: whatever the text is, reading it neither panics nor takes more than linear time.
//! No regular expressions; one pass a step, one module a step:
//!
//! 1. `fold` writes the text in one spelling, with `alike` for letters that only look Latin;
//!    `lexer` cuts it into `tokens`, with `numbers`, `keywords` (a list a language) and `symbols`
//!    as help.
//! 2. `fields` walks over the tokens, `labels` says what each word does to the numbers behind it;
//!    what comes out are `facts`.
//! 3. `assemble` puts a signal together, `judge` refuses what cannot be traded and weighs the rest.
//! 4. `updates` reads news of trades called before.
//!
//! Where messages leave things open, the reading is this:
//!
//! - A price beside the direction (`BUY 1.0850`) is that of the market now; one with a label
//!   (`Entry: 1.0850`), a zone and several entries are limit orders; `now` and `CMP` make any of
//!   them market orders.
//! - Two entries joined by a dash, a stroke or `to` are a zone, three or more are orders of their own.
//! - A reply that gives what its parent lacks is an update that names the parent's symbol and
//!   direction; a reply with a direction of its own is a signal.
//! - Of several setups in one message the first is read.
//! - A message that repeats a signal to say that it was hit is an update, not a signal.

mod alike;
mod answer;
mod assemble;
mod facts;
mod fields;
mod fold;
mod follow;
mod formats;
mod judge;
mod keywords;
mod labels;
mod lexer;
mod numbers;
mod reasons;
mod symbols;
mod table;
mod tokens;
mod updates;

pub use answer::{Action, EntryZone, Kind, LIST_MAX, Parsed};
pub use formats::{Format, formats};
pub use reasons::Reason;

use facts::{Facts, Stop};
use follow::Parent;
use keywords::Word;
use symbols::Ticker;
use tokens::Tokens;
use updates::News;

use crate::domain::values::{Direction, Symbol};

/// The longest text that is read.
pub const TEXT_BYTES_MAX: usize = 65_536;

/// The longest name of a symbol that is read.
const SYMBOL_BYTES_MAX: usize = 40;

/// The text of a message, of bounded length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageText<'a>(&'a str);

/// A text is longer than is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is longer than {TEXT_BYTES_MAX} bytes")]
pub struct TooLong;

impl<'a> MessageText<'a> {
    /// Takes a text of at most [`TEXT_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// [`TooLong`] for a longer one.
    pub fn new(text: &'a str) -> Result<Self, TooLong> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(TooLong);
        }
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

/// Reads one message, with the one it replies to.
#[must_use]
pub fn parse(text: MessageText<'_>, reply_to: Option<MessageText<'_>>) -> Parsed {
    Parser::default().parse(text, reply_to)
}

/// The symbol that a text is the name of, however it is written: `gold`, `EURUSD.pro`, `btc/usdt`;
/// `None` where it is of no known one.
#[must_use]
pub fn symbol(text: &str) -> Option<Symbol> {
    let text = text.get(..SYMBOL_BYTES_MAX.min(text.len()))?;
    let mut parser = Parser::default();
    fold::fold(text, &mut parser.folded);
    lexer::cut(&parser.folded, &mut parser.tokens);
    match parser.tokens.mentions.as_slice() {
        [mention] => Some(mention.ticker.symbol()),
        _ => None,
    }
}

/// Reads messages one after the other, in the same memory.
#[derive(Default)]
pub struct Parser {
    folded: String,
    tokens: Tokens,
    facts: Facts,
}

impl Parser {
    /// Reads one message, with the one it replies to.
    #[must_use]
    pub fn parse(&mut self, text: MessageText<'_>, reply_to: Option<MessageText<'_>>) -> Parsed {
        let parent = reply_to.map(|reply_to| {
            let parsed = self.read(reply_to, None);
            let mention = self.tokens.mentions.first();
            Parent::new(parsed, mention.map(|mention| mention.ticker))
        });
        self.read(text, parent.as_ref())
    }

    fn read(&mut self, text: MessageText<'_>, parent: Option<&Parent>) -> Parsed {
        fold::fold(text.as_str(), &mut self.folded);
        lexer::cut(&self.folded, &mut self.tokens);
        fields::read(&self.tokens, &mut self.facts);
        let news = updates::read(&self.tokens, &self.facts);
        self.decide(news, parent)
    }

    /// A signal where the message orders, an update where it tells of a trade, noise otherwise.
    fn decide(&self, news: News, parent: Option<&Parent>) -> Parsed {
        let (tokens, facts) = (&self.tokens, &self.facts);
        let own = assemble::ticker(tokens, facts);
        if let Some(side) = facts.side
            && !self.is_news(&news, own.is_some())
        {
            let ticker = own.or_else(|| parent.and_then(Parent::ticker));
            let Some(ticker) = ticker else {
                return Parsed::noise(self.why_without_symbol());
            };
            return self.signal(ticker, side.direction, own.is_none());
        }
        if !news.actions.is_empty() && self.is_trusted(&news, parent, own) {
            return follow::update(tokens, facts, news, parent, own);
        }
        if let Some(parent) = parent
            && facts.side.is_none()
            && let Some(update) = follow::details(facts, parent, own)
        {
            return update;
        }
        match (own, self.hinted_direction()) {
            (Some(ticker), Some(direction)) if self.has_everything() => {
                self.signal(ticker, direction, false)
            }
            _ => Parsed::noise(self.why_noise(own.is_some())),
        }
    }

    fn signal(&self, ticker: Ticker, direction: Direction, is_from_parent: bool) -> Parsed {
        let (tokens, facts) = (&self.tokens, &self.facts);
        let mut draft = match assemble::assemble(facts, ticker.symbol(), direction) {
            Ok(draft) => draft,
            Err(reason) => return Parsed::noise(reason),
        };
        if let Some(reason) = judge::refuse(&draft, facts, tokens) {
            return Parsed::noise(reason);
        }
        if is_from_parent {
            draft.notes.push(Reason::SymbolFromParent);
        }
        judge::weigh(&mut draft, facts, ticker.is_known);
        draft.parsed
    }

    /// Whether a message with a direction still only tells of a trade.
    fn is_news(&self, news: &News, has_symbol: bool) -> bool {
        if news.actions.is_empty() {
            return false;
        }
        let facts = &self.facts;
        let is_whole = has_symbol && (facts.has_exit() || !facts.entries.is_empty());
        let is_plan = news.actions.iter().all(|action| {
            matches!(
                action,
                Action::Breakeven | Action::ClosePartial | Action::TrailStop | Action::Hold
            )
        });
        let is_order = is_whole || (facts.is_market && is_plan);
        news.has_happened || !is_order
    }

    /// Whether news without an order is of a trade and not of the week.
    fn is_trusted(&self, news: &News, parent: Option<&Parent>, own: Option<Ticker>) -> bool {
        let words = self.tokens.words;
        if parent.is_some_and(Parent::is_signal) {
            return true;
        }
        if words.has(Word::Summary) || (self.facts.is_question && !news.has_happened) {
            return false;
        }
        let is_weak = news
            .actions
            .iter()
            .all(|action| matches!(action, Action::Hold | Action::Close | Action::Cancel));
        let is_short = self.tokens.unknown <= 4;
        if words.has(Word::Advert) && self.tokens.unknown > 4 {
            return false;
        }
        is_short || own.is_some() && !is_weak || parent.is_some()
    }

    /// A direction that is not said but shown.
    fn hinted_direction(&self) -> Option<Direction> {
        let facts = &self.facts;
        if facts.is_both || facts.is_negated {
            return None;
        }
        let by_sign = match (facts.ups > 0, facts.downs > 0) {
            (true, false) => Some(Direction::Buy),
            (false, true) => Some(Direction::Sell),
            _ => None,
        };
        let by_kind = self.tokens.words.has(Word::Spot).then_some(Direction::Buy);
        facts.mood.or(by_sign).or(by_kind)
    }

    fn has_everything(&self) -> bool {
        let facts = &self.facts;
        matches!(facts.stop, Stop::Price(_))
            && !facts.targets.is_empty()
            && (!facts.entries.is_empty() || !facts.loose.is_empty())
    }

    fn why_without_symbol(&self) -> Reason {
        let facts = &self.facts;
        if facts.has_exit() || !facts.entries.is_empty() {
            Reason::SymbolMissing
        } else {
            self.why_chatter(Reason::SymbolMissing)
        }
    }

    fn why_noise(&self, has_symbol: bool) -> Reason {
        let facts = &self.facts;
        let is_said = |token: &tokens::Token| {
            !matches!(token.kind, tokens::Kind::Line | tokens::Kind::Sign(_))
        };
        if !self.tokens.list.iter().any(is_said) {
            return Reason::Empty;
        }
        if facts.is_both {
            return self.why_chatter(Reason::DirectionsContradict);
        }
        if facts.is_negated {
            return Reason::Negated;
        }
        let has_prices = facts.has_exit() || !facts.entries.is_empty();
        match (has_symbol, has_prices) {
            (true, true) if !self.tells_of_results() => Reason::DirectionMissing,
            (true, false) => self.why_chatter(Reason::DirectionMissing),
            _ => self.why_chatter(Reason::Chatter),
        }
    }

    fn tells_of_results(&self) -> bool {
        self.tokens
            .words
            .has_any(&[Word::Summary, Word::Running, Word::Hit])
    }

    fn why_chatter(&self, otherwise: Reason) -> Reason {
        let words = self.tokens.words;
        if self.tells_of_results() {
            Reason::Result
        } else if words.has(Word::Advert) || self.tokens.has_link {
            Reason::Advert
        } else if self.facts.is_question {
            Reason::Question
        } else {
            otherwise
        }
    }
}
