//! Bounds of what a step may say, so that no figure overflows later.

use rust_decimal::Decimal;

use crate::ledger::Book;

/// The most positions that are open on an account at once.
pub(crate) const POSITIONS_MAX: usize = 20_000;
/// The largest amount of money in one action.
const MONEY_MAX: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);
/// The largest balance, floating profit or profit of one deal: 10^12.
pub(crate) const TOTAL_MAX: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0);
const PRICE_MAX: Decimal = Decimal::from_parts(100_000_000, 0, 0, false, 0);
const PRICE_MIN: Decimal = Decimal::from_parts(1, 0, 0, false, 8);
const VOLUME_MAX: Decimal = Decimal::from_parts(100_000, 0, 0, false, 0);
const TEXT_LENGTH_MAX: usize = 64;

pub(crate) fn share(amount: Decimal, part: Decimal, whole: Decimal) -> Result<Decimal, String> {
    if part == whole {
        return Ok(amount);
    }
    amount
        .checked_mul(part)
        .and_then(|product| product.checked_div(whole))
        .ok_or_else(too_large)
}

pub(crate) fn too_large() -> String {
    "the figures become too large".to_owned()
}

pub(crate) fn money(book: &Book, what: &str, amount: Decimal) -> Result<(), String> {
    if amount.abs() > MONEY_MAX {
        return Err(format!("{what} is larger than {MONEY_MAX}"));
    }
    if book.booked(amount) != amount {
        let digits = book.currency.digits();
        return Err(format!("{what} has more than {digits} decimal digits"));
    }
    Ok(())
}

pub(crate) fn positive(book: &Book, amount: Decimal) -> Result<(), String> {
    if amount <= Decimal::ZERO {
        return Err("the amount must be above 0".to_owned());
    }
    money(book, "the amount", amount)
}

pub(crate) fn cost(book: &Book, commission: Option<Decimal>) -> Result<Decimal, String> {
    let commission = commission.unwrap_or_default();
    money(book, "the commission", commission)?;
    Ok(commission)
}

pub(crate) fn price(price: Decimal) -> Result<(), String> {
    if (PRICE_MIN..=PRICE_MAX).contains(&price) && price.normalize().scale() <= 8 {
        return Ok(());
    }
    Err(format!(
        "a price is from {PRICE_MIN} to {PRICE_MAX} with at most 8 decimal digits"
    ))
}

pub(crate) fn volume(volume: Decimal) -> Result<(), String> {
    let fits = volume > Decimal::ZERO && volume <= VOLUME_MAX && volume.normalize().scale() <= 8;
    fits.then_some(())
        .ok_or_else(|| format!("a volume is above 0 and at most {VOLUME_MAX} lots"))
}

pub(crate) fn text(what: &str, text: &str) -> Result<(), String> {
    if text.len() <= TEXT_LENGTH_MAX && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(format!(
        "{what} is longer than {TEXT_LENGTH_MAX} bytes or not printable"
    ))
}
