//! Symbols: what one lot is, and how a change of price becomes money.

use kernel::currency::Currency;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// What a scenario says about a symbol; what it leaves out is derived from the
/// symbol's name.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SymbolSpec {
    /// Units of the base asset in one lot.
    #[serde(default, with = "kernel::number::json_option")]
    pub contract_size: Option<Decimal>,
    /// Units of the account's currency that one unit of the symbol's profit
    /// currency is worth.
    #[serde(default, with = "kernel::number::json_option")]
    pub profit_rate: Option<Decimal>,
}

/// Which way a position earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Earns when the price rises.
    Buy,
    /// Earns when the price falls.
    Sell,
}

impl Side {
    /// The other side.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    fn signed(self, amount: Decimal) -> Decimal {
        match self {
            Self::Buy => amount,
            Self::Sell => -amount,
        }
    }
}

/// How profit in the symbol's own currency becomes the account's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conversion {
    /// By a fixed rate.
    Rate(Decimal),
    /// The account is kept in the symbol's base currency: by its own price.
    ByPrice,
}

/// A symbol on an account of a given currency.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instrument {
    contract_size: Decimal,
    conversion: Conversion,
    tick: Decimal,
}

/// The largest contract size and rate that are accepted.
const CONTRACT_SIZE_MAX: Decimal = Decimal::from_parts(10_000_000, 0, 0, false, 0);
const RATE_MAX: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

const CURRENCIES: [&str; 20] = [
    "AUD", "CAD", "CHF", "CNH", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "JPY", "MXN", "NOK",
    "NZD", "PLN", "SEK", "SGD", "TRY", "USD", "ZAR",
];

impl Instrument {
    /// Resolves a symbol on an account kept in `currency`.
    ///
    /// # Errors
    /// A sentence, where a figure is out of bounds or the profit currency is
    /// another than the account's and no rate is given.
    pub(crate) fn resolve(
        symbol: &str,
        spec: SymbolSpec,
        currency: &Currency,
    ) -> Result<Self, String> {
        let (base, quote) = pair(symbol);
        let contract_size = spec.contract_size.unwrap_or_else(|| lot(base, quote));
        if contract_size <= Decimal::ZERO || contract_size > CONTRACT_SIZE_MAX {
            return Err(format!(
                "the contract size of {symbol} must be above 0 and at most {CONTRACT_SIZE_MAX}"
            ));
        }
        let conversion = match spec.profit_rate {
            Some(rate) if rate <= Decimal::ZERO || rate > RATE_MAX => {
                return Err(format!(
                    "the profit rate of {symbol} must be above 0 and at most {RATE_MAX}"
                ));
            }
            Some(rate) => Conversion::Rate(rate),
            None => match (base, quote) {
                (_, None) => Conversion::Rate(Decimal::ONE),
                (_, Some(quote)) if quote == currency.as_str() => Conversion::Rate(Decimal::ONE),
                (Some(base), _) if base == currency.as_str() => Conversion::ByPrice,
                (_, Some(quote)) => {
                    return Err(format!(
                        "{symbol} earns {quote} and the account is kept in {}: give its \
                         profit_rate under symbols",
                        currency.as_str()
                    ));
                }
            },
        };
        Ok(Self {
            contract_size,
            conversion,
            tick: tick(base, quote),
        })
    }

    /// Profit in the account's currency, not rounded, of a move from `open` to
    /// `close`. `None` where a decimal cannot hold it.
    #[must_use]
    pub(crate) fn profit(
        &self,
        side: Side,
        open: Decimal,
        close: Decimal,
        volume: Decimal,
    ) -> Option<Decimal> {
        let gain = side
            .signed(close.checked_sub(open)?)
            .checked_mul(self.contract_size.checked_mul(volume)?)?;
        match self.conversion {
            Conversion::Rate(rate) => gain.checked_mul(rate),
            Conversion::ByPrice => gain.checked_div(close),
        }
    }

    /// The price at which a position shows `profit`, rounded to eight digits.
    /// `None` where there is no such price.
    #[must_use]
    pub(crate) fn price_for(
        &self,
        side: Side,
        open: Decimal,
        profit: Decimal,
        volume: Decimal,
    ) -> Option<Decimal> {
        let per_unit = side
            .signed(profit)
            .checked_div(self.contract_size.checked_mul(volume)?)?;
        let price = match self.conversion {
            Conversion::Rate(rate) => open.checked_add(per_unit.checked_div(rate)?)?,
            Conversion::ByPrice => open.checked_div(Decimal::ONE.checked_sub(per_unit)?)?,
        };
        (price > Decimal::ZERO)
            .then(|| price.round_dp_with_strategy(8, RoundingStrategy::MidpointAwayFromZero))
    }

