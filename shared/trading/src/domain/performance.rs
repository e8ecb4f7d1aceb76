//! How a person traded over a period, out of what each day keeps.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Figures, path::Path};

/// What a day keeps of the trades that were closed on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// The day, in UTC.
    pub date: NaiveDate,
    /// Its trades.
    pub figures: Figures,
    /// The way of their results, in the order in which they were counted.
    pub path: Path,
    /// Rises with each write.
    pub revision: u64,
}

impl Day {
    /// Nothing yet.
    #[must_use]
    pub fn empty(date: NaiveDate) -> Self {
        Self {
            date,
            figures: Figures::default(),
            path: Path::default(),
            revision: 0,
        }
    }

    /// With one more closed trade, or with what a closed one is worth by a
    /// late result: `before` is what it was counted with.
    #[must_use]
    pub fn counting(self, before: Option<Decimal>, pnl: Decimal) -> Self {
        let figures = match before {
            Some(before) => self.figures.without(before),
            None => self.figures,
        };
        let step = Path::step(pnl - before.unwrap_or_default());
        Self {
            figures: figures.with(pnl),
            path: self.path.then(step),
            revision: self.revision + 1,
            ..self
        }
    }
}

/// A point of an equity curve: what trading had brought by the end of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The day.
    pub date: NaiveDate,
    /// What the day brought.
    pub net: Decimal,
    /// What the period brought up to and with it.
    pub equity: Decimal,
}

/// A period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Performance {
    /// Its trades.
    pub figures: Figures,
    /// The deepest fall of what it had brought.
    pub max_drawdown: Decimal,
    /// Its days on which trades were closed.
    pub curve: Vec<Point>,
}

impl Performance {
    /// Of days in their order.
    #[must_use]
    pub fn of(days: &[Day]) -> Self {
        let mut figures = Figures::default();
        let mut path = Path::default();
        let mut curve = Vec::with_capacity(days.len());
        for day in days {
            figures = figures.and(day.figures);
            path = path.then(day.path);
            curve.push(Point {
                date: day.date,
                net: day.path.net,
                equity: path.net,
            });
        }
        Self {
            figures,
            max_drawdown: path.drawdown,
            curve,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, day).expect("a day")
    }

    /// By hand: 100, -40 | -80, 30 | 55 go 100, 60, -20, 10, 65.
    #[test]
    fn a_period_of_three_days_worked_out_by_hand() {
        let of = |day, results: &[i64]| {
            results.iter().fold(Day::empty(date(day)), |day, pnl| {
                day.counting(None, Decimal::from(*pnl))
            })
        };
        let days = [of(2, &[100, -40]), of(3, &[-80, 30]), of(5, &[55])];
        let performance = Performance::of(&days);
        assert_eq!(performance.figures.trades, 5);
        assert_eq!(performance.figures.net(), Decimal::from(65));
        assert_eq!(performance.max_drawdown, Decimal::from(120));
        let equity: Vec<i64> = [60, 10, 65].into();
        let curve: Vec<Decimal> = performance.curve.iter().map(|point| point.equity).collect();
        assert_eq!(
            curve,
            equity.into_iter().map(Decimal::from).collect::<Vec<_>>()
        );
        assert_eq!(performance.curve[1].net, Decimal::from(-50));
    }

    #[test]
    fn a_late_part_of_a_closed_trade_makes_it_worth_something_else() {
        let day = Day::empty(date(2)).counting(None, Decimal::from(-10));
        let late = day.counting(Some(Decimal::from(-10)), Decimal::from(15));
        assert_eq!(
            (late.figures.trades, late.figures.wins, late.figures.losses),
            (1, 1, 0)
        );
        assert_eq!(late.figures.net(), Decimal::from(15));
        assert_eq!(late.path.net, Decimal::from(15));
        assert_eq!(late.path.drawdown, Decimal::from(10));
    }
}
