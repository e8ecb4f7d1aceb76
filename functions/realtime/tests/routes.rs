//! The routes of the WebSocket API, called with events as API Gateway sends
//! them.

mod support;

use chrono::TimeDelta;
use identity::model::PersonStatus;
use kernel::time::Clock;
use platform::clock::SystemClock;
use platform::dynamo::Transaction;
use platform::restrictions::{Subject, restrict, shut_out};
use serde_json::{Value, json};

use support::{World, context};

const SAMPLE: &str = include_str!("../../../events/realtime.json");

fn error_of(frames: &[Value]) -> (&str, &Value) {
    let last = frames.last().expect("a frame");
    assert_eq!(last["type"], "error", "{last}");
    (
        last["data"]["code"].as_str().expect("a code"),
        &last["data"],
    )
}

#[tokio::test]
async fn a_good_token_opens_and_a_bad_one_does_not() {
    let world = World::start().await;
    let token = world.stack.exchange(7);
    assert_eq!(world.open("a=", Some(&token)).await, 200);
    let frames = world.say("a=", &json!({"type": "ping", "data": {}})).await;
    assert_eq!(frames[0]["type"], "pong");
    assert_eq!(frames[0]["data"], json!({}));
    for bad in ["", "x", "tbd_x", "eyJhbGciOiJub25lIn0.e30."] {
        assert_eq!(world.open("b=", Some(bad)).await, 403, "{bad}");
    }
    let mut late = world.stack.claims(&world.stack.shop, 7);
    late.exp -= 3_600;
    late.iat -= 3_600;
    let late = world.stack.sign_token(&late);
    assert_eq!(world.open("b=", Some(&late)).await, 403);
}

#[tokio::test]
async fn a_token_whose_session_has_ended_opens_nothing() {
    let world = World::start().await;
    let claims = world.stack.claims(&world.stack.shop, 7);
    let mut transaction = Transaction::default();
    let ended = Subject::Session(claims.sid.clone());
    let table = &world.stack.cloud.platform;
    restrict(&mut transaction, table, ended, SystemClock.now()).expect("an entry");
    transaction.commit().await.expect("commits");
    let token = world.stack.sign_token(&claims);
    assert_eq!(world.open("a=", Some(&token)).await, 403);
}

#[tokio::test]
async fn an_address_that_is_shut_out_opens_nothing_without_a_token() {
    let world = World::start().await;
    let now = SystemClock.now();
    let until = now + TimeDelta::minutes(5);
    let table = &world.stack.cloud.platform;
    let shut = shut_out(table, "127.0.0.9", now, until).await;
    shut.expect("shuts out");
    assert_eq!(world.open("a=", None).await, 429);
    let token = world.stack.exchange(7);
    assert_eq!(world.open("b=", Some(&token)).await, 200);
}

#[tokio::test]
async fn before_authenticate_nothing_is_served() {
    let world = World::start().await;
    let token = world.stack.exchange(7);
    for (id, message) in [
        ("a=", json!({"type": "ping", "data": {}})),
        ("b=", json!({"type": "subscribe", "channels": ["signals"]})),
        (
            "c=",
            json!({"type": "authenticate", "data": {"sessionId": token}}),
        ),
        ("d=", json!("authenticate")),
    ] {
        assert_eq!(world.open(id, None).await, 200);
        let frames = world.say(id, &message).await;
        assert_eq!(frames.len(), 1, "{message}");
        assert_eq!(frames[0]["type"], "auth_failed");
        assert!(frames[0]["data"]["message"].is_string());
        assert!(world.sockets.is_ended(id), "{message}");
    }
    assert_eq!(world.open("good=", None).await, 200);
    let data = json!({"sessionId": token, "userId": "wp:demo:7"});
    let frames = world
        .say("good=", &json!({"type": "authenticate", "data": data}))
        .await;
    assert!(frames.is_empty(), "silence is success");
    let frames = world.say("good=", &json!({"type": "ping"})).await;
    assert_eq!(frames[0]["type"], "pong");
}

