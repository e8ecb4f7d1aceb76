//! Closed positions in bulk: a long trading history in one call.

use chrono::TimeDelta;
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::account::Happening;
use crate::checks::{cost, money, price, text, volume};
use crate::ledger::{Book, Deal, DealKind, Entry, Event, Stamp, Trade, deal};
use crate::replay::Recorded;
use crate::scenario::Reason;
use crate::symbols::Side;

/// The most closed positions that an account is given in bulk.
pub(crate) const CLOSED_MAX: u64 = 200_000;
/// The numbers that each position takes: two orders and two deals.
pub(crate) const TICKETS_EACH: u64 = 4;
const PROFITS_MAX: usize = 1_000;
/// Ten years, in milliseconds.
const SPAN_MS_MAX: i64 = 3_660 * 86_400 * 1_000;

/// Closed positions, one after the other.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedTrades {
    /// The number of positions.
    pub count: u32,
    /// The moment at which the first is opened.
    pub from: Timestamp,
    /// Milliseconds from one opening to the next.
    #[serde(default = "minute")]
    pub every_ms: u32,
    /// Milliseconds that each position is held.
    #[serde(default = "second")]
    pub held_ms: u32,
    /// The symbol.
    #[serde(default = "eurusd")]
    pub symbol: String,
    /// Buy or sell.
    #[serde(default = "buy")]
    pub side: Side,
    /// Lots of each position.
    #[serde(default = "hundredth", with = "kernel::number::json")]
    pub volume: Decimal,
    /// The price of all deals.
    #[serde(default = "one", with = "kernel::number::json")]
    pub price: Decimal,
    /// Profits of the closes, in turn: the position after the last takes the
    /// first again.
    pub profits: Vec<kernel::Number>,
    /// Commission of each deal, signed.
    #[serde(default, with = "kernel::number::json_option")]
    pub commission: Option<Decimal>,
}

fn minute() -> u32 {
    60_000
}

fn second() -> u32 {
    1_000
}

fn eurusd() -> String {
    "EURUSD".to_owned()
}

fn buy() -> Side {
    Side::Buy
}

fn hundredth() -> Decimal {
    Decimal::new(1, 2)
}

fn one() -> Decimal {
    Decimal::ONE
}

impl ClosedTrades {
    fn check(&self, book: &Book) -> Result<(), String> {
        if !(1..=CLOSED_MAX).contains(&u64::from(self.count)) {
            return Err(format!("the count is 1 to {CLOSED_MAX}"));
        }
        if !(1..=PROFITS_MAX).contains(&self.profits.len()) {
            return Err(format!("profits are 1 to {PROFITS_MAX}"));
        }
        let span_ms = i64::from(self.count) * i64::from(self.every_ms);
        if span_ms > SPAN_MS_MAX {
            return Err("the trades take more than ten years".to_owned());
        }
        text("the symbol", &self.symbol)?;
        price(self.price)?;
        volume(self.volume)?;
        cost(book, self.commission)?;
        self.profits
            .iter()
            .try_for_each(|profit| money(book, "a profit", profit.0))
    }

    /// Returns the deals as happenings, numbered from a ticket on.
    ///
    /// # Errors
    /// Returns a sentence if a figure is out of bounds.
    pub(crate) fn happenings(&self, book: &Book, tickets: u64) -> Result<Vec<Happening>, String> {
        self.check(book)?;
        let mut happenings = Vec::with_capacity(2 * self.count as usize);
        let turns = self.profits.iter().cycle();
        for (number, profit) in (0..i64::from(self.count)).zip(turns) {
            let opened = self.from + TimeDelta::milliseconds(number * i64::from(self.every_ms));
            let closed = opened + TimeDelta::milliseconds(i64::from(self.held_ms));
            let ticket = tickets + number.cast_unsigned() * TICKETS_EACH;
            let opening = self.deal(opened, ticket, (Entry::In, ticket));
            let mut closing = self.deal(closed, ticket + 2, (Entry::Out, ticket));
            closing.profit = profit.0;
            happenings.extend([opening, closing].map(happening));
        }
        Ok(happenings)
    }

    fn deal(&self, at: Timestamp, order: u64, (entry, position): (Entry, u64)) -> Deal {
        let side = match entry {
            Entry::In => self.side,
            _ => self.side.opposite(),
        };
        let stamp = Stamp::plain(at, order);
        let mut made = deal(stamp, 1, DealKind::Trade(side), entry);
        made.trade = Some(Trade {
            symbol: self.symbol.clone(),
            order,
            position,
            volume: self.volume,
            price: self.price,
        });
        made.commission = self.commission.unwrap_or_default();
        made.reason = Some(Reason::Client);
        made
    }
}

fn happening(deal: Deal) -> Happening {
    let stamp = Stamp::plain(deal.at, deal.id);
    let recorded = Recorded { deal, goal: None };
    Happening::new(stamp, Event::Recorded(Box::new(recorded)))
}
