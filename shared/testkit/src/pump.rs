//! What the dispatcher, the queues and their functions do, one message after
//! the other: outbox rows to queues by the real dispatcher, messages to the
//! uses by their time. A delayed message waits until the clock says so.

use accounts::app::backtest;
use accounts::app::import::upload;
use accounts::app::judge::judge;
use accounts::app::messages::{ImportsMessage, RulesMessage, SyncMessage, WebhookMessage};
use accounts::app::reset::fan_out;
use accounts::app::sync::{Handled, revive};
use accounts::store::Delivery;
use chrono::TimeDelta;
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::live::Live;
use platform::objects::Bucket;
use platform::outbox::Dispatcher;
use platform::queue::Queue;
use serde_json::Value;

use crate::cloud::Sent;
use crate::stack::Stack;

/// Messages that one pumping carries before it counts as a loop.
const MESSAGES_MAX: usize = 20_000;
/// Times that a message may fail; then it is dead, as in SQS.
const RECEIVES_MAX: u32 = 5;

/// Messages on their way.
#[derive(Debug)]
pub(crate) struct Pump {
    waiting: Vec<Waiting>,
    delivered: Vec<Delivery>,
    dead: Vec<String>,
    copies: u32,
}

impl Default for Pump {
    fn default() -> Self {
        Self {
            waiting: Vec::new(),
            delivered: Vec::new(),
            dead: Vec::new(),
            copies: 1,
        }
    }
}

#[derive(Clone, Debug)]
struct Waiting {
    due: Timestamp,
    message: Sent,
    receives: u32,
}

impl Stack {
    /// Has every message be delivered this often from now on.
    pub fn deliver_each(&mut self, copies: u32) {
        self.pump.copies = copies;
    }

    /// Carries messages until none is left that is due now. Answers how many.
    ///
    /// # Panics
    /// Where the store fails, or messages go round without an end.
    pub async fn pump(&mut self) -> usize {
        let mut count = 0;
        loop {
            let now = self.now();
            self.collect(now).await;
            let Some(next) = self.take_due(now) else {
                return count;
            };
            self.receive(next, now).await;
            count += 1;
            assert!(count < MESSAGES_MAX, "messages go round without an end");
        }
    }

    /// Lets time pass in strides, carrying what becomes due in each.
    pub async fn pass(&mut self, time: TimeDelta, stride: TimeDelta) {
        let end = self.now() + time;
        while self.now() < end {
            self.advance(stride.min(end - self.now())).await;
            self.pump().await;
        }
    }

    /// What the daily-reset function does in its minute, and what follows.
    ///
    /// # Panics
    /// Where the store fails.
    pub async fn reset_due(&mut self) -> usize {
        let due = fan_out(&self.store, &self.queues, self.now())
            .await
            .expect("fans out");
        self.pump().await;
        due
    }

    /// What the sync function does in its minute: chains that are overdue go
    /// on. Answers how many.
    ///
    /// # Panics
    /// Where the store fails.
    pub async fn revive(&mut self) -> usize {
        let revived = revive(&self.store, &self.queues, self.now()).await;
        let revived = revived.expect("revives");
        self.pump().await;
        revived
    }

    /// Messages to shops, each once, in the order in which they were handed
    /// to the webhooks function: event names with their bodies.
    ///
    /// # Panics
    /// Where a body is no JSON.
    #[must_use]
    pub fn webhooks(&self) -> Vec<(String, Value)> {
        self.pump
            .delivered
            .iter()
            .map(|delivery| {
                let body = serde_json::from_str(&delivery.body).expect("JSON");
                (delivery.event.clone(), body)
            })
            .collect()
    }

    /// Messages that failed for good.
    #[must_use]
    pub fn dead_letters(&self) -> &[String] {
        &self.pump.dead
    }

    /// Messages that wait for their time, by queue.
    #[must_use]
    pub fn waiting(&self, queue: Queue) -> usize {
        let of_queue = |waiting: &&Waiting| waiting.message.queue == queue.as_str();
        self.pump.waiting.iter().filter(of_queue).count()
    }

