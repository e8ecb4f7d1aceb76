//! Figures over all closed trades.

use std::collections::BTreeMap;

use chrono::{Datelike, Timelike};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::position::ClosedPosition;
use crate::domain::deal::Deal;
use crate::domain::reset::ResetRule;

/// The most symbols told apart; further ones are counted together.
pub(super) const SYMBOLS_MAX: usize = 200;

/// The figures of a group of trades.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Trades.
    pub closed: u64,
    /// Trades with a net above zero.
    pub winners: u64,
    /// Lots.
    pub volume: Decimal,
    /// What they brought, costs included.
    pub net: Decimal,
}

impl Bucket {
    fn add(&mut self, trade: &ClosedPosition) {
        self.closed += 1;
        self.winners += u64::from(trade.is_win());
        self.volume += trade.position.volume();
        self.net += trade.position.net();
    }

    fn remove(&mut self, trade: &ClosedPosition) {
        self.closed = self.closed.saturating_sub(1);
        self.winners = self.winners.saturating_sub(u64::from(trade.is_win()));
        self.volume -= trade.position.volume();
        self.net -= trade.position.net();
    }
}

/// Runs of wins and losses, in the order in which trades closed here. A trade
/// of net zero ends a run of either. A correction of an older trade changes no
/// run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streaks {
    /// The run at present: wins above zero, losses below.
    pub current: i64,
    /// The longest run of wins.
    pub wins_longest: u64,
    /// The longest run of losses.
    pub losses_longest: u64,
}

impl Streaks {
    fn add(&mut self, net: Decimal) {
        self.current = if net > Decimal::ZERO {
            self.current.max(0) + 1
        } else if net < Decimal::ZERO {
            self.current.min(0) - 1
        } else {
            0
        };
        let length = self.current.unsigned_abs();
        if self.current > 0 {
            self.wins_longest = self.wins_longest.max(length);
        } else {
            self.losses_longest = self.losses_longest.max(length);
        }
    }
}

/// Figures over all closed trades, and over all deals where said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Trades.
    pub closed: u64,
    /// Trades with a net above zero.
    pub winners: u64,
    /// Trades with a net below zero.
    pub losers: u64,
    /// The winners' net.
    pub gross_profit: Decimal,
    /// The losers' net, below zero.
    pub gross_loss: Decimal,
    /// Commission of closed trades.
    pub commission: Decimal,
    /// Swap of closed trades.
    pub swap: Decimal,
    /// Fees of closed trades.
    pub fee: Decimal,
    /// Lots of closed trades.
    pub volume: Decimal,
    /// By symbol.
    pub symbols: BTreeMap<String, Bucket>,
    /// Of symbols beyond the bound.
    pub symbols_other: Bucket,
    /// By the weekday of the close in the plan's zone, Monday first; seven.
    pub weekdays: Vec<Bucket>,
    /// By the hour of the close in the plan's zone; twenty-four.
    pub hours: Vec<Bucket>,
    /// Runs of wins and losses.
    pub streaks: Streaks,
    /// The largest net of a trade; zero without a winner. After a correction
    /// that lowers the largest it is the largest that was ever seen.
    pub win_largest: Decimal,
    /// The lowest net of a trade; zero without a loser. As `win_largest`.
    pub loss_largest: Decimal,
    /// Trades that a late deal corrected.
    pub corrections: u64,
    /// All deals.
    pub deals: u64,
    /// Deposits and other adjustments above zero.
    pub deposits: Decimal,
    /// Withdrawals and other adjustments below zero.
    pub withdrawals: Decimal,
    /// Credit at present.
    pub credit: Decimal,
    /// What all deals that are no adjustments moved the balance by, those of
    /// open positions included.
    pub result: Decimal,
}

impl Default for Statistics {
    fn default() -> Self {
        Self {
            closed: 0,
            winners: 0,
            losers: 0,
            gross_profit: Decimal::ZERO,
            gross_loss: Decimal::ZERO,
            commission: Decimal::ZERO,
            swap: Decimal::ZERO,
            fee: Decimal::ZERO,
            volume: Decimal::ZERO,
            symbols: BTreeMap::new(),
            symbols_other: Bucket::default(),
            weekdays: vec![Bucket::default(); 7],
            hours: vec![Bucket::default(); 24],
            streaks: Streaks::default(),
            win_largest: Decimal::ZERO,
            loss_largest: Decimal::ZERO,
            corrections: 0,
            deals: 0,
            deposits: Decimal::ZERO,
            withdrawals: Decimal::ZERO,
            credit: Decimal::ZERO,
            result: Decimal::ZERO,
        }
    }
}

