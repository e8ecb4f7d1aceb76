//! An account's books at a moment, and how an action changes them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use kernel::currency::Currency;
use kernel::time::Timestamp;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::cancellation::Cancellation;
use crate::checks::{self, TOTAL_MAX, too_large};
use crate::demo::Walk;
use crate::replay::{Drift, Recorded};
use crate::scenario::{Action, Booking, OperationKind, Reason};
use crate::symbols::{Instrument, Side, SymbolSpec};

/// A moment that never comes: that at which a hidden deal is shown.
pub(crate) const NEVER: Timestamp = DateTime::<Utc>::MAX_UTC;

/// What holds for an account through its whole life.
#[derive(Clone, Debug)]
pub(crate) struct Book {
    pub(crate) currency: Currency,
    pub(crate) leverage: u32,
    pub(crate) symbols: BTreeMap<String, SymbolSpec>,
    /// Prices of the demo market, where no step has set one.
    pub(crate) walk: Option<Walk>,
}

impl Book {
    pub(crate) fn instrument(&self, symbol: &str) -> Result<Instrument, String> {
        let spec = self.symbols.get(symbol).copied().unwrap_or_default();
        Instrument::resolve(symbol, spec, &self.currency)
    }

    /// Booked profit of a move of a symbol's price.
    pub(crate) fn profit(
        &self,
        symbol: &str,
        side: Side,
        from_to: (Decimal, Decimal),
        volume: Decimal,
    ) -> Result<Decimal, String> {
        self.instrument(symbol)?
            .profit(side, from_to.0, from_to.1, volume)
            .filter(|profit| profit.abs() <= TOTAL_MAX)
            .map(|profit| self.booked(profit))
            .ok_or_else(too_large)
    }

    /// Rounds as the trade server books: half away from zero.
    pub(crate) fn booked(&self, amount: Decimal) -> Decimal {
        amount.round_dp_with_strategy(
            self.currency.digits(),
            RoundingStrategy::MidpointAwayFromZero,
        )
    }
}

/// A deal's place in a position, or that of a balance operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    In,
    Out,
    InOut,
    OutBy,
}

/// What a deal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DealKind {
    Trade(Side),
    Operation(OperationKind),
    /// A trade that was taken back; it moves no position.
    Canceled(Side),
}

impl DealKind {
    /// Returns `true` if the deal's amounts move the credit, not the balance.
    pub(crate) fn is_credit(self) -> bool {
        matches!(self, Self::Operation(kind) if kind.is_credit())
    }
}

/// The cancellation of a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Canceled {
    /// The moment of the cancellation.
    pub(crate) at: Timestamp,
    /// The moment from which the history shows the deal as cancelled.
    pub(crate) visible_at: Timestamp,
    /// The number by which a release finds the cancellation.
    pub(crate) ticket: u64,
    pub(crate) booked: Booking,
}

/// The market side of a deal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trade {
    pub(crate) symbol: String,
    pub(crate) order: u64,
    pub(crate) position: u64,
    pub(crate) volume: Decimal,
    pub(crate) price: Decimal,
}

/// One line of an account's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deal {
    pub(crate) id: u64,
    /// The true moment.
    pub(crate) at: Timestamp,
    /// The moment by the trade server's clock, which the deal carries.
    pub(crate) shown_at: Timestamp,
    pub(crate) visible_at: Timestamp,
    pub(crate) kind: DealKind,
    pub(crate) entry: Entry,
    pub(crate) trade: Option<Trade>,
    pub(crate) commission: Decimal,
    pub(crate) swap: Decimal,
    pub(crate) profit: Decimal,
    pub(crate) comment: String,
    pub(crate) magic: u32,
    pub(crate) reason: Option<Reason>,
    pub(crate) stop_loss: Option<Decimal>,
    pub(crate) take_profit: Option<Decimal>,
    /// The gateway's name of the deal's type, where it is not the usual one.
    pub(crate) spelled: Option<String>,
    pub(crate) canceled: Option<Canceled>,
}