    /// Loses every message that waits, as a queue might.
    pub fn lose_messages(&mut self) {
        self.pump.waiting.clear();
    }

    /// Takes rows out of the outbox, and what was sent to the queues.
    async fn collect(&mut self, now: Timestamp) {
        let dispatcher = Dispatcher::new(self.cloud.accounts.clone(), self.queues.clone());
        // Rows count as missed by the stream, so that all of them are swept.
        let later = SystemClock.now() + TimeDelta::minutes(5);
        dispatcher.sweep(now, later).await.expect("sweeps");
        for message in self.cloud.take_sent() {
            self.pump.waiting.push(Waiting {
                due: now + TimeDelta::seconds(message.delay_s),
                message,
                receives: 0,
            });
        }
    }

    /// The message that is due first, or the oldest of those.
    fn take_due(&mut self, now: Timestamp) -> Option<Waiting> {
        let waiting = &mut self.pump.waiting;
        let (index, _) = waiting
            .iter()
            .enumerate()
            .filter(|(_, waiting)| waiting.due <= now)
            .min_by_key(|(index, waiting)| (waiting.due, *index))?;
        Some(waiting.remove(index))
    }

    async fn receive(&mut self, mut waiting: Waiting, now: Timestamp) {
        for _ in 0..self.pump.copies {
            // Boxed: a use's future nests deeper than the compiler lays out.
            let carried = self.carry_out(&waiting.message, waiting.receives + 1, now);
            if let Err(error) = Box::pin(carried).await {
                waiting.receives += 1;
                let cause = kernel::error::chain(&error);
                if waiting.receives >= RECEIVES_MAX {
                    self.pump
                        .dead
                        .push(format!("{cause}: {}", waiting.message.body));
                } else {
                    self.pump.waiting.push(waiting);
                }
                return;
            }
        }
    }

    async fn carry_out(
        &mut self,
        message: &Sent,
        receives: u32,
        now: Timestamp,
    ) -> kernel::Result<()> {
        match message.queue.as_str() {
            "sync" => {
                let step: SyncMessage = read(&message.body);
                match self.syncer.handle(&step, now).await? {
                    Handled::Done => {}
                    Handled::TooEarly { delay_s } => {
                        self.queues.send(Queue::Sync, &step, delay_s).await?;
                    }
                }
            }
            "rules" => {
                let RulesMessage::Judge {
                    shop,
                    account,
                    request_id,
                } = read(&message.body);
                let live = Live::new(self.cloud.realtime.clone());
                let stores = (&self.store, &live);
                judge(stores, (&shop, &account), &request_id, now).await?;
            }
            "backtests" => {
                let message = read(&message.body);
                let limits = backtest::Limits::default();
                backtest::run(&self.store, &message, receives, &limits, &SystemClock).await?;
            }
            "imports" => {
                if let ImportsMessage::Look(look) = read(&message.body) {
                    let bucket = Bucket::from_env(&self.env(), "IMPORTS_BUCKET");
                    let bucket = bucket.expect("a bucket");
                    let places = (&self.store, &bucket);
                    upload::look(places, &look.import, &SystemClock, now).await?;
                }
            }
            "webhooks" => self.note(&read(&message.body)).await?,
            other => panic!("no queue {other}"),
        }
        Ok(())
    }

    async fn note(&mut self, message: &WebhookMessage) -> kernel::Result<()> {
        let found = self
            .store
            .delivery(&message.shop, &message.delivery)
            .await?;
        let known = &mut self.pump.delivered;
        if let Some(delivery) = found
            && known.iter().all(|known| known.id != delivery.id)
        {
            known.push(delivery);
        }
        Ok(())
    }
}

fn read<T: serde::de::DeserializeOwned>(body: &str) -> T {
    serde_json::from_str(body).expect("a message of its queue")
}