#[tokio::test]
async fn another_persons_token_ends_an_open_connection() {
    let world = World::start().await;
    let (mine, others) = (world.stack.exchange(7), world.stack.exchange(8));
    assert_eq!(world.open("a=", Some(&mine)).await, 200);
    let data = json!({"sessionId": others, "userId": "wp:demo:8"});
    let frames = world
        .say("a=", &json!({"type": "authenticate", "data": data}))
        .await;
    assert_eq!(frames[0]["type"], "auth_failed");
    assert!(world.sockets.is_ended("a="));
}

#[tokio::test]
async fn what_is_wrong_is_told_and_the_connection_stays() {
    let world = World::start().await;
    let token = world.stack.exchange(7);
    assert_eq!(world.open("a=", Some(&token)).await, 200);
    let frames = world.say_text("a=", "{").await;
    assert_eq!(error_of(&frames).0, "validation-failed");
    let frames = world.say("a=", &json!({"type": "order"})).await;
    assert_eq!(error_of(&frames).0, "validation-failed");
    let long = "x".repeat(40_000);
    let frames = world.say("a=", &json!({"type": "ping", "x": long})).await;
    assert_eq!(error_of(&frames).0, "payload-too-large");
    let frames = world
        .say("a=", &json!({"type": "ack", "commands": ["cmd_1"]}))
        .await;
    assert_eq!(error_of(&frames).0, "forbidden");
    let resume = json!({"type": "resume", "channel": "tickers", "after": 1});
    let frames = world.say("a=", &resume).await;
    assert_eq!(error_of(&frames).0, "validation-failed");
    let frames = world.say("a=", &json!({"type": "ping"})).await;
    assert_eq!(frames.last().expect("a frame")["type"], "pong");
    assert!(!world.sockets.is_ended("a="));
}

#[tokio::test]
async fn channels_that_one_may_not_have_are_named_and_the_others_are_kept() {
    let world = World::start().await;
    let token = world.stack.exchange(7);
    assert_eq!(world.open("a=", Some(&token)).await, 200);
    let unknown = "account:acc_01jd7bz8v6m3t9q2x4w7y0c1df";
    let names = [
        "signals",
        "nonsense",
        unknown,
        "account:x",
        "ticker:BTC/USDT",
    ];
    let frames = world
        .say(
            "a=",
            &json!({"type": "subscribe", "data": {"channels": names}}),
        )
        .await;
    let refused: Vec<(&str, &Value)> = frames
        .iter()
        .map(|frame| {
            let data = &frame["data"];
            (data["code"].as_str().expect("a code"), &data["channels"])
        })
        .collect();
    let (odd, unknown) = (json!(["nonsense"]), json!([unknown, "account:x"]));
    assert_eq!(
        refused,
        [("validation-failed", &odd), ("not-found", &unknown)]
    );
    let kept = world.stack.cloud.dump(&world.stack.cloud.realtime).await;
    assert!(kept.contains("TO#CHANNEL#signals"));
    assert!(kept.contains("TO#CHANNEL#ticker:BTC/USDT"));
    assert!(!kept.contains("TO#CHANNEL#account"));
}

#[tokio::test]
async fn refused_names_that_fill_more_than_a_frame_come_in_several() {
    let world = World::start().await;
    let token = world.stack.exchange(7);
    assert_eq!(world.open("a=", Some(&token)).await, 200);
    // As long as a message may be: each of these characters is six in JSON.
    let mut names = vec!["\u{1}".repeat(128); 42];
    names.push("x".repeat(128));
    names.push("y".repeat(128));
    let subscribe = json!({"type": "subscribe", "channels": names});
    assert!((32_500..=32_768).contains(&subscribe.to_string().len()));
    let frames = world.say("a=", &subscribe).await;
    let told: usize = frames
        .iter()
        .map(|frame| {
            assert!(frame.to_string().len() <= 32_768);
            assert_eq!(frame["type"], "error");
            frame["data"]["channels"].as_array().expect("names").len()
        })
        .sum();
    assert_eq!((frames.len(), told), (2, 44));
}

