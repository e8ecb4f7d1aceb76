//! A simulated broker: prices, orders, positions and deals. It remembers what
//! its terminal forgets, and fills orders and closes positions at their levels
//! while no terminal is there.

mod order;

pub use order::{Entry, Order, Target};

use std::collections::{BTreeMap, BTreeSet};

use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Units of the base currency in a lot.
const LOT: Decimal = Decimal::from_parts(100_000, 0, 0, false, 0);
/// The price of a symbol that nobody has set one for.
const PRICE: Decimal = Decimal::from_parts(11_000, 0, 0, false, 4);
/// What is traded where an order does not say how much.
pub(crate) const VOLUME: Decimal = Decimal::from_parts(10, 0, 0, false, 2);

/// An open position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// What is traded.
    pub symbol: String,
    /// Whether it gains as the price rises.
    pub is_buy: bool,
    /// Lots.
    pub volume: Decimal,
    /// Price at which it was opened.
    pub open_price: Decimal,
    /// When it was.
    pub opened_at: Timestamp,
    /// Its stop loss.
    pub stop_loss: Option<Decimal>,
    /// Where the whole of it is closed.
    pub take_profit: Option<Decimal>,
    /// Where parts of it are closed, the nearest first; what they leave runs
    /// on.
    pub targets: Vec<Target>,
    /// The signal that it follows.
    pub signal: Option<String>,
    /// The command that its order came of.
    pub command: Option<String>,
}

impl Position {
    /// What an order is, or becomes when it is filled.
    fn of(order: &Order, price: Decimal, now: Timestamp) -> Self {
        Self {
            symbol: order.symbol.clone(),
            is_buy: order.is_buy,
            volume: order.volume,
            open_price: price,
            opened_at: now,
            stop_loss: order.stop_loss,
            take_profit: None,
            targets: order.targets.clone(),
            signal: order.signal.clone(),
            command: order.command.clone(),
        }
    }

    /// Lots that are closed at a price, where it is at one of the levels, and
    /// whether that is a target.
    fn due(&self, price: Decimal) -> Option<(Decimal, bool)> {
        let is_beyond = |level: Decimal, price: Decimal| match self.is_buy {
            true => price >= level,
            false => price <= level,
        };
        let is_stopped = self.stop_loss.is_some_and(|stop| is_beyond(price, stop));
        let is_taken = self
            .take_profit
            .is_some_and(|level| is_beyond(level, price));
        if is_stopped || is_taken {
            return Some((self.volume, false));
        }
        let next = self.targets.first()?;
        is_beyond(next.price, price).then_some((next.volume, true))
    }
}

/// Something that happened, once and for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    /// Its number, from 1.
    pub number: u64,
    /// Of which position.
    pub ticket: u64,
    /// The position as it was.
    pub position: Position,
    /// `pending`, `open`, `partially_closed`, `closed` or `cancelled`.
    pub status: &'static str,
    /// Lots.
    pub volume: Decimal,
    /// Price and profit of a closing.
    pub closing: Option<(Decimal, Decimal)>,
    /// When it happened.
    pub at: Timestamp,
    /// The command that it came of, which the order carried.
    pub command: Option<String>,
    /// Which of the command's orders, where there were several.
    pub part: Option<usize>,
}

/// The broker.
#[derive(Clone, Debug)]
pub struct Broker {
    login: String,
    balance: Decimal,
    prices: BTreeMap<String, Decimal>,
    /// Orders that wait.
    pending: BTreeMap<u64, Order>,
    positions: BTreeMap<u64, Position>,
    deals: Vec<Deal>,
    /// Commands by which something was done that no deal tells of.
    orders: BTreeSet<String>,
}

impl Broker {
    /// An account with a balance and no positions.
    #[must_use]
    pub fn new(login: &str, balance: Decimal) -> Self {
        Self {
            login: login.to_owned(),
            balance,
            prices: BTreeMap::new(),
            pending: BTreeMap::new(),
            positions: BTreeMap::new(),
            deals: Vec::new(),
            orders: BTreeSet::new(),
        }
    }

    /// Sets a symbol's price, and carries out what waits for it: first the
    /// levels of positions, then orders.
    pub fn set_price(&mut self, symbol: &str, price: Decimal) {
        let now = SystemClock.now();
        self.prices.insert(symbol.to_owned(), price);
        for ticket in of_symbol(&self.positions, symbol, |position| &position.symbol) {
            self.close_at_levels(ticket, price, now);
        }
        for ticket in of_symbol(&self.pending, symbol, |order| &order.symbol) {
            self.fill(ticket, now);
        }
    }

