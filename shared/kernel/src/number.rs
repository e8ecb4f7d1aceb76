//! Exact decimals as JSON numbers.
//!
//! `serde_json` reads numbers through `f64` unless its `arbitrary_precision`
//! is on, and that feature breaks `serde_dynamo`. A raw value keeps the digits
//! as they were written, in both directions, and touches nothing else.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::currency::Currency;

/// A decimal that is a JSON number on the wire, digit for digit.
///
/// For JSON alone: stores keep `Decimal`, which serde writes as a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, utoipa::ToSchema)]
#[schema(value_type = f64)]
pub struct Number(pub Decimal);

impl Number {
    /// An amount of money, rounded half-even to its currency's digits.
    #[must_use]
    pub fn money(amount: Decimal, currency: &Currency) -> Self {
        Self(currency.round(amount).normalize())
    }

    /// A percentage, rounded half-even to four digits.
    #[must_use]
    pub fn percent(value: Decimal) -> Self {
        Self(
            value
                .round_dp_with_strategy(4, RoundingStrategy::MidpointNearestEven)
                .normalize(),
        )
    }

    /// A figure that is sent as it is: a price, a volume.
    #[must_use]
    pub fn exact(value: Decimal) -> Self {
        Self(value.normalize())
    }
}

impl From<Decimal> for Number {
    fn from(value: Decimal) -> Self {
        Self(value)
    }
}

impl From<Number> for Decimal {
    fn from(value: Number) -> Self {
        value.0
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.to_string())
            .map_err(S::Error::custom)?
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        parse(raw.get()).map(Self).map_err(D::Error::custom)
    }
}

/// Reads the text of a JSON number.
///
/// # Errors
/// A sentence, where the text is no number or has more digits than a decimal
/// holds exactly.
pub fn parse(text: &str) -> Result<Decimal, String> {
    if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Err("must be a number".to_owned());
    }
    let parsed = if text.contains(['e', 'E']) {
        Decimal::from_scientific(text)
    } else {
        Decimal::from_str_exact(text)
    };
    parsed.map_err(|_| "has more digits than can be kept exactly".to_owned())
}

/// Reads the text of a JSON number that a source has computed in doubles:
/// rounded half-even to eight digits after the point, whatever noise lies
/// below them.
///
/// # Errors
/// Returns a sentence if the text is no number, or is too large for a decimal.
pub fn parse_rounded(text: &str) -> Result<Decimal, String> {
    let text = text.trim();
    if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Err("must be a number".to_owned());
    }
    let too_large = || "is too large a number".to_owned();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            let exponent: i32 = exponent
                .parse()
                .map_err(|_| "must be a number".to_owned())?;
            (mantissa, exponent)
        }
        None => (text, 0),
    };
    // What is below a trillionth is noise; so are digits beyond a double's.
    if exponent < -12 - DOUBLE_DIGITS {
        return Ok(Decimal::ZERO);
    }
    let digits: Decimal = mantissa
        .parse()
        .map_err(|_| "must be a number".to_owned())?;
    let ten = Decimal::TEN;
    let mut value = digits;
    for _ in 0..exponent.unsigned_abs().min(60) {
        value = if exponent < 0 {
            value.checked_div(ten).unwrap_or_default()
        } else {
            value.checked_mul(ten).ok_or_else(too_large)?
        };
    }
    Ok(value
        .round_dp_with_strategy(8, RoundingStrategy::MidpointNearestEven)
        .normalize())
}

/// Digits that a double tells apart.
const DOUBLE_DIGITS: i32 = 17;

/// For `#[serde(with = "kernel::number::json")]` on a `Decimal` field.
pub mod json {
    use super::{Decimal, Deserialize, Deserializer, Number, Serialize, Serializer};

    /// Writes the decimal as a JSON number.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        Number(*value).serialize(serializer)
    }

    /// Reads a JSON number.
    ///
    /// # Errors
    /// Those of the deserializer.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        Number::deserialize(deserializer).map(Decimal::from)
    }
}

/// As [`json`], for `Option<Decimal>`. Beside `#[serde(default)]`.
pub mod json_option {
    use super::{Decimal, Deserialize, Deserializer, Number, Serialize, Serializer};

    /// Writes the decimal as a JSON number, or `null`.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(
        value: &Option<Decimal>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.map(Number).serialize(serializer)
    }

    /// Reads a JSON number or `null`.
    ///
    /// # Errors
    /// Those of the deserializer.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Decimal>, D::Error> {
        Ok(Option::<Number>::deserialize(deserializer)?.map(Decimal::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Serialize, Deserialize)]
    struct Row {
        #[serde(with = "json")]
        amount: Decimal,
        #[serde(with = "json_option", default)]
        limit: Option<Decimal>,
    }

    #[test]
    fn every_digit_survives_both_ways() {
        let text = r#"{"amount":100000.1234567890123456789,"limit":null}"#;
        let row: Row = serde_json::from_str(text).expect("reads");
        assert_eq!(row.amount.to_string(), "100000.1234567890123456789");
        assert_eq!(serde_json::to_string(&row).expect("writes"), text);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            r#"{"amount":"1"}"#,
            r#"{"amount":null}"#,
            r#"{"amount":[1]}"#,
        ] {
            assert!(serde_json::from_str::<Row>(text).is_err(), "{text}");
        }
        assert!(parse("1e400").is_err());
        assert_eq!(parse("1.5e2"), Ok(Decimal::from(150)));
    }

    #[test]
    fn noise_of_doubles_is_rounded_away() {
        let read = |text: &str| parse_rounded(text).map(|value| value.to_string());
        assert_eq!(read("9963.140000000001"), Ok("9963.14".to_owned()));
        assert_eq!(read("5.684341886080802e-14"), Ok("0".to_owned()));
        assert_eq!(read("-85.25999999999966"), Ok("-85.26".to_owned()));
        assert_eq!(read("-6.536993168992922e-13"), Ok("0".to_owned()));
        assert_eq!(read("1.5e2"), Ok("150".to_owned()));
        assert_eq!(read("0.000000015"), Ok("0.00000002".to_owned()));
        assert_eq!(read("0.000000005"), Ok("0".to_owned()));
        assert_eq!(read("1.2345e-5"), Ok("0.00001234".to_owned()));
        for text in ["1e300", "NaN", "", "\"1\"", "null", "1e", "--1"] {
            assert!(parse_rounded(text).is_err(), "{text}");
        }
    }

    #[test]
    fn percentages_round_half_even_to_four_digits() {
        assert_eq!(
            Number::percent(Decimal::new(1_234_565, 5)).0,
            Decimal::new(123_456, 4)
        );
    }

    proptest! {
        #[test]
        fn any_decimal_survives_both_ways(mantissa: i64, scale in 0_u32..18) {
            let value = Decimal::new(mantissa, scale);
            let text = serde_json::to_string(&Number(value)).expect("writes");
            let back: Number = serde_json::from_str(&text).expect("reads");
            prop_assert_eq!(back.0, value);
        }
    }
}
