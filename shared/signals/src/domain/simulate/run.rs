//! A signal on its way through candles.

use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::orders::{Kind, Order, orders};
use super::{Candle, Exit, ExitReason, Management, Simulated, SimulationStatus};
use crate::domain::outcome::{gain, mean_price, multiple};
use crate::domain::setup::Setup;
use crate::domain::values::Direction;

/// A target, and the share of the position that it closes.
#[derive(Clone, Copy, Debug)]
struct Target {
    number: u8,
    price: Decimal,
    share: Decimal,
}

/// The state between two candles.
#[derive(Debug)]
pub(super) struct Run<'a> {
    setup: &'a Setup,
    management: Management,
    /// The symbol's pip, where traders agree on one.
    pip: Option<Decimal>,
    direction: Direction,
    /// Orders that wait; none is left after the first exit.
    pending: Vec<Order>,
    /// Prices and shares of what was entered.
    fills: Vec<(Decimal, Decimal)>,
    filled_at: Option<Timestamp>,
    stop: Option<Decimal>,
    /// The stop as it was at the entry, by which the risk is measured.
    first_stop: Option<Decimal>,
    is_breakeven: bool,
    /// Targets that are left, the nearest first.
    targets: Vec<Target>,
    /// The share of the position that is open.
    left: Decimal,
    exits: Vec<Exit>,
    adverse: Decimal,
    favourable: Decimal,
}

impl<'a> Run<'a> {
    pub(super) fn new(setup: &'a Setup, management: Management, pip: Option<Decimal>) -> Self {
        let mut run = Self {
            setup,
            management,
            pip,
            direction: setup.direction,
            pending: orders(setup),
            fills: Vec::new(),
            filled_at: None,
            stop: setup.stop_loss,
            first_stop: setup.stop_loss,
            is_breakeven: false,
            targets: Vec::new(),
            left: Decimal::ZERO,
            exits: Vec::new(),
            adverse: Decimal::ZERO,
            favourable: Decimal::ZERO,
        };
        run.set_targets(setup.take_profits.clone());
        run
    }

    /// Whether no later candle can change anything.
    pub(super) fn is_over(&self) -> bool {
        self.left.is_zero() && self.pending.is_empty()
    }

    pub(super) fn step(&mut self, candle: &Candle) {
        if !self.left.is_zero() && self.exit_at_open(candle) {
            return;
        }
        self.enter_at_open(candle);
        if self.left.is_zero() {
            self.enter_within(candle);
            return;
        }
        if self.is_touched(self.stop, self.worst(candle)) {
            // On its way to the stop the price passed the entries before it.
            self.fill_within(candle);
            self.stop_out(None, candle);
            return;
        }
        let best = self.best(candle);
        if self
            .targets
            .first()
            .is_some_and(|target| self.reaches(best, target.price))
        {
            self.take_targets(None, best, candle);
        } else {
            self.fill_within(candle);
        }
        if !self.left.is_zero() {
            self.watch(best);
        }
        self.watch(self.worst(candle));
    }

    /// Closes what the open is beyond; answers whether nothing is open then.
    fn exit_at_open(&mut self, candle: &Candle) -> bool {
        if self.is_touched(self.stop, candle.open) {
            self.stop_out(Some(candle.open), candle);
        } else {
            self.take_targets(Some(candle.open), candle.open, candle);
        }
        self.is_over()
    }

