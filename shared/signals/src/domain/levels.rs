//! Whether the prices of one signal can stand beside each other: the judgement
//! that a message and a request are both under.

use rust_decimal::Decimal;

use super::values::{Direction, Market};

/// Prices of one coin differ by this factor at most.
const COIN_FACTOR: i64 = 50;
/// Prices of anything else differ by this factor at most.
const FACTOR: i64 = 3;

/// The prices of a signal.
#[derive(Clone, Copy, Debug)]
pub struct Levels<'a> {
    /// Which way it trades.
    pub direction: Direction,
    /// What kind of thing it trades, where that is known.
    pub market: Option<Market>,
    /// Entries, or the two bounds of a zone.
    pub entries: &'a [Decimal],
    /// Whether the entries are bounds.
    pub is_zone: bool,
    /// The stop loss.
    pub stop: Option<Decimal>,
    /// The targets.
    pub targets: &'a [Decimal],
}

/// A price that cannot be where it is; targets by their index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misplaced {
    /// The stop is not on the losing side of every entry.
    Stop,
    /// A target is not on the winning side of the entry.
    Target(usize),
    /// A target is not on the winning side of the stop.
    TargetBehindStop(usize),
    /// Two prices are so far apart that they are not of one thing.
    Apart,
}

impl Levels<'_> {
    /// All that cannot be where it is.
    pub fn misplaced(&self) -> impl Iterator<Item = Misplaced> {
        let stop = self.is_stop_ahead().then_some(Misplaced::Stop);
        let targets = self.targets.iter().enumerate();
        let targets = targets.filter_map(|(index, target)| self.target(index, *target));
        let apart = self.are_apart().then_some(Misplaced::Apart);
        stop.into_iter().chain(targets).chain(apart)
    }

    /// The stop must be beyond every entry on the losing side.
    fn is_stop_ahead(&self) -> bool {
        let is_ahead = |stop| {
            let mut entries = self.entries.iter();
            entries.any(|entry| !self.direction.loses(*entry, stop))
        };
        self.stop.is_some_and(is_ahead)
    }

    /// Averaging down moves the mean entry, so a target may be short of some
    /// entries; none may be short of all, or within a zone.
    fn target(&self, index: usize, target: Decimal) -> Option<Misplaced> {
        let is_short_of = |entry: &Decimal| !self.direction.gains(*entry, target);
        let is_short = match self.is_zone {
            true => self.entries.iter().any(is_short_of),
            false => !self.entries.is_empty() && self.entries.iter().all(is_short_of),
        };
        if is_short {
            return Some(Misplaced::Target(index));
        }
        let is_behind = self
            .stop
            .is_some_and(|stop| !self.direction.gains(stop, target));
        is_behind.then_some(Misplaced::TargetBehindStop(index))
    }

    /// Whether prices are many times each other.
    fn are_apart(&self) -> bool {
        let factor = match self.market {
            Some(Market::Crypto) => COIN_FACTOR,
            Some(_) => FACTOR,
            // A symbol that nobody knows may be a coin.
            None => COIN_FACTOR,
        };
        let all = || {
            let entries = self.entries.iter();
            entries.chain(self.stop.as_ref()).chain(self.targets)
        };
        let bound = all()
            .min()
            .and_then(|least| least.checked_mul(factor.into()));
        bound.is_some_and(|bound| all().any(|price| *price > bound))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dec;

    fn misplaced(levels: Levels<'_>) -> Vec<Misplaced> {
        levels.misplaced().collect()
    }

    #[test]
    fn a_target_may_be_short_of_one_of_several_entries_and_of_no_bound_of_a_zone() {
        let (entries, targets) = ([dec("100"), dec("90")], [dec("95")]);
        let levels = Levels {
            direction: Direction::Buy,
            market: None,
            entries: &entries,
            is_zone: false,
            stop: Some(dec("80")),
            targets: &targets,
        };
        assert_eq!(misplaced(levels), []);
        let zone = Levels {
            is_zone: true,
            ..levels
        };
        assert_eq!(misplaced(zone), [Misplaced::Target(0)]);
    }

    #[test]
    fn without_an_entry_targets_are_held_against_the_stop() {
        let targets = [dec("110"), dec("95")];
        let levels = Levels {
            direction: Direction::Buy,
            market: Some(Market::Index),
            entries: &[],
            is_zone: false,
            stop: Some(dec("100")),
            targets: &targets,
        };
        assert_eq!(misplaced(levels), [Misplaced::TargetBehindStop(1)]);
        let sell = Levels {
            direction: Direction::Sell,
            ..levels
        };
        assert_eq!(misplaced(sell), [Misplaced::TargetBehindStop(0)]);
    }

    #[test]
    fn a_coin_may_double_and_double_again_and_a_currency_may_not() {
        let (entries, targets) = ([dec("1")], [dec("4")]);
        let levels = Levels {
            direction: Direction::Buy,
            market: Some(Market::Forex),
            entries: &entries,
            is_zone: false,
            stop: None,
            targets: &targets,
        };
        assert_eq!(misplaced(levels), [Misplaced::Apart]);
        let coin = Levels {
            market: Some(Market::Crypto),
            ..levels
        };
        assert_eq!(misplaced(coin), []);
    }
}
