//! The values that a signal is made of.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize, Serializer};

/// Which way a signal trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SignalDirection)]
pub enum Direction {
    /// Long: earns as the price rises.
    #[serde(alias = "BUY", alias = "long", alias = "LONG")]
    Buy,
    /// Short: earns as the price falls.
    #[serde(alias = "SELL", alias = "short", alias = "SHORT")]
    Sell,
}

impl Direction {
    /// The other way.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// Whether `price` is a gain for a position opened at `entry`.
    #[must_use]
    pub fn gains(self, entry: Decimal, price: Decimal) -> bool {
        match self {
            Self::Buy => price > entry,
            Self::Sell => price < entry,
        }
    }

    /// Whether `price` is a loss for a position opened at `entry`.
    #[must_use]
    pub fn loses(self, entry: Decimal, price: Decimal) -> bool {
        self.opposite().gains(entry, price)
    }
}

/// How a signal enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SignalOrderType)]
pub enum OrderType {
    /// At once, at whatever the price is.
    Market,
    /// When the price comes to a better one.
    Limit,
    /// When the price breaks through to a worse one.
    Stop,
}

/// What kind of thing a symbol names; pips and plausible distances depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Market {
    /// A pair of currencies: `EURUSD`.
    Forex,
    /// A precious metal in a currency: `XAUUSD`.
    Metal,
    /// A stock index: `US30`.
    Index,
    /// Oil or gas: `USOIL`.
    Energy,
    /// A pair of coins, or a coin in a currency: `BTC/USDT`.
    Crypto,
}

/// What is traded, in the one way this system writes it: `EURUSD`, `XAUUSD`,
/// `US30`, and crypto with a stroke, `BTC/USDT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    name: String,
    market: Market,
}

impl Symbol {
    pub(crate) fn new(name: String, market: Market) -> Self {
        Self { name, market }
    }

    /// The name as this system writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// What kind of thing it is.
    #[must_use]
    pub fn market(&self) -> Market {
        self.market
    }

    /// The price change that traders call one pip, where they agree on one:
    /// 0.0001 of a pair, 0.01 of one in yen or forint, 0.1 of gold, 1 of an
    /// index. Nobody agrees on one for crypto.
    #[must_use]
    pub fn pip(&self) -> Option<Decimal> {
        let quote = self.name.get(3..).unwrap_or_default();
        match self.market {
            Market::Forex if matches!(quote, "JPY" | "HUF" | "THB" | "INR") => {
                Some(Decimal::new(1, 2))
            }
            Market::Forex => Some(Decimal::new(1, 4)),
            Market::Metal if self.name.starts_with("XAG") => Some(Decimal::new(1, 2)),
            Market::Metal => Some(Decimal::new(1, 1)),
            Market::Index => Some(Decimal::ONE),
            Market::Energy => Some(Decimal::new(1, 2)),
            Market::Crypto => None,
        }
    }
}

impl Serialize for Symbol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}
