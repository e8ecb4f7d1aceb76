//! A recorded history played again as a live account.
//!
//! The recorded figures are booked as they are. Between a position's opening
//! and its close the report knows no prices, so its floating profit moves in a
//! straight line to what the close realized.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use kernel::time::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::account::{Account, Happening};
use crate::ledger::{Deal, DealKind, Entry, Event, Position, Stamp, State, Trade, Valuation};
use crate::scenario::AccountSpec;
use crate::symbols::Side;

/// The most deals that are replayed.
pub(crate) const DEALS_MAX: usize = 200_000;

/// When a history is played, and how fast.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// When the first deal happens.
    pub start: Timestamp,
    /// Recorded seconds that pass in one second.
    pub speed: Decimal,
}

impl Pace {
    /// The moment at which something that was recorded `since` the first deal
    /// happens.
    fn moment(self, since: TimeDelta) -> Option<Timestamp> {
        let ms = Decimal::from(since.num_milliseconds()).checked_div(self.speed)?;
        self.start
            .checked_add_signed(TimeDelta::try_milliseconds(ms.to_i64()?)?)
    }
}

/// A recorded deal.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// The deal; its moments are the recorded ones until it is paced.
    pub(crate) deal: Deal,
    /// Where the position that it opens is known to go.
    pub(crate) goal: Option<Goal>,
}

/// How a replayed position ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Goal {
    at: Timestamp,
    price: Decimal,
    profit_a_lot: Decimal,
}

/// The way of a replayed position's value; without a goal it stays at zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drift {
    goal: Option<Goal>,
}

impl Drift {
    /// What the position shows at a moment.
    pub(crate) fn value(
        &self,
        position: &Position,
        at: Timestamp,
        booked: impl Fn(Decimal) -> Decimal,
    ) -> Valuation {
        let still = Valuation {
            price: position.open_price,
            profit: Decimal::ZERO,
        };
        let Some(goal) = self.goal else { return still };
        let whole = Decimal::from((goal.at - position.opened_at).num_milliseconds());
        let gone = Decimal::from((at - position.opened_at).num_milliseconds());
        let Some(part) = gone.checked_div(whole) else {
            return still;
        };
        let part = part.clamp(Decimal::ZERO, Decimal::ONE).round_dp(9);
        let profit = goal
            .profit_a_lot
            .checked_mul(position.volume)
            .and_then(|profit| profit.checked_mul(part));
        let way = (goal.price - position.open_price).checked_mul(part);
        Valuation {
            price: (position.open_price + way.unwrap_or_default()).round_dp(5),
            profit: booked(profit.unwrap_or_default()),
        }
    }
}

impl Recorded {
    /// Books the deal.
    pub(crate) fn apply(
        &self,
        state: &mut State,
        stamp: Stamp,
        deals: &mut Vec<Deal>,
    ) -> Result<(), String> {
        let deal = Deal {
            at: stamp.at,
            visible_at: stamp.visible_at,
            ..self.deal.clone()
        };
        let booked = [deal.profit, deal.commission, deal.swap];
        let sum = booked
            .iter()
            .try_fold(Decimal::ZERO, |sum, amount| sum.checked_add(*amount))
            .filter(|sum| sum.abs() <= crate::checks::TOTAL_MAX)
            .ok_or_else(crate::checks::too_large)?;
        if deal.kind.is_credit() {
            state.credit += sum;
        } else {
            state.balance += sum;
        }
        if let (DealKind::Trade(side), Some(trade)) = (deal.kind, &deal.trade) {
            self.trade(state, stamp, (side, deal.entry), trade);
        }
        deals.push(deal);
        Ok(())
    }

