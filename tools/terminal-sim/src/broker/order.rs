//! Orders, and what they carry.

use rust_decimal::Decimal;

/// How an order is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// At once.
    Market,
    /// At this price or a better one.
    Limit(Decimal),
    /// At this price or a worse one.
    Stop(Decimal),
    /// As soon as the price is between these.
    Zone(Decimal, Decimal),
}

impl Entry {
    /// Whether a price fills it.
    #[must_use]
    pub fn takes(self, is_buy: bool, price: Decimal) -> bool {
        match self {
            Self::Market => true,
            Self::Limit(limit) if is_buy => price <= limit,
            Self::Limit(limit) => price >= limit,
            Self::Stop(stop) if is_buy => price >= stop,
            Self::Stop(stop) => price <= stop,
            Self::Zone(low, high) => (low..=high).contains(&price),
        }
    }

    /// The price that it waits for, of a zone the nearer bound.
    #[must_use]
    pub fn price(self, is_buy: bool) -> Option<Decimal> {
        match self {
            Self::Market => None,
            Self::Limit(price) | Self::Stop(price) => Some(price),
            Self::Zone(_, high) if is_buy => Some(high),
            Self::Zone(low, _) => Some(low),
        }
    }
}

/// A price at which a part of a position is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The price.
    pub price: Decimal,
    /// Lots.
    pub volume: Decimal,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What is traded.
    pub symbol: String,
    /// Whether it gains as the price rises.
    pub is_buy: bool,
    /// Lots.
    pub volume: Decimal,
    /// How it is entered.
    pub entry: Entry,
    /// Where the position is given up.
    pub stop_loss: Option<Decimal>,
    /// Where parts of it are closed, the nearest first.
    pub targets: Vec<Target>,
    /// The signal that it follows.
    pub signal: Option<String>,
    /// The command that it comes of. It stays with the broker, so that a
    /// terminal that was killed finds what it has done.
    pub command: Option<String>,
    /// Which of the command's orders it is, from 1, where there are several.
    pub part: Option<usize>,
}

impl Order {
    /// So many lots at the market's price, and nothing else.
    #[must_use]
    pub fn at_market(symbol: &str, is_buy: bool, volume: Decimal) -> Self {
        Self {
            symbol: symbol.to_owned(),
            is_buy,
            volume,
            entry: Entry::Market,
            stop_loss: None,
            targets: Vec::new(),
            signal: None,
            command: None,
            part: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_filled_at_a_better_price_and_a_stop_at_a_worse_one() {
        let at = Decimal::from;
        for (entry, is_buy, filled) in [
            (Entry::Market, true, [true, true, true]),
            (Entry::Limit(at(10)), true, [true, true, false]),
            (Entry::Limit(at(10)), false, [false, true, true]),
            (Entry::Stop(at(10)), true, [false, true, true]),
            (Entry::Stop(at(10)), false, [true, true, false]),
            (Entry::Zone(at(10), at(11)), true, [false, true, true]),
        ] {
            let takes = [9, 10, 11].map(|price| entry.takes(is_buy, at(price)));
            assert_eq!(takes, filled, "{entry:?}");
        }
    }
}