/// An open position.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    pub(crate) ticket: u64,
    pub(crate) symbol: String,
    pub(crate) side: Side,
    pub(crate) volume: Decimal,
    pub(crate) open_price: Decimal,
    pub(crate) opened_at: Timestamp,
    /// The opening by the trade server's clock.
    pub(crate) shown_at: Timestamp,
    /// The moment from which the list shows the position.
    pub(crate) listed_at: Timestamp,
    pub(crate) magic: u32,
    pub(crate) reason: Option<Reason>,
    pub(crate) swap: Decimal,
    pub(crate) stop_loss: Option<Decimal>,
    pub(crate) take_profit: Option<Decimal>,
    pub(crate) comment: String,
    /// The profit that a step has set, until the symbol has a new price.
    pub(crate) set_profit: Option<Decimal>,
    /// Where a replayed position is known to go.
    pub(crate) drift: Option<Drift>,
}

/// What a position shows at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Valuation {
    pub(crate) price: Decimal,
    pub(crate) profit: Decimal,
}

/// When an action happens, and the numbers its order and deals take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    pub(crate) at: Timestamp,
    pub(crate) visible_at: Timestamp,
    /// The moment from which the list of positions shows the action.
    pub(crate) listed_at: Timestamp,
    /// The first of the numbers that are this action's own.
    pub(crate) ticket: u64,
}

impl Stamp {
    /// Returns the stamp of an action that is shown at once.
    pub(crate) fn plain(at: Timestamp, ticket: u64) -> Self {
        Self {
            at,
            visible_at: at,
            listed_at: at,
            ticket,
        }
    }
}

/// A closed position that the list goes on showing.
#[derive(Clone, Debug)]
pub(crate) struct Lingering {
    pub(crate) position: Position,
    pub(crate) until: Timestamp,
}

/// What an action changes an account by.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Action(Action),
    Recorded(Box<Recorded>),
    Cancellation(Cancellation),
}

/// The books of an account at a moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) balance: Decimal,
    pub(crate) credit: Decimal,
    /// Open positions by the name that steps use.
    pub(crate) positions: BTreeMap<String, Position>,
    prices: BTreeMap<String, Decimal>,
    /// Symbols whose price a step has set, so that the demo market is off.
    pub(crate) pinned: BTreeSet<String>,
    /// Closed positions that the list still shows.
    pub(crate) lingering: Vec<Lingering>,
    /// The time by which the trade server's clock is ahead.
    pub(crate) clock_ahead: TimeDelta,
}

impl State {
    /// Returns books with balance and credit, without positions.
    pub(crate) fn bare(balance: Decimal, credit: Decimal) -> Self {
        Self {
            balance,
            credit,
            ..Self::default()
        }
    }

    /// Applies an event and appends the deals it makes.
    pub(crate) fn apply(
        &mut self,
        book: &Book,
        stamp: Stamp,
        event: &Event,
        deals: &mut Vec<Deal>,
    ) -> Result<(), String> {
        let known = deals.len();
        match event {
            Event::Recorded(recorded) => recorded.apply(self, stamp, deals),
            Event::Action(action) => self.act(book, stamp, action, deals),
            Event::Cancellation(cancellation) => {
                cancellation.apply(self, stamp, deals);
                Ok(())
            }
        }?;
        for deal in deals.iter_mut().skip(known) {
            deal.shown_at = deal.at + self.clock_ahead;
        }
        if self.balance.abs() > TOTAL_MAX {
            return Err("the balance becomes too large".to_owned());
        }
        Ok(())
    }

    /// Takes a closed volume, with its swap and its part of a set profit, off
    /// a position.
    pub(crate) fn reduce(
        &mut self,
        stamp: Stamp,
        name: &str,
        closed: Decimal,
        (swap, profit): (Decimal, Decimal),
    ) {
        let Some(position) = self.positions.get_mut(name) else {
            return;
        };
        let before = (stamp.listed_at > stamp.at).then(|| position.clone());
        position.volume -= closed;
        position.swap -= swap;
        position.set_profit = position.set_profit.map(|set| set - profit);
        if position.volume.is_zero() {
            self.positions.remove(name);
            self.lingering.retain(|gone| gone.until > stamp.at);
            self.lingering.extend(before.map(|position| Lingering {
                position,
                until: stamp.listed_at,
            }));
        }
    }

