//! What a signal would have done on a series of candles.
//!
//! A candle does not tell in which order its prices came, so of every order
//! that is possible the one that is worse for the signal is taken:
//!
//! - A candle that touches stop and target counts as the stop.
//! - A target counts in a candle only where the position was open when the
//!   candle began; the stop counts in the candle of the entry too.
//! - A candle that touches a target and a further entry counts as the target,
//!   and what was not entered by then is withdrawn.
//! - A stop that is moved to the entry within a candle counts from the next one on.
//!
//! Where a candle opens beyond a price, that price is filled at the open: a
//! limit or a target at a better one, a stop or a stop entry at a worse one.
//! A market order that finds the price beyond the stop or the nearest target
//! is not filled, as no broker would take it.

mod orders;
mod run;
#[cfg(test)]
mod tests;

use kernel::FieldError;
use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::parser;
use super::setup::{Setup, is_price};
use run::Run;

/// Candles of one simulation at most.
pub const CANDLES_MAX: usize = 5_000;

/// What the price did in a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// When it begins.
    pub time: Timestamp,
    /// The first price.
    pub open: Decimal,
    /// The highest.
    pub high: Decimal,
    /// The lowest.
    pub low: Decimal,
    /// The last.
    pub close: Decimal,
}

/// How the trade is led.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Management {
    /// The target after which the stop moves to the entry, from 1.
    pub breakeven_after: Option<u8>,
}

/// What became of the signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SimulationStatus {
    /// Nothing was entered.
    NotFilled,
    /// A part is open after the last candle.
    Open,
    /// The last part was closed by the stop.
    Stopped,
    /// The last part was closed by a target.
    Completed,
}

/// Why a part was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExitReason {
    /// A target was reached.
    TakeProfit,
    /// The stop was reached.
    StopLoss,
    /// The stop was reached after it was moved to the entry.
    Breakeven,
}

/// A part that was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// At which price.
    pub price: Decimal,
    /// The share of the position, from 0 to 1.
    pub weight: Decimal,
    /// Why.
    pub reason: ExitReason,
    /// The target's number from 1, where one was reached.
    pub target: Option<u8>,
    /// In the candle of which time.
    pub time: Timestamp,
}

/// What a signal would have done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// What became of it.
    pub status: SimulationStatus,
    /// The share of the planned size that was entered, from 0 to 1.
    pub filled: Decimal,
    /// The mean price of what was entered.
    pub entry_price: Option<Decimal>,
    /// The candle of the first entry.
    pub filled_at: Option<Timestamp>,
    /// Parts that were closed, in order.
    pub exits: Vec<Exit>,
    /// The share of the position that is open after the last candle; its
    /// result is counted at that candle's close.
    pub open: Decimal,
    /// The result in percent of the entry price.
    pub pnl_percent: Option<Decimal>,
    /// The result in multiples of the risk from entry to stop.
    pub r_multiple: Option<Decimal>,
    /// The furthest that the price went against the entry while the position
    /// was open, in percent of it.
    pub adverse_percent: Option<Decimal>,
    /// The furthest that it went with the entry.
    pub favourable_percent: Option<Decimal>,
}

/// What a signal would have done on these candles.
///
/// # Errors
/// Where candles cannot be, or are not in order, or are none or too many, or
/// where the signal's distances are in pips of a symbol that has none.
pub fn simulate(
    setup: &Setup,
    management: Management,
    candles: &[Candle],
) -> Result<Simulated, Vec<FieldError>> {
    let mut faults = setup.faults();
    faults.extend(faults_of(candles));
    let in_pips = setup.stop_loss_pips.is_some() || !setup.take_profit_pips.is_empty();
    let pip = parser::symbol(&setup.symbol).and_then(|symbol| symbol.pip());
    if in_pips && pip.is_none() {
        let sentence = "has no pip, and the signal's distances are in pips";
        faults.push(FieldError::new("symbol", sentence));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut run = Run::new(setup, management, pip);
    for candle in candles {
        run.step(candle);
        if run.is_over() {
            break;
        }
    }
    Ok(run.result(candles.last()))
}

/// What cannot be of some candles; the first fault of each.
fn faults_of(candles: &[Candle]) -> Vec<FieldError> {
    const FAULTS_MAX: usize = 20;
    if candles.is_empty() || candles.len() > CANDLES_MAX {
        return vec![FieldError::new("candles", "must be 1 to 5000 candles")];
    }
    let before = std::iter::once(None).chain(candles.iter().map(Some));
    let fault = |(index, (candle, before)): (usize, (&Candle, Option<&Candle>))| {
        let prices = [candle.open, candle.high, candle.low, candle.close];
        let inner = [candle.open, candle.close];
        let sentence = if !prices.into_iter().all(is_price) {
            "has what is no price"
        } else if inner
            .iter()
            .any(|price| *price > candle.high || *price < candle.low)
        {
            "opens or closes outside its high and low"
        } else if before.is_some_and(|before| before.time >= candle.time) {
            "does not come after the one before it"
        } else {
            return None;
        };
        Some(FieldError::new(format!("candles[{index}]"), sentence))
    };
    let pairs = candles.iter().zip(before).enumerate();
    pairs.filter_map(fault).take(FAULTS_MAX).collect()
}
