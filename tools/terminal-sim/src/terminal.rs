//! A terminal: it polls, carries commands out at its broker, and reports.

use std::collections::BTreeSet;

use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use serde_json::{Value, json};

use crate::bridge::{Bridge, BridgeError, Command, Synced};
use crate::broker::{Broker, Order};
use crate::plan::{self, figure};

/// The terminal.
#[derive(Debug)]
pub struct Terminal {
    /// Its way to the API.
    pub bridge: Bridge,
    /// Its broker.
    pub broker: Broker,
    /// Deals that were reported.
    reported: usize,
    /// Commands that were taken up since it was started.
    taken: BTreeSet<String>,
    /// What is to be acknowledged.
    acks: Vec<String>,
    /// What is to be told of commands that no deal tells of.
    outcomes: Vec<Value>,
    /// Emergency stops that it knows of.
    epoch: u64,
}

impl Terminal {
    /// A terminal that was just started: it knows nothing but its token, and
    /// reports all deals of its broker again.
    #[must_use]
    pub fn start(bridge: Bridge, broker: Broker) -> Self {
        Self {
            bridge,
            broker,
            reported: 0,
            taken: BTreeSet::new(),
            acks: Vec::new(),
            outcomes: Vec::new(),
            epoch: 0,
        }
    }

    /// The same, after it was killed and started again.
    #[must_use]
    pub fn restart(self) -> Self {
        Self::start(self.bridge, self.broker)
    }

    /// One poll: tells, is told, does it and reports. Answers the kinds of
    /// commands that it carried out.
    ///
    /// # Errors
    /// [`BridgeError`]; the next poll goes on where this one failed.
    pub async fn poll(&mut self) -> Result<Vec<String>, BridgeError> {
        let done = self.receive().await?;
        self.report().await?;
        Ok(done)
    }

    /// The first half of a poll, after which a terminal may be killed.
    ///
    /// # Errors
    /// [`BridgeError`].
    pub async fn receive(&mut self) -> Result<Vec<String>, BridgeError> {
        let synced = self
            .bridge
            .sync(self.broker.status(), &self.acks, &self.outcomes)
            .await?;
        self.acks.clear();
        self.outcomes.clear();
        Ok(self.carry_out(&synced, SystemClock.now()))
    }

    /// Reports the deals that were not reported yet. Answers how many were
    /// counted before.
    ///
    /// # Errors
    /// [`BridgeError`].
    pub async fn report(&mut self) -> Result<usize, BridgeError> {
        let mut duplicates = 0;
        while let Some(deal) = self.broker.deals().get(self.reported) {
            let result = self.broker.result(deal);
            duplicates += usize::from(self.bridge.push(result).await?);
            self.reported += 1;
        }
        Ok(duplicates)
    }

    fn carry_out(&mut self, synced: &Synced, now: Timestamp) -> Vec<String> {
        self.epoch = self.epoch.max(synced.trading_state.epoch);
        let mut done = Vec::new();
        for command in &synced.commands {
            self.acks.push(command.id.clone());
            let is_new = self.taken.insert(command.id.clone());
            // What was done before a restart left its mark at the broker: a
            // deal is reported again, and of what is none nobody else tells.
            // Of a command with several orders one deal does not tell all.
            let is_told =
                !plan::has_parts(&command.payload) && self.broker.has_deal_of(&command.id);
            if !is_new || is_told {
                continue;
            }
            if self.broker.has_order_of(&command.id) {
                self.outcomes.push(json!({"commandId": command.id}));
                continue;
            }
            match self.execute(command, now) {
                Ok(has_deal) => {
                    done.push(command.kind.clone());
                    if !has_deal {
                        self.outcomes.push(json!({"commandId": command.id}));
                    }
                }
                Err(error) => self
                    .outcomes
                    .push(json!({"commandId": command.id, "error": error})),
            }
        }
        if synced.trading_state.mode == "stopped" {
            self.close_all(None, now);
        }
        done
    }

