//! Whatever happens in whatever order: a client that follows the protocol gets
//! every event, in order, and exactly once where no sender is killed.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use realtime::domain::grant::Grant;

use crate::support::{World, own};

#[derive(Clone, Debug)]
enum Act {
    /// Something happens.
    Event,
    /// A client connects, or connects anew and resumes.
    Connect(usize),
    /// A client vanishes unheard.
    Vanish(usize),
    /// The time of the checks comes.
    Check,
    /// Messages of the queue are carried.
    Step,
    /// The same, killed after so many messages to clients.
    Kill(usize),
}

#[derive(Default)]
struct Client {
    connections: u32,
    /// The number before the first event that it must get.
    from: Option<u64>,
    /// All it got, over all its connections.
    got: Vec<u64>,
    current: Option<String>,
}

impl Client {
    /// Takes what came on the current connection.
    fn take(&mut self, world: &World) {
        if let Some(id) = self.current.take() {
            self.got.extend(world.numbers(&id));
        }
    }

    fn seen(&self) -> Option<u64> {
        self.got.iter().copied().max().or(self.from)
    }
}

fn acts(with_kills: bool) -> impl Strategy<Value = Vec<Act>> {
    let kill = match with_kills {
        true => (1_usize..6).prop_map(Act::Kill).boxed(),
        false => Just(Act::Step).boxed(),
    };
    let act = prop_oneof![
        4 => Just(Act::Event),
        2 => (0_usize..3).prop_map(Act::Connect),
        2 => (0_usize..3).prop_map(Act::Vanish),
        2 => Just(Act::Check),
        3 => Just(Act::Step),
        2 => kill,
    ];
    proptest::collection::vec(act, 1..40)
}

/// Runs the acts, and answers each client's way with the log's last number.
async fn run(world: &mut World, grant: &Grant, acts: Vec<Act>) -> (Vec<Client>, u64) {
    let log = own(grant);
    let mut clients: Vec<Client> = (0..3).map(|_| Client::default()).collect();
    for act in acts {
        match act {
            Act::Event => world.tell(&log, "event").await,
            Act::Connect(who) => connect(world, grant, &mut clients[who], who).await,
            Act::Vanish(who) => {
                if let Some(id) = &clients[who].current {
                    world.sockets.vanish(id);
                }
                clients[who].take(world);
            }
            Act::Check => world.check().await,
            Act::Step => {
                world.collect();
                world.step(crate::support::now()).await;
            }
            Act::Kill(posts) => {
                world.collect();
                world.killed_step(posts).await;
            }
        }
    }
    for (who, client) in clients.iter_mut().enumerate() {
        connect(world, grant, client, who).await;
    }
    world.check().await;
    world.pump().await;
    world.tell(&log, "the last").await;
    world.pump().await;
    for client in &mut clients {
        client.take(world);
    }
    let last = world.courier().live.last(&log).await.expect("reads");
    (clients, last)
}

async fn connect(world: &World, grant: &Grant, client: &mut Client, who: usize) {
    if client.current.is_some() {
        return;
    }
    client.connections += 1;
    let id = format!("{}-{who}-{}=", grant.sub, client.connections);
    let last = world.courier().live.last(&own(grant)).await.expect("reads");
    world.open(&id, grant).await;
    match client.seen() {
        Some(seen) => world.resume(&id, None, seen).await.expect("resumes"),
        None => client.from = Some(last),
    }
    client.current = Some(id);
}

fn check(with_kills: bool, cases: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let world = runtime.block_on(World::start());
    let world = std::cell::RefCell::new(world);
    let user = std::cell::Cell::new(100);
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 50,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&acts(with_kills), |acts| {
        user.set(user.get() + 1);
        let mut world = world.borrow_mut();
        let grant = runtime.block_on(world.grant(user.get()));
        let (clients, last) = runtime.block_on(run(&mut world, &grant, acts));
        for client in clients {
            let from = client.from.unwrap_or_default();
            let wanted: Vec<u64> = (from + 1..=last).collect();
            let mut got = client.got.clone();
            if with_kills {
                // What a killed sender had sent comes again; a client knows
                // it by its number.
                let mut seen = from;
                got.retain(|number| {
                    let is_new = *number > seen;
                    seen = seen.max(*number);
                    is_new
                });
            }
            prop_assert_eq!(got, wanted);
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn every_event_comes_exactly_once_and_in_order() {
    check(false, 25);
}

#[test]
fn killed_senders_repeat_events_and_lose_none() {
    check(true, 25);
}
