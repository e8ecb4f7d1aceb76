//! The way that a sum of results took: how high and how low it was, and how
//! far it fell. Ways are joined, so that each day keeps its own alone.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A way, from zero on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Path {
    /// Where it ends.
    pub net: Decimal,
    /// The highest it was, the start included.
    pub high: Decimal,
    /// The lowest it was, the start included, so never above zero.
    pub low: Decimal,
    /// The deepest fall from a point to a later one.
    pub drawdown: Decimal,
}

impl Path {
    /// One step.
    #[must_use]
    pub fn step(by: Decimal) -> Self {
        Self {
            net: by,
            high: by.max(Decimal::ZERO),
            low: by.min(Decimal::ZERO),
            drawdown: (-by).max(Decimal::ZERO),
        }
    }

    /// This way and then another.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        Self {
            net: self.net + next.net,
            high: self.high.max(self.net + next.high),
            low: self.low.min(self.net + next.low),
            drawdown: self
                .drawdown
                .max(next.drawdown)
                .max(self.high - (self.net + next.low)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn joined(steps: &[i64]) -> Path {
        let steps = steps
            .iter()
            .map(|cents| Path::step(Decimal::new(*cents, 2)));
        steps.fold(Path::default(), Path::then)
    }

    /// By hand: 100, 50, 120, 40, 90: the fall from 120 to 40.
    #[test]
    fn the_deepest_fall_of_five_results_worked_out_by_hand() {
        let path = joined(&[10_000, -5_000, 7_000, -8_000, 5_000]);
        assert_eq!(path.net, Decimal::from(90));
        assert_eq!(path.high, Decimal::from(120));
        assert_eq!(path.low, Decimal::ZERO);
        assert_eq!(path.drawdown, Decimal::from(80));
    }

    #[test]
    fn a_loss_at_once_is_a_fall_from_the_start() {
        assert_eq!(joined(&[-2_500]).drawdown, Decimal::from(25));
    }

    proptest! {
        #[test]
        fn days_joined_are_the_whole_way(
            steps in prop::collection::vec(-100_000_i64..100_000, 0..40),
            cut in 0_usize..40,
        ) {
            let cut = cut.min(steps.len());
            let whole = joined(&steps);
            prop_assert_eq!(joined(&steps[..cut]).then(joined(&steps[cut..])), whole);
            // Point by point.
            let (mut at, mut peak, mut fall) = (0, 0, 0);
            for step in &steps {
                at += step;
                peak = peak.max(at);
                fall = fall.max(peak - at);
            }
            prop_assert_eq!(whole.drawdown, Decimal::new(fall, 2));
            prop_assert_eq!(whole.high, Decimal::new(peak, 2));
        }
    }
}
