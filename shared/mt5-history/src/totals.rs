//! Sums up a history.

use std::collections::HashMap;

use rust_decimal::Decimal;

use crate::model::{Deal, DealKind, Entry, Format, History, Position};

/// The figures of a history. Amounts are in the account's currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// All deals.
    pub deals: usize,
    /// The trades among them.
    pub trades: usize,
    /// Trades that open or add.
    pub entries_in: usize,
    /// Trades that close.
    pub exits_out: usize,
    /// Trades that reverse.
    pub in_out: usize,
    /// Trades that close by an opposite position.
    pub out_by: usize,
    /// Operations on the balance and the credit.
    pub balance_operations: usize,
    /// Profit, commission, swap and fee of all trades, also of those that opened what is still
    /// open. In a table of positions, these of all positions, as are the next four.
    pub net_profit: Decimal,
    /// The trades' profit alone.
    pub profit: Decimal,
    /// The trades' commission.
    pub commission: Decimal,
    /// The trades' fee.
    pub fee: Decimal,
    /// The trades' swap.
    pub swap: Decimal,
    /// Money paid in (positive amounts of balance operations).
    pub deposits: Decimal,
    /// How many times.
    pub deposits_count: usize,
    /// Money paid out, negative.
    pub withdrawals: Decimal,
    /// How many times.
    pub withdrawals_count: usize,
    /// Credit given less credit taken back.
    pub credit: Decimal,
    /// All other operations that change the balance: charges, corrections, bonuses, dividends.
    pub adjustments: Decimal,
    /// The balance before the first deal; 0 in a table of positions.
    pub opening_balance: Decimal,
    /// The balance after the last deal; the net profit in a table of positions.
    pub balance: Decimal,
    /// Closed positions: a report's Positions rows, or the positions whose deals even out.
    pub closed_positions: usize,
}

impl History {
    /// Sums up the history. Call [`crate::link`] before if the file has no Positions section and
    /// its deals do not name their positions.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals {
            deals: self.deals.len(),
            ..Totals::default()
        };
        for deal in &self.deals {
            totals.add(deal);
        }
        if self.format == Format::PositionsTable {
            for position in self.positions.iter().flatten() {
                totals.add_position(position);
            }
            totals.balance = totals.net_profit;
            totals.closed_positions = self.positions.as_ref().map_or(0, Vec::len);
            return totals;
        }
        totals.opening_balance = opening_balance(&self.deals);
        totals.balance = closing_balance(&self.deals, totals.opening_balance);
        totals.closed_positions = match &self.positions {
            Some(positions) => positions.len(),
            None => closed_by_deals(&self.deals),
        };
        totals
    }
}

impl Totals {
    fn add(&mut self, deal: &Deal) {
        if !deal.kind.is_trade() {
            self.add_operation(deal);
            return;
        }
        self.trades += 1;
        match deal.entry {
            Some(Entry::In) => self.entries_in += 1,
            Some(Entry::Out) => self.exits_out += 1,
            Some(Entry::InOut) => self.in_out += 1,
            Some(Entry::OutBy) => self.out_by += 1,
            None => {}
        }
        self.net_profit += deal.net();
        self.profit += deal.profit;
        self.commission += deal.commission;
        self.fee += deal.fee;
        self.swap += deal.swap;
    }

    fn add_position(&mut self, position: &Position) {
        self.net_profit += position.net();
        self.profit += position.profit;
        self.commission += position.commission;
        self.fee += position.fee;
        self.swap += position.swap;
    }

    fn add_operation(&mut self, deal: &Deal) {
        self.balance_operations += 1;
        let amount = deal.net();
        match deal.kind {
            DealKind::Balance if amount.is_sign_negative() => {
                self.withdrawals += amount;
                self.withdrawals_count += 1;
            }
            DealKind::Balance => {
                self.deposits += amount;
                self.deposits_count += 1;
            }
            kind if kind.changes_balance() => self.adjustments += amount,
            _ => self.credit += amount,
        }
    }
}

/// What the deal adds to the balance.
fn change(deal: &Deal) -> Decimal {
    if deal.kind.changes_balance() {
        deal.net()
    } else {
        Decimal::ZERO
    }
}

/// The first stated balance less what led to it; nothing where none is stated.
fn opening_balance(deals: &[Deal]) -> Decimal {
    let mut before = Decimal::ZERO;
    for deal in deals {
        before += change(deal);
        if let Some(balance) = deal.balance {
            return balance - before;
        }
    }
    Decimal::ZERO
}

/// The last stated balance and what came after it.
fn closing_balance(deals: &[Deal], opening: Decimal) -> Decimal {
    let mut after = Decimal::ZERO;
    for deal in deals.iter().rev() {
        if let Some(balance) = deal.balance {
            return balance + after;
        }
        after += change(deal);
    }
    opening + after
}

/// The positions whose trades even out.
fn closed_by_deals(deals: &[Deal]) -> usize {
    let mut positions: HashMap<&str, Decimal> = HashMap::new();
    for deal in deals.iter().filter(|deal| deal.kind.is_trade()) {
        if let Some(id) = deal.position_id.as_deref() {
            *positions.entry(id).or_default() += deal.signed_volume();
        }
    }
    positions.values().filter(|volume| volume.is_zero()).count()
}