    fn close_at_levels(&mut self, ticket: u64, price: Decimal, now: Timestamp) {
        while let Some(position) = self.positions.get_mut(&ticket)
            && let Some((part, is_target)) = position.due(price)
        {
            if is_target {
                position.targets.remove(0);
            }
            self.close(ticket, Some(part), None, now);
        }
    }

    /// Sets the price of a symbol that has none yet.
    pub fn quote(&mut self, symbol: &str, price: Decimal) {
        self.prices.entry(symbol.to_owned()).or_insert(price);
    }

    /// A symbol's price.
    #[must_use]
    pub fn price(&self, symbol: &str) -> Decimal {
        self.prices.get(symbol).copied().unwrap_or(PRICE)
    }

    /// The open positions by their tickets.
    #[must_use]
    pub fn positions(&self) -> &BTreeMap<u64, Position> {
        &self.positions
    }

    /// Orders that wait for their price, by their tickets.
    #[must_use]
    pub fn pending(&self) -> &BTreeMap<u64, Order> {
        &self.pending
    }

    /// All deals, the first one first.
    #[must_use]
    pub fn deals(&self) -> &[Deal] {
        &self.deals
    }

    /// Whether a deal came of this command.
    #[must_use]
    pub fn has_deal_of(&self, command: &str) -> bool {
        self.deals
            .iter()
            .any(|deal| deal.command.as_deref() == Some(command))
    }

    /// Whether all of this command was carried out, where no deal tells so.
    #[must_use]
    pub fn has_order_of(&self, command: &str) -> bool {
        self.orders.contains(command)
    }

    /// Notes that all orders of a command are there, which no deal tells.
    pub fn note_order_of(&mut self, command: &str) {
        self.orders.insert(command.to_owned());
    }

    /// Whether this order was placed before, whatever became of it.
    #[must_use]
    pub fn has_placed(&self, order: &Order) -> bool {
        let is_of_it = |deal: &Deal| deal.command == order.command && deal.part == order.part;
        order.command.is_some() && self.deals.iter().any(is_of_it)
    }

    /// Opens a position at the market.
    pub fn open(
        &mut self,
        symbol: &str,
        is_buy: bool,
        volume: Option<Decimal>,
        (signal, command): (Option<&str>, Option<&str>),
        now: Timestamp,
    ) -> u64 {
        let order = Order {
            signal: signal.map(str::to_owned),
            command: command.map(str::to_owned),
            ..Order::at_market(symbol, is_buy, volume.unwrap_or(VOLUME))
        };
        self.place(order, now)
    }

    /// Takes an order: fills it where the price is there, or lets it wait.
    /// Answers its ticket, which its position will have too.
    pub fn place(&mut self, order: Order, now: Timestamp) -> u64 {
        let ticket = 1_000 + self.deals.len() as u64;
        if !order.entry.takes(order.is_buy, self.price(&order.symbol)) {
            self.note(ticket, &order, "pending", now);
        }
        self.pending.insert(ticket, order);
        self.fill(ticket, now);
        ticket
    }

    /// Fills an order that waits, where the price is there.
    fn fill(&mut self, ticket: u64, now: Timestamp) {
        let Some(order) = self.pending.get(&ticket).cloned() else {
            return;
        };
        let price = self.price(&order.symbol);
        if order.entry.takes(order.is_buy, price) {
            self.pending.remove(&ticket);
            let position = Position::of(&order, price, now);
            self.positions.insert(ticket, position);
            self.note(ticket, &order, "open", now);
        }
    }

    /// Takes back orders that wait: those of a command, or all.
    pub fn withdraw(&mut self, command: Option<&str>, now: Timestamp) {
        for (ticket, order) in std::mem::take(&mut self.pending) {
            match command.is_none() || order.command.as_deref() == command {
                true => self.note(ticket, &order, "cancelled", now),
                false => {
                    self.pending.insert(ticket, order);
                }
            }
        }
    }

    /// Takes one order back that waits. Answers whether there was one.
    fn cancel(&mut self, ticket: u64, command: Option<&str>, now: Timestamp) -> bool {
        let Some(order) = self.pending.remove(&ticket) else {
            return false;
        };
        let cancelled = Order {
            command: command.map(str::to_owned),
            part: None,
            ..order
        };
        self.note(ticket, &cancelled, "cancelled", now);
        true
    }

    /// Notes what became of an order.
    fn note(&mut self, ticket: u64, order: &Order, status: &'static str, now: Timestamp) {
        let market = self.price(&order.symbol);
        let price = match status {
            "open" => market,
            _ => order.entry.price(order.is_buy).unwrap_or(market),
        };
        self.deals.push(Deal {
            number: self.number(),
            ticket,
            position: Position::of(order, price, now),
            status,
            volume: order.volume,
            closing: None,
            at: now,
            command: order.command.clone(),
            part: order.part,
        });
    }