    /// Returns what the smallest move of the price earns a lot at a price.
    #[must_use]
    pub(crate) fn tick_value(&self, price: Decimal) -> Option<Decimal> {
        let moved = price.checked_add(self.tick)?;
        let value = self.profit(Side::Buy, price, moved, Decimal::ONE)?;
        Some(value.round_dp(8))
    }

    /// What a volume at a price is worth in the account's currency.
    #[must_use]
    pub(crate) fn notional(&self, price: Decimal, volume: Decimal) -> Option<Decimal> {
        let units = self.contract_size.checked_mul(volume)?;
        match self.conversion {
            Conversion::Rate(rate) => units.checked_mul(price)?.checked_mul(rate),
            Conversion::ByPrice => Some(units),
        }
    }
}

/// Base and quote of a symbol's name: `EURUSD.r` is EUR and USD, `US30` none.
fn pair(symbol: &str) -> (Option<&str>, Option<&str>) {
    let (Some(base), Some(quote)) = (symbol.get(..3), symbol.get(3..6)) else {
        return (None, None);
    };
    if !CURRENCIES.contains(&quote) || !base.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return (None, None);
    }
    (Some(base), Some(quote))
}

/// The smallest move of a price.
fn tick(base: Option<&str>, quote: Option<&str>) -> Decimal {
    match (base, quote) {
        (Some(base), Some("JPY")) if CURRENCIES.contains(&base) => Decimal::new(1, 3),
        (Some(base), Some(_)) if CURRENCIES.contains(&base) => Decimal::new(1, 5),
        _ => Decimal::new(1, 2),
    }
}

fn lot(base: Option<&str>, quote: Option<&str>) -> Decimal {
    match (base, quote) {
        (Some("XAU" | "XPT" | "XPD"), Some(_)) => Decimal::from(100),
        (Some("XAG"), Some(_)) => Decimal::from(5_000),
        (Some(base), Some(_)) if CURRENCIES.contains(&base) => Decimal::from(100_000),
        _ => Decimal::ONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instrument(symbol: &str) -> Instrument {
        Instrument::resolve(symbol, SymbolSpec::default(), &Currency::usd()).expect("resolves")
    }

    fn dec(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    #[test]
    fn a_pip_of_a_lot_of_eurusd_is_ten_dollars() {
        let eurusd = instrument("EURUSD");
        let profit = eurusd.profit(Side::Buy, dec("1.1000"), dec("1.1001"), Decimal::ONE);
        assert_eq!(profit, Some(dec("10")));
        let profit = eurusd.profit(Side::Sell, dec("1.1000"), dec("1.1001"), dec("0.5"));
        assert_eq!(profit, Some(dec("-5")));
    }

    #[test]
    fn yen_become_dollars_by_the_price_of_the_close() {
        let usdjpy = instrument("USDJPY");
        let profit = usdjpy.profit(Side::Buy, dec("149"), dec("150"), dec("0.3"));
        assert_eq!(profit, Some(dec("200")));
        let price = usdjpy.price_for(Side::Buy, dec("149"), dec("200"), dec("0.3"));
        assert_eq!(price, Some(dec("150")));
    }

    #[test]
    fn a_foreign_profit_currency_needs_a_rate() {
        let refused = Instrument::resolve("EURGBP", SymbolSpec::default(), &Currency::usd());
        assert!(refused.expect_err("no rate").contains("profit_rate"));
        let spec = SymbolSpec {
            profit_rate: Some(dec("1.25")),
            ..SymbolSpec::default()
        };
        let eurgbp = Instrument::resolve("EURGBP", spec, &Currency::usd()).expect("resolves");
        let profit = eurgbp.profit(Side::Buy, dec("0.85"), dec("0.86"), Decimal::ONE);
        assert_eq!(profit, Some(dec("1250")));
    }

    #[test]
    fn an_index_is_one_unit_a_lot_in_the_accounts_currency() {
        let profit = instrument("US30").profit(Side::Sell, dec("40000"), dec("39900"), dec("2"));
        assert_eq!(profit, Some(dec("200")));
    }
}
