//! Channels.

use kernel::Error;
use kernel::access::Tier;
use kernel::time::Timestamp;
use realtime::domain::grant::Grant;

use crate::support::{World, at_once, channel, now};

#[tokio::test]
async fn a_channels_events_reach_those_who_listen_with_its_name_and_offset() {
    let mut world = World::start().await;
    let grant = world.grant(7).await;
    for id in ["a=", "b="] {
        world.open_live(id, &grant).await;
    }
    world
        .subscribe("a=", &["signals"])
        .await
        .expect("subscribes");
    // A second time changes nothing.
    world
        .subscribe("a=", &["signals"])
        .await
        .expect("subscribes");
    world.tell(&channel("signals"), "one").await;
    world.pump().await;
    assert_eq!(world.titles("a="), ["one"]);
    let frame = &world.sockets.frames("a=")[0];
    assert_eq!(
        (&frame["channel"], &frame["offset"]),
        (&"signals".into(), &1.into())
    );
    assert!(frame.get("seq").is_none());
    assert!(world.sockets.frames("b=").is_empty());
    let connection = world.connection("a=").await.expect("a connection");
    let signals = ["signals".parse().expect("a channel")];
    let them = (&connection, &grant);
    world
        .courier()
        .unsubscribe(them, &signals)
        .await
        .expect("unsubscribes");
    world.tell(&channel("signals"), "two").await;
    world.pump().await;
    assert_eq!(world.titles("a="), ["one"]);
    let connection = world.connection("a=").await.expect("a connection");
    assert!(connection.channels.is_empty());
}

#[tokio::test]
async fn a_channel_is_resumed_like_ones_own_events() {
    let mut world = World::start().await;
    let grant = world.grant(7).await;
    for text in ["one", "two", "three"] {
        world.tell(&channel("signals"), text).await;
    }
    world.pump().await;
    world.open_live("a=", &grant).await;
    let resumed = world.resume("a=", Some("signals"), 1).await;
    resumed.expect("resumes");
    world.tell(&channel("signals"), "four").await;
    world.pump().await;
    assert_eq!(world.numbers("a="), [2, 3, 4]);
    let ahead = world.resume("a=", Some("signals"), 9).await;
    ahead.expect("resumes");
    world.pump().await;
    let frames = world.sockets.frames("a=");
    let last = frames.last().expect("a frame");
    assert_eq!(
        (&last["type"], &last["channel"]),
        (&"resync".into(), &"signals".into())
    );
}

#[tokio::test]
async fn of_a_price_the_last_value_comes_at_once_and_no_past() {
    let mut world = World::start().await;
    let grant = world.grant(7).await;
    let price = channel("ticker:BTCUSDT");
    for text in ["1", "2"] {
        world.tell(&price, text).await;
    }
    world.pump().await;
    world.open_live("a=", &grant).await;
    let subscribed = world.subscribe("a=", &["ticker:btcusdt"]).await;
    subscribed.expect("subscribes");
    world.pump().await;
    assert_eq!(world.titles("a="), ["2"]);
    for text in ["3", "4"] {
        world.tell(&price, text).await;
    }
    world.pump().await;
    // Two that wait are one: only the newest price counts.
    assert_eq!(world.titles("a="), ["2", "4"]);
    let frame = &world.sockets.frames("a=")[1];
    assert_eq!(frame["channel"], "ticker:BTCUSDT");
    assert!(frame.get("offset").is_none() && frame.get("seq").is_none());
    let refused = world.resume("a=", Some("ticker:BTCUSDT"), 1).await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn an_event_for_higher_tiers_is_kept_from_lower_ones() {
    let mut world = World::start().await;
    let free = world.grant(7).await;
    let vip = Grant {
        tier: Tier::Vip,
        ..world.grant(8).await
    };
    for (id, grant) in [("free=", &free), ("vip=", &vip)] {
        world.open_live(id, grant).await;
        world.subscribe(id, &["signals"]).await.expect("subscribes");
    }
    let signals = channel("signals");
    world.tell(&signals, "all").await;
    world.tell_from(&signals, "paid", Tier::Pro).await;
    world.pump().await;
    assert_eq!(world.titles("free="), ["all"]);
    assert_eq!(world.titles("vip="), ["all", "paid"]);
    // Nor is it sent again to them.
    let again = world.resume("free=", Some("signals"), 0).await;
    again.expect("resumes");
    world.pump().await;
    assert_eq!(world.titles("free="), ["all", "all"]);
}

#[tokio::test]
async fn a_connection_listens_to_a_hundred_channels_and_not_to_one_more() {
    let mut world = World::start().await;
    let grant = world.grant(7).await;
    world.open_live("a=", &grant).await;
    let names: Vec<String> = (0..101).map(|number| format!("ticker:S{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let many = world.subscribe("a=", &names).await;
    assert!(matches!(many, Err(Error::Conflict(_))));
    world
        .subscribe("a=", &names[..60])
        .await
        .expect("subscribes");
    // Sixty are there already, and forty fit.
    world
        .subscribe("a=", &names[..100])
        .await
        .expect("subscribes");
    let one_more = world.subscribe("a=", &names[100..]).await;
    assert!(matches!(one_more, Err(Error::Conflict(_))));
    let connection = world.connection("a=").await.expect("a connection");
    assert_eq!(connection.channels.len(), 100);
    world.courier().store.close("a=").await.expect("closes");
    assert_eq!(world.rows_left().await, 0);
}

#[tokio::test]
async fn more_listeners_than_a_turn_serves_each_get_all_in_order() {
    let mut world = World::start().await;
    let signals = channel("signals");
    let mut ids = Vec::new();
    for user in 1..=14 {
        let grant = world.grant(user).await;
        for number in 0..10 {
            let id = format!("u{user}-{number}=");
            world.open(&id, &grant).await;
            world
                .subscribe(&id, &["signals"])
                .await
                .expect("subscribes");
            ids.push(id);
        }
    }
    for text in ["one", "two"] {
        world.tell(&signals, text).await;
    }
    world.collect();
    // The turn ends after its first page of listeners; meanwhile there is
    // something new.
    assert!(world.step(at_once()).await);
    world.tell(&signals, "three").await;
    let served = ids.iter().filter(|id| !world.numbers(id).is_empty());
    let served = served.count();
    assert!(served > 0 && served < ids.len(), "{served}");
    world.pump_until(at_once()).await;
    for id in &ids {
        assert_eq!(world.numbers(id), [1, 2, 3], "{id}");
    }
}

#[tokio::test]
async fn an_account_is_watched_while_somebody_who_listens_is_good() {
    let mut world = World::start().await;
    let grant = world.grant(7).await;
    world.open_live("a=", &grant).await;
    let name = "account:acc_01jd7bz8v6m3t9q2x4w7y0c1df";
    let log = channel("account:demo:acc_01jd7bz8v6m3t9q2x4w7y0c1df");
    let live = world.courier().live.clone();
    let is_watched = async |at: Timestamp| live.is_watched(&log, at).await.expect("reads");
    assert!(!is_watched(now()).await);
    world.subscribe("a=", &[name]).await.expect("subscribes");
    assert!(is_watched(now()).await);
    let end = grant.ends_at();
    assert!(is_watched(end).await);
    assert!(!is_watched(end + chrono::TimeDelta::minutes(11)).await);
}