    pub(crate) fn position(&self, name: &str) -> Result<&Position, String> {
        self.positions
            .get(name)
            .ok_or_else(|| format!("no open position is named {name}"))
    }

    /// The price of a trade: the one given, which then is the market's, or
    /// the market's.
    pub(crate) fn trade_price(
        &mut self,
        book: &Book,
        symbol: &str,
        at: Timestamp,
        given: Option<Decimal>,
    ) -> Result<Decimal, String> {
        if let Some(given) = given {
            checks::price(given)?;
            self.quote(symbol, given);
            return Ok(given);
        }
        self.market(book, symbol, at)
            .ok_or_else(|| format!("{symbol} has no price yet: give one"))
    }

    pub(crate) fn quote(&mut self, symbol: &str, price: Decimal) {
        self.prices.insert(symbol.to_owned(), price);
        for position in self.positions.values_mut() {
            if position.symbol == symbol {
                position.set_profit = None;
            }
        }
    }

    fn market(&self, book: &Book, symbol: &str, at: Timestamp) -> Option<Decimal> {
        let walk = book.walk.filter(|_| !self.pinned.contains(symbol));
        walk.and_then(|walk| walk.price(symbol, at))
            .or_else(|| self.prices.get(symbol).copied())
    }

    /// Price and profit that a position shows.
    pub(crate) fn value(
        &self,
        book: &Book,
        position: &Position,
        at: Timestamp,
    ) -> Result<Valuation, String> {
        if let Some(drift) = &position.drift {
            return Ok(drift.value(position, at, |amount| book.booked(amount)));
        }
        let (side, open, volume) = (position.side, position.open_price, position.volume);
        if let Some(profit) = position.set_profit {
            let price = book
                .instrument(&position.symbol)?
                .price_for(side, open, profit, volume)
                .ok_or("no price gives this equity")?;
            return Ok(Valuation { price, profit });
        }
        let price = self.market(book, &position.symbol, at).unwrap_or(open);
        let profit = book.profit(&position.symbol, side, (open, price), volume)?;
        Ok(Valuation { price, profit })
    }

    /// What open positions add to the balance: profit and swap.
    pub(crate) fn floating(&self, book: &Book, at: Timestamp) -> Result<Decimal, String> {
        self.positions
            .values()
            .try_fold(Decimal::ZERO, |sum, position| {
                let profit = self.value(book, position, at)?.profit;
                sum.checked_add(profit)
                    .and_then(|sum| sum.checked_add(position.swap))
                    .ok_or_else(too_large)
            })
    }

    /// Margin that open positions use.
    pub(crate) fn margin(&self, book: &Book) -> Decimal {
        let used = self.positions.values().filter_map(|position| {
            let instrument = book.instrument(&position.symbol).ok()?;
            let notional = instrument.notional(position.open_price, position.volume)?;
            notional.checked_div(Decimal::from(book.leverage))
        });
        book.booked(used.fold(Decimal::ZERO, Decimal::saturating_add))
    }

    /// That no later request meets a figure that a decimal cannot hold.
    pub(crate) fn check_floating(&self, book: &Book, at: Timestamp) -> Result<(), String> {
        let floating = self.floating(book, at)?;
        if floating.abs() > TOTAL_MAX {
            return Err(too_large());
        }
        Ok(())
    }
}

/// A deal of a stamp with its `number`th ticket.
pub(crate) fn deal(stamp: Stamp, number: u64, kind: DealKind, entry: Entry) -> Deal {
    Deal {
        id: stamp.ticket + number,
        at: stamp.at,
        shown_at: stamp.at,
        visible_at: stamp.visible_at,
        kind,
        entry,
        trade: None,
        commission: Decimal::ZERO,
        swap: Decimal::ZERO,
        profit: Decimal::ZERO,
        comment: String::new(),
        magic: 0,
        reason: None,
        stop_loss: None,
        take_profit: None,
        spelled: None,
        canceled: None,
    }
}
