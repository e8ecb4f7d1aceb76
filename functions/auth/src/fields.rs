//! What bodies of this function have in common.

use identity::domain::{email, username};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use web::fields::called;

/// Characters of a text that is compared with a secret at most.
const SECRET_CHARS_MAX: usize = 512;
/// Characters of a token of ours at most.
const TOKEN_CHARS_MAX: usize = 4_096;

/// A secret that is compared with another.
pub(crate) fn secret(secret: &SecretString, (): &()) -> garde::Result {
    let chars = secret.expose_secret().chars().count();
    if (1..=SECRET_CHARS_MAX).contains(&chars) {
        return Ok(());
    }
    Err(garde::Error::new("must have 1 to 512 characters"))
}

/// The same, where it is there.
pub(crate) fn optional_secret(value: &Option<SecretString>, context: &()) -> garde::Result {
    value
        .as_ref()
        .map_or(Ok(()), |value| secret(value, context))
}

/// A token, of whatever form.
pub(crate) fn is_token(token: &SecretString, (): &()) -> garde::Result {
    match (1..=TOKEN_CHARS_MAX).contains(&token.expose_secret().len()) {
        true => Ok(()),
        false => Err(garde::Error::new("is no token")),
    }
}

/// The same, where it is there.
pub(crate) fn optional_token(value: &Option<SecretString>, context: &()) -> garde::Result {
    value
        .as_ref()
        .map_or(Ok(()), |value| is_token(value, context))
}

/// An address.
pub(crate) fn address(text: &str, (): &()) -> garde::Result {
    match email::normalize(text) {
        Some(_) => Ok(()),
        None => Err(garde::Error::new("is no email address")),
    }
}

/// The same, where it is there.
pub(crate) fn optional_address(value: &Option<String>, context: &()) -> garde::Result {
    value.as_ref().map_or(Ok(()), |text| address(text, context))
}

/// What somebody or something is called, where it is there.
pub(crate) fn optional_called(value: &Option<String>, context: &()) -> garde::Result {
    value.as_ref().map_or(Ok(()), |text| called(text, context))
}

/// The same, where it is there and does not take the name away.
pub(crate) fn change_called(value: &Option<Option<String>>, context: &()) -> garde::Result {
    value
        .as_ref()
        .map_or(Ok(()), |value| optional_called(value, context))
}

/// A user name, where it is there and does not take the name away.
pub(crate) fn change_username(value: &Option<Option<String>>, (): &()) -> garde::Result {
    let text = value.as_ref().and_then(Option::as_ref);
    match text.map(|text| username::normalize(text)) {
        Some(None) => Err(garde::Error::new(
            "must have 3 to 32 of a-z, 0-9, `.`, `_` and `-`, the first a letter",
        )),
        _ => Ok(()),
    }
}

/// A field that is left as it is where it is absent, and taken away where it
/// is `null`.
pub(crate) fn changed<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}
