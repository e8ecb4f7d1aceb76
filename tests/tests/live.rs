//! WebSockets over the deployed stack: kinds of client, channels, refusals,
//! what comes after an absence, and many clients at once.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::join_all;
use kernel::time::Clock;
use platform::clock::SystemClock;
use platform::dynamo::{Query, Range, Transaction};
use platform::live::{Live, Log, News};
use serde_json::{Value, json};
use stack_tests::{Socket, Stack, until};

/// Connections of one person.
const CONNECTIONS_MAX: u64 = 10;
/// Users whose connections are opened at once.
const OPENED_AT_ONCE: usize = 4;

fn own(stack: &Stack, user: u64) -> Log {
    let org = stack.shop().id.clone();
    Log::Person {
        sub: format!("wp:{org}:{user}"),
        org,
    }
}

async fn tell(live: &Live, log: &Log, title: &str) {
    let data = json!({"type": "test", "title": title, "message": "-"});
    let news = News::new(log.clone(), "notification", &data).expect("news");
    let now = SystemClock.now();
    let nothing = Transaction::default();
    let written = live.commit(&nothing, &[news], "req_test", now).await;
    written.expect("writes");
}

/// The next notification of a title, past all others.
async fn titled(socket: &mut Socket, title: &str) -> Value {
    loop {
        let message = socket.until("notification").await;
        if message["data"]["title"] == title {
            return message;
        }
    }
}

#[tokio::test]
async fn what_happens_to_somebody_comes_once_and_in_order_over_an_absence() {
    let stack = Stack::running();
    let live = stack.live().await;
    let (user, log) = (910_001, own(&stack, 910_001));
    let token = stack.shop().exchange(user).await;
    let mut socket = Socket::open(&stack.ws, Some(&token)).await.expect("opens");
    tell(&live, &log, "one").await;
    tell(&live, &log, "two").await;
    for (number, title) in [(1, "one"), (2, "two")] {
        let message = socket.until("notification").await;
        assert_eq!(
            (&message["seq"], &message["data"]["title"]),
            (&json!(number), &json!(title))
        );
        assert!(message["id"].is_string() && message["timestamp"].is_string());
    }
    socket.kill();
    for title in ["three", "four"] {
        tell(&live, &log, title).await;
    }
    let mut socket = Socket::open(&stack.ws, Some(&token)).await.expect("opens");
    socket.say("resume", json!({"after": 2})).await;
    tell(&live, &log, "five").await;
    for number in 3..=5 {
        let message = socket.until("notification").await;
        assert_eq!(message["seq"], number);
    }
    socket.say("resume", json!({"after": 99})).await;
    socket.until("resync").await;
}

#[tokio::test]
async fn a_client_without_a_token_authenticates_first() {
    let stack = Stack::running();
    let live = stack.live().await;
    let user = 910_002;
    let token = stack.shop().exchange(user).await;
    let subject = format!("wp:{}:{user}", stack.shop().id);
    let proof = json!({"sessionId": token, "userId": subject});
    let mut socket = Socket::open(&stack.ws, None).await.expect("opens");
    socket.say("authenticate", proof.clone()).await;
    socket.settle().await;
    tell(&live, &own(&stack, user), "hello").await;
    titled(&mut socket, "hello").await;
    // An older client writes the fields beside the type.
    let mut socket = Socket::open(&stack.ws, None).await.expect("opens");
    let mut flat = proof.clone();
    flat["type"] = json!("authenticate");
    socket.say_text(flat.to_string()).await;
    socket.settle().await;
    let wrong = json!({"sessionId": token, "userId": "wp:somebody:1"});
    for (kind, data) in [
        ("authenticate", wrong),
        ("authenticate", json!({"sessionId": "x", "userId": subject})),
        ("ping", json!({})),
        ("subscribe", json!({"channels": ["signals"]})),
    ] {
        let mut socket = Socket::open(&stack.ws, None).await.expect("opens");
        socket.say(kind, data).await;
        let told = socket.next().await.expect("a word before the end");
        assert_eq!(told["type"], "auth_failed");
        assert_eq!(socket.next().await, None, "ended");
    }
}

