//! The ledger: open positions, closed trades and statistics out of deals,
//! O(1) a deal, and the same whatever the order of their arrival.
//!
//! A position is all deals of its position id; buys add to its volume and
//! sells take from it, and it is closed whenever that is zero. An `in_out`
//! deal passes through zero without stopping there, so a reversed netting
//! position is one trade, as its position id is one. Sums do not care for
//! order, so deals may arrive in any. A deal of a position that has closed
//! corrects its trade: as closed trades are not held here, the caller asks
//! [`Ledger::needs`] first and hands the trade in.
//!
//! What depends on the order of arrival by its nature, namely trade numbers,
//! streaks and, after a correction, the largest win and loss, is documented
//! there.

mod days;
mod position;
mod restart;
mod statistics;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use days::{DayResult, Days};
pub use position::{ClosedPosition, Position, Side};
pub use statistics::{Bucket, Statistics, Streaks};

use position::Opening;

use super::deal::{Deal, DealKind};
use super::reset::ResetRule;

/// The most positions held at once, those included whose opening is not known
/// (a history that starts in mid-account).
pub const POSITIONS_MAX: usize = 2_000;

/// Open positions and all that is counted, of one challenge.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    open: BTreeMap<String, Position>,
    /// The number of the newest closed trade; they count from 1.
    closed_count: u64,
    open_count: u32,
    open_volume: Decimal,
    days: Days,
    statistics: Statistics,
}

/// What the rules need to know of the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Positions open.
    pub open_positions: u32,
    /// Lots open.
    pub open_volume: Decimal,
    /// Reset-to-reset days with at least one position opened.
    pub trading_days: u32,
    /// The most that one day's deals brought; never below zero.
    pub best_day_profit: Decimal,
    /// What all deals brought, adjustments apart.
    pub total_profit: Decimal,
}

/// What a deal did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LedgerChange {
    /// Whether it was left out: a figure beyond reason.
    pub out_of_range: bool,
    /// Whether it opened a position.
    pub opened: bool,
    /// The position it closed, as a trade with a number: a new one, or that
    /// of the trade which a late deal had opened again.
    pub closed: Option<ClosedPosition>,
    /// The trade it corrected, under its old number.
    pub corrected: Option<ClosedPosition>,
    /// The number of the trade that is open again: a late deal showed that
    /// its position was not closed. To be taken from the list of trades; it
    /// comes back under the same number.
    pub reopened: Option<u64>,
}

