//! Actions on thousands of positions at once. Each is one happening, so that
//! the market is asked and quoted once and not for each position.

use crate::checks::POSITIONS_MAX;
use crate::ledger::{Book, Deal, Stamp, State};
use crate::scenario::{Action, Close, CloseMany, Open, OpenMany, Reason};

/// The numbers that each position of such an action takes: order and deal.
const TICKETS_EACH: u64 = 2;

/// Returns how many numbers an action takes, for one that takes many.
pub(crate) fn tickets(action: &Action) -> Option<u64> {
    match action {
        Action::OpenMany(many) => Some(u64::from(many.count) * TICKETS_EACH),
        // The positions are counted when it happens.
        Action::CloseMany(_) => Some(POSITIONS_MAX as u64 * TICKETS_EACH),
        _ => None,
    }
}

impl State {
    /// Opens many positions.
    pub(crate) fn open_many(
        &mut self,
        book: &Book,
        stamp: Stamp,
        many: &OpenMany,
        deals: &mut Vec<Deal>,
    ) -> Result<(), String> {
        if !(1..=POSITIONS_MAX).contains(&(many.count as usize)) {
            return Err(format!("the count is 1 to {POSITIONS_MAX}"));
        }
        let mut open = Open {
            position: String::new(),
            symbol: many.symbol.clone(),
            side: many.side,
            volume: many.volume,
            price: many.price,
            stop_loss: None,
            take_profit: None,
            commission: many.commission,
            comment: String::new(),
            magic: 0,
            reason: Some(Reason::Client),
        };
        let price = self.entry_price(book, stamp, &open)?;
        for number in 1..=u64::from(many.count) {
            open.position = format!("{}-{number}", many.positions);
            self.enter(book, part(stamp, number - 1), &open, price, deals)?;
        }
        Ok(())
    }

    /// Closes all positions of a prefix.
    pub(crate) fn close_many(
        &mut self,
        book: &Book,
        stamp: Stamp,
        many: &CloseMany,
        deals: &mut Vec<Deal>,
    ) -> Result<(), String> {
        let prefix = format!("{}-", many.positions);
        let mut named: Vec<(u64, String)> = self
            .positions
            .iter()
            .filter(|(name, _)| name.starts_with(&prefix))
            .map(|(name, position)| (position.ticket, name.clone()))
            .collect();
        named.sort_unstable();
        let Some((_, first)) = named.first() else {
            return Err(format!("no open position is named {prefix}…"));
        };
        let symbol = self.position(first)?.symbol.clone();
        for (number, (_, name)) in (0_u64..).zip(&named) {
            let close = Close {
                position: name.clone(),
                volume: None,
                price: many.price,
                profit: many.profit,
                commission: many.commission,
                comment: String::new(),
                reason: Some(Reason::Client),
            };
            self.leave(book, part(stamp, number), &close, deals)?;
        }
        if let Some(given) = many.price {
            self.quote(&symbol, given);
        }
        Ok(())
    }
}

/// The stamp of one position of such an action.
fn part(stamp: Stamp, number: u64) -> Stamp {
    Stamp {
        ticket: stamp.ticket + number * TICKETS_EACH,
        ..stamp
    }
}