    /// Closes a position, or so many lots of it; an order that waits is taken
    /// back. The first exit of a command's positions withdraws its orders that
    /// wait. Answers whether there was a position, or such an order.
    pub fn close(
        &mut self,
        ticket: u64,
        volume: Option<Decimal>,
        command: Option<&str>,
        now: Timestamp,
    ) -> bool {
        let Some(position) = self.positions.get(&ticket).cloned() else {
            return volume.is_none() && self.cancel(ticket, command, now);
        };
        let part = volume.unwrap_or(position.volume).min(position.volume);
        let price = self.price(&position.symbol);
        let profit = gain(&position, price, part);
        self.balance += profit;
        let left = position.volume - part;
        let status = match left.is_zero() {
            true => {
                self.positions.remove(&ticket);
                "closed"
            }
            false => {
                if let Some(kept) = self.positions.get_mut(&ticket) {
                    kept.volume = left;
                }
                "partially_closed"
            }
        };
        let opened_by = position.command.clone();
        self.deals.push(Deal {
            number: self.number(),
            ticket,
            position,
            status,
            volume: part,
            closing: Some((price, profit)),
            at: now,
            command: command.map(str::to_owned),
            part: None,
        });
        if opened_by.is_some() {
            self.withdraw(opened_by.as_deref(), now);
        }
        true
    }

    /// Sets levels of a position. Answers whether there was one.
    pub fn modify(
        &mut self,
        ticket: u64,
        (stop_loss, take_profit): (Option<Decimal>, Option<Decimal>),
        command: Option<&str>,
    ) -> bool {
        let Some(position) = self.positions.get_mut(&ticket) else {
            return false;
        };
        let set = |level: Decimal| (!level.is_zero()).then_some(level);
        if let Some(level) = stop_loss {
            position.stop_loss = set(level);
        }
        if let Some(level) = take_profit {
            position.take_profit = set(level);
            position.targets.clear();
        }
        self.orders.extend(command.map(str::to_owned));
        true
    }

    fn number(&self) -> u64 {
        self.deals.len() as u64 + 1
    }

    /// The account, as `sync-user` wants it.
    #[must_use]
    pub fn status(&self) -> Value {
        let mut floating = Decimal::ZERO;
        let mut open = Vec::with_capacity(self.positions.len());
        for (ticket, position) in &self.positions {
            let price = self.price(&position.symbol);
            let profit = gain(position, price, position.volume);
            floating += profit;
            let next = position.targets.first().map(|target| target.price);
            open.push(json!({
                "ticket": ticket,
                "volume": number(position.volume),
                "price": number(price),
                "profit": number(profit),
                "stopLoss": position.stop_loss.map(number),
                "takeProfit": position.take_profit.or(next).map(number),
            }));
        }
        json!({
            "isConnected": true,
            "balance": number(self.balance),
            "equity": number(self.balance + floating),
            "openTrades": open,
        })
    }

    /// A deal, as `push-trade-result` wants it. Its id is the deal's own, so
    /// that it is the same however often it is sent.
    #[must_use]
    pub fn result(&self, deal: &Deal) -> Value {
        let position = &deal.position;
        json!({
            "resultId": format!("{}-{}", self.login, deal.number),
            "signalId": position.signal,
            "commandId": deal.command,
            "commandPart": deal.part,
            "server": "Sim-Terminal",
            "login": self.login,
            "ticket": deal.ticket,
            "symbol": position.symbol,
            "action": if position.is_buy { "buy" } else { "sell" },
            "volume": number(deal.volume),
            "openPrice": number(position.open_price),
            "closePrice": deal.closing.map(|(price, _)| number(price)),
            "profit": deal.closing.map(|(_, profit)| number(profit)),
            "status": deal.status,
            "openTime": position.opened_at,
            "closeTime": deal.closing.map(|_| deal.at),
        })
    }
}

fn gain(position: &Position, price: Decimal, volume: Decimal) -> Decimal {
    let moved = match position.is_buy {
        true => price - position.open_price,
        false => position.open_price - price,
    };
    (moved * volume * LOT).round_dp(2)
}

/// Tickets of what is of a symbol.
fn of_symbol<T>(all: &BTreeMap<u64, T>, symbol: &str, name: impl Fn(&T) -> &str) -> Vec<u64> {
    let of_it = all.iter().filter(|(_, one)| name(one) == symbol);
    of_it.map(|(ticket, _)| *ticket).collect()
}