#[tokio::test]
async fn a_terminal_opens_while_its_person_may_act_and_acknowledges_commands() {
    let world = World::start().await;
    let (mut person, token) = world.pair().await;
    let token = token.as_str();
    assert_eq!(world.open("t=", Some(token)).await, 200);
    let ack = json!({"type": "ack", "data": {"commands": ["cmd_01jd7bz8v6m3t9q2x4w7y0c1df", "x"]}});
    let frames = world.say("t=", &ack).await;
    assert!(
        frames.is_empty(),
        "what is none of its commands is passed over"
    );
    // A terminal's token is no access token.
    assert_eq!(world.open("u=", None).await, 200);
    let data = json!({"sessionId": token, "userId": person.id});
    let frames = world
        .say("u=", &json!({"type": "authenticate", "data": data}))
        .await;
    assert_eq!(frames[0]["type"], "auth_failed");
    person.status = PersonStatus::Blocked;
    world.put(&person).await;
    assert_eq!(world.open("v=", Some(token)).await, 403);
}

#[tokio::test]
async fn a_connection_that_says_too_much_is_told_so() {
    let world = World::with(&[("REQUESTS_PER_MINUTE", "5")]).await;
    let token = world.stack.exchange(7);
    assert_eq!(world.open("a=", Some(&token)).await, 200);
    for _ in 0..15 {
        world.say("a=", &json!({"type": "ping"})).await;
    }
    let frames = world.sockets.frames("a=");
    assert_eq!(error_of(&frames).0, "rate-limited");
    let pongs = frames.iter().filter(|frame| frame["type"] == "pong");
    // A window may end in between.
    assert!((5..=10).contains(&pongs.count()));
}

#[tokio::test]
async fn a_connection_that_ends_leaves_nothing() {
    let world = World::start().await;
    let token = world.stack.exchange(7);
    assert_eq!(world.open("a=", Some(&token)).await, 200);
    let subscribe = json!({"type": "subscribe", "channels": ["signals", "pumps"]});
    world.say("a=", &subscribe).await;
    let ended = json!({"requestContext": context("a=", "DISCONNECT", "$disconnect")});
    assert_eq!(world.answer(ended.clone()).await, 200);
    // It may be told twice.
    assert_eq!(world.answer(ended).await, 200);
    let kept = world.stack.cloud.dump(&world.stack.cloud.realtime).await;
    assert!(!kept.contains("C#a=") && !kept.contains("TO#"), "{kept}");
}

#[tokio::test]
async fn no_token_is_kept() {
    let world = World::start().await;
    let token = world.stack.exchange(7);
    assert_eq!(world.open("a=", Some(&token)).await, 200);
    assert_eq!(world.open("b=", None).await, 200);
    let data = json!({"sessionId": token, "userId": "wp:demo:7"});
    world
        .say("b=", &json!({"type": "authenticate", "data": data}))
        .await;
    let kept = world.stack.cloud.dump(&world.stack.cloud.realtime).await;
    assert!(!kept.contains(&token));
    let sent = world.stack.cloud.take_sent();
    assert!(sent.iter().all(|sent| !sent.body.contains(&token)));
}

#[tokio::test]
async fn a_message_on_a_connection_that_is_not_known_ends_it() {
    let world = World::start().await;
    let event: Value = serde_json::from_str(SAMPLE).expect("JSON");
    let id = event["requestContext"]["connectionId"].as_str();
    let id = id.expect("an id").to_owned();
    world.sockets.open(&id);
    assert_eq!(world.answer(event).await, 200);
    assert!(world.sockets.is_ended(&id));
}

#[tokio::test]
async fn checks_and_the_sweeper_are_served_too() {
    let world = World::start().await;
    assert_eq!(world.open("a=", None).await, 200);
    let sent = world.stack.cloud.take_sent();
    let check = sent.iter().find(|sent| sent.queue == "realtime");
    let check = check.expect("a check");
    assert_eq!(check.delay_s, 10);
    let event = json!({"Records": [{
        "messageId": "1",
        "eventSource": "aws:sqs",
        "body": check.body,
        "attributes": {},
        "messageAttributes": {},
    }]});
    let answer = world.app.handle(event).await.expect("handles");
    assert_eq!(answer, json!({"batchItemFailures": []}));
    assert!(world.sockets.is_ended("a="));
    let job = json!({"job": "sweep-connections"});
    let answer = world.app.handle(job).await.expect("handles");
    assert_eq!(answer, json!({"ended": 0, "told": 0}));
    assert!(world.app.handle(json!({"job": "other"})).await.is_err());
}