impl Ledger {
    /// The position id whose closed trade, if there is one, the caller must
    /// look up and hand to [`Ledger::apply`]. `None`: nothing to look up.
    #[must_use]
    pub fn needs<'a>(&self, deal: &'a Deal) -> Option<&'a str> {
        let id = deal.position_id.as_deref()?;
        (touches_position(deal) && !self.open.contains_key(id)).then_some(id)
    }

    /// Takes a deal. Each deal once: the store knows their ids.
    ///
    /// `reset` tells days apart; `closed` is the trade that
    /// [`Ledger::needs`] asked for, where the store has it.
    pub fn apply(
        &mut self,
        deal: &Deal,
        reset: &ResetRule,
        closed: Option<ClosedPosition>,
    ) -> LedgerChange {
        if !deal.is_in_range() {
            return LedgerChange {
                out_of_range: true,
                ..LedgerChange::default()
            };
        }
        self.statistics.count_deal(deal);
        self.days.add_result(reset, deal.time, deal.result());
        if touches_position(deal) {
            self.apply_to_position(deal, reset, closed)
        } else {
            LedgerChange::default()
        }
    }

    fn apply_to_position(
        &mut self,
        deal: &Deal,
        reset: &ResetRule,
        closed: Option<ClosedPosition>,
    ) -> LedgerChange {
        let mut change = LedgerChange::default();
        let key = key_of(deal);
        let was_open = self.open.remove(&key);
        if let Some(position) = &was_open {
            self.forget_open(position);
        }
        let was_closed = closed.filter(|_| was_open.is_none());
        let mut position = match (&was_open, &was_closed) {
            (Some(open), _) => open.clone(),
            (None, Some(trade)) => trade.position.clone(),
            (None, None) => Position::new(&key, deal),
        };
        let opening = position.add(deal);
        change.opened = self.count_opening(opening, reset);
        if let Some(trade) = &was_closed {
            self.statistics.remove_closed(trade, reset);
            position.set_number(trade.number);
        }
        match (position.is_closed(), was_closed) {
            (true, before) => {
                let trade = self.close(position, reset);
                if before.is_some() {
                    change.corrected = Some(trade);
                } else {
                    change.closed = Some(trade);
                }
            }
            (false, before) => {
                change.reopened = before.map(|trade| trade.number);
                self.hold(key, position);
            }
        }
        change
    }

    fn count_opening(&mut self, opening: Opening, reset: &ResetRule) -> bool {
        match opening {
            Opening::Unchanged => false,
            Opening::At(time) => {
                self.days.add_opening(reset, time);
                true
            }
            Opening::Earlier { known, first } => {
                self.days.take_opening(reset, known);
                self.days.add_opening(reset, first);
                false
            }
        }
    }

    fn close(&mut self, mut position: Position, reset: &ResetRule) -> ClosedPosition {
        let again = position.number().is_some();
        let number = position.number().unwrap_or_else(|| {
            self.closed_count += 1;
            self.closed_count
        });
        position.set_number(number);
        position.name_by_first_deal();
        let trade = ClosedPosition { number, position };
        self.statistics.add_closed(&trade, reset, again);
        trade
    }

    fn hold(&mut self, key: String, position: Position) {
        if position.is_open() {
            self.open_count += 1;
            self.open_volume += position.volume_open();
        } else if self.open.len() >= POSITIONS_MAX {
            // The rest of a position opened before this history, the oldest
            // of which nothing more can be expected for.
            self.drop_oldest_remnant();
        }
        self.open.insert(key, position);
    }

    fn forget_open(&mut self, position: &Position) {
        if position.is_open() {
            self.open_count -= 1;
            self.open_volume -= position.volume_open();
        }
    }

    fn drop_oldest_remnant(&mut self) {
        let oldest = self
            .open
            .iter()
            .filter(|(_, position)| !position.is_open())
            .min_by_key(|(_, position)| position.last_deal_at())
            .map(|(key, _)| key.clone());
        if let Some(key) = oldest {
            self.open.remove(&key);
        }
    }

    /// The figures that rules go by.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing {
            open_positions: self.open_count,
            open_volume: self.open_volume,
            trading_days: self.days.trading_days(),
            best_day_profit: self.days.best_profit(),
            total_profit: self.days.total_profit(),
        }
    }

    /// Positions open now, by id.
    pub fn open_positions(&self) -> impl Iterator<Item = &Position> {
        self.open.values().filter(|position| position.is_open())
    }

    /// Trades closed so far, and the number of the newest.
    #[must_use]
    pub fn closed_count(&self) -> u64 {
        self.closed_count
    }

    /// Figures over all closed trades.
    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Results by reset-to-reset day.
    #[must_use]
    pub fn days(&self) -> &Days {
        &self.days
    }
}

/// Trades, and costs that are booked apart but name their position.
fn touches_position(deal: &Deal) -> bool {
    deal.kind.is_trade()
        || (deal.position_id.is_some()
            && matches!(
                deal.kind,
                DealKind::Commission
                    | DealKind::Charge
                    | DealKind::Interest
                    | DealKind::Dividend
                    | DealKind::Tax
            ))
}

/// Deals without a position id (old exports) net by symbol: one position at a
/// time, which ends where its volume is zero.
fn key_of(deal: &Deal) -> String {
    match &deal.position_id {
        Some(id) => id.clone(),
        None => format!(
            "{}{}",
            position::NETTING_PREFIX,
            deal.symbol.as_deref().unwrap_or_default()
        ),
    }
}
