//! Strategies: how a person's terminals trade signals.

use kernel::FieldError;
use kernel::id::StrategyId;
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The most strategies of one person in a tenant.
pub const STRATEGIES_MAX: u32 = 50;
/// The most symbols that one is confined to.
pub const SYMBOLS_MAX: usize = 100;
/// The most trades that one keeps open.
const OPEN_TRADES_MAX: u32 = 200;
/// The largest position, in lots.
const LOTS_MAX: Decimal = Decimal::from_parts(1_000, 0, 0, false, 0);
/// The largest distance or spread, in pips.
const PIPS_MAX: Decimal = Decimal::from_parts(100_000, 0, 0, false, 0);
/// Digits of a figure after the point at most.
const SCALE_MAX: u32 = 8;

/// How the size of a position is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LotMode {
    /// The same lots each time.
    Fixed,
    /// By the share of the account that the stop puts at risk.
    RiskPercent,
}

/// A stop that follows the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trailing {
    /// How far behind the price, in pips.
    pub distance_pips: Decimal,
    /// How far the price must move before the stop is moved again, in pips.
    pub step_pips: Option<Decimal>,
}

/// What is set of a strategy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrategyTerms {
    /// What people call it.
    pub name: String,
    /// How positions are sized.
    pub lot_mode: LotMode,
    /// Lots of a position, where they are fixed.
    pub lots: Option<Decimal>,
    /// The share of the account at risk in one trade, in percent, where
    /// positions are sized by it.
    pub risk_percent: Option<Decimal>,
    /// The most trades open at once.
    pub max_open_trades: u32,
    /// The symbols that are traded; all where it is empty.
    #[serde(default)]
    pub symbols: Vec<String>,
    /// The widest spread at which a trade is opened, in pips.
    pub max_spread_pips: Option<Decimal>,
    /// A stop that follows the price.
    pub trailing: Option<Trailing>,
    /// The target after which the stop moves to the entry, from 1.
    pub breakeven_after: Option<u8>,
}

impl StrategyTerms {
    /// What cannot be of it, each by its field.
    #[must_use]
    pub fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut refuse =
            |field: &str, sentence: &str| faults.push(FieldError::new(field, sentence));
        match self.lot_mode {
            LotMode::Fixed if self.lots.is_none() => {
                refuse("lots", "is required where lots are fixed");
            }
            LotMode::RiskPercent if self.risk_percent.is_none() => {
                refuse(
                    "risk_percent",
                    "is required where positions are sized by risk",
                );
            }
            _ => {}
        }
        for (field, value, max) in [
            ("lots", self.lots, LOTS_MAX),
            ("risk_percent", self.risk_percent, Decimal::ONE_HUNDRED),
            ("max_spread_pips", self.max_spread_pips, PIPS_MAX),
            (
                "trailing.distance_pips",
                self.trailing.map(|trailing| trailing.distance_pips),
                PIPS_MAX,
            ),
            (
                "trailing.step_pips",
                self.trailing.and_then(|trailing| trailing.step_pips),
                PIPS_MAX,
            ),
        ] {
            let fits = |value: Decimal| {
                value > Decimal::ZERO && value <= max && value.scale() <= SCALE_MAX
            };
            if value.is_some_and(|value| !fits(value)) {
                refuse(field, &format!("must be above 0 and at most {max}"));
            }
        }
        if !(1..=OPEN_TRADES_MAX).contains(&self.max_open_trades) {
            refuse("max_open_trades", "must be 1 to 200");
        }
        if self.symbols.len() > SYMBOLS_MAX {
            refuse("symbols", "must have 100 symbols at most");
        }
        if self
            .breakeven_after
            .is_some_and(|number| !(1..=20).contains(&number))
        {
            refuse("breakeven_after", "must be 1 to 20");
        }
        faults
    }
}

/// A strategy of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strategy {
    /// Its id.
    pub id: StrategyId,
    /// What is set of it.
    pub terms: StrategyTerms,
    /// From 1, one more at each change.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dec;

    #[test]
    fn sizes_are_demanded_by_their_mode_and_figures_kept_in_bounds() {
        let terms = StrategyTerms {
            name: "Calm".to_owned(),
            lot_mode: LotMode::RiskPercent,
            lots: None,
            risk_percent: Some(dec("0.5")),
            max_open_trades: 3,
            symbols: Vec::new(),
            max_spread_pips: Some(dec("2.5")),
            trailing: None,
            breakeven_after: Some(1),
        };
        assert!(terms.faults().is_empty());
        let wrong = StrategyTerms {
            lot_mode: LotMode::Fixed,
            risk_percent: Some(dec("101")),
            max_open_trades: 0,
            trailing: Some(Trailing {
                distance_pips: dec("0"),
                step_pips: Some(dec("-1")),
            }),
            breakeven_after: Some(0),
            ..terms
        };
        let fields: Vec<_> = wrong
            .faults()
            .into_iter()
            .map(|fault| fault.field)
            .collect();
        assert_eq!(
            fields,
            [
                "lots",
                "risk_percent",
                "trailing.distance_pips",
                "trailing.step_pips",
                "max_open_trades",
                "breakeven_after",
            ]
        );
    }
}
