//! What each action of a scenario does to an account's books.

use chrono::TimeDelta;
use rust_decimal::Decimal;

use crate::checks::{POSITIONS_MAX, cost, money, positive, price, share, text, volume};
use crate::ledger::{Book, Deal, DealKind, Entry, Position, Stamp, State, Trade, deal};
use crate::scenario::{
    Action, Amount, Close, CloseBy, Modify, Open, Operation, OperationKind, Reason, Reverse,
    ServerClock, SetPrice, Swap,
};

/// The furthest that a trade server's clock is off, in seconds.
const CLOCK_AHEAD_S_MAX: u32 = 600;

impl State {
    /// Carries an action out and appends the deals it makes.
    pub(crate) fn act(
        &mut self,
        book: &Book,
        stamp: Stamp,
        action: &Action,
        deals: &mut Vec<Deal>,
    ) -> Result<(), String> {
        match action {
            Action::Deposit(amount) => {
                positive(book, amount.amount)?;
                let operation = balance_operation(amount, amount.amount);
                self.operate(book, stamp, &operation, deals)
            }
            Action::Withdraw(amount) => {
                positive(book, amount.amount)?;
                let operation = balance_operation(amount, -amount.amount);
                self.operate(book, stamp, &operation, deals)
            }
            Action::Credit(amount) => {
                let operation = Operation {
                    kind: OperationKind::Credit,
                    ..balance_operation(amount, amount.amount)
                };
                self.operate(book, stamp, &operation, deals)
            }
            Action::Operation(operation) => self.operate(book, stamp, operation, deals),
            Action::Open(open) => self.open(book, stamp, open, deals),
            Action::Price(set) => self.set_price(set),
            Action::Equity(set) => self.set_equity(book, stamp, set),
            Action::Close(close) => self.close(book, stamp, close, deals),
            Action::CloseBy(close_by) => self.close_by(book, stamp, close_by, deals),
            Action::Reverse(reverse) => self.reverse(book, stamp, reverse, deals),
            Action::Swap(swap) => self.charge_swap(book, swap),
            Action::OpenMany(many) => self.open_many(book, stamp, many, deals),
            Action::CloseMany(many) => self.close_many(book, stamp, many, deals),
            Action::Modify(modify) => self.modify(modify),
            Action::ServerClock(clock) => self.set_server_clock(*clock),
            // A timeline resolves it to the deals that it cancels.
            Action::Cancel(cancel) => Err(format!("no deal {} is known", cancel.deal)),
        }
    }

    fn operate(
        &mut self,
        book: &Book,
        stamp: Stamp,
        operation: &Operation,
        deals: &mut Vec<Deal>,
    ) -> Result<(), String> {
        money(book, "the amount", operation.amount)?;
        text("the comment", &operation.comment)?;
        if let Some(spelled) = &operation.r#type {
            text("the type", spelled)?;
        }
        if operation.kind.is_credit() {
            self.credit += operation.amount;
        } else {
            self.balance += operation.amount;
        }
        let kind = DealKind::Operation(operation.kind);
        let mut deal = deal(stamp, 0, kind, Entry::In);
        // A commission without a deal is booked as profit, as MT5 does it.
        deal.profit = operation.amount;
        deal.comment.clone_from(&operation.comment);
        deal.spelled.clone_from(&operation.r#type);
        deals.push(deal);
        Ok(())
    }

    fn open(
        &mut self,
        book: &Book,
        stamp: Stamp,
        open: &Open,
        deals: &mut Vec<Deal>,
    ) -> Result<(), String> {
        let price = self.entry_price(book, stamp, open)?;
        self.enter(book, stamp, open, price, deals)
    }

    /// Checks what an opening says and returns its price.
    pub(crate) fn entry_price(
        &mut self,
        book: &Book,
        stamp: Stamp,
        open: &Open,
    ) -> Result<Decimal, String> {
        let instrument = book.instrument(&open.symbol)?;
        text("the symbol", &open.symbol)?;
        text("the comment", &open.comment)?;
        volume(open.volume)?;
        let price = self.trade_price(book, &open.symbol, stamp.at, open.price)?;
        if instrument.notional(price, open.volume).is_none() {
            return Err("the position is too large".to_owned());
        }
        Ok(price)
    }