    /// Does what a command says. Answers whether a deal came of it.
    fn execute(&mut self, command: &Command, now: Timestamp) -> Result<bool, String> {
        let payload = &command.payload;
        let id = Some(command.id.as_str());
        match command.kind.as_str() {
            "open_trade" => self.open(command, now),
            "close_trade" | "partial_close" => {
                let volume = figure(payload, "volume");
                found(self.broker.close(ticket(payload), volume, id, now))
            }
            "modify_trade" => {
                let levels = (figure(payload, "stopLoss"), figure(payload, "takeProfit"));
                found(self.broker.modify(ticket(payload), levels, id))?;
                Ok(false)
            }
            "trailing_stop" => {
                found(self.broker.modify(ticket(payload), (None, None), id))?;
                Ok(false)
            }
            "emergency_stop" => {
                self.epoch = self.epoch.max(payload["epoch"].as_u64().unwrap_or(0));
                Ok(self.close_all(id, now) > 0)
            }
            "sync" => Ok(false),
            other => Err(format!("{other} is not known")),
        }
    }

    /// Places the orders of a command that were not placed before a restart.
    fn open(&mut self, command: &Command, now: Timestamp) -> Result<bool, String> {
        let payload = &command.payload;
        if payload["epoch"].as_u64().unwrap_or(0) < self.epoch {
            return Err("an emergency stop came after it".to_owned());
        }
        let orders = plan::orders(&command.id, payload);
        if orders.is_empty() {
            return Err("it says neither price nor volume to enter with".to_owned());
        }
        if let Some(price) = plan::first_price(payload) {
            self.broker.quote(&orders[0].symbol, price);
        }
        let is_missing = |order: &Order| !self.broker.has_placed(order);
        let missing: Vec<Order> = orders.into_iter().filter(is_missing).collect();
        for order in missing {
            self.broker.place(order, now);
        }
        let has_parts = plan::has_parts(payload);
        if has_parts {
            self.broker.note_order_of(&command.id);
        }
        Ok(!has_parts)
    }

    fn close_all(&mut self, command: Option<&str>, now: Timestamp) -> usize {
        self.broker.withdraw(None, now);
        let tickets: Vec<u64> = self.broker.positions().keys().copied().collect();
        for ticket in &tickets {
            self.broker.close(*ticket, None, command, now);
        }
        tickets.len()
    }
}

fn ticket(payload: &Value) -> u64 {
    let ticket = payload["ticket"].as_str().unwrap_or_default();
    ticket.parse().unwrap_or(0)
}

