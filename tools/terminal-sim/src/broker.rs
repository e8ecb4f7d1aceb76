//! A simulated broker: prices, positions and deals. It remembers what its
//! terminal forgets.

use std::collections::BTreeMap;

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Units of the base currency in a lot.
const LOT: Decimal = Decimal::from_parts(100_000, 0, 0, false, 0);
/// The price of a symbol that nobody has set one for.
const PRICE: Decimal = Decimal::from_parts(11_000, 0, 0, false, 4);
/// What is traded where an order does not say how much.
const VOLUME: Decimal = Decimal::from_parts(10, 0, 0, false, 2);

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
    /// Its take profit.
    pub take_profit: Option<Decimal>,
    /// The signal that it follows.
    pub signal: Option<String>,
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
    /// `open`, `partially_closed` or `closed`.
    pub status: &'static str,
    /// Lots.
    pub volume: Decimal,
    /// Price and profit of a closing.
    pub closing: Option<(Decimal, Decimal)>,
    /// When it happened.
    pub at: Timestamp,
    /// The command that it came of, which the order carried.
    pub command: Option<String>,
}

/// The broker.
#[derive(Clone, Debug)]
pub struct Broker {
    login: String,
    balance: Decimal,
    prices: BTreeMap<String, Decimal>,
    positions: BTreeMap<u64, Position>,
    deals: Vec<Deal>,
}

impl Broker {
    /// An account with a balance and no positions.
    #[must_use]
    pub fn new(login: &str, balance: Decimal) -> Self {
        Self {
            login: login.to_owned(),
            balance,
            prices: BTreeMap::new(),
            positions: BTreeMap::new(),
            deals: Vec::new(),
        }
    }

    /// Sets a symbol's price.
    pub fn set_price(&mut self, symbol: &str, price: Decimal) {
        self.prices.insert(symbol.to_owned(), price);
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

    /// All deals, the first one first.
    #[must_use]
    pub fn deals(&self) -> &[Deal] {
        &self.deals
    }

    /// Whether an order with this command was carried out.
    #[must_use]
    pub fn has_done(&self, command: &str) -> bool {
        self.deals
            .iter()
            .any(|deal| deal.command.as_deref() == Some(command))
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
        let ticket = 1_000 + self.deals.len() as u64;
        let position = Position {
            symbol: symbol.to_owned(),
            is_buy,
            volume: volume.unwrap_or(VOLUME),
            open_price: self.price(symbol),
            opened_at: now,
            stop_loss: None,
            take_profit: None,
            signal: signal.map(str::to_owned),
        };
        let volume = position.volume;
        self.positions.insert(ticket, position.clone());
        self.deals.push(Deal {
            number: self.number(),
            ticket,
            position,
            status: "open",
            volume,
            closing: None,
            at: now,
            command: command.map(str::to_owned),
        });
        ticket
    }

    /// Closes a position, or so many lots of it. Answers whether there was
    /// one.
    pub fn close(
        &mut self,
        ticket: u64,
        volume: Option<Decimal>,
        command: Option<&str>,
        now: Timestamp,
    ) -> bool {
        let Some(position) = self.positions.get(&ticket).cloned() else {
            return false;
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
        self.deals.push(Deal {
            number: self.number(),
            ticket,
            position,
            status,
            volume: part,
            closing: Some((price, profit)),
            at: now,
            command: command.map(str::to_owned),
        });
        true
    }

    /// Sets levels of a position. Answers whether there was one.
    pub fn modify(
        &mut self,
        ticket: u64,
        stop_loss: Option<Decimal>,
        take_profit: Option<Decimal>,
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
        }
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
            open.push(json!({
                "ticket": ticket,
                "volume": number(position.volume),
                "price": number(price),
                "profit": number(profit),
                "stopLoss": position.stop_loss.map(number),
                "takeProfit": position.take_profit.map(number),
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
        assert!(broker.has_done("cmd") && !broker.has_done("other"));
    }
}
