//! What bodies of this function have in common.

use web::fields::called;

/// Characters of a message that is kept at most.
pub(crate) const MESSAGE_CHARS_MAX: usize = 8_000;

/// What something is called, where it is there.
pub(crate) fn optional_called(value: &Option<String>, context: &()) -> garde::Result {
    value.as_ref().map_or(Ok(()), |text| called(text, context))
}

/// A symbol, however its broker writes it.
pub(crate) fn symbol(text: &str, (): &()) -> garde::Result {
    let is_of_it = |byte: u8| byte.is_ascii_alphanumeric() || b"./_-#$+ ".contains(&byte);
    let fits = (1..=40).contains(&text.len()) && text.bytes().all(is_of_it);
    match fits && text.bytes().any(|byte| byte.is_ascii_alphanumeric()) {
        true => Ok(()),
        false => Err(garde::Error::new("is no symbol")),
    }
}

/// The same, where it is there.
pub(crate) fn optional_symbol(value: &Option<String>, context: &()) -> garde::Result {
    value.as_ref().map_or(Ok(()), |text| symbol(text, context))
}

/// A symbol as this system writes it; one that it does not know stays as it
/// is, in capitals.
pub(crate) fn normalized(text: &str) -> String {
    match signals::domain::parser::symbol(text) {
        Some(symbol) => symbol.as_str().to_owned(),
        None => text.trim().to_ascii_uppercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_written_in_one_way_and_unknown_ones_in_capitals() {
        for (text, name) in [
            ("gold", "XAUUSD"),
            ("eurusd.pro", "EURUSD"),
            ("BTCUSDT", "BTC/USDT"),
            (" acme.x ", "ACME.X"),
        ] {
            assert_eq!(normalized(text), name);
        }
    }
}
