//! How connections end.

use chrono::TimeDelta;
use platform::dynamo::Transaction;
use platform::restrictions::{Subject, restrict};
use realtime::domain::grant::Grant;

use crate::support::{World, now, own};

async fn shut_out(world: &World, subject: Subject) {
    let mut transaction = Transaction::default();
    let table = &world.stack.cloud.platform;
    restrict(&mut transaction, table, subject, now()).expect("an entry");
    transaction.commit().await.expect("commits");
}

#[tokio::test]
async fn who_is_shut_out_is_sent_nothing_more_and_ended() {
    let mut world = World::start().await;
    let mut grants = Vec::new();
    for (id, user) in [("session=", 7), ("person=", 8), ("member=", 9)] {
        let grant = world.grant(user).await;
        world.open_live(id, &grant).await;
        world.subscribe(id, &["signals"]).await.expect("subscribes");
        let (org, sub) = (grant.org.clone(), grant.sub.clone());
        let subject = match id {
            "session=" => Subject::Session(grant.sid.clone()),
            "person=" => Subject::Person(sub),
            _ => Subject::Member { org, sub },
        };
        shut_out(&world, subject).await;
        grants.push((id, grant));
    }
    // Felt within the copy's age.
    tokio::time::sleep(std::time::Duration::from_millis(4_100)).await;
    for (id, grant) in grants {
        world.tell(&own(&grant), "secret").await;
        world.pump().await;
        assert_eq!(world.kinds(id), ["auth_failed"]);
        assert!(world.sockets.is_ended(id));
    }
    assert_eq!(world.rows_left().await, 0);
}

#[tokio::test]
async fn the_sweeper_ends_who_was_shut_out_though_nothing_is_sent() {
    let mut world = World::start().await;
    let (grant, other) = (world.grant(7).await, world.grant(8).await);
    world.open_live("a=", &grant).await;
    world.open_live("b=", &other).await;
    shut_out(&world, Subject::Session(grant.sid.clone())).await;
    tokio::time::sleep(std::time::Duration::from_millis(4_100)).await;
    let swept = world.courier().sweep(now()).await.expect("sweeps");
    assert_eq!((swept.ended, swept.told), (1, 0));
    assert!(world.sockets.is_ended("a=") && !world.sockets.is_ended("b="));
}

#[tokio::test]
async fn a_token_that_has_ended_ends_its_connection_at_the_next_event_or_sweep() {
    let mut world = World::start().await;
    let ended = Grant {
        exp_s: now().timestamp() - 60,
        ..world.grant(7).await
    };
    world.open("a=", &ended).await;
    world.open("b=", &ended).await;
    world.tell(&own(&ended), "secret").await;
    world.pass_hold().await;
    assert_eq!(world.kinds("a="), ["auth_failed"]);
    assert_eq!(world.rows_left().await, 0);
    let good = world.grant(8).await;
    world.open_live("c=", &good).await;
    let before = world.courier().sweep(now()).await.expect("sweeps");
    assert_eq!(before.ended, 0);
    let later = good.ends_at() + TimeDelta::seconds(1);
    let swept = world.courier().sweep(later).await.expect("sweeps");
    assert_eq!(swept.ended, 1);
    assert_eq!(world.kinds("c="), ["auth_failed"]);
    assert_eq!(world.rows_left().await, 0);
}

#[tokio::test]
async fn a_client_is_told_to_reconnect_once_and_then_forgotten() {
    let mut world = World::start().await;
    let long = Grant {
        exp_s: now().timestamp() + 3 * 3600,
        ..world.grant(7).await
    };
    world.open_live("a=", &long).await;
    let at = |minutes: i64| now() + TimeDelta::minutes(minutes);
    let early = world.courier().sweep(at(100)).await.expect("sweeps");
    assert_eq!((early.ended, early.told), (0, 0));
    let in_time = world.courier().sweep(at(113)).await.expect("sweeps");
    assert_eq!((in_time.ended, in_time.told), (0, 1));
    let again = world.courier().sweep(at(115)).await.expect("sweeps");
    assert_eq!((again.ended, again.told), (0, 0));
    assert_eq!(world.kinds("a="), ["reconnect"]);
    let late = world.courier().sweep(at(126)).await.expect("sweeps");
    assert_eq!(late.ended, 1);
    assert_eq!(world.rows_left().await, 0);
}

#[tokio::test]
async fn the_sweeper_ends_a_pending_connection_whose_check_was_lost() {
    let world = World::start().await;
    world.sockets.open("a=");
    let opened = world.doorman.open_pending("a=", now()).await;
    opened.expect("opens");
    let later = now() + TimeDelta::seconds(11);
    let swept = world.courier().sweep(later).await.expect("sweeps");
    assert_eq!(swept.ended, 1);
    assert_eq!(world.kinds("a="), ["auth_failed"]);
    assert_eq!(world.rows_left().await, 0);
}

#[tokio::test]
async fn a_hold_whose_check_was_lost_ends_with_the_next_event_after_a_minute() {
    let mut world = World::start().await;
    let grant = world.grant(7).await;
    world.open("a=", &grant).await;
    world.collect();
    let connection = world.connection("a=").await.expect("a connection");
    let log = own(&grant);
    let store = &world.courier().store;
    let seated = store.listener(&log, &connection).await.expect("reads");
    let seated = seated.expect("listens");
    let held = seated.listener.held.map(|held| realtime::store::Held {
        since_s: now().timestamp() - 120,
        ..held
    });
    store.hold(&log, &seated, held).await.expect("holds");
    world.tell(&log, "one").await;
    world.pump().await;
    world.tell(&log, "two").await;
    world.pump().await;
    assert_eq!(world.numbers("a="), [1, 2]);
}
