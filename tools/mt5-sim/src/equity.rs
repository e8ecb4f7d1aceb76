//! Positions' profits, set so that an account shows a given equity.

use rust_decimal::Decimal;

use crate::checks::{money, share};
use crate::ledger::{Book, Stamp, State};
use crate::scenario::SetEquity;

impl State {
    /// Sets the profit of the largest position so that the account shows an
    /// equity. Where no price gives one position that profit, all positions of
    /// its symbol and side share it by volume.
    pub(crate) fn set_equity(
        &mut self,
        book: &Book,
        stamp: Stamp,
        set: &SetEquity,
    ) -> Result<(), String> {
        money(book, "the equity", set.equity)?;
        let floating = set.equity - self.balance - self.credit;
        let Some(largest) = self.largest() else {
            return if floating.is_zero() {
                Ok(())
            } else {
                Err("equity differs from balance and credit only while a position is open".into())
            };
        };
        let alone = [largest.clone()];
        let missing = self.missing(book, stamp, floating, &alone)?;
        if self.can_show(book, &largest, missing) {
            return self.spread(book, missing, &alone);
        }
        let alike = self.alike(&largest);
        let missing = self.missing(book, stamp, floating, &alike)?;
        self.spread(book, missing, &alike)
    }

    fn largest(&self) -> Option<String> {
        self.positions
            .iter()
            .max_by_key(|(_, position)| (position.volume, std::cmp::Reverse(position.ticket)))
            .map(|(name, _)| name.clone())
    }

    /// The positions of the same symbol and side.
    fn alike(&self, name: &str) -> Vec<String> {
        let Some(like) = self.positions.get(name) else {
            return Vec::new();
        };
        self.positions
            .iter()
            .filter(|(_, position)| position.symbol == like.symbol && position.side == like.side)
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// The profit that some positions must show for the floating result.
    fn missing(
        &self,
        book: &Book,
        stamp: Stamp,
        floating: Decimal,
        moved: &[String],
    ) -> Result<Decimal, String> {
        let mut rest = floating;
        for (name, position) in &self.positions {
            rest -= position.swap;
            if moved.binary_search(name).is_err() {
                rest -= self.value(book, position, stamp.at)?.profit;
            }
        }
        Ok(rest)
    }

    fn can_show(&self, book: &Book, name: &str, profit: Decimal) -> bool {
        let Some(position) = self.positions.get(name) else {
            return false;
        };
        let (side, open, volume) = (position.side, position.open_price, position.volume);
        book.instrument(&position.symbol)
            .is_ok_and(|instrument| instrument.price_for(side, open, profit, volume).is_some())
    }

    /// Sets profits by volume; what rounding leaves is the last position's.
    fn spread(&mut self, book: &Book, profit: Decimal, names: &[String]) -> Result<(), String> {
        let open = names.iter().filter_map(|name| self.positions.get(name));
        let mut volume: Decimal = open.map(|position| position.volume).sum();
        let mut rest = profit;
        for name in names {
            let Some(position) = self.positions.get_mut(name) else {
                continue;
            };
            let part = book.booked(share(rest, position.volume, volume)?);
            volume -= position.volume;
            rest -= part;
            position.set_profit = Some(part);
        }
        Ok(())
    }
}