/// A figure as a JSON number. The simulator's have few digits, which a double
/// holds.
fn number(figure: Decimal) -> Value {
    serde_json::from_str(&figure.normalize().to_string()).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn of(text: &str) -> Decimal {
        text.parse().expect("a figure")
    }

    /// By hand: half a lot, bought at 1.1 and closed in two parts at 1.102 and
    /// 1.099, gains 40 and loses 30.
    #[test]
    fn what_a_position_brings_worked_out_by_hand() {
        let mut broker = Broker::new("7", of("1000"));
        let ticket = broker.open("EURUSD", true, Some(of("0.5")), (None, None), NOW);
        broker.set_price("EURUSD", of("1.102"));
        assert!(broker.close(ticket, Some(of("0.2")), None, NOW));
        broker.set_price("EURUSD", of("1.099"));
        assert!(broker.close(ticket, None, Some("cmd"), NOW));
        assert!(!broker.close(ticket, None, None, NOW));
        let brought: Vec<Decimal> = broker
            .deals()
            .iter()
            .filter_map(|deal| deal.closing.map(|(_, profit)| profit))
            .collect();
        assert_eq!(brought, [of("40"), of("-30")]);
        assert_eq!(broker.status()["balance"], 1_010);
        assert!(broker.has_deal_of("cmd") && !broker.has_deal_of("other"));
    }

    fn price(broker: &mut Broker, text: &str) {
        broker.set_price("EURUSD", of(text));
    }

    fn target(price: &str, volume: &str) -> Target {
        Target {
            price: of(price),
            volume: of(volume),
        }
    }

    /// What became of a ticket, and of how many lots.
    fn way(broker: &Broker, ticket: u64) -> Vec<(&'static str, String)> {
        let deals = broker.deals().iter().filter(|deal| deal.ticket == ticket);
        deals
            .map(|deal| (deal.status, deal.volume.to_string()))
            .collect()
    }

    #[test]
    fn targets_close_their_parts_once_and_the_runner_stays_until_the_stop() {
        let mut broker = Broker::new("7", of("1000"));
        let order = Order {
            stop_loss: Some(of("1.09")),
            targets: vec![target("1.11", "0.05"), target("1.12", "0.03")],
            ..Order::at_market("EURUSD", true, of("0.10"))
        };
        let ticket = broker.place(order, NOW);
        for text in ["1.111", "1.105", "1.115", "1.13", "1.2"] {
            price(&mut broker, text);
        }
        assert_eq!(broker.positions()[&ticket].volume, of("0.02"));
        price(&mut broker, "1.09");
        let expected = [
            ("open", "0.10"),
            ("partially_closed", "0.05"),
            ("partially_closed", "0.03"),
            ("closed", "0.02"),
        ];
        let expected = expected.map(|(status, lots)| (status, lots.to_owned()));
        assert_eq!(way(&broker, ticket), expected);
    }

    #[test]
    fn orders_wait_for_their_price_and_the_first_exit_withdraws_the_others() {
        let mut broker = Broker::new("7", of("1000"));
        let limit = |text: &str, command: &str, part: usize| Order {
            entry: Entry::Limit(of(text)),
            stop_loss: Some(of("1.05")),
            targets: vec![target("1.12", "0.1")],
            command: Some(command.to_owned()),
            part: Some(part),
            ..Order::at_market("EURUSD", true, of("0.1"))
        };
        let parts = [("1.1", 1), ("1.09", 2), ("1.08", 3)];
        let [first, second, third] =
            parts.map(|(text, part)| broker.place(limit(text, "cmd", part), NOW));
        let stranger = broker.place(limit("1.07", "other", 1), NOW);
        price(&mut broker, "1.089");
        assert_eq!(broker.positions()[&second].open_price, of("1.089"));
        price(&mut broker, "1.125");
        assert!(broker.positions().is_empty());
        assert!(broker.pending().keys().eq([&stranger]));
        let lots = |statuses: &[&'static str]| -> Vec<(&'static str, String)> {
            let each = statuses.iter();
            each.map(|status| (*status, "0.1".to_owned())).collect()
        };
        assert_eq!(way(&broker, first), lots(&["open", "closed"]));
        assert_eq!(way(&broker, second), lots(&["pending", "open", "closed"]));
        assert_eq!(way(&broker, third), lots(&["pending", "cancelled"]));
        assert!(broker.has_placed(&limit("1.08", "cmd", 3)));
        assert!(!broker.has_placed(&limit("1.08", "cmd", 4)));
        let waited = broker.result(&broker.deals()[1]);
        assert_eq!(
            (&waited["commandId"], &waited["commandPart"]),
            (&json!("cmd"), &json!(2))
        );
        assert_eq!(
            (&waited["status"], &waited["openPrice"]),
            (&json!("pending"), &json!(1.09))
        );
    }
}
