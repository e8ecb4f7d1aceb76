//! Prices as bodies have them.

use kernel::Number;
use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A price, or several in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prices(pub(crate) Vec<Decimal>);

impl<'de> Deserialize<'de> for Prices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let prices: Vec<Number> = match raw.get().starts_with('[') {
            true => serde_json::from_str(raw.get()).map_err(D::Error::custom)?,
            false => vec![serde_json::from_str(raw.get()).map_err(D::Error::custom)?],
        };
        Ok(Self(decimals(prices)))
    }
}

/// Numbers as they are computed with.
pub(crate) fn decimals(numbers: Vec<Number>) -> Vec<Decimal> {
    numbers.into_iter().map(Decimal::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_price_and_a_list_of_prices_keep_every_digit() {
        let read = |text: &str| serde_json::from_str::<Prices>(text);
        let texts =
            |prices: Prices| -> Vec<String> { prices.0.iter().map(ToString::to_string).collect() };
        assert_eq!(texts(read("1.08500").expect("a price")), ["1.08500"]);
        let many = read("[1.1, 12345678.123456789]").expect("prices");
        assert_eq!(texts(many), ["1.1", "12345678.123456789"]);
        for text in [r#""1.1""#, r#"["1.1"]"#, "{}", "[[1]]"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
