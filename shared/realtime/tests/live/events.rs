//! A person's own events.

use std::time::Duration;

use chrono::TimeDelta;
use http::StatusCode;
use kernel::id::{DeviceId, UserId};
use platform::devices::{self, Device, DeviceTokens};
use platform::dynamo::Transaction;
use platform::live::Log;
use realtime::domain::replay::EVENTS_MAX;
use secrecy::SecretString;
use serde_json::json;

use crate::support::{World, news, now, own};

#[tokio::test]
async fn an_event_reaches_each_connection_of_its_person_and_nobody_else() {
    let mut world = World::start().await;
    let grant = world.grant(7).await;
    let stranger = world.grant(8).await;
    world.open_live("a=", &grant).await;
    world.open_live("b=", &grant).await;
    world.open_live("s=", &stranger).await;
    world.tell(&own(&grant), "one").await;
    world.tell(&own(&grant), "two").await;
    world.pump().await;
    for id in ["a=", "b="] {
        assert_eq!(world.titles(id), ["one", "two"]);
        assert_eq!(world.numbers(id), [1, 2]);
    }
    assert!(world.sockets.frames("s=").is_empty());
    let frame = &world.sockets.frames("a=")[0];
    assert_eq!(frame["type"], "notification");
    assert_eq!(frame["data"], json!({"title": "one"}));
    assert!(
        frame["id"]
            .as_str()
            .is_some_and(|id| id.starts_with("evt_"))
    );
    assert!(
        frame["timestamp"]
            .as_str()
            .is_some_and(|at| at.ends_with('Z'))
    );
    assert!(frame.get("channel").is_none() && frame.get("offset").is_none());
}

#[tokio::test]
async fn what_was_missed_comes_before_what_is_new_once_and_in_order() {
    let mut world = World::start().await;
    let grant = world.grant(7).await;
    for text in ["one", "two", "three"] {
        world.tell(&own(&grant), text).await;
    }
    world.pump().await;
    world.open("a=", &grant).await;
    world.tell(&own(&grant), "four").await;
    world.pump().await;
    assert!(world.numbers("a=").is_empty(), "held for its resume");
    world.resume("a=", None, 1).await.expect("resumes");
    world.tell(&own(&grant), "five").await;
    world.pump().await;
    assert_eq!(world.numbers("a="), [2, 3, 4, 5]);
    // The check comes too late to send anything twice.
    world.pass_hold().await;
    assert_eq!(world.numbers("a="), [2, 3, 4, 5]);
}

#[tokio::test]
async fn who_does_not_resume_hears_all_since_the_opening() {
    let mut world = World::start().await;
    let grant = world.grant(7).await;
    world.tell(&own(&grant), "before").await;
    world.open("a=", &grant).await;
    world.tell(&own(&grant), "meanwhile").await;
    world.pass_hold().await;
    world.tell(&own(&grant), "after").await;
    world.pump().await;
    assert_eq!(world.titles("a="), ["meanwhile", "after"]);
}

#[tokio::test]
async fn a_thousand_missed_events_come_again_and_one_more_is_a_resync() {
    let mut world = World::start().await;
    let grant = world.grant(7).await;
    let log = own(&grant);
    for _ in 0..EVENTS_MAX / 50 {
        world.tell_all(&log, &vec![news(&log, "many"); 50]).await;
    }
    world.pump().await;
    world.open("a=", &grant).await;
    world.resume("a=", None, 0).await.expect("resumes");
    world.pump().await;
    let all: Vec<u64> = (1..=EVENTS_MAX).collect();
    assert_eq!(world.numbers("a="), all);
    world.tell(&log, "one more").await;
    world.pump().await;
    world.open("b=", &grant).await;
    world.resume("b=", None, 0).await.expect("resumes");
    world.pump().await;
    assert_eq!(world.kinds("b="), ["resync"]);
    assert_eq!(
        world.sockets.frames("b=")[0]["data"]["after"],
        EVENTS_MAX + 1
    );
    // And it hears what is new.
    world.tell(&log, "new").await;
    world.pump().await;
    assert_eq!(world.numbers("b="), [EVENTS_MAX + 2]);
}

#[tokio::test]
async fn what_is_gone_and_what_never_was_is_a_resync() {
    let mut world = World::start().await;
    let grant = world.grant(7).await;
    let log = own(&grant);
    for text in ["one", "two", "three"] {
        world.tell(&log, text).await;
    }
    world.pump().await;
    let second = platform::dynamo::Key::new(log.to_string(), format!("E#{:020}", 2));
    let table = &world.stack.cloud.realtime;
    table.delete(&second).await.expect("deletes");
    for (id, after) in [("gap=", 1), ("ahead=", 4)] {
        world.open(id, &grant).await;
        world.resume(id, None, after).await.expect("resumes");
        world.pump().await;
        assert_eq!(world.kinds(id), ["resync"], "{id}");
    }
    world.open("fine=", &grant).await;
    world.resume("fine=", None, 2).await.expect("resumes");
    world.pump().await;
    assert_eq!(world.numbers("fine="), [3]);
}