    /// Adds a position at a price, and the deal that opens it.
    pub(crate) fn enter(
        &mut self,
        book: &Book,
        stamp: Stamp,
        open: &Open,
        price: Decimal,
        deals: &mut Vec<Deal>,
    ) -> Result<(), String> {
        text("the position's name", &open.position)?;
        if self.positions.contains_key(&open.position) {
            return Err(format!(
                "a position named {} is open already",
                open.position
            ));
        }
        if self.positions.len() >= POSITIONS_MAX {
            return Err(format!("more than {POSITIONS_MAX} positions are open"));
        }
        let commission = cost(book, open.commission)?;
        self.balance += commission;
        self.positions
            .insert(open.position.clone(), self.opened(stamp, open, price));
        let mut deal = deal(stamp, 1, DealKind::Trade(open.side), Entry::In);
        deal.trade = Some(Trade {
            symbol: open.symbol.clone(),
            order: stamp.ticket,
            position: stamp.ticket,
            volume: open.volume,
            price,
        });
        deal.commission = commission;
        deal.comment.clone_from(&open.comment);
        deal.magic = open.magic;
        deal.reason = open.reason;
        deal.stop_loss = open.stop_loss;
        deal.take_profit = open.take_profit;
        deals.push(deal);
        Ok(())
    }

    fn opened(&self, stamp: Stamp, open: &Open, price: Decimal) -> Position {
        Position {
            ticket: stamp.ticket,
            symbol: open.symbol.clone(),
            side: open.side,
            volume: open.volume,
            open_price: price,
            opened_at: stamp.at,
            shown_at: stamp.at + self.clock_ahead,
            listed_at: stamp.listed_at,
            magic: open.magic,
            reason: open.reason,
            swap: Decimal::ZERO,
            stop_loss: open.stop_loss,
            take_profit: open.take_profit,
            comment: open.comment.clone(),
            set_profit: None,
            drift: None,
        }
    }

    fn set_price(&mut self, set: &SetPrice) -> Result<(), String> {
        text("the symbol", &set.symbol)?;
        price(set.price)?;
        self.quote(&set.symbol, set.price);
        self.pinned.insert(set.symbol.clone());
        Ok(())
    }

    fn close(
        &mut self,
        book: &Book,
        stamp: Stamp,
        close: &Close,
        deals: &mut Vec<Deal>,
    ) -> Result<(), String> {
        let symbol = self.position(&close.position)?.symbol.clone();
        self.leave(book, stamp, close, deals)?;
        if let Some(given) = close.price {
            self.quote(&symbol, given);
        }
        Ok(())
    }

    /// Closes a position, wholly or in part, and leaves the market as it is.
    pub(crate) fn leave(
        &mut self,
        book: &Book,
        stamp: Stamp,
        close: &Close,
        deals: &mut Vec<Deal>,
    ) -> Result<(), String> {
        text("the comment", &close.comment)?;
        let position = self.position(&close.position)?.clone();
        let closed = close.volume.unwrap_or(position.volume);
        volume(closed)?;
        if closed > position.volume {
            return Err(format!(
                "{closed} lots of {} cannot be closed: {} are open",
                close.position, position.volume
            ));
        }
        let (at_price, profit) = self.close_figures(book, stamp, close, &position, closed)?;
        let commission = cost(book, close.commission)?;
        let swap = book.booked(share(position.swap, closed, position.volume)?);
        let mut deal = deal(
            stamp,
            1,
            DealKind::Trade(position.side.opposite()),
            Entry::Out,
        );
        deal.trade = Some(Trade {
            symbol: position.symbol.clone(),
            order: stamp.ticket,
            position: position.ticket,
            volume: closed,
            price: at_price,
        });
        deal.profit = profit;
        deal.swap = swap;
        deal.commission = commission;
        deal.comment.clone_from(&close.comment);
        carry(&mut deal, &position, close.reason);
        deals.push(deal);
        self.balance += profit + swap + commission;
        self.reduce(stamp, &close.position, closed, (swap, profit));
        Ok(())
    }

    /// Price and profit at which a volume of a position is closed.
    fn close_figures(
        &self,
        book: &Book,
        stamp: Stamp,
        close: &Close,
        position: &Position,
        closed: Decimal,
    ) -> Result<(Decimal, Decimal), String> {
        let instrument = book.instrument(&position.symbol)?;
        if let Some(given) = close.price {
            price(given)?;
        }
        let profit_at = |at: Decimal| {
            let from_to = (position.open_price, at);
            book.profit(&position.symbol, position.side, from_to, closed)
        };
        match (close.price, close.profit) {
            (Some(at), Some(profit)) => {
                money(book, "the profit", profit)?;
                Ok((at, profit))
            }
            (Some(at), None) => Ok((at, profit_at(at)?)),
            (None, Some(profit)) => {
                money(book, "the profit", profit)?;
                let at = instrument
                    .price_for(position.side, position.open_price, profit, closed)
                    .ok_or("no price gives this profit")?;
                Ok((at, profit))
            }
            (None, None) => {
                let shown = self.value(book, position, stamp.at)?;
                match position.set_profit {
                    Some(set) => {
                        let profit = book.booked(share(set, closed, position.volume)?);
                        Ok((shown.price, profit))
                    }
                    None => Ok((shown.price, profit_at(shown.price)?)),
                }
            }
        }
    }

