//! A strategy as a request writes it.

use garde::Validate;
use kernel::{Error, Number};
use rust_decimal::Decimal;
use serde::Deserialize;
use signals::app::StrategyChange;
use signals::domain::strategy::{LotMode, StrategyTerms, Trailing};
use utoipa::ToSchema;
use web::fields::called;

use crate::fields::{normalized, symbol};

/// A stop that follows the price.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct TrailingBody {
    /// How far behind the price, in pips.
    #[garde(skip)]
    distance_pips: Number,
    /// How far the price must move before the stop is moved again, in pips.
    #[garde(skip)]
    step_pips: Option<Number>,
}

/// How a person's terminals trade signals.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct StrategyBody {
    /// What people call it.
    #[garde(custom(called))]
    #[schema(example = "Calm")]
    name: String,
    /// Whether terminals are to trade by it. The first strategy always is
    /// active; another one becomes so by `true`, and the one before gives way.
    #[garde(skip)]
    active: Option<bool>,
    /// How positions are sized; by `lots` where they alone are given, else by
    /// `risk_percent`.
    #[garde(skip)]
    lot_mode: Option<LotMode>,
    /// Lots of a position, up to 1,000.
    #[garde(skip)]
    lots: Option<Number>,
    /// The share of the account at risk in one trade, in percent.
    #[garde(skip)]
    risk_percent: Option<Number>,
    /// The most trades open at once, 1 to 200.
    #[garde(skip)]
    max_open_trades: u32,
    /// The symbols that are traded, in any spelling; all where left out.
    #[garde(length(max = 100), inner(custom(symbol)))]
    #[serde(default)]
    symbols: Vec<String>,
    /// The widest spread at which a trade is opened, in pips.
    #[garde(skip)]
    max_spread_pips: Option<Number>,
    /// A stop that follows the price.
    #[garde(dive)]
    trailing: Option<TrailingBody>,
    /// The target after which the stop moves to the entry, 1 to 20.
    #[garde(skip)]
    breakeven_after: Option<u8>,
}

impl StrategyBody {
    /// What the strategy is to be.
    ///
    /// # Errors
    /// `Invalid` where it cannot be.
    pub(crate) fn change(self) -> Result<StrategyChange, Error> {
        let usual = match (&self.lots, &self.risk_percent) {
            (Some(_), None) => LotMode::Fixed,
            _ => LotMode::RiskPercent,
        };
        let mut symbols: Vec<String> = self.symbols.iter().map(|name| normalized(name)).collect();
        symbols.sort_unstable();
        symbols.dedup();
        let terms = StrategyTerms {
            name: self.name.trim().to_owned(),
            lot_mode: self.lot_mode.unwrap_or(usual),
            lots: self.lots.map(Decimal::from),
            risk_percent: self.risk_percent.map(Decimal::from),
            max_open_trades: self.max_open_trades,
            symbols,
            max_spread_pips: self.max_spread_pips.map(Decimal::from),
            trailing: self.trailing.map(|trailing| Trailing {
                distance_pips: trailing.distance_pips.0,
                step_pips: trailing.step_pips.map(Decimal::from),
            }),
            breakeven_after: self.breakeven_after,
        };
        match terms.faults() {
            faults if faults.is_empty() => Ok(StrategyChange {
                terms,
                active: self.active,
            }),
            faults => Err(Error::Invalid(faults)),
        }
    }
}
