//! A terminal: it polls, carries commands out at its broker, and reports.

use std::collections::BTreeSet;

use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::bridge::{Bridge, BridgeError, Command, Synced};
use crate::broker::Broker;

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
            // An order of before a restart left its mark at the broker.
            if !is_new || self.broker.has_done(&command.id) {
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
        let figure = |name: &str| -> Option<Decimal> {
            let text = payload.get(name)?.to_string();
            text.parse().ok()
        };
        match command.kind.as_str() {
            "open_trade" => {
                if payload["epoch"].as_u64().unwrap_or(0) < self.epoch {
                    return Err("an emergency stop came after it".to_owned());
                }
                let symbol = payload["symbol"].as_str().unwrap_or_default();
                let signal = payload["signalId"].as_str();
                let is_buy = payload["action"] == "buy";
                let volume = figure("volume");
                let ticket = self.broker.open(symbol, is_buy, volume, (signal, id), now);
                self.broker.modify(ticket, figure("stopLoss"), None);
                Ok(true)
            }
            "close_trade" | "partial_close" => {
                let volume = figure("volume");
                found(self.broker.close(ticket(payload), volume, id, now))
            }
            "modify_trade" => {
                let levels = (figure("stopLoss"), figure("takeProfit"));
                found(self.broker.modify(ticket(payload), levels.0, levels.1))?;
                Ok(false)
            }
            "trailing_stop" => {
                found(self.broker.positions().contains_key(&ticket(payload)))?;
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

    fn close_all(&mut self, command: Option<&str>, now: Timestamp) -> usize {
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
