//! Which symbol a word, or two beside each other, stand for.

mod names;

pub(super) use names::{Name, name};

use crate::domain::values::{Market, Symbol};

/// The longest name of a coin that is taken for one.
const COIN_BYTES_MAX: usize = 14;
/// Room for a coin, a stroke and what it is priced in.
const TICKER_BYTES: usize = 22;

/// A symbol as it is gathered: a short text in place, without memory of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticker {
    bytes: [u8; TICKER_BYTES],
    len: u8,
    pub(super) market: Market,
    /// Whether the coin is one of the known ones; true but for coins.
    pub(super) is_known: bool,
    /// Whether nothing was said of what the coin is priced in.
    is_bare: bool,
}

impl Ticker {
    fn new(market: Market) -> Self {
        Self {
            bytes: [0; TICKER_BYTES],
            len: 0,
            market,
            is_known: true,
            is_bare: false,
        }
    }

    /// An instrument that has a name of its own.
    pub(super) fn named(name: &str, market: Market) -> Self {
        let mut ticker = Self::new(market);
        ticker.push(name.as_bytes());
        ticker
    }

    /// A pair of currencies, or a metal in one.
    pub(super) fn pair(base: &str, quote: &str) -> Self {
        let is_metal = base.starts_with('X');
        let mut ticker = Self::new(if is_metal {
            Market::Metal
        } else {
            Market::Forex
        });
        ticker.push(base.as_bytes());
        ticker.push(quote.as_bytes());
        ticker
    }

    /// A coin in what it is priced in; `None` for what is no coin's name.
    pub(super) fn coin(base: &[u8], quote: &[u8], is_known: bool) -> Option<Self> {
        let is_name = (1..=COIN_BYTES_MAX).contains(&base.len())
            && base.iter().all(u8::is_ascii_alphanumeric)
            && base.iter().any(u8::is_ascii_alphabetic);
        if !is_name {
            return None;
        }
        let mut ticker = Self::new(Market::Crypto);
        ticker.is_known = is_known;
        ticker.push(base);
        ticker.push(b"/");
        ticker.push(quote);
        Some(ticker)
    }

    /// A coin alone, which is priced in tethers.
    pub(super) fn bare_coin(base: &[u8], is_known: bool) -> Option<Self> {
        let mut ticker = Self::coin(base, b"USDT", is_known)?;
        ticker.is_bare = true;
        Some(ticker)
    }

    /// The same priced in something else, where nothing was said of it before.
    pub(super) fn priced_in(&self, quote: Name) -> Option<Self> {
        match (self.market, quote) {
            (Market::Crypto, Name::Quote(code) | Name::Currency(code) | Name::Coin(code))
                if self.is_bare =>
            {
                let base = self.bytes().split(|byte| *byte == b'/').next()?;
                Self::coin(base, code.as_bytes(), self.is_known)
            }
            (Market::Metal, Name::Currency(code)) if self.len == 6 => {
                let base = std::str::from_utf8(self.bytes().get(..3)?).ok()?;
                Some(Self::pair(base, code))
            }
            _ => None,
        }
    }