#[tokio::test]
async fn who_says_nothing_is_ended_within_seconds() {
    let stack = Stack::running();
    let began = Instant::now();
    let mut socket = Socket::open(&stack.ws, None).await.expect("opens");
    let told = socket.next().await.expect("a word before the end");
    assert_eq!(told["type"], "auth_failed");
    assert_eq!(socket.next().await, None);
    let waited = began.elapsed();
    assert!(waited >= Duration::from_secs(9), "{waited:?}");
    assert!(waited < Duration::from_secs(25), "{waited:?}");
}

#[tokio::test]
async fn a_bad_token_opens_nothing_and_an_eleventh_connection_neither() {
    let stack = Stack::running();
    for bad in ["x", "tbd_x", "eyJhbGciOiJub25lIn0.e30."] {
        let refused = Socket::open(&stack.ws, Some(bad)).await;
        assert_eq!(refused.err(), Some(403), "{bad}");
    }
    let token = stack.shop().exchange(910_003).await;
    let mut open = Vec::new();
    for _ in 0..CONNECTIONS_MAX {
        let socket = Socket::open(&stack.ws, Some(&token)).await;
        open.push(socket.expect("opens"));
    }
    assert!(Socket::open(&stack.ws, Some(&token)).await.is_err());
    open.pop().expect("a socket").kill();
    until("room for one more", Duration::from_secs(10), || async {
        Socket::open(&stack.ws, Some(&token)).await.ok()
    })
    .await;
}

#[tokio::test]
async fn channels_are_heard_by_those_who_listen_and_refused_by_name() {
    let stack = Stack::running();
    let live = stack.live().await;
    let token = stack.shop().exchange(910_004).await;
    let mut socket = Socket::open(&stack.ws, Some(&token)).await.expect("opens");
    let others = "account:acc_01jd7bz8v6m3t9q2x4w7y0c1df";
    let names = json!({"channels": ["signals", "nonsense", others]});
    socket.say("subscribe", names).await;
    let mut refused = BTreeMap::new();
    for _ in 0..2 {
        let data = socket.until("error").await["data"].clone();
        let code = data["code"].as_str().expect("a code").to_owned();
        assert!(data["message"].is_string());
        refused.insert(code, data["channels"].clone());
    }
    assert_eq!(refused["validation-failed"], json!(["nonsense"]));
    assert_eq!(refused["not-found"], json!([others]));
    socket.settle().await;
    let title = format!("signal {}", kernel::id::ulid_at(SystemClock.now()));
    let signals = Log::Channel("signals".to_owned());
    tell(&live, &signals, &title).await;
    let message = titled(&mut socket, &title).await;
    assert_eq!(message["channel"], "signals");
    let offset = message["offset"].as_u64().expect("an offset");
    assert!(message.get("seq").is_none());
    let mut later = Socket::open(&stack.ws, Some(&token)).await.expect("opens");
    let missed = json!({"channel": "signals", "after": offset - 1});
    later.say("resume", missed).await;
    assert_eq!(titled(&mut later, &title).await["offset"], offset);
    socket.say_text("nonsense").await;
    let told = socket.until("error").await;
    assert_eq!(told["data"]["code"], "validation-failed");
    let long = json!({"channels": ["x".repeat(40_000)]});
    socket.say("subscribe", long).await;
    let told = socket.until("error").await;
    assert_eq!(told["data"]["code"], "payload-too-large");
    socket.settle().await;
}

