//! A stack whose queues a test carries by hand.

use std::collections::{HashMap, VecDeque};

use chrono::TimeDelta;
use kernel::access::Tier;
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::dynamo::Transaction;
use platform::live::{Log, Look, News, group};
use platform::queue::{Queue, Queues};
use platform::tokens::Verifier;
use realtime::app::{Courier, Doorman};
use realtime::domain::grant::Grant;
use realtime::messages::{Check, FanoutMessage};
use realtime::store::Connection;
use secrecy::SecretString;
use serde_json::{Value, json};
use testkit::cloud::Sent;
use testkit::stack::ISSUER;
use testkit::{Sockets, Stack};

/// The stack, and what is on its way in it.
pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) sockets: Sockets,
    pub(crate) doorman: Doorman,
    /// Messages of the queue that keeps order, by group.
    groups: HashMap<String, VecDeque<Sent>>,
    /// Checks that wait for their time.
    checks: Vec<Sent>,
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

/// A turn that ends before it begins serves one page of listeners.
pub(crate) fn at_once() -> Timestamp {
    now() - TimeDelta::seconds(1)
}

fn in_time() -> Timestamp {
    now() + TimeDelta::minutes(1)
}

impl World {
    pub(crate) async fn start() -> Self {
        let stack = Stack::start().await;
        let sockets = Sockets::start().await;
        let env = stack.env_with(&[("WEBSOCKET_ENDPOINT", &sockets.url)]);
        let sqs = aws_sdk_sqs::Client::new(stack.aws());
        let queues = Queues::from_env(sqs, &env, &Queue::ALL).expect("queues");
        let courier = Courier::new(&env, stack.aws(), queues).expect("a courier");
        let verifier = Verifier::new(stack.cloud.platform.clone(), ISSUER);
        Self {
            doorman: Doorman { courier, verifier },
            stack,
            sockets,
            groups: HashMap::new(),
            checks: Vec::new(),
        }
    }

    pub(crate) fn courier(&self) -> &Courier {
        &self.doorman.courier
    }

    /// What a WordPress user of the first shop is let in with.
    pub(crate) async fn grant(&self, user: u64) -> Grant {
        let token = SecretString::from(self.stack.exchange(user));
        let grant = self.doorman.grant(&token, now()).await;
        grant.expect("a good token")
    }

    /// Opens a connection, whose own events are held.
    pub(crate) async fn open(&self, id: &str, grant: &Grant) {
        self.sockets.open(id);
        let opened = self.doorman.open(id, grant, now()).await;
        opened.expect("opens");
    }

    /// Opens a connection that hears its events at once.
    pub(crate) async fn open_live(&mut self, id: &str, grant: &Grant) {
        self.open(id, grant).await;
        self.pass_hold().await;
    }

    pub(crate) async fn connection(&self, id: &str) -> Option<Connection> {
        let found = self.courier().store.connection(id).await;
        found.expect("reads")
    }

    pub(crate) async fn subscribe(&self, id: &str, names: &[&str]) -> kernel::Result<()> {
        let connection = self.connection(id).await.expect("a connection");
        let grant = connection.grant.clone().expect("a grant");
        let channels: Vec<_> = names.iter().filter_map(|name| name.parse().ok()).collect();
        let them = (&connection, &grant);
        self.courier().subscribe(them, &channels, now()).await
    }

    pub(crate) async fn resume(
        &self,
        id: &str,
        channel: Option<&str>,
        after: u64,
    ) -> kernel::Result<()> {
        let connection = self.connection(id).await.expect("a connection");
        let grant = connection.grant.clone().expect("a grant");
        let channel = channel.map(|name| name.parse().expect("a channel"));
        let them = (&connection, &grant);
        self.courier()
            .resume(them, channel.as_ref(), after, now())
            .await
    }

    /// Writes an event.
    pub(crate) async fn tell(&mut self, log: &Log, text: &str) {
        self.tell_all(log, &[news(log, text)]).await;
    }

    /// Writes an event for a tier and those above it.
    pub(crate) async fn tell_from(&mut self, log: &Log, text: &str, tier: Tier) {
        self.tell_all(log, &[news(log, text).for_tier(tier)]).await;
    }

    /// Writes events at once, and hands on what their outbox says.
    pub(crate) async fn tell_all(&mut self, log: &Log, news: &[News]) {
        let live = &self.courier().live;
        let nothing = Transaction::default();
        let written = live.commit(&nothing, news, "req_test", now()).await;
        written.expect("writes");
        let look = Look { log: log.clone() };
        let message = Sent {
            queue: "fanout.fifo".to_owned(),
            body: serde_json::to_string(&look).expect("JSON"),
            delay_s: 0,
            group: Some(group(log)),
        };
        self.groups
            .entry(group(log))
            .or_default()
            .push_back(message);
    }

