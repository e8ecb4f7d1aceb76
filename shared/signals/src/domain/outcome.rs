//! How a signal went.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use super::values::Direction;

/// Digits after the point of the figures of an outcome: sums of them are
/// counted in units of the last.
pub const FIGURE_SCALE: u32 = 8;
/// The largest result, in percent of the entry, that is one.
const PERCENT_MAX: Decimal = Decimal::from_parts(100_000, 0, 0, false, 0);
/// The largest multiple of the risk that says something.
const MULTIPLE_MAX: Decimal = Decimal::from_parts(100_000, 0, 0, false, 0);

/// How a signal went, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SignalResult)]
pub enum Verdict {
    /// It earned.
    Win,
    /// It lost.
    Loss,
    /// It did neither.
    Breakeven,
    /// It was never traded; it counts in no statistics.
    Void,
}

/// The result of a signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// In a word.
    pub verdict: Verdict,
    /// The price that it was entered at.
    pub entry_price: Option<Decimal>,
    /// The price that it was left at.
    pub exit_price: Option<Decimal>,
    /// What it earned in percent of the entry, rounded half-even to eight
    /// digits; `None` where no prices are known.
    pub pnl_percent: Option<Decimal>,
    /// The same in multiples of the risk from entry to stop; `None` also
    /// where it had no stop.
    pub r_multiple: Option<Decimal>,
}

impl Outcome {
    /// One of which no more is known than how it went.
    #[must_use]
    pub fn by_verdict(verdict: Verdict) -> Self {
        Self {
            verdict,
            entry_price: None,
            exit_price: None,
            pnl_percent: None,
            r_multiple: None,
        }
    }
}

/// The gain from one price to another.
#[must_use]
pub fn gain(direction: Direction, from: Decimal, to: Decimal) -> Decimal {
    match direction {
        Direction::Buy => to - from,
        Direction::Sell => from - to,
    }
}

/// What came of a trade from `entry` to `exit`; `None` where they are too far
/// apart to be prices of one thing.
#[must_use]
pub fn measure(
    direction: Direction,
    entry: Decimal,
    exit: Decimal,
    stop: Option<Decimal>,
) -> Option<Outcome> {
    let earned = gain(direction, entry, exit);
    let pnl_percent = (earned * Decimal::ONE_HUNDRED).checked_div(entry)?;
    if pnl_percent.abs() > PERCENT_MAX {
        return None;
    }
    let r_multiple = stop
        .and_then(|stop| multiple(earned, gain(direction, stop, entry)))
        .map(figure);
    let verdict = match earned {
        earned if earned > Decimal::ZERO => Verdict::Win,
        earned if earned < Decimal::ZERO => Verdict::Loss,
        _ => Verdict::Breakeven,
    };
    Some(Outcome {
        verdict,
        entry_price: Some(entry),
        exit_price: Some(exit),
        pnl_percent: Some(figure(pnl_percent)),
        r_multiple,
    })
}

/// A result in multiples of a risk; `None` without a risk that measures it.
#[must_use]
pub fn multiple(earned: Decimal, risk: Decimal) -> Option<Decimal> {
    if risk <= Decimal::ZERO {
        return None;
    }
    let multiple = earned.checked_div(risk)?;
    (multiple.abs() <= MULTIPLE_MAX).then_some(multiple)
}

/// Digits of a mean that count. Shares such as a third are not exact in their
/// last of 28, and the mean of equal prices is to be that price.
const MEAN_DIGITS: u32 = 24;

/// The mean of prices by their volumes; `None` without any volume.
pub(crate) fn mean_price(parts: impl Iterator<Item = (Decimal, Decimal)>) -> Option<Decimal> {
    let (mut amount, mut volume) = (Decimal::ZERO, Decimal::ZERO);
    for (price, part) in parts {
        amount = amount.checked_add(price.checked_mul(part)?)?;
        volume = volume.checked_add(part)?;
    }
    amount.checked_div(volume)?.round_sf(MEAN_DIGITS)
}

fn figure(value: Decimal) -> Decimal {
    value
        .round_dp_with_strategy(FIGURE_SCALE, RoundingStrategy::MidpointNearestEven)
        .normalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dec;

    #[test]
    fn the_mean_of_equal_prices_is_that_price_whatever_their_shares() {
        let third = Decimal::ONE / Decimal::from(3);
        for price in ["527", "0.527", "1.08345", "64250.5"].map(dec) {
            let parts = [(price, third), (price, third)];
            assert_eq!(mean_price(parts.into_iter()), Some(price));
        }
        let unequal = [(dec("1049"), third), (dec("500"), third)];
        assert_eq!(mean_price(unequal.into_iter()), Some(dec("774.5")));
    }

    #[test]
    fn a_sell_earns_as_the_price_falls() {
        let outcome = measure(
            Direction::Sell,
            dec("1.1000"),
            dec("1.0945"),
            Some(dec("1.1022")),
        );
        let outcome = outcome.expect("prices");
        assert_eq!(outcome.verdict, Verdict::Win);
        assert_eq!(outcome.pnl_percent, Some(dec("0.5")));
        assert_eq!(outcome.r_multiple, Some(dec("2.5")));
    }

    #[test]
    fn without_a_stop_there_is_no_multiple_and_at_the_entry_neither_win_nor_loss() {
        let outcome = measure(Direction::Buy, dec("3"), dec("3"), None).expect("prices");
        assert_eq!(outcome.verdict, Verdict::Breakeven);
        assert_eq!(
            (outcome.pnl_percent, outcome.r_multiple),
            (Some(dec("0")), None)
        );
    }

    #[test]
    fn figures_have_eight_digits_and_prices_of_two_things_are_none() {
        let outcome = measure(Direction::Buy, dec("3"), dec("4"), None).expect("prices");
        assert_eq!(outcome.pnl_percent, Some(dec("33.33333333")));
        assert_eq!(
            measure(Direction::Buy, dec("0.0001"), dec("60000"), None),
            None
        );
    }
}
