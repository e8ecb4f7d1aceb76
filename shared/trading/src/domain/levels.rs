//! Stop loss, take profit and trailing stops against side and price.

use kernel::FieldError;
use rust_decimal::Decimal;

use super::Side;

/// The largest price that anything has here.
pub const PRICE_MAX: Decimal = Decimal::from_parts(1_410_065_408, 2, 0, false, 0);

/// What stands against new levels of a position; nothing where they can be.
/// `price` is the last that is known of its symbol. A level of 0 is taken away.
#[must_use]
pub fn faults(
    side: Side,
    price: Option<Decimal>,
    stop_loss: Option<Decimal>,
    take_profit: Option<Decimal>,
) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, message: &str| faults.push(FieldError::new(field, message));
    if stop_loss.is_none() && take_profit.is_none() {
        fault("stop_loss", "a stop loss or a take profit is required");
    }
    for (field, level) in [("stop_loss", stop_loss), ("take_profit", take_profit)] {
        let is_price = level.is_none_or(|level| (Decimal::ZERO..=PRICE_MAX).contains(&level));
        if !is_price {
            fault(field, "is no price");
        }
    }
    let set = |level: Option<Decimal>| level.filter(|level| !level.is_zero());
    let (stop, target) = (set(stop_loss), set(take_profit));
    let (below, above) = match side {
        Side::Buy => ("must be below the price", "must be above the price"),
        Side::Sell => ("must be above the price", "must be below the price"),
    };
    let gains = |from, to| side.gain(from, to) > Decimal::ZERO;
    match price {
        Some(price) => {
            if stop.is_some_and(|stop| !gains(stop, price)) {
                fault("stop_loss", below);
            }
            if target.is_some_and(|target| !gains(price, target)) {
                fault("take_profit", above);
            }
        }
        None => {
            if let (Some(stop), Some(target)) = (stop, target)
                && !gains(stop, target)
            {
                fault("take_profit", "is on the stop loss's side");
            }
        }
    }
    faults
}

/// What stands against a stop that follows the price at a distance, in steps.
#[must_use]
pub fn trailing_faults(
    price: Option<Decimal>,
    distance: Decimal,
    step: Decimal,
) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let most = price.unwrap_or(PRICE_MAX);
    if distance <= Decimal::ZERO || distance >= most {
        let message = "must be above 0 and below the price";
        faults.push(FieldError::new("distance", message));
    }
    if step <= Decimal::ZERO || step > distance {
        let message = "must be above 0 and at most the distance";
        faults.push(FieldError::new("step", message));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(
        side: Side,
        price: Option<i64>,
        stop: Option<i64>,
        target: Option<i64>,
    ) -> Vec<String> {
        let level = |level: Option<i64>| level.map(Decimal::from);
        let faults = faults(side, level(price), level(stop), level(target));
        faults.into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn the_largest_price_is_ten_thousand_million() {
        assert_eq!(PRICE_MAX, Decimal::from(10_000_000_000_i64));
    }

    #[test]
    fn a_stop_is_on_the_losing_side_and_a_target_on_the_gaining_one() {
        use Side::{Buy, Sell};
        assert_eq!(fields(Buy, Some(100), Some(95), Some(110)), [""; 0]);
        assert_eq!(fields(Sell, Some(100), Some(105), Some(90)), [""; 0]);
        // A gain may be locked in: what counts is the price, not the entry.
        assert_eq!(fields(Buy, Some(120), Some(110), None), [""; 0]);
        assert_eq!(fields(Buy, Some(100), Some(100), None), ["stop_loss"]);
        let both = fields(Sell, Some(100), Some(95), Some(105));
        assert_eq!(both, ["stop_loss", "take_profit"]);
    }

    #[test]
    fn without_a_price_they_are_measured_by_each_other() {
        assert_eq!(
            fields(Side::Buy, None, Some(110), Some(100)),
            ["take_profit"]
        );
        assert_eq!(fields(Side::Sell, None, Some(110), Some(100)), [""; 0]);
        assert_eq!(fields(Side::Buy, None, None, None), ["stop_loss"]);
        assert_eq!(fields(Side::Buy, None, Some(0), None), [""; 0]);
        assert_eq!(fields(Side::Buy, None, Some(-1), None), ["stop_loss"]);
    }

    #[test]
    fn a_trailing_stop_has_a_distance_and_steps_within_it() {
        let fields = |price: i64, distance: i64, step: i64| {
            let price = Some(Decimal::from(price));
            let faults = trailing_faults(price, distance.into(), step.into());
            faults.into_iter().map(|one| one.field).collect::<Vec<_>>()
        };
        assert_eq!(fields(100, 5, 1), [""; 0]);
        assert_eq!(fields(100, 100, 1), ["distance"]);
        assert_eq!(fields(100, 5, 6), ["step"]);
        assert_eq!(fields(100, 0, 0), ["distance", "step"]);
    }
}