    fn close_by(
        &mut self,
        book: &Book,
        stamp: Stamp,
        close_by: &CloseBy,
        deals: &mut Vec<Deal>,
    ) -> Result<(), String> {
        let first = self.position(&close_by.position)?.clone();
        let second = self.position(&close_by.by)?.clone();
        if first.symbol != second.symbol || first.side == second.side {
            return Err("only opposite positions of one symbol close each other".to_owned());
        }
        let closed = first.volume.min(second.volume);
        let from_to = (first.open_price, second.open_price);
        let profit = book.profit(&first.symbol, first.side, from_to, closed)?;
        // MT5 books the whole result on the first position: each of the two
        // deals has the other position's opening price.
        let legs = [
            (&close_by.position, &first, second.open_price, profit),
            (&close_by.by, &second, first.open_price, Decimal::ZERO),
        ];
        for (number, (name, position, at_price, profit)) in (1_u64..).zip(legs) {
            let swap = book.booked(share(position.swap, closed, position.volume)?);
            let kind = DealKind::Trade(position.side.opposite());
            let mut deal = deal(stamp, number, kind, Entry::OutBy);
            deal.trade = Some(Trade {
                symbol: position.symbol.clone(),
                order: stamp.ticket,
                position: position.ticket,
                volume: closed,
                price: at_price,
            });
            deal.profit = profit;
            deal.swap = swap;
            carry(&mut deal, position, Some(Reason::Client));
            deals.push(deal);
            self.balance += profit + swap;
            let shown = share(
                position.set_profit.unwrap_or_default(),
                closed,
                position.volume,
            )?;
            self.reduce(stamp, name, closed, (swap, book.booked(shown)));
        }
        Ok(())
    }

    fn reverse(
        &mut self,
        book: &Book,
        stamp: Stamp,
        reverse: &Reverse,
        deals: &mut Vec<Deal>,
    ) -> Result<(), String> {
        volume(reverse.volume)?;
        let position = self.position(&reverse.position)?.clone();
        if reverse.volume <= position.volume {
            return Err("the deal that reverses a position is larger than the position".to_owned());
        }
        let at_price = self.trade_price(book, &position.symbol, stamp.at, reverse.price)?;
        let from_to = (position.open_price, at_price);
        let profit = book.profit(&position.symbol, position.side, from_to, position.volume)?;
        let commission = cost(book, reverse.commission)?;
        let side = position.side.opposite();
        let mut deal = deal(stamp, 1, DealKind::Trade(side), Entry::InOut);
        deal.trade = Some(Trade {
            symbol: position.symbol.clone(),
            order: stamp.ticket,
            position: position.ticket,
            volume: reverse.volume,
            price: at_price,
        });
        deal.profit = profit;
        deal.swap = position.swap;
        deal.commission = commission;
        carry(&mut deal, &position, Some(Reason::Client));
        deals.push(deal);
        self.balance += profit + position.swap + commission;
        let turned = Position {
            side,
            volume: reverse.volume - position.volume,
            open_price: at_price,
            opened_at: stamp.at,
            shown_at: stamp.at + self.clock_ahead,
            swap: Decimal::ZERO,
            set_profit: None,
            ..position
        };
        self.positions.insert(reverse.position.clone(), turned);
        Ok(())
    }

    fn modify(&mut self, modify: &Modify) -> Result<(), String> {
        self.position(&modify.position)?;
        for level in modify.stop_loss.iter().chain(&modify.take_profit) {
            price(*level)?;
        }
        if let Some(position) = self.positions.get_mut(&modify.position) {
            position.stop_loss = modify.stop_loss;
            position.take_profit = modify.take_profit;
        }
        Ok(())
    }

    fn set_server_clock(&mut self, clock: ServerClock) -> Result<(), String> {
        if clock.ahead_s.unsigned_abs() > CLOCK_AHEAD_S_MAX {
            return Err(format!(
                "a server's clock is at most {CLOCK_AHEAD_S_MAX} s off"
            ));
        }
        self.clock_ahead = TimeDelta::seconds(i64::from(clock.ahead_s));
        Ok(())
    }

    fn charge_swap(&mut self, book: &Book, swap: &Swap) -> Result<(), String> {
        money(book, "the swap", swap.amount)?;
        self.position(&swap.position)?;
        if let Some(position) = self.positions.get_mut(&swap.position) {
            position.swap += swap.amount;
        }
        Ok(())
    }
}

/// The operation that a deposit, a withdrawal or a credit is.
fn balance_operation(amount: &Amount, signed: Decimal) -> Operation {
    Operation {
        kind: OperationKind::Balance,
        amount: signed,
        comment: amount.comment.clone(),
        r#type: None,
    }
}

/// Gives a closing deal what it takes from its position.
fn carry(deal: &mut Deal, position: &Position, reason: Option<Reason>) {
    deal.magic = position.magic;
    deal.reason = reason;
    deal.stop_loss = position.stop_loss;
    deal.take_profit = position.take_profit;
}
