//! What a signal calls for, and whether it can be at all.

use kernel::FieldError;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::levels::{Levels, Misplaced};
use super::parser;
use super::values::{Direction, OrderType};

/// The most entries, and the most targets, of one signal.
pub const PRICES_MAX: usize = 20;
/// The highest price. With [`PRICE_SCALE_MAX`] it keeps every figure that is
/// made of prices within what a decimal holds.
pub const PRICE_MAX: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);
/// Digits of a price after the point at most.
pub const PRICE_SCALE_MAX: u32 = 12;
/// The largest distance, in pips.
const PIPS_MAX: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);
/// The highest leverage.
const LEVERAGE_MAX: u16 = 5_000;

/// What is to be traded, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// What is traded, as this system writes it: `EURUSD`, `BTC/USDT`.
    pub symbol: String,
    /// Which way.
    pub direction: Direction,
    /// How it is entered.
    pub order_type: OrderType,
    /// Entry prices; empty where the market is entered without one.
    #[serde(default)]
    pub entries: Vec<Decimal>,
    /// The share of each entry, in percent; equal where it is left out.
    pub entry_weights: Option<Vec<Decimal>>,
    /// Whether the entries are the two bounds of a range to enter in.
    #[serde(default)]
    pub is_zone: bool,
    /// Where the trade is given up.
    pub stop_loss: Option<Decimal>,
    /// The stop's distance from the fill in pips, where no entry price makes
    /// a price of it.
    pub stop_loss_pips: Option<Decimal>,
    /// Target prices, in the order in which they are expected.
    #[serde(default)]
    pub take_profits: Vec<Decimal>,
    /// The share of each target, in percent; equal where it is left out.
    pub take_profit_weights: Option<Vec<Decimal>>,
    /// The targets' distances from the fill in pips, where no entry price
    /// makes prices of them.
    #[serde(default)]
    pub take_profit_pips: Vec<Decimal>,
    /// Whether a part is to run on without a target.
    #[serde(default)]
    pub runner: bool,
    /// The leverage called for.
    pub leverage: Option<u16>,
    /// The share of the account to risk, in percent.
    pub risk_percent: Option<Decimal>,
}

