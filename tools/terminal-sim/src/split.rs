//! How lots are shared out: among the entries of a signal, and among the
//! targets of a position.
//!
//! Lots come in steps, so a share seldom comes out even. Here the first parts
//! together are rounded up to a step: what is too little to be shared goes to
//! the earlier part, which is the first entry and the nearest target. No part
//! is more than a step away from its share, nothing is lost and nothing is
//! there twice.

use rust_decimal::Decimal;

/// The step of lots.
pub const STEP: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// Shares a volume out by weights. The parts come to the volume exactly, and
/// each is a whole number of steps; of a volume that is none itself, the last
/// part that there is has the rest. Parts may be zero.
#[must_use]
pub fn shared(volume: Decimal, step: Decimal, weights: &[Decimal]) -> Vec<Decimal> {
    let whole: Decimal = weights.iter().sum();
    let (mut weight, mut given) = (Decimal::ZERO, Decimal::ZERO);
    let mut parts = Vec::with_capacity(weights.len());
    for part in weights {
        weight += part;
        let upto = match weight == whole {
            true => volume,
            false => up_to_step(volume * weight / whole, step).min(volume),
        };
        parts.push(upto - given);
        given = upto;
    }
    parts
}

/// What each of `count` targets, the nearest first, closes of a position.
/// `weights` are in percent. What they leave over runs on where there is a
/// runner, and goes with the last target otherwise; without weights the targets
/// and the runner are equal.
#[must_use]
pub fn closings(
    volume: Decimal,
    step: Decimal,
    count: usize,
    weights: Option<&[Decimal]>,
    has_runner: bool,
) -> Vec<Decimal> {
    let mut shares = match weights {
        Some(weights) => weights.to_vec(),
        None => vec![Decimal::ONE; count],
    };
    let left_over = match weights {
        Some(weights) => Decimal::ONE_HUNDRED - weights.iter().sum::<Decimal>(),
        None if has_runner => Decimal::ONE,
        None => Decimal::ZERO,
    };
    if has_runner {
        shares.push(left_over);
    } else if let Some(last) = shares.last_mut() {
        *last += left_over;
    }
    let mut parts = shared(volume, step, &shares);
    parts.truncate(count);
    parts
}

fn up_to_step(lots: Decimal, step: Decimal) -> Decimal {
    (lots / step).ceil() * step
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Decimal {
        text.parse().expect("a figure")
    }

    fn all(texts: &[&str]) -> Vec<Decimal> {
        texts.iter().map(|text| of(text)).collect()
    }

    #[test]
    fn shares_worked_out_by_hand() {
        for (volume, weights, parts) in [
            ("0.10", ["1", "1", "1"], ["0.04", "0.03", "0.03"]),
            ("0.10", ["50", "30", "20"], ["0.05", "0.03", "0.02"]),
            ("0.02", ["1", "1", "1"], ["0.01", "0.01", "0"]),
            ("0.01", ["1", "1", "98"], ["0.01", "0", "0"]),
            ("1", ["33.3", "33.3", "33.4"], ["0.34", "0.33", "0.33"]),
            ("0.105", ["1", "1", "1"], ["0.04", "0.03", "0.035"]),
        ] {
            let shared = shared(of(volume), STEP, &all(&weights));
            assert_eq!(shared, all(&parts), "{volume} by {weights:?}");
        }
    }

    #[test]
    fn targets_and_a_runner_worked_out_by_hand() {
        let whole = of("0.10");
        let halves = all(&["50", "30"]);
        let closed = |weights, runner| closings(whole, STEP, 2, weights, runner);
        assert_eq!(closed(None, false), all(&["0.05", "0.05"]));
        assert_eq!(closed(None, true), all(&["0.04", "0.03"]));
        assert_eq!(closed(Some(&halves[..]), true), all(&["0.05", "0.03"]));
        assert_eq!(closed(Some(&halves[..]), false), all(&["0.05", "0.05"]));
        assert_eq!(closings(whole, STEP, 0, None, true), []);
    }

    /// A volume in steps, and weights that come to a hundred at most.
    fn volume_and_weights() -> impl Strategy<Value = (Decimal, Vec<Decimal>)> {
        let weights = prop::collection::vec(1_i64..=500, 1..=20);
        (0_i64..=100_000, weights).prop_map(|(steps, weights)| {
            let weights = weights.into_iter().map(|weight| Decimal::new(weight, 2));
            (Decimal::new(steps, 2), weights.collect())
        })
    }

    proptest! {
        #[test]
        fn parts_come_to_the_volume_in_whole_steps((volume, weights) in volume_and_weights()) {
            let parts = shared(volume, STEP, &weights);
            prop_assert_eq!(parts.len(), weights.len());
            prop_assert_eq!(parts.iter().sum::<Decimal>(), volume);
            for part in &parts {
                prop_assert!(*part >= Decimal::ZERO);
                prop_assert!((*part % STEP).is_zero());
            }
        }

        #[test]
        fn the_first_parts_have_their_share_and_less_than_a_step_more(
            (volume, weights) in volume_and_weights(),
        ) {
            let whole: Decimal = weights.iter().sum();
            let (mut weight, mut given) = (Decimal::ZERO, Decimal::ZERO);
            for (part, share) in shared(volume, STEP, &weights).iter().zip(&weights) {
                weight += share;
                given += part;
                // As products, so that no division blurs it.
                prop_assert!(given * whole >= volume * weight);
                prop_assert!((given - STEP) * whole < volume * weight);
            }
        }

        #[test]
        fn any_volume_is_shared_out_whole(
            units in 0_i64..=1_000_000_000, weights in prop::collection::vec(1_i64..=100, 1..=20),
        ) {
            let volume = Decimal::new(units, 5);
            let weights: Vec<Decimal> = weights.into_iter().map(Decimal::from).collect();
            let parts = shared(volume, STEP, &weights);
            prop_assert_eq!(parts.iter().sum::<Decimal>(), volume);
            prop_assert!(parts.iter().all(|part| *part >= Decimal::ZERO));
        }

        #[test]
        fn targets_close_all_without_a_runner_and_no_more_than_all_with_one(
            (volume, weights) in volume_and_weights(), has_runner: bool,
        ) {
            for given in [None, Some(&weights[..])] {
                let parts = closings(volume, STEP, weights.len(), given, has_runner);
                prop_assert_eq!(parts.len(), weights.len());
                let closed: Decimal = parts.iter().sum();
                match has_runner {
                    true => prop_assert!(closed <= volume),
                    false => prop_assert_eq!(closed, volume),
                }
                prop_assert!(parts.iter().all(|part| *part >= Decimal::ZERO));
            }
        }
    }
}