    fn trade(&self, state: &mut State, stamp: Stamp, (side, entry): (Side, Entry), trade: &Trade) {
        let name = trade.position.to_string();
        match (entry, state.positions.get_mut(&name)) {
            (Entry::In, Some(position)) => {
                let volume = position.volume + trade.volume;
                let cost = position.open_price * position.volume + trade.price * trade.volume;
                position.open_price = cost.checked_div(volume).unwrap_or(trade.price).round_dp(8);
                position.volume = volume;
            }
            (Entry::In | Entry::InOut, None) => {
                let opened = self.opened(stamp, side, trade, trade.volume);
                state.positions.insert(name, opened);
            }
            (Entry::InOut, Some(position)) => {
                let rest = trade.volume - position.volume;
                let opened = self.opened(stamp, side, trade, rest);
                if rest > Decimal::ZERO {
                    state.positions.insert(name, opened);
                } else {
                    state.positions.remove(&name);
                }
            }
            (Entry::Out | Entry::OutBy, Some(position)) => {
                position.volume -= trade.volume;
                if position.volume <= Decimal::ZERO {
                    state.positions.remove(&name);
                }
            }
            // A report may begin after a position was opened.
            (Entry::Out | Entry::OutBy, None) => {}
        }
    }

    fn opened(&self, stamp: Stamp, side: Side, trade: &Trade, volume: Decimal) -> Position {
        Position {
            ticket: trade.position,
            symbol: trade.symbol.clone(),
            side,
            volume,
            open_price: trade.price,
            opened_at: stamp.at,
            shown_at: stamp.at,
            listed_at: stamp.listed_at,
            magic: self.deal.magic,
            reason: self.deal.reason,
            swap: Decimal::ZERO,
            stop_loss: None,
            take_profit: None,
            comment: self.deal.comment.clone(),
            set_profit: None,
            drift: Some(Drift { goal: self.goal }),
        }
    }
}

/// An account that repeats recorded deals, in the order of their time; without
/// a pace each happens when it was recorded.
///
/// # Errors
/// A sentence, where there are too many deals or figures that cannot be held.
pub(crate) fn account(
    spec: AccountSpec,
    now: Timestamp,
    mut deals: Vec<Deal>,
    pace: Option<Pace>,
) -> Result<Account, String> {
    if deals.len() > DEALS_MAX {
        return Err(format!("a replay has at most {DEALS_MAX} deals"));
    }
    if pace.is_some_and(|pace| pace.speed <= Decimal::ZERO) {
        return Err("the speed must be above 0".to_owned());
    }
    deals.sort_by_key(|deal| deal.at);
    let first = deals.first().map_or(now, |deal| deal.at);
    for deal in &mut deals {
        if let Some(pace) = pace {
            deal.at = pace
                .moment(deal.at - first)
                .ok_or("the speed is too low for this history")?;
        }
        deal.visible_at = deal.at;
    }
    let goals = goals(&deals);
    let happenings = deals.into_iter().map(|deal| {
        let trade = deal.trade.as_ref();
        let goal = trade.and_then(|trade| goals.get(&trade.position).copied().flatten());
        let stamp = Stamp::plain(deal.at, deal.id);
        Happening::new(stamp, Event::Recorded(Box::new(Recorded { goal, deal })))
    });
    Account::replayed(spec, now, happenings.collect())
}

/// Where each position goes that is closed and never turned round.
fn goals(deals: &[Deal]) -> BTreeMap<u64, Option<Goal>> {
    let mut closed: BTreeMap<u64, (Decimal, Decimal, Goal)> = BTreeMap::new();
    let mut turned = Vec::new();
    for deal in deals {
        let Some(trade) = &deal.trade else { continue };
        match deal.entry {
            Entry::In => {}
            Entry::InOut => turned.push(trade.position),
            Entry::Out | Entry::OutBy => {
                let goal = Goal {
                    at: deal.at,
                    price: trade.price,
                    profit_a_lot: Decimal::ZERO,
                };
                let sums =
                    closed
                        .entry(trade.position)
                        .or_insert((Decimal::ZERO, Decimal::ZERO, goal));
                sums.0 = sums.0.saturating_add(trade.volume);
                sums.1 = sums.1.saturating_add(deal.profit);
                sums.2 = goal;
            }
        }
    }
    for position in turned {
        closed.remove(&position);
    }
    let goal = |(volume, profit, last): (Decimal, Decimal, Goal)| {
        profit.checked_div(volume).map(|profit_a_lot| Goal {
            profit_a_lot,
            ..last
        })
    };
    closed
        .into_iter()
        .map(|(position, sums)| (position, goal(sums)))
        .collect()
}