impl Setup {
    /// What cannot be of it, each by its field; nothing where it can be
    /// traded as it is.
    #[must_use]
    pub fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        self.check_prices(&mut faults);
        self.check_weights(&mut faults);
        self.check_order(&mut faults);
        // Sides say something of prices alone that can be prices.
        if faults.is_empty() {
            self.check_sides(&mut faults);
        }
        faults
    }

    /// The bounds of the range to enter in, the lower first, where the entry
    /// is one.
    #[must_use]
    pub fn zone(&self) -> Option<(Decimal, Decimal)> {
        match self.entries[..] {
            [one, other] if self.is_zone => Some((one.min(other), one.max(other))),
            _ => None,
        }
    }

    /// The planned entry: the entries' mean by their weights, or the middle of
    /// a zone; `None` where the market is entered without a price.
    #[must_use]
    pub fn planned_entry(&self) -> Option<Decimal> {
        let shares = shares(self.entries.len(), self.entry_weights.as_deref());
        let parts = self.entries.iter().zip(&shares);
        (!self.entries.is_empty()).then(|| parts.map(|(price, share)| price * share).sum())
    }

    fn check_prices(&self, faults: &mut Vec<FieldError>) {
        let stop = self.stop_loss.map(|price| ("stop_loss".to_owned(), price));
        let entries = named("entry", &self.entries);
        let targets = named("take_profits", &self.take_profits);
        for (field, price) in entries.chain(targets).chain(stop) {
            if !is_price(price) {
                let sentence = "must be above 0, at most 1000000000, with 12 decimals at most";
                faults.push(FieldError::new(field, sentence));
            }
        }
        let stop = self
            .stop_loss_pips
            .map(|pips| ("stop_loss_pips".to_owned(), pips));
        for (field, pips) in named("take_profit_pips", &self.take_profit_pips).chain(stop) {
            let fits = pips > Decimal::ZERO && pips <= PIPS_MAX && pips.scale() <= PRICE_SCALE_MAX;
            if !fits {
                faults.push(FieldError::new(
                    field,
                    "must be above 0 and at most 1000000",
                ));
            }
        }
        for (field, count) in [
            ("entry", self.entries.len()),
            ("take_profits", self.take_profits.len()),
            ("take_profit_pips", self.take_profit_pips.len()),
        ] {
            if count > PRICES_MAX {
                faults.push(FieldError::new(field, "must have 20 prices at most"));
            }
        }
    }

    fn check_weights(&self, faults: &mut Vec<FieldError>) {
        let targets = self.take_profits.len().max(self.take_profit_pips.len());
        for (field, weights, count) in [
            ("entry_weights", &self.entry_weights, self.entries.len()),
            ("take_profit_weights", &self.take_profit_weights, targets),
        ] {
            let Some(weights) = weights else { continue };
            let in_range = |weight: &Decimal| {
                *weight > Decimal::ZERO && *weight <= Decimal::ONE_HUNDRED && weight.scale() <= 8
            };
            if weights.len() != count {
                faults.push(FieldError::new(
                    field,
                    "must have one weight for each price",
                ));
            } else if !weights.iter().all(in_range) {
                let sentence = "must be percentages above 0 and up to 100";
                faults.push(FieldError::new(field, sentence));
            } else if weights.iter().sum::<Decimal>() > Decimal::ONE_HUNDRED {
                faults.push(FieldError::new(field, "must not come to more than 100"));
            }
        }
    }

    fn check_order(&self, faults: &mut Vec<FieldError>) {
        if self.order_type != OrderType::Market && self.entries.is_empty() {
            faults.push(FieldError::new("entry", "a pending order needs a price"));
        }
        if self.is_zone && self.entries.len() != 2 {
            faults.push(FieldError::new("entry", "a zone has two bounds"));
        }
        if self.stop_loss.is_some() && self.stop_loss_pips.is_some() {
            let sentence = "must not stand beside stop_loss";
            faults.push(FieldError::new("stop_loss_pips", sentence));
        }
        if !self.take_profits.is_empty() && !self.take_profit_pips.is_empty() {
            let sentence = "must not stand beside take_profits";
            faults.push(FieldError::new("take_profit_pips", sentence));
        }
        if self
            .leverage
            .is_some_and(|factor| !(1..=LEVERAGE_MAX).contains(&factor))
        {
            faults.push(FieldError::new("leverage", "must be 1 to 5000"));
        }
        let in_range = |risk: Decimal| {
            risk > Decimal::ZERO && risk <= Decimal::ONE_HUNDRED && risk.scale() <= 8
        };
        if self.risk_percent.is_some_and(|risk| !in_range(risk)) {
            let sentence = "must be above 0 and at most 100";
            faults.push(FieldError::new("risk_percent", sentence));
        }
    }

    fn check_sides(&self, faults: &mut Vec<FieldError>) {
        let levels = Levels {
            direction: self.direction,
            market: parser::symbol(&self.symbol).map(|symbol| symbol.market()),
            entries: &self.entries,
            is_zone: self.is_zone,
            stop: self.stop_loss,
            targets: &self.take_profits,
        };
        let target = |index: usize| format!("take_profits[{index}]");
        faults.extend(levels.misplaced().map(|misplaced| match misplaced {
            Misplaced::Stop => FieldError::new("stop_loss", "is on the wrong side of the entry"),
            Misplaced::Target(index) => {
                FieldError::new(target(index), "is on the wrong side of the entry")
            }
            Misplaced::TargetBehindStop(index) => {
                FieldError::new(target(index), "is on the wrong side of the stop loss")
            }
            Misplaced::Apart => {
                FieldError::new("entry", "the prices are too far apart to be of one symbol")
            }
        }));
    }
}

/// Whether a figure can be a price.
#[must_use]
pub fn is_price(price: Decimal) -> bool {
    price > Decimal::ZERO && price <= PRICE_MAX && price.scale() <= PRICE_SCALE_MAX
}

