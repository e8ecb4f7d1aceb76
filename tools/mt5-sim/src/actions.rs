//! What each action of a scenario does to an account's books.

use rust_decimal::Decimal;

use crate::checks::{POSITIONS_MAX, cost, money, positive, price, share, text, volume};
use crate::ledger::{Book, Deal, DealKind, Entry, Position, Stamp, State, Trade, deal};
use crate::scenario::{Action, Amount, Close, CloseBy, Open, Reverse, SetEquity, SetPrice, Swap};

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
                self.operate(book, stamp, DealKind::Balance, amount.clone(), deals)
            }
            Action::Withdraw(amount) => {
                positive(book, amount.amount)?;
                let out = Amount {
                    amount: -amount.amount,
                    comment: amount.comment.clone(),
                };
                self.operate(book, stamp, DealKind::Balance, out, deals)
            }
            Action::Credit(amount) => {
                self.operate(book, stamp, DealKind::Credit, amount.clone(), deals)
            }
            Action::Operation(operation) => {
                let kind = DealKind::Operation(operation.kind);
                let amount = Amount {
                    amount: operation.amount,
                    comment: operation.comment.clone(),
                };
                self.operate(book, stamp, kind, amount, deals)
            }
            Action::Open(open) => self.open(book, stamp, open, deals),
            Action::Price(set) => self.set_price(book, stamp, set),
            Action::Equity(set) => self.set_equity(book, stamp, set),
            Action::Close(close) => self.close(book, stamp, close, deals),
            Action::CloseBy(close_by) => self.close_by(book, stamp, close_by, deals),
            Action::Reverse(reverse) => self.reverse(book, stamp, reverse, deals),
            Action::Swap(swap) => self.charge_swap(book, swap),
        }
    }

    fn operate(
        &mut self,
        book: &Book,
        stamp: Stamp,
        kind: DealKind,
        amount: Amount,
        deals: &mut Vec<Deal>,
    ) -> Result<(), String> {
        money(book, "the amount", amount.amount)?;
        text("the comment", &amount.comment)?;
        match kind {
            DealKind::Credit => self.credit += amount.amount,
            _ => self.balance += amount.amount,
        }
        let mut deal = deal(stamp, 0, kind, Entry::In);
        // A commission without a deal is booked as profit, as MT5 does it.
        deal.profit = amount.amount;
        deal.comment = amount.comment;
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
        let instrument = book.instrument(&open.symbol)?;
        text("the position's name", &open.position)?;
        text("the symbol", &open.symbol)?;
        text("the comment", &open.comment)?;
        volume(open.volume)?;
        if self.positions.contains_key(&open.position) {
            return Err(format!(
                "a position named {} is open already",
                open.position
            ));
        }
        if self.positions.len() >= POSITIONS_MAX {
            return Err(format!("more than {POSITIONS_MAX} positions are open"));
        }
        let price = self.trade_price(book, &open.symbol, stamp.at, open.price)?;
        if instrument.notional(price, open.volume).is_none() {
            return Err("the position is too large".to_owned());
        }
        let commission = cost(book, open.commission)?;
        self.balance += commission;
        self.positions.insert(
            open.position.clone(),
            Position {
                ticket: stamp.ticket,
                symbol: open.symbol.clone(),
                side: open.side,
                volume: open.volume,
                open_price: price,
                opened_at: stamp.at,
                swap: Decimal::ZERO,
                stop_loss: open.stop_loss,
                take_profit: open.take_profit,
                comment: open.comment.clone(),
                set_profit: None,
                drift: None,
            },
        );
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
        deals.push(deal);
        self.check_floating(book, stamp.at)
    }

    fn set_price(&mut self, book: &Book, stamp: Stamp, set: &SetPrice) -> Result<(), String> {
        text("the symbol", &set.symbol)?;
        price(set.price)?;
        self.quote(&set.symbol, set.price);
        self.pinned.insert(set.symbol.clone());
        self.check_floating(book, stamp.at)
    }

    fn set_equity(&mut self, book: &Book, stamp: Stamp, set: &SetEquity) -> Result<(), String> {
        money(book, "the equity", set.equity)?;
        let moved = self
            .positions
            .iter()
            .max_by_key(|(_, position)| (position.volume, std::cmp::Reverse(position.ticket)))
            .map(|(name, _)| name.clone());
        let floating = set.equity - self.balance - self.credit;
        let Some(moved) = moved else {
            return if floating.is_zero() {
                Ok(())
            } else {
                Err("equity differs from balance and credit only while a position is open".into())
            };
        };
        let mut rest = floating;
        for (name, position) in &self.positions {
            rest -= position.swap;
            if *name != moved {
                rest -= self.value(book, position, stamp.at)?.profit;
            }
        }
        if let Some(position) = self.positions.get_mut(&moved) {
            position.set_profit = Some(rest);
        }
        self.check_floating(book, stamp.at)
    }

    fn close(
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
        deals.push(deal);
        self.balance += profit + swap + commission;
        self.reduce(&close.position, closed, swap, profit);
        if let Some(given) = close.price {
            self.quote(&position.symbol, given);
        }
        self.check_floating(book, stamp.at)
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
            deals.push(deal);
            self.balance += profit + swap;
            let shown = share(
                position.set_profit.unwrap_or_default(),
                closed,
                position.volume,
            )?;
            self.reduce(name, closed, swap, book.booked(shown));
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
        deals.push(deal);
        self.balance += profit + position.swap + commission;
        let turned = Position {
            side,
            volume: reverse.volume - position.volume,
            open_price: at_price,
            opened_at: stamp.at,
            swap: Decimal::ZERO,
            set_profit: None,
            ..position
        };
        self.positions.insert(reverse.position.clone(), turned);
        self.check_floating(book, stamp.at)
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
