//! The ledger: positions, closed trades and statistics out of deals, O(1) a
//! deal, and the same whatever the order of their arrival.
//!
//! A position is all deals of its position id; buys add to its volume and
//! sells take from it, and it is closed whenever that is zero. An `in_out`
//! deal passes through zero without stopping there, so a reversed netting
//! position is one trade, as its position id is one. Sums do not care for
//! order, so deals may arrive in any. Positions are kept beside the ledger,
//! one by one: whoever applies a deal asks [`position_key`] for the position
//! that it touches, hands in what is known of it, and keeps what comes back.
//!
//! What depends on the order of arrival by its nature, namely trade numbers,
//! streaks and, after a correction, the largest win and loss, is documented
//! there.

mod days;
mod holdings;
mod position;
mod restart;
mod statistics;

#[cfg(test)]
mod tests;

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use days::{DayResult, Days};
pub use holdings::Holdings;
pub use position::{ClosedPosition, Position, Side};
pub use statistics::{Bucket, Statistics, Streaks};

use position::Opening;

use super::deal::{Deal, DealKind};
use super::reset::ResetRule;

/// The most open positions held; further ones are counted, not held.
pub const POSITIONS_MAX: u32 = 10_000;
/// The most remnants held: exits of positions whose opening is not known (a
/// history that starts in mid-account).
pub const REMNANTS_MAX: usize = 200;

/// Open positions in sum, and all that is counted, of one challenge.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// The number of the newest closed trade; they count from 1.
    closed_count: u64,
    open_count: u32,
    open_volume: Decimal,
    /// Remnants by key, with the time of their newest deal.
    #[serde(default)]
    remnants: Vec<(Timestamp, String)>,
    /// Deals dated up to this moment change positions only: it is the restart
    /// of the challenge.
    #[serde(default)]
    counts_from: Option<Timestamp>,
    days: Days,
    statistics: Statistics,
}

/// What is known of the position that a deal touches.
#[derive(Clone, Debug, PartialEq)]
pub enum KnownPosition {
    /// Open, or a remnant.
    Open(Position),
    /// Closed.
    Closed(ClosedPosition),
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
    /// The key of the position that it touched.
    pub key: Option<String>,
    /// That position, where it is to be held under its key; `None` where none
    /// is left there.
    pub held: Option<Position>,
    /// Whether the position is beyond the bound: it is counted and not held.
    pub is_over_bound: bool,
    /// The key of a remnant that is held no more.
    pub dropped: Option<String>,
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
    /// Takes a deal. Each deal once: the store knows their ids.
    ///
    /// `reset` tells days apart; `known` is the position that [`position_key`]
    /// names, where the store has it.
    pub fn apply(
        &mut self,
        deal: &Deal,
        reset: &ResetRule,
        known: Option<KnownPosition>,
    ) -> LedgerChange {
        if !deal.is_in_range() {
            return LedgerChange {
                out_of_range: true,
                ..LedgerChange::default()
            };
        }
        if self.counts(deal, known.as_ref()) {
            self.statistics.count_deal(deal);
            self.days.add_result(reset, deal.time, deal.result());
        }
        match position_key(deal) {
            Some(key) => self.apply_to_position(deal, reset, key, known),
            None => LedgerChange::default(),
        }
    }

    /// Changes a deal that was taken before: its day, the statistics and its
    /// trade move by the difference of both readings.
    pub fn revise(
        &mut self,
        (before, after): (&Deal, &Deal),
        reset: &ResetRule,
        known: Option<KnownPosition>,
    ) -> LedgerChange {
        let mut change = LedgerChange::default();
        if !after.is_in_range() {
            change.out_of_range = true;
            return change;
        }
        if self.counts(before, known.as_ref()) {
            self.statistics.revise_deal(before, after);
            let moved = after.result() - before.result();
            self.days.add_result(reset, before.time, moved);
        }
        let Some(key) = position_key(before) else {
            return change;
        };
        match known {
            Some(KnownPosition::Open(mut position)) => {
                position.revise(before, after);
                change.held = Some(position);
            }
            Some(KnownPosition::Closed(mut trade)) => {
                let is_counted = self.is_counted(&trade);
                if is_counted {
                    self.statistics.remove_closed(&trade, reset);
                }
                trade.position.revise(before, after);
                if is_counted {
                    self.statistics.add_closed(&trade, reset, true);
                }
                change.corrected = Some(trade);
            }
            None => {}
        }
        change.key = Some(key);
        change
    }