    fn push(&mut self, text: &[u8]) {
        for byte in text {
            if let Some(place) = self.bytes.get_mut(usize::from(self.len)) {
                *place = byte.to_ascii_uppercase();
                self.len += 1;
            }
        }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The symbol, as a value of its own.
    pub(super) fn symbol(&self) -> Symbol {
        Symbol::new(
            self.bytes().iter().map(|byte| char::from(*byte)).collect(),
            self.market,
        )
    }
}

/// The symbol that a single word is: `eurusd`, `xauusdm`, `btcusdt`, `us30cash`.
pub(super) fn of_word(word: &[u8]) -> Option<Ticker> {
    if let Some(name) = name(word) {
        return of_name(name);
    }
    if word.len() < 4 || !word.is_ascii() {
        return None;
    }
    of_pair(word)
        .or_else(|| of_coin_pair(word))
        .or_else(|| of_index(word))
}

/// The symbol that a name is by itself.
pub(super) fn of_name(name: Name) -> Option<Ticker> {
    match name {
        Name::Instrument(symbol, market) => Some(Ticker::named(symbol, market)),
        Name::Metal(code) => Some(Ticker::pair(code, "USD")),
        Name::Coin(code) => Ticker::bare_coin(code.as_bytes(), true),
        Name::Currency(_) | Name::CoinWord(_) | Name::Quote(_) => None,
    }
}

/// Two codes in one word, and what a broker puts behind: `eurusd`, `xauusdm`, `eurusdpro`.
fn of_pair(word: &[u8]) -> Option<Ticker> {
    let (base, rest) = word.split_at_checked(3)?;
    let (quote, suffix) = rest.split_at_checked(3)?;
    let base = match name(base)? {
        Name::Currency(code) | Name::Metal(code) => code,
        _ => return None,
    };
    let Name::Currency(quote) = name(quote)? else {
        return None;
    };
    (base != quote && is_suffix(suffix)).then(|| Ticker::pair(base, quote))
}

/// What brokers put behind a symbol to tell account types apart, or a mistyped last letter.
pub(super) fn is_suffix(suffix: &[u8]) -> bool {
    suffix.len() <= 1
        || matches!(
            suffix,
            b"pro"
                | b"raw"
                | b"ecn"
                | b"stp"
                | b"std"
                | b"micro"
                | b"mini"
                | b"cash"
                | b"spot"
                | b"sml"
                | b"fx"
                | b"mt"
                | b"vx"
                | b"ft"
                | b"sb"
                | b"zero"
                | b"perp"
        )
}

/// A coin and what it is priced in: `btcusdt`, `1000pepeusdt`, `btcusdm`, `ethbtc`, `solusdtperp`.
fn of_coin_pair(word: &[u8]) -> Option<Ticker> {
    const STABLE: [&[u8]; 5] = [b"usdt", b"usdc", b"busd", b"fdusd", b"tusd"];
    let word = word.strip_suffix(b"perp").unwrap_or(word);
    for quote in STABLE {
        if let Some(base) = word.strip_suffix(quote).filter(|base| !base.is_empty()) {
            return Ticker::coin(base, quote, is_coin(base));
        }
    }
    for quote in [b"usd".as_slice(), b"eur", b"gbp", b"btc", b"eth", b"try"] {
        let base = word.strip_suffix(quote).or_else(|| {
            let (_, shorter) = word.split_last()?;
            shorter.strip_suffix(quote)
        });
        if let Some(base) = base.filter(|base| is_coin(base)) {
            return Ticker::coin(base, quote, true);
        }
    }
    None
}

fn is_coin(word: &[u8]) -> bool {
    matches!(name(word), Some(Name::Coin(_) | Name::CoinWord(_)))
}

/// An index with a broker's suffix: `us30cash`, `nas100m`.
fn of_index(word: &[u8]) -> Option<Ticker> {
    let last = word.iter().rposition(u8::is_ascii_digit)?;
    let (known, suffix) = word.split_at_checked(last + 1)?;
    match name(known)? {
        Name::Instrument(symbol, market) if is_suffix(suffix) => {
            Some(Ticker::named(symbol, market))
        }
        _ => None,
    }
}

/// How the market orders currencies: the one further in front is the base.
pub(super) fn is_usual_pair(base: &str, quote: &str) -> bool {
    const ORDER: [&str; 8] = ["EUR", "GBP", "AUD", "NZD", "USD", "CAD", "CHF", "JPY"];
    let place = |code| ORDER.iter().position(|known| *known == code);
    match (place(base), place(quote)) {
        (Some(base), Some(quote)) => base < quote,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(word: &str) -> Option<String> {
        of_word(word.as_bytes()).map(|ticker| ticker.symbol().as_str().to_owned())
    }

    #[test]
    fn one_word_is_one_symbol_whatever_the_broker_puts_behind() {
        for (word, expected) in [
            ("eurusd", "EURUSD"),
            ("eurusdm", "EURUSD"),
            ("usdchff", "USDCHF"),
            ("xauusdpro", "XAUUSD"),
            ("gold", "XAUUSD"),
            ("us30cash", "US30"),
            ("nas100m", "NAS100"),
            ("btcusdt", "BTC/USDT"),
            ("btcusd", "BTC/USD"),
            ("btcusdm", "BTC/USD"),
            ("1000pepeusdt", "1000PEPE/USDT"),
            ("solusdtperp", "SOL/USDT"),
            ("ethbtc", "ETH/BTC"),
            ("zzzusdt", "ZZZ/USDT"),
            ("btc", "BTC/USDT"),
            ("xau", "XAUUSD"),
            ("cable", "GBPUSD"),
        ] {
            assert_eq!(read(word).as_deref(), Some(expected), "{word}");
        }
    }

    #[test]
    fn words_are_no_symbols() {
        for word in [
            "signal", "usdt", "usd", "eureur", "people", "dollars", "tradeusd", "x", "",
        ] {
            assert_eq!(read(word), None, "{word}");
        }
    }

    #[test]
    fn a_coin_takes_the_quote_that_follows_it_once() {
        let coin = Ticker::bare_coin(b"eth", true).expect("a coin");
        let priced = coin.priced_in(Name::Currency("USD")).expect("priced");
        assert_eq!(priced.symbol().as_str(), "ETH/USD");
        assert!(priced.priced_in(Name::Quote("USDT")).is_none());
    }
}
