//! What bodies of terminals have in common.

use std::fmt;

use axum::extract::{FromRequest, Request};
use garde::Validate;
use kernel::id::UserId;
use kernel::time::Timestamp;
use kernel::{Error, Number};
use platform::devices::Device;
use rust_decimal::Decimal;
use serde::de::{self, DeserializeOwned};
use serde::{Deserialize, Deserializer};
use utoipa::PartialSchema;
use utoipa::openapi::schema::{OneOfBuilder, Schema, Type};
use utoipa::openapi::{ObjectBuilder, RefOr};
use web::Problem;
use web::extract::Json;

/// Characters of a ticket or login at most.
const LABEL_CHARS_MAX: usize = 64;
/// The largest amount of money and the largest price.
pub(crate) const AMOUNT_MAX: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0);
/// The most lots that anything has here.
const LOTS_MAX: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);
/// Digits after the point that a figure has at most.
const DIGITS_MAX: u32 = 10;

/// A ticket or a login, which terminals send as numbers or as texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label(pub(crate) String);

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl de::Visitor<'_> for Either {
            type Value = Label;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number or a text")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Label, E> {
                Ok(Label(number.to_string()))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Label, E> {
                Ok(Label(text.to_owned()))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// The schema of a [`Label`].
pub(crate) fn label_schema() -> RefOr<Schema> {
    let of = |kind| ObjectBuilder::new().schema_type(kind).build();
    let either = OneOfBuilder::new()
        .item(of(Type::String))
        .item(of(Type::Integer));
    RefOr::T(Schema::OneOf(either.build()))
}

/// A ticket or a login: 1 to 64 letters, digits and `. _ -`.
pub(crate) fn label(label: &Label, (): &()) -> garde::Result {
    let fits = (1..=LABEL_CHARS_MAX).contains(&label.0.len())
        && label
            .0
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    said(fits, "must be a number, or 1 to 64 letters and digits")
}

/// A name of a server, a symbol, a result: 1 to 100 printable characters of
/// ASCII.
pub(crate) fn word(text: &str, (): &()) -> garde::Result {
    let fits = (1..=100).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ');
    said(fits, "must have 1 to 100 printable characters")
}

/// The same, where it is there.
pub(crate) fn optional_word(text: &Option<String>, context: &()) -> garde::Result {
    text.as_ref().map_or(Ok(()), |text| word(text, context))
}

/// A text for people, of 1 to 1,000 characters.
pub(crate) fn sentence(text: &str, (): &()) -> garde::Result {
    let fits = (1..=1_000).contains(&text.chars().count());
    said(fits, "must have 1 to 1000 characters")
}

/// The same, where it is there.
pub(crate) fn optional_sentence(text: &Option<String>, context: &()) -> garde::Result {
    text.as_ref().map_or(Ok(()), |text| sentence(text, context))
}

/// Lots.
pub(crate) fn lots(number: &Number, (): &()) -> garde::Result {
    let fits = number.0 > Decimal::ZERO && number.0 <= LOTS_MAX && is_short(number.0);
    said(fits, "must be above 0 and at most 1000000")
}

/// The same, where they are there.
pub(crate) fn optional_lots(number: &Option<Number>, context: &()) -> garde::Result {
    number
        .as_ref()
        .map_or(Ok(()), |number| lots(number, context))
}

/// A price.
pub(crate) fn price(number: &Number, (): &()) -> garde::Result {
    let fits = (Decimal::ZERO..=AMOUNT_MAX).contains(&number.0) && is_short(number.0);
    said(fits, "is no price")
}

/// The same, where it is there.
pub(crate) fn optional_price(number: &Option<Number>, context: &()) -> garde::Result {
    number
        .as_ref()
        .map_or(Ok(()), |number| price(number, context))
}

/// An amount of money, where it is there.
pub(crate) fn optional_amount(number: &Option<Number>, (): &()) -> garde::Result {
    let fits = number
        .as_ref()
        .is_none_or(|number| number.0.abs() <= AMOUNT_MAX && is_short(number.0));
    said(fits, "is no amount")
}

fn is_short(number: Decimal) -> bool {
    number.normalize().scale() <= DIGITS_MAX
}

fn said(fits: bool, otherwise: &'static str) -> garde::Result {
    match fits {
        true => Ok(()),
        false => Err(garde::Error::new(otherwise)),
    }
}

/// A moment of a trade: not before there was MT5 and not after tomorrow.
pub(crate) fn moment(field: &str, at: Timestamp, now: Timestamp) -> Result<Timestamp, Error> {
    let first = Timestamp::from_timestamp(946_684_800, 0).unwrap_or_default();
    match first <= at && at <= now + chrono::TimeDelta::days(1) {
        true => Ok(at),
        false => Err(Error::field(field, "is no moment of a trade")),
    }
}

/// A body whose fields are written in camel case, and so are their faults.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CamelJson<T>(pub(crate) T);

impl<S, T> FromRequest<S> for CamelJson<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate + PartialSchema,
    T::Context: Default,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(Problem(Error::Invalid(mut faults))) => {
                for fault in &mut faults {
                    fault.field = camel_case(&fault.field);
                }
                Err(Problem(Error::Invalid(faults)))
            }
            Err(other) => Err(other),
        }
    }
}

fn camel_case(path: &str) -> String {
    let mut raised = false;
    let mut text = String::with_capacity(path.len());
    for letter in path.chars() {
        match letter {
            '_' => raised = true,
            letter if raised => {
                text.push(letter.to_ascii_uppercase());
                raised = false;
            }
            letter => text.push(letter),
        }
    }
    text
}

/// A body of a terminal names its person and itself; both must be those of
/// its token.
pub(crate) fn is_of(
    device: &Device,
    user: Option<&str>,
    terminal: Option<&str>,
) -> Result<(), Error> {
    if user.is_some_and(|user| user != device.user.as_str()) {
        return Err(Error::Forbidden(
            "userId is not whom the terminal belongs to",
        ));
    }
    if terminal.is_some_and(|terminal| terminal != device.terminal_id) {
        return Err(Error::Forbidden(
            "terminalId is not what the terminal was paired as",
        ));
    }
    Ok(())
}

/// The person that a path names, where it is whom the terminal belongs to.
pub(crate) fn same_person(device: &Device, named: &UserId) -> Result<(), Error> {
    is_of(device, Some(named.as_str()), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_faults_path_is_written_as_the_body_is() {
        let path = "status.open_trades[3].stop_loss";
        assert_eq!(camel_case(path), "status.openTrades[3].stopLoss");
        assert_eq!(camel_case("openPrice"), "openPrice");
    }

    #[test]
    fn amounts_end_at_a_million_million() {
        assert_eq!(AMOUNT_MAX, Decimal::from(1_000_000_000_000_i64));
        assert_eq!(LOTS_MAX, Decimal::from(1_000_000));
        let digits = Number(Decimal::new(1, 11));
        assert!(price(&digits, &()).is_err());
        assert!(price(&Number(Decimal::new(10, 11)), &()).is_ok());
    }
}