impl Statistics {
    pub(super) fn count_deal(&mut self, deal: &Deal) {
        self.deals += 1;
        self.add_amounts(
            deal.result(),
            deal.credit().unwrap_or_default(),
            deal.adjustment().unwrap_or_default(),
        );
    }

    /// Moves the sums by the difference of two readings of one deal.
    pub(super) fn revise_deal(&mut self, before: &Deal, after: &Deal) {
        let credit = |deal: &Deal| deal.credit().unwrap_or_default();
        let adjustment = |deal: &Deal| deal.adjustment().unwrap_or_default();
        self.add_amounts(
            after.result() - before.result(),
            credit(after) - credit(before),
            adjustment(after) - adjustment(before),
        );
    }

    fn add_amounts(&mut self, result: Decimal, credit: Decimal, adjustment: Decimal) {
        self.result += result;
        self.credit += credit;
        if adjustment.is_sign_negative() {
            self.withdrawals += adjustment;
        } else {
            self.deposits += adjustment;
        }
    }

    pub(super) fn add_closed(&mut self, trade: &ClosedPosition, reset: &ResetRule, again: bool) {
        let net = trade.position.net();
        self.win_largest = self.win_largest.max(net);
        self.loss_largest = self.loss_largest.min(net);
        if again {
            self.corrections += 1;
        } else {
            self.streaks.add(net);
        }
        self.count(trade, Decimal::ONE);
        self.for_buckets(trade, reset, Bucket::add);
    }

    pub(super) fn remove_closed(&mut self, trade: &ClosedPosition, reset: &ResetRule) {
        self.count(trade, Decimal::NEGATIVE_ONE);
        self.for_buckets(trade, reset, Bucket::remove);
    }

    /// Adds or takes away what sums hold of a trade.
    fn count(&mut self, trade: &ClosedPosition, sign: Decimal) {
        let position = &trade.position;
        let net = position.net();
        let step = |count: u64| {
            if sign.is_sign_negative() {
                count.saturating_sub(1)
            } else {
                count + 1
            }
        };
        self.closed = step(self.closed);
        if net > Decimal::ZERO {
            self.winners = step(self.winners);
            self.gross_profit += sign * net;
        } else if net < Decimal::ZERO {
            self.losers = step(self.losers);
            self.gross_loss += sign * net;
        }
        self.commission += sign * position.commission;
        self.swap += sign * position.swap;
        self.fee += sign * position.fee;
        self.volume += sign * position.volume();
    }

    fn for_buckets(
        &mut self,
        trade: &ClosedPosition,
        reset: &ResetRule,
        apply: fn(&mut Bucket, &ClosedPosition),
    ) {
        let symbol = &trade.position.symbol;
        if !self.symbols.contains_key(symbol) && self.symbols.len() < SYMBOLS_MAX {
            self.symbols.insert(symbol.clone(), Bucket::default());
        }
        apply(
            self.symbols
                .get_mut(symbol)
                .unwrap_or(&mut self.symbols_other),
            trade,
        );
        let local = reset.zone.local(trade.closed_at());
        let weekday = local.weekday().num_days_from_monday() as usize;
        if let Some(bucket) = self.weekdays.get_mut(weekday) {
            apply(bucket, trade);
        }
        if let Some(bucket) = self.hours.get_mut(local.hour() as usize) {
            apply(bucket, trade);
        }
    }

    /// What all closed trades brought.
    #[must_use]
    pub fn net(&self) -> Decimal {
        self.gross_profit + self.gross_loss
    }

    /// Winners in percent of all closed trades; `None` without any.
    #[must_use]
    pub fn win_rate(&self) -> Option<Decimal> {
        (Decimal::from(self.winners) * Decimal::ONE_HUNDRED).checked_div(self.closed.into())
    }

    /// Gross profit over gross loss; `None` without a loser.
    #[must_use]
    pub fn profit_factor(&self) -> Option<Decimal> {
        self.gross_profit.checked_div(-self.gross_loss)
    }

    /// What a trade brings on average; `None` without any.
    #[must_use]
    pub fn expectancy(&self) -> Option<Decimal> {
        self.net().checked_div(self.closed.into())
    }
}