    fn enter_at_open(&mut self, candle: &Candle) {
        let direction = self.direction;
        let (market, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition(|order| order.kind == Kind::Market);
        self.pending = waiting;
        for order in market {
            if self.is_tradable(candle.open) {
                self.fill(order, candle.open, candle);
            }
        }
        let was_empty = self.left.is_zero();
        self.fill_where(candle, |order| order.at_open(direction, candle.open));
        // A gap may have carried a pending order beyond its own stop or target.
        if was_empty && !self.left.is_zero() {
            self.exit_at_open(candle);
        }
    }

    /// Entries of a candle that began without a position. What is entered may
    /// be stopped at once; that a target came after the entry is not known.
    fn enter_within(&mut self, candle: &Candle) {
        self.fill_within(candle);
        if self.left.is_zero() {
            return;
        }
        if self.is_touched(self.stop, self.worst(candle)) {
            self.stop_out(None, candle);
        } else {
            self.watch(self.worst(candle));
            self.watch(candle.close);
        }
    }

    fn fill_within(&mut self, candle: &Candle) {
        self.fill_where(candle, |order| order.within(candle));
    }

    fn fill_where(&mut self, candle: &Candle, price_of: impl Fn(&Order) -> Option<Decimal>) {
        for order in std::mem::take(&mut self.pending) {
            match price_of(&order) {
                Some(price) => self.fill(order, price, candle),
                None => self.pending.push(order),
            }
        }
    }

    fn fill(&mut self, order: Order, price: Decimal, candle: &Candle) {
        if self.fills.is_empty() {
            self.filled_at = Some(candle.time);
            self.resolve_pips(price);
        }
        self.fills.push((price, order.share));
        self.left = Decimal::ONE;
    }

    /// Makes prices of distances, once the price that they count from is known.
    fn resolve_pips(&mut self, fill: Decimal) {
        let Some(pip) = self.pip else { return };
        let ahead = |pips: Decimal| match self.direction {
            Direction::Buy => fill + pips * pip,
            Direction::Sell => fill - pips * pip,
        };
        if let Some(pips) = self.setup.stop_loss_pips {
            self.stop = Some(ahead(-pips));
            self.first_stop = self.stop;
        }
        if !self.setup.take_profit_pips.is_empty() {
            let pips = self.setup.take_profit_pips.iter();
            self.set_targets(pips.map(|pips| ahead(*pips)).collect());
        }
    }

    /// Gives each target its share. What the weights leave over runs on where
    /// the signal wants a runner, and goes with the last target otherwise.
    fn set_targets(&mut self, prices: Vec<Decimal>) {
        let runner = usize::from(self.setup.runner);
        let equal = Decimal::ONE
            .checked_div(Decimal::from(prices.len() + runner))
            .unwrap_or_default();
        let share = |index: usize| match &self.setup.take_profit_weights {
            Some(weights) => {
                let weight = weights.get(index).copied().unwrap_or_default();
                weight.checked_div(Decimal::ONE_HUNDRED).unwrap_or_default()
            }
            None => equal,
        };
        let numbered = prices.into_iter().zip(1_u8..).enumerate();
        self.targets = numbered
            .map(|(index, (price, number))| Target {
                number,
                price,
                share: share(index),
            })
            .collect();
        let direction = self.direction;
        self.targets.sort_by(|one, other| match direction {
            Direction::Buy => one.price.cmp(&other.price),
            Direction::Sell => other.price.cmp(&one.price),
        });
        if !self.setup.runner
            && let Some((last, others)) = self.targets.split_last_mut()
        {
            last.share = Decimal::ONE - others.iter().map(|target| target.share).sum::<Decimal>();
        }
    }

    /// Closes what is left at the stop, or at the open beyond it.
    fn stop_out(&mut self, open: Option<Decimal>, candle: &Candle) {
        let Some(price) = open.or(self.stop) else {
            return;
        };
        let reason = match self.is_breakeven {
            true => ExitReason::Breakeven,
            false => ExitReason::StopLoss,
        };
        self.watch(price);
        self.exit(price, self.left, reason, None, candle);
    }

    /// Closes parts at the targets that a price reaches, or at the open beyond
    /// them.
    fn take_targets(&mut self, open: Option<Decimal>, reached: Decimal, candle: &Candle) {
        while let Some(target) = self.targets.first().copied() {
            if self.left.is_zero() || !self.reaches(reached, target.price) {
                return;
            }
            self.targets.remove(0);
            let price = open.unwrap_or(target.price);
            let weight = target.share.min(self.left);
            self.watch(price);
            let number = Some(target.number);
            self.exit(price, weight, ExitReason::TakeProfit, number, candle);
            if self.management.breakeven_after == Some(target.number) && !self.left.is_zero() {
                self.stop = self.entry();
                self.is_breakeven = true;
            }
        }
    }

    fn exit(
        &mut self,
        price: Decimal,
        weight: Decimal,
        reason: ExitReason,
        target: Option<u8>,
        candle: &Candle,
    ) {
        self.pending.clear();
        self.left -= weight;
        self.exits.push(Exit {
            price,
            weight,
            reason,
            target,
            time: candle.time,
        });
    }

    /// Whether a market order at this price has the stop behind and all
    /// targets ahead of it.
    fn is_tradable(&self, price: Decimal) -> bool {
        let is_behind = self
            .stop
            .is_none_or(|stop| self.direction.loses(price, stop));
        let nearest = self.targets.first();
        is_behind && nearest.is_none_or(|target| self.direction.gains(price, target.price))
    }

    /// Whether a price is at a stop or beyond it.
    fn is_touched(&self, stop: Option<Decimal>, price: Decimal) -> bool {
        stop.is_some_and(|stop| !self.direction.gains(stop, price))
    }

    /// Whether a price is at a target or beyond it.
    fn reaches(&self, price: Decimal, target: Decimal) -> bool {
        !self.direction.loses(target, price)
    }

    fn worst(&self, candle: &Candle) -> Decimal {
        match self.direction {
            Direction::Buy => candle.low,
            Direction::Sell => candle.high,
        }
    }

    fn best(&self, candle: &Candle) -> Decimal {
        match self.direction {
            Direction::Buy => candle.high,
            Direction::Sell => candle.low,
        }
    }

    /// The mean price of what was entered.
    fn entry(&self) -> Option<Decimal> {
        match self.fills[..] {
            [(price, _)] => Some(price),
            _ => mean_price(self.fills.iter().copied()),
        }
    }

    /// Notes how far a price that was seen with the position open is from the
    /// entry.
    fn watch(&mut self, price: Decimal) {
        if let Some(percent) = self.percent(price) {
            self.favourable = self.favourable.max(percent);
            self.adverse = self.adverse.max(-percent);
        }
    }

    /// The gain from the entry to a price, in percent of the entry.
    fn percent(&self, price: Decimal) -> Option<Decimal> {
        let entry = self.entry()?;
        (gain(self.direction, entry, price) * Decimal::ONE_HUNDRED).checked_div(entry)
    }

    pub(super) fn result(self, last: Option<&Candle>) -> Simulated {
        let entry = self.entry();
        let open = last.map(|last| (last.close, self.left));
        let exits = self.exits.iter().map(|exit| (exit.price, exit.weight));
        let earned = entry.map(|entry| {
            let parts = exits.chain(open);
            parts
                .map(|(price, weight)| gain(self.direction, entry, price) * weight)
                .sum::<Decimal>()
        });
        let status = match (entry, self.exits.last()) {
            (None, _) => SimulationStatus::NotFilled,
            _ if !self.left.is_zero() => SimulationStatus::Open,
            (_, Some(exit)) if exit.reason == ExitReason::TakeProfit => SimulationStatus::Completed,
            _ => SimulationStatus::Stopped,
        };
        let per_cent = |(earned, entry): (Decimal, Decimal)| {
            (earned * Decimal::ONE_HUNDRED).checked_div(entry)
        };
        let risk = |(stop, entry)| gain(self.direction, stop, entry);
        let risk = self.first_stop.zip(entry).map(risk);
        let r_multiple = earned.zip(risk);
        Simulated {
            status,
            filled: self.fills.iter().map(|(_, share)| share).sum(),
            entry_price: entry,
            filled_at: self.filled_at,
            open: self.left,
            pnl_percent: earned.zip(entry).and_then(per_cent),
            r_multiple: r_multiple.and_then(|(earned, risk)| multiple(earned, risk)),
            adverse_percent: entry.map(|_| self.adverse),
            favourable_percent: entry.map(|_| self.favourable),
            exits: self.exits,
        }
    }
}
