//! Counts and sums of closed signals, from which their statistics are made.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::outcome::{FIGURE_SCALE, Outcome, Verdict};

/// What closed signals of one kind come to. Sums are of the outcomes' figures,
/// in units of their last digit, so that they are exact however many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Signals that earned.
    pub wins: i64,
    /// Signals that lost.
    pub losses: i64,
    /// Signals that did neither.
    pub breakevens: i64,
    /// Signals whose result is known in percent.
    pub percent_count: i64,
    /// Sum of these, in hundred-millionths of a percent.
    pub percent_sum: i64,
    /// Signals whose result is known in multiples of the risk.
    pub multiple_count: i64,
    /// Sum of these, in hundred-millionths.
    pub multiple_sum: i64,
}

impl Tally {
    /// Of one signal; `None` where it counts in no statistics.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Option<Self> {
        let mut tally = Self::default();
        match outcome.verdict {
            Verdict::Win => tally.wins = 1,
            Verdict::Loss => tally.losses = 1,
            Verdict::Breakeven => tally.breakevens = 1,
            Verdict::Void => return None,
        }
        if let Some(units) = outcome.pnl_percent.and_then(units) {
            (tally.percent_count, tally.percent_sum) = (1, units);
        }
        if let Some(units) = outcome.r_multiple.and_then(units) {
            (tally.multiple_count, tally.multiple_sum) = (1, units);
        }
        Some(tally)
    }

    /// Each figure by its name, as a store adds them up.
    #[must_use]
    pub fn figures(&self) -> [(&'static str, i64); 7] {
        [
            ("wins", self.wins),
            ("losses", self.losses),
            ("breakevens", self.breakevens),
            ("percent_count", self.percent_count),
            ("percent_sum", self.percent_sum),
            ("multiple_count", self.multiple_count),
            ("multiple_sum", self.multiple_sum),
        ]
    }

    /// What is left of this one without another.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self {
            wins: self.wins - other.wins,
            losses: self.losses - other.losses,
            breakevens: self.breakevens - other.breakevens,
            percent_count: self.percent_count - other.percent_count,
            percent_sum: self.percent_sum - other.percent_sum,
            multiple_count: self.multiple_count - other.multiple_count,
            multiple_sum: self.multiple_sum - other.multiple_sum,
        }
    }

    /// How many have closed.
    #[must_use]
    pub fn closed(&self) -> i64 {
        self.wins + self.losses + self.breakevens
    }

    /// The share that earned, in percent; `None` where none has closed.
    #[must_use]
    pub fn win_rate(&self) -> Option<Decimal> {
        (Decimal::from(self.wins) * Decimal::ONE_HUNDRED).checked_div(self.closed().into())
    }

    /// The average result in percent of the entry.
    #[must_use]
    pub fn average_percent(&self) -> Option<Decimal> {
        sum(self.percent_sum).checked_div(self.percent_count.into())
    }

    /// The average result in multiples of the risk.
    #[must_use]
    pub fn average_multiple(&self) -> Option<Decimal> {
        sum(self.multiple_sum).checked_div(self.multiple_count.into())
    }
}

/// A figure in units of its last digit.
fn units(figure: Decimal) -> Option<i64> {
    let units = figure.checked_mul(Decimal::from(10_i64.pow(FIGURE_SCALE)))?;
    i64::try_from(units).ok()
}

fn sum(units: i64) -> Decimal {
    Decimal::new(units, FIGURE_SCALE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dec;
    use crate::domain::outcome::measure;
    use crate::domain::values::Direction;

    fn add(one: Tally, other: Tally) -> Tally {
        Tally::default().without(&Tally::default().without(&one).without(&other))
    }

    #[test]
    fn averages_are_of_those_whose_figures_are_known() {
        let stop = Some(dec("90"));
        let win = measure(Direction::Buy, dec("100"), dec("125"), stop).expect("prices");
        let loss = measure(Direction::Buy, dec("100"), dec("90"), stop).expect("prices");
        let told = Outcome::by_verdict(Verdict::Win);
        let whole = [win, loss, told]
            .iter()
            .filter_map(Tally::of)
            .fold(Tally::default(), add);
        assert_eq!(whole.closed(), 3);
        // (25 - 10) / 2 percent, and (2.5 - 1) / 2 of the risk.
        assert_eq!(whole.average_percent(), Some(dec("7.5")));
        assert_eq!(whole.average_multiple(), Some(dec("0.75")));
        let rate = whole.win_rate().expect("some have closed");
        assert_eq!(rate.round_dp(4), dec("66.6667"));
    }

    #[test]
    fn what_was_never_traded_counts_in_nothing_and_nothing_has_no_averages() {
        assert_eq!(Tally::of(&Outcome::by_verdict(Verdict::Void)), None);
        let none = Tally::default();
        assert_eq!((none.win_rate(), none.average_percent()), (None, None));
        assert_eq!(none.average_multiple(), None);
    }
}