    /// Returns whether a deal counts for days and statistics: it is dated
    /// after the restart, and is no cost of a position closed before it.
    fn counts(&self, deal: &Deal, known: Option<&KnownPosition>) -> bool {
        let of_before = match known {
            Some(KnownPosition::Closed(trade)) => !deal.kind.is_trade() && !self.is_counted(trade),
            _ => false,
        };
        self.counts_at(deal.time) && !of_before
    }

    fn counts_at(&self, at: Timestamp) -> bool {
        self.counts_from.is_none_or(|from| at > from)
    }

    fn is_counted(&self, trade: &ClosedPosition) -> bool {
        self.counts_at(trade.closed_at())
    }

    fn apply_to_position(
        &mut self,
        deal: &Deal,
        reset: &ResetRule,
        key: String,
        known: Option<KnownPosition>,
    ) -> LedgerChange {
        let mut change = LedgerChange::default();
        let (mut position, was_closed) = match known {
            Some(KnownPosition::Open(open)) => {
                self.forget_open(&key, &open);
                (open, None)
            }
            Some(KnownPosition::Closed(trade)) => (trade.position.clone(), Some(trade)),
            None => (Position::new(&key, deal), None),
        };
        let opening = position.add(deal);
        change.opened = self.count_opening(opening, reset);
        if let Some(trade) = &was_closed {
            if self.is_counted(trade) {
                self.statistics.remove_closed(trade, reset);
            }
            position.set_number(trade.number);
        }
        if position.is_closed() {
            let trade = self.close(position, reset);
            if was_closed.is_some() {
                change.corrected = Some(trade);
            } else {
                change.closed = Some(trade);
            }
        } else {
            change.reopened = was_closed.map(|trade| trade.number);
            self.hold(&key, position, &mut change);
        }
        change.key = Some(key);
        change
    }

    fn count_opening(&mut self, opening: Opening, reset: &ResetRule) -> bool {
        match opening {
            Opening::Unchanged => false,
            Opening::At(time) => {
                if self.counts_at(time) {
                    self.days.add_opening(reset, time);
                }
                true
            }
            Opening::Earlier { known, first } => {
                if self.counts_at(known) {
                    self.days.take_opening(reset, known);
                }
                if self.counts_at(first) {
                    self.days.add_opening(reset, first);
                }
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
        if self.is_counted(&trade) {
            self.statistics.add_closed(&trade, reset, again);
        }
        trade
    }

    fn hold(&mut self, key: &str, position: Position, change: &mut LedgerChange) {
        if position.is_open() {
            self.open_count += 1;
            self.open_volume += position.volume_open();
            if self.open_count > POSITIONS_MAX {
                change.is_over_bound = true;
                return;
            }
        } else {
            // The rest of a position opened before this history. The oldest
            // makes room: nothing more can be expected for it.
            if self.remnants.len() >= REMNANTS_MAX
                && let Some(oldest) = self.oldest_remnant()
            {
                change.dropped = Some(self.remnants.swap_remove(oldest).1);
            }
            self.remnants
                .push((position.last_deal_at(), key.to_owned()));
        }
        change.held = Some(position);
    }

    fn forget_open(&mut self, key: &str, position: &Position) {
        if position.is_open() {
            self.open_count = self.open_count.saturating_sub(1);
            self.open_volume -= position.volume_open();
        } else {
            self.remnants.retain(|(_, held)| held != key);
        }
    }

    fn oldest_remnant(&self) -> Option<usize> {
        let indexed = self.remnants.iter().enumerate();
        indexed
            .min_by_key(|(_, (at, _))| *at)
            .map(|(index, _)| index)
    }

    /// Forgets open positions that another server cannot close any more.
    pub fn drop_open(&mut self) {
        self.open_count = 0;
        self.open_volume = Decimal::ZERO;
        self.remnants.clear();
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

    /// Returns the moment from which deals count.
    #[must_use]
    pub fn counts_from(&self) -> Option<Timestamp> {
        self.counts_from
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

/// Returns the key of the position that a deal touches; `None` where it
/// touches none. Deals without a position id (old exports) net by symbol: one
/// position at a time, which ends where its volume is zero.
#[must_use]
pub fn position_key(deal: &Deal) -> Option<String> {
    touches_position(deal).then(|| match &deal.position_id {
        Some(id) => id.clone(),
        None => format!(
            "{}{}",
            position::NETTING_PREFIX,
            deal.symbol.as_deref().unwrap_or_default()
        ),
    })
}