    /// Takes what was sent to the queues.
    pub(crate) fn collect(&mut self) {
        for message in self.stack.cloud.take_sent() {
            match &message.group {
                Some(group) => {
                    let group = self.groups.entry(group.clone()).or_default();
                    group.push_back(message);
                }
                None => self.checks.push(message),
            }
        }
    }

    /// Carries everything but checks, until nothing is left.
    pub(crate) async fn pump(&mut self) {
        self.pump_until(in_time()).await;
    }

    pub(crate) async fn pump_until(&mut self, turn_ends: Timestamp) {
        for _ in 0..1_000 {
            self.collect();
            if !self.step(turn_ends).await {
                return;
            }
        }
        panic!("messages go round without an end");
    }

    /// Carries up to ten messages of one log. Answers whether there were any.
    pub(crate) async fn step(&mut self, turn_ends: Timestamp) -> bool {
        let Some(messages) = self.take() else {
            return false;
        };
        let messages = messages.iter().map(read).collect();
        let done = self.courier().fan_out(messages, turn_ends).await;
        done.expect("fans out");
        true
    }

    /// Begins the same and kills it after so many messages to clients; the
    /// queue then brings its messages again.
    pub(crate) async fn killed_step(&mut self, posts: usize) {
        let Some(taken) = self.take() else { return };
        self.sockets.block_after(posts);
        let messages = taken.iter().map(read).collect();
        let is_killed = tokio::select! {
            done = self.courier().fan_out(messages, in_time()) => {
                done.expect("fans out");
                false
            }
            () = self.sockets.blocked() => true,
        };
        self.sockets.unblock();
        if is_killed {
            let group = taken[0].group.clone().unwrap_or_default();
            let waiting = self.groups.entry(group).or_default();
            for message in taken.into_iter().rev() {
                waiting.push_front(message);
            }
        }
    }

    fn take(&mut self) -> Option<Vec<Sent>> {
        self.groups.retain(|_, waiting| !waiting.is_empty());
        let waiting = self.groups.values_mut().next()?;
        let count = waiting.len().min(10);
        Some(waiting.drain(..count).collect())
    }

    /// Lets the checks' time come, and carries what follows.
    pub(crate) async fn pass_hold(&mut self) {
        self.check().await;
        self.pump().await;
    }

    /// Lets the checks' time come.
    pub(crate) async fn check(&mut self) {
        self.collect();
        for message in std::mem::take(&mut self.checks) {
            let check: Check = serde_json::from_str(&message.body).expect("a check");
            self.courier().check(check).await.expect("checks");
        }
    }

    /// Titles of the notifications that a connection was sent.
    pub(crate) fn titles(&self, id: &str) -> Vec<String> {
        let frames = self.sockets.frames(id).into_iter();
        frames
            .filter(|frame| frame["type"] == "notification")
            .map(|frame| {
                frame["data"]["title"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    }

    /// The numbers that a connection was sent, in the order it got them.
    pub(crate) fn numbers(&self, id: &str) -> Vec<u64> {
        let frames = self.sockets.frames(id).into_iter();
        frames.filter_map(|frame| number(&frame)).collect()
    }

    /// Types of all that a connection was sent.
    pub(crate) fn kinds(&self, id: &str) -> Vec<String> {
        let frames = self.sockets.frames(id).into_iter();
        frames
            .map(|frame| frame["type"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Whatever the store has of connections and listeners.
    pub(crate) async fn rows_left(&self) -> usize {
        let all = self.stack.cloud.dump(&self.stack.cloud.realtime).await;
        all.lines()
            .filter(|line| line.contains("S(\"C#") || line.contains("S(\"TO#"))
            .count()
    }
}

/// A notification.
pub(crate) fn news(log: &Log, text: &str) -> News {
    News::new(log.clone(), "notification", &json!({ "title": text })).expect("news")
}

pub(crate) fn number(frame: &Value) -> Option<u64> {
    frame["seq"].as_u64().or_else(|| frame["offset"].as_u64())
}

fn read(message: &Sent) -> FanoutMessage {
    serde_json::from_str(&message.body).expect("a message of its queue")
}

/// The log of a person's own events.
pub(crate) fn own(grant: &Grant) -> Log {
    realtime::logs::own(grant)
}

/// The log of a public channel.
pub(crate) fn channel(name: &str) -> Log {
    Log::Channel(name.to_owned())
}
