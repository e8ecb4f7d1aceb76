//! What live events cost: units of the store by how many listen, and how many
//! messages a sender gets rid of. Bounds, so that none of it creeps up; `make
//! bench` shows the figures.

use std::time::Instant;

use chrono::TimeDelta;
use kernel::id::{DeviceId, UserId};
use platform::devices::{self, Device, DeviceTokens};
use platform::dynamo::{Transaction, Units};
use platform::live::Log;
use platform::outbox::Dispatcher;
use platform::queue::{Queue, Queues};

use crate::support::{World, channel, news, now};

/// Connections of one person.
const CONNECTIONS_MAX: u64 = 10;

impl World {
    fn units(&self) -> Units {
        self.courier().store.table().units()
    }

    /// Opens so many connections that listen to a channel.
    async fn open_listeners(&mut self, count: u64, name: &str) {
        for number in 0..count {
            let grant = self.grant(100 + number / CONNECTIONS_MAX).await;
            let id = format!("{number}=");
            self.open(&id, &grant).await;
            self.subscribe(&id, &[name]).await.expect("subscribes");
        }
        self.pass_hold().await;
    }

    /// Hands outbox rows on as the dispatcher does. Answers what that wrote.
    async fn dispatched_tenths(&self) -> u64 {
        let table = self.stack.cloud.realtime.clone();
        let sqs = aws_sdk_sqs::Client::new(self.stack.aws());
        let queues = Queues::from_env(sqs, &self.stack.env(), &Queue::ALL).expect("queues");
        let before = table.units();
        let dispatcher = Dispatcher::new(table.clone(), queues);
        let later = now() + TimeDelta::minutes(1);
        dispatcher.sweep(now(), later).await.expect("sweeps");
        drop(self.stack.cloud.take_sent());
        table.units().since(before).write_tenths
    }
}

/// Written is the same for any number: in the transaction of the cause three
/// items (event, head of the log, outbox row), then the cursor, and the outbox
/// row's end. Read are the head, the cursor, the event, and all who listen, of
/// whom some twenty-five fill a unit.
#[tokio::test]
async fn an_event_costs_eight_writes_and_a_read_for_each_twenty_listeners() {
    for listeners in [1, 10, 100] {
        let mut world = World::start().await;
        world.open_listeners(listeners, "pumps").await;
        world.dispatched_tenths().await;
        let before = world.units();
        world.tell(&channel("pumps"), "one").await;
        let told = world.units().since(before);
        world.pump().await;
        let used = world.units().since(before);
        let write_tenths = used.write_tenths + world.dispatched_tenths().await;
        println!(
            "an event to {listeners}: {write_tenths} tenths of a write unit, {} of them in the \
             transaction of its cause; {} tenths of a read unit",
            told.write_tenths, used.read_tenths
        );
        for number in 0..listeners {
            assert_eq!(world.titles(&format!("{number}=")), ["one"]);
        }
        assert!(write_tenths <= 80, "{write_tenths} tenths written");
        let read_most = 30 + listeners.div_ceil(20) * 10;
        let read = used.read_tenths;
        assert!(read <= read_most, "{read} tenths read by {listeners}");
    }
}

/// A terminal is looked up for each send, so that one that is revoked is told
/// nothing more.
#[tokio::test]
async fn a_command_to_a_terminal_costs_one_read_more() {
    let mut world = World::start().await;
    let token = devices::generate().expect("random");
    let device = Device {
        org: "demo".to_owned(),
        user: UserId::generate(now()),
        id: DeviceId::generate(now()),
        terminal_id: "T1".to_owned(),
    };
    let tokens = DeviceTokens::new(world.stack.cloud.platform.clone());
    let mut transaction = Transaction::default();
    let hash = devices::hash(&token);
    tokens.add(&mut transaction, &hash, &device).expect("adds");
    transaction.commit().await.expect("commits");
    let grant = world.doorman.grant(&token, now()).await.expect("lets in");
    world.open_live("t=", &grant).await;
    let log = Log::Terminal {
        org: "demo".to_owned(),
        device: device.id.to_string(),
    };
    let before = world.units();
    world.tell(&log, "stop").await;
    world.pump().await;
    let used = world.units().since(before);
    println!("a command as an event: {used:?}, and a read of its token");
    assert_eq!(world.titles("t="), ["stop"]);
    assert!(
        used.write_tenths <= 70 && used.read_tenths <= 40,
        "{used:?}"
    );
}

/// A hundred who listen are sent four events each: four hundred calls, each
/// signed. How long that takes is told and not judged: the gateway is in this
/// process, and others build beside it.
#[tokio::test]
async fn a_round_of_events_costs_no_more_reads_and_writes_than_one() {
    const LISTENERS: u64 = 100;
    const EVENTS: usize = 4;
    let mut world = World::start().await;
    world.open_listeners(LISTENERS, "pumps").await;
    let log = channel("pumps");
    let many = vec![news(&log, "many"); EVENTS];
    world.tell_all(&log, &many).await;
    let (before, began) = (world.units(), Instant::now());
    world.pump().await;
    let (used, took) = (world.units().since(before), began.elapsed());
    let sent: usize = (0..LISTENERS)
        .map(|number| world.titles(&format!("{number}=")).len())
        .sum();
    assert_eq!(sent, 400);
    let a_second = 400_000 / took.as_millis().max(1);
    println!("400 messages in {took:?}: {a_second} a second; {used:?}");
    assert!(
        used.write_tenths <= 10 && used.read_tenths <= 80,
        "{used:?}"
    );
}