/// The shares of a whole that some weights stand for; equal ones where none
/// are given.
pub(crate) fn shares(count: usize, weights: Option<&[Decimal]>) -> Vec<Decimal> {
    let equal = || vec![Decimal::ONE; count];
    let parts = weights.map_or_else(equal, <[Decimal]>::to_vec);
    let whole: Decimal = parts.iter().sum();
    parts
        .into_iter()
        .map(|part| part.checked_div(whole).unwrap_or_default())
        .collect()
}

fn named(field: &str, prices: &[Decimal]) -> impl Iterator<Item = (String, Decimal)> {
    let prices = prices.iter().copied().enumerate();
    prices.map(move |(index, price)| (format!("{field}[{index}]"), price))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dec;

    pub(crate) fn setup(direction: Direction, entries: &[Decimal]) -> Setup {
        Setup {
            symbol: "XAUUSD".to_owned(),
            direction,
            order_type: OrderType::Market,
            entries: entries.to_vec(),
            entry_weights: None,
            is_zone: false,
            stop_loss: None,
            stop_loss_pips: None,
            take_profits: Vec::new(),
            take_profit_weights: None,
            take_profit_pips: Vec::new(),
            runner: false,
            leverage: None,
            risk_percent: None,
        }
    }

    fn fields(setup: &Setup) -> Vec<String> {
        let faults = setup.faults().into_iter();
        faults.map(|fault| fault.field).collect()
    }

    #[test]
    fn a_stop_ahead_and_a_target_behind_are_refused_by_name() {
        let wrong = Setup {
            stop_loss: Some(dec("2350")),
            take_profits: vec![dec("2360"), dec("2330")],
            ..setup(Direction::Buy, &[dec("2345")])
        };
        assert_eq!(fields(&wrong), ["stop_loss", "take_profits[1]"]);
        let right = Setup {
            stop_loss: Some(dec("2340")),
            take_profits: vec![dec("2360")],
            ..wrong
        };
        assert!(right.faults().is_empty());
    }

    #[test]
    fn a_sell_is_the_mirror_of_a_buy() {
        let sell = Setup {
            stop_loss: Some(dec("2350")),
            take_profits: vec![dec("2340"), dec("2346")],
            ..setup(Direction::Sell, &[dec("2345")])
        };
        assert_eq!(fields(&sell), ["take_profits[1]"]);
    }

    #[test]
    fn without_an_entry_the_stop_and_the_targets_must_not_contradict_each_other() {
        let contradictory = Setup {
            stop_loss: Some(dec("2350")),
            take_profits: vec![dec("2340")],
            ..setup(Direction::Buy, &[])
        };
        assert_eq!(fields(&contradictory), ["take_profits[0]"]);
    }

    #[test]
    fn a_stop_must_be_behind_each_of_several_entries() {
        let between = Setup {
            stop_loss: Some(dec("96")),
            ..setup(Direction::Buy, &[dec("100"), dec("95")])
        };
        assert_eq!(fields(&between), ["stop_loss"]);
    }

    #[test]
    fn a_pending_order_without_a_price_and_weights_that_do_not_fit_are_refused() {
        let pending = Setup {
            order_type: OrderType::Limit,
            take_profits: vec![dec("2400"), dec("2500")],
            take_profit_weights: Some(vec![dec("60"), dec("50")]),
            ..setup(Direction::Buy, &[])
        };
        assert_eq!(fields(&pending), ["take_profit_weights", "entry"]);
        let uneven = Setup {
            take_profit_weights: Some(vec![dec("60")]),
            order_type: OrderType::Market,
            ..pending
        };
        assert_eq!(fields(&uneven), ["take_profit_weights"]);
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for price in [
            dec("0"),
            dec("-1"),
            dec("1000000001"),
            dec("0.0000000000001"),
        ] {
            assert_eq!(fields(&setup(Direction::Buy, &[price])), ["entry[0]"]);
        }
    }

    #[test]
    fn the_planned_entry_is_the_mean_by_weight() {
        let weighted = Setup {
            entry_weights: Some(vec![dec("75"), dec("25")]),
            ..setup(Direction::Buy, &[dec("100"), dec("80")])
        };
        assert_eq!(weighted.planned_entry(), Some(dec("95")));
        assert_eq!(setup(Direction::Buy, &[]).planned_entry(), None);
    }
}