fn found(is_there: bool) -> Result<bool, String> {
    match is_there {
        true => Ok(true),
        false => Err("no such position".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;
    use crate::bridge::{Identity, TradingState};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    /// One that calls nobody.
    fn terminal() -> Terminal {
        let identity = Identity {
            token: "token".into(),
            user: "usr_1".to_owned(),
            terminal_id: "SIM-1".to_owned(),
        };
        let bridge = Bridge::new("http://127.0.0.1:9", identity).expect("a client");
        Terminal::start(bridge, Broker::new("9000001", Decimal::from(10_000)))
    }

    /// A sync that brings a signal with three entries.
    fn told(mode: &str, epoch: u64) -> Synced {
        let payload = json!({
            "signalId": "sig_1", "symbol": "XAUUSD", "action": "buy", "orderType": "limit",
            "entry": 2345, "entries": [2345, 2340, 2335], "entryWeights": [50, 30, 20],
            "stopLoss": 2330, "takeProfits": [2350, 2360], "takeProfitWeights": [50, 25],
            "runner": true, "volume": 1, "epoch": 0,
        });
        let command = Command {
            id: "cmd_1".to_owned(),
            kind: "open_trade".to_owned(),
            payload,
        };
        Synced {
            trading_state: TradingState {
                mode: mode.to_owned(),
                epoch,
            },
            commands: vec![command],
        }
    }

    fn running() -> Synced {
        told("running", 0)
    }

    fn parts(broker: &Broker) -> Vec<Option<usize>> {
        broker.deals().iter().map(|deal| deal.part).collect()
    }

    #[test]
    fn each_entry_is_placed_once_however_often_the_terminal_is_killed() {
        let mut first = terminal();
        let mut orders = plan::orders("cmd_1", &running().commands[0].payload);
        first.broker.quote("XAUUSD", 2_345.into());
        first.broker.place(orders.remove(0), NOW);
        // Killed after the first of three orders.
        let mut second = first.restart();
        assert_eq!(second.carry_out(&running(), NOW), ["open_trade"]);
        let all = [Some(1), Some(2), Some(3)];
        assert_eq!(parts(&second.broker), all);
        let done = [json!({"commandId": "cmd_1"})];
        assert_eq!(second.outcomes, done);
        // Killed before it told so.
        let mut third = second.restart();
        assert_eq!(third.carry_out(&running(), NOW), [""; 0]);
        assert_eq!(third.carry_out(&running(), NOW), [""; 0]);
        assert_eq!(
            (parts(&third.broker), third.outcomes),
            (all.to_vec(), done.to_vec())
        );
        let open = third.broker.positions().values().map(|one| one.volume);
        let waiting = third.broker.pending().values().map(|order| order.volume);
        let half = Decimal::new(5, 1);
        assert_eq!((open.sum(), waiting.sum()), (half, half));
    }

    /// By hand: of 0.5 lots a half is closed at 2350 and 0.13, a quarter in
    /// whole steps, at 2360.
    #[test]
    fn parts_are_closed_at_their_targets_and_the_rest_runs_on() {
        let mut terminal = terminal();
        terminal.carry_out(&running(), NOW);
        for price in [2_350, 2_360, 2_400] {
            terminal.broker.set_price("XAUUSD", price.into());
        }
        let left = terminal.broker.positions().values().map(|one| one.volume);
        assert_eq!(left.collect::<Vec<_>>(), [Decimal::new(12, 2)]);
        assert!(terminal.broker.pending().is_empty());
    }

    #[test]
    fn an_order_that_waits_is_taken_back_by_a_close_and_not_placed_again() {
        let mut terminal = terminal();
        terminal.carry_out(&running(), NOW);
        let waiting: Vec<u64> = terminal.broker.pending().keys().copied().collect();
        assert_eq!(waiting.len(), 2);
        let close = |volume: Value| Synced {
            commands: vec![Command {
                id: format!("close {volume}"),
                kind: "close_trade".to_owned(),
                payload: json!({"ticket": waiting[0].to_string(), "volume": volume}),
            }],
            ..running()
        };
        // A part of an order cannot be.
        terminal.carry_out(&close(json!(0.1)), NOW);
        assert_eq!(
            terminal.outcomes.last().expect("one")["error"],
            "no such position"
        );
        assert_eq!(
            terminal.carry_out(&close(Value::Null), NOW),
            ["close_trade"]
        );
        let deal = terminal.broker.deals().last().expect("a deal");
        let told = (deal.ticket, deal.status, deal.command.as_deref(), deal.part);
        assert_eq!(told, (waiting[0], "cancelled", Some("close null"), None));
        let mut restarted = terminal.restart();
        restarted.carry_out(&running(), NOW);
        let left: Vec<u64> = restarted.broker.pending().keys().copied().collect();
        assert_eq!(left, waiting[1..]);
    }

    #[test]
    fn a_stop_takes_back_what_waits_and_nothing_of_before_it_is_placed() {
        let mut before = terminal();
        before.carry_out(&running(), NOW);
        before.carry_out(&told("stopped", 1), NOW);
        assert!(before.broker.positions().is_empty() && before.broker.pending().is_empty());
        let mut after = terminal();
        assert_eq!(after.carry_out(&told("running", 1), NOW), [""; 0]);
        assert!(after.broker.deals().is_empty());
        assert_eq!(
            after.outcomes[0]["error"],
            "an emergency stop came after it"
        );
    }
}