#[tokio::test]
async fn a_slow_client_does_not_hold_up_the_others_and_is_ended() {
    let mut world = World::start().await;
    let grant = world.grant(7).await;
    for id in ["slow=", "a=", "broken="] {
        world.open_live(id, &grant).await;
    }
    world.sockets.slow_down("slow=", Duration::from_secs(60));
    world
        .sockets
        .fail("broken=", StatusCode::INTERNAL_SERVER_ERROR);
    for text in ["one", "two", "three"] {
        world.tell(&own(&grant), text).await;
    }
    let began = now();
    world.pump().await;
    assert!(now() - began < TimeDelta::seconds(8));
    assert_eq!(world.numbers("a="), [1, 2, 3]);
    for id in ["slow=", "broken="] {
        assert!(world.sockets.is_ended(id), "{id}");
        assert!(world.connection(id).await.is_none(), "{id}");
    }
    // It connects anew and has lost nothing.
    world.open("anew=", &grant).await;
    world.resume("anew=", None, 0).await.expect("resumes");
    world.pump().await;
    assert_eq!(world.numbers("anew="), [1, 2, 3]);
}

#[tokio::test]
async fn a_gone_client_is_removed_with_all_it_listened_to() {
    let mut world = World::start().await;
    let grant = world.grant(7).await;
    world.open_live("a=", &grant).await;
    let channels = ["signals", "pumps", "ticker:X"];
    world.subscribe("a=", &channels).await.expect("subscribes");
    world.sockets.vanish("a=");
    world.tell(&own(&grant), "one").await;
    world.pump().await;
    assert_eq!(world.rows_left().await, 0);
}

#[tokio::test]
async fn an_event_too_large_for_the_gateway_is_left_out_and_the_next_is_sent() {
    let mut world = World::start().await;
    let grant = world.grant(7).await;
    world.open_live("a=", &grant).await;
    world.sockets.fail("a=", StatusCode::PAYLOAD_TOO_LARGE);
    world.tell(&own(&grant), "one").await;
    world.pump().await;
    assert!(world.connection("a=").await.is_some());
    assert!(!world.sockets.is_ended("a="));
}

#[tokio::test]
async fn a_killed_sender_loses_nothing() {
    let mut world = World::start().await;
    let grant = world.grant(7).await;
    for id in ["a=", "b=", "c="] {
        world.open_live(id, &grant).await;
    }
    for text in ["one", "two", "three"] {
        world.tell(&own(&grant), text).await;
    }
    world.collect();
    world.killed_step(4).await;
    world.pump().await;
    for id in ["a=", "b=", "c="] {
        let mut numbers = world.numbers(id);
        // Sent again from where it was last noted: in order both times.
        assert!(numbers.ends_with(&[1, 2, 3]), "{id}: {numbers:?}");
        numbers.dedup();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers, [1, 2, 3]);
    }
}

#[tokio::test]
async fn a_check_does_not_end_the_hold_of_a_long_resume() {
    let mut world = World::start().await;
    let grant = world.grant(7).await;
    let log = own(&grant);
    for _ in 0..3 {
        world.tell_all(&log, &vec![news(&log, "many"); 50]).await;
    }
    world.pump().await;
    world.open("a=", &grant).await;
    world.resume("a=", None, 0).await.expect("resumes");
    world.check().await;
    world.tell(&log, "new").await;
    world.pump().await;
    let all: Vec<u64> = (1..=151).collect();
    assert_eq!(world.numbers("a="), all);
}

#[tokio::test]
async fn who_resumes_late_is_sent_nothing_new_in_between_whatever_is_killed() {
    let mut world = World::start().await;
    let grant = world.grant(7).await;
    for text in ["one", "two", "three"] {
        world.tell(&own(&grant), text).await;
    }
    world.pump().await;
    world.open_live("a=", &grant).await;
    world.resume("a=", None, 0).await.expect("resumes");
    world.collect();
    world.killed_step(2).await;
    world.tell(&own(&grant), "four").await;
    world.pump().await;
    assert_eq!(world.numbers("a="), [1, 2, 1, 2, 3, 4]);
    world.tell(&own(&grant), "five").await;
    world.pump().await;
    assert_eq!(world.numbers("a="), [1, 2, 1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_terminal_hears_its_own_commands_until_its_token_is_revoked() {
    let mut world = World::start().await;
    let token = devices::generate().expect("random");
    let device = Device {
        org: "demo".to_owned(),
        user: UserId::generate(now()),
        id: DeviceId::generate(now()),
        terminal_id: "T1".to_owned(),
    };
    let tokens = DeviceTokens::new(world.stack.cloud.platform.clone());
    let hash = devices::hash(&token);
    let mut transaction = Transaction::default();
    tokens.add(&mut transaction, &hash, &device).expect("adds");
    transaction.commit().await.expect("commits");
    let grant = world.doorman.grant(&token, now()).await.expect("lets in");
    world.open_live("t=", &grant).await;
    let log = Log::Terminal {
        org: "demo".to_owned(),
        device: device.id.to_string(),
    };
    let of_person = Log::Person {
        org: "demo".to_owned(),
        sub: device.user.to_string(),
    };
    world.tell(&log, "stop").await;
    world.tell(&of_person, "not for terminals").await;
    world.pump().await;
    assert_eq!(world.titles("t="), ["stop"]);
    // Its time is extended by the sweeper while its token is good.
    let later = now() + TimeDelta::minutes(6);
    let swept = world.courier().sweep(later).await.expect("sweeps");
    assert_eq!((swept.ended, swept.told), (0, 0));
    let mut transaction = Transaction::default();
    tokens.revoke(&mut transaction, &hash).expect("revokes");
    transaction.commit().await.expect("commits");
    world.tell(&log, "after the end").await;
    world.pump().await;
    assert_eq!(world.kinds("t="), ["notification", "auth_failed"]);
    assert!(world.sockets.is_ended("t="));
    let refused = world.doorman.grant(&token, now()).await;
    assert!(refused.is_err());
    let odd = SecretString::from("tbd_");
    assert!(world.doorman.grant(&odd, now()).await.is_err());
}