#[tokio::test]
async fn a_thousand_clients_hear_one_event() {
    let stack = Stack::running();
    let live = stack.live().await;
    let began = Instant::now();
    let users = (0..100).map(|number| 920_000 + number);
    let mut sockets = open_for_all(&stack, users, &["pumps"]).await;
    assert_eq!(sockets.len(), 1_000);
    println!("1000 connections open in {:?}", began.elapsed());
    let title = format!("pump {}", kernel::id::ulid_at(SystemClock.now()));
    let pumps = Log::Channel("pumps".to_owned());
    let sent_at = Instant::now();
    tell(&live, &pumps, &title).await;
    let hearing = sockets.iter_mut().map(|socket| async {
        titled(socket, &title).await;
        sent_at.elapsed()
    });
    let mut waits = join_all(hearing).await;
    waits.sort_unstable();
    let mut histogram: BTreeMap<u128, usize> = BTreeMap::new();
    for wait in &waits {
        *histogram.entry(wait.as_millis() / 250 * 250).or_default() += 1;
    }
    for (from_ms, count) in histogram {
        println!("{from_ms:>6} ms {count:>5}");
    }
    println!(
        "p50 {:?}, p99 {:?}, all {:?}",
        waits[500], waits[990], waits[999]
    );
    kill(&stack, sockets).await;
    assert!(waits[999] < Duration::from_secs(20), "{:?}", waits[999]);
}

#[tokio::test]
async fn clients_that_are_killed_leave_nothing() {
    let stack = Stack::running();
    let live = stack.live().await;
    let users: Vec<u64> = (0..20).map(|number| 930_000 + number).collect();
    let sockets = open_for_all(&stack, users.iter().copied(), &["ticker:KILLED"]).await;
    assert_eq!(sockets.len(), 200);
    kill(&stack, sockets).await;
    for user in &users {
        tell(&live, &own(&stack, *user), "to nobody").await;
    }
    let table = stack.realtime_table().await;
    let mut logs: Vec<Log> = users.iter().map(|user| own(&stack, *user)).collect();
    logs.push(Log::Channel("ticker:KILLED".to_owned()));
    until("nothing is left", Duration::from_secs(60), || async {
        for log in &logs {
            let query = Query::new(format!("TO#{log}"), Range::All, 1).consistent();
            let page = table.query::<Value>(&query).await.expect("reads");
            if !page.rows.is_empty() {
                return None;
            }
        }
        Some(())
    })
    .await;
}

/// Opens all connections that users may have, a few users at a time: each
/// opening at once is an instance more that the machine has to start.
async fn open_for_all(
    stack: &Stack,
    users: impl Iterator<Item = u64>,
    channels: &[&str],
) -> Vec<Socket> {
    let opened: Vec<Vec<Socket>> = futures::stream::iter(users)
        .map(|user| open_all(stack, user, channels))
        .buffer_unordered(OPENED_AT_ONCE)
        .collect()
        .await;
    opened.into_iter().flatten().collect()
}

/// Ends all as clients do whose machines are switched off, a few at a time for
/// the same reason: somebody else is served in between.
async fn kill(stack: &Stack, mut sockets: Vec<Socket>) {
    let token = stack.shop().exchange(940_000).await;
    let witness = Socket::open(&stack.ws, Some(&token)).await;
    let mut witness = witness.expect("opens");
    while !sockets.is_empty() {
        let few = sockets.split_off(sockets.len().saturating_sub(OPENED_AT_ONCE));
        few.into_iter().for_each(Socket::kill);
        tokio::time::sleep(Duration::from_millis(50)).await;
        witness.settle().await;
    }
}

/// Opens all connections that a user may have, each listening to channels.
async fn open_all(stack: &Stack, user: u64, channels: &[&str]) -> Vec<Socket> {
    let token = stack.shop().exchange(user).await;
    let mut sockets = Vec::new();
    for _ in 0..CONNECTIONS_MAX {
        let socket = Socket::open(&stack.ws, Some(&token)).await;
        let mut socket = socket.expect("opens");
        socket
            .say("subscribe", json!({ "channels": channels }))
            .await;
        socket.settle().await;
        sockets.push(socket);
    }
    sockets
}
