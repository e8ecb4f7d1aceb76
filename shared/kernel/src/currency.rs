//! Currencies: how many digits a figure of money is sent with.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// An account's currency, as the trade server names it: an ISO 4217 code or a
/// crypto asset. Up to eight letters or digits, upper case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Currency(String);

impl Currency {
    /// The longest code accepted, in bytes.
    pub const LENGTH_MAX: usize = 8;

    /// Reads a code; lower case is raised. `None` where it cannot be one.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let code = code.trim();
        let fits = !code.is_empty() && code.len() <= Self::LENGTH_MAX;
        (fits && code.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            .then(|| Self(code.to_ascii_uppercase()))
    }

    /// The US dollar, which most funded accounts are kept in.
    #[must_use]
    pub fn usd() -> Self {
        Self("USD".to_owned())
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Digits after the decimal point, by ISO 4217; crypto assets have eight.
    #[must_use]
    pub fn digits(&self) -> u32 {
        match self.as_str() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF"
            | "UGX" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            "BTC" | "ETH" | "LTC" | "XBT" => 8,
            _ => 2,
        }
    }

    /// Rounds an amount half-even to this currency's digits, for sending; what
    /// is stored and computed with stays exact.
    #[must_use]
    pub fn round(&self, amount: Decimal) -> Decimal {
        amount.round_dp_with_strategy(self.digits(), RoundingStrategy::MidpointNearestEven)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_round_half_even_to_the_currency_digits() {
        let cent = Currency::usd();
        assert_eq!(cent.round(Decimal::new(1005, 3)), Decimal::new(100, 2));
        assert_eq!(cent.round(Decimal::new(1015, 3)), Decimal::new(102, 2));
        let yen = Currency::parse("jpy").expect("a code");
        assert_eq!(yen.round(Decimal::new(25, 1)), Decimal::from(2));
    }

    #[test]
    fn codes_that_cannot_be_a_currency_are_refused() {
        for code in ["", "US D", "DOLLARSUS", "€"] {
            assert_eq!(Currency::parse(code), None, "{code}");
        }
    }
}
