//! Messages and openings that mean no good, from people, terminals and those
//! who have not said who they are. Each that cannot be carried out is told so,
//! within a frame, and the connection stays as good as it was; but for one at
//! whose end nobody good is.
//!
//! `FUZZ_CASES` sets how many cases each message gets, `FUZZ_SEED` which.

mod support;

use std::time::{Duration, Instant};

use kernel::time::Timestamp;
use realtime::domain::message::{BYTES_MAX, ClientMessage, parse};
use serde_json::{Value, json};
use testkit::naughty::{Plan, Spoiler, texts};

use support::{World, context};

/// Cases of a message where `FUZZ_CASES` does not say.
const CASES: usize = 15;
/// Bytes of a frame, as API Gateway counts them, either way.
const FRAME_BYTES_MAX: usize = 32 * 1024;
/// Bytes of a message in several frames: API Gateway takes no more.
const MESSAGE_BYTES_MAX: usize = 128 * 1024;
/// What a message takes at most, without optimization and on a busy machine.
const TIME_MAX: Duration = Duration::from_secs(2);
/// What a refusal says, as the contract has it.
const CODES: [&str; 4] = ["conflict", "forbidden", "not-found", "validation-failed"];

const ACCOUNT: &str = "account:acc_01jd7bz8v6m3t9q2x4w7y0c1df";
const COMMAND: &str = "cmd_01jd7bz8v6m3t9q2x4w7y0c1df";

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bearer {
    Nobody,
    Person,
    Terminal,
}

/// Every message that there is, in both of its forms, and one that there is
/// not.
fn messages(token: &str) -> Vec<Value> {
    let channels = ["signals", "tickers", "ticker:BTC/USDT", ACCOUNT, "agents:s"];
    let known = [
        (
            "authenticate",
            json!({"sessionId": token, "userId": "wp:demo:7"}),
        ),
        ("subscribe", json!({"channels": channels})),
        ("unsubscribe", json!({"channels": channels})),
        ("ping", json!({})),
        ("resume", json!({"after": 3})),
        ("resume", json!({"after": 3, "channel": "signals"})),
        ("ack", json!({"commands": [COMMAND]})),
        ("order", json!({"symbol": "XAUUSD", "volume": 1})),
    ];
    let wrapped = known
        .iter()
        .map(|(kind, data)| json!({"type": kind, "data": data}));
    let flat = known.iter().map(|(kind, data)| {
        let mut message = data.clone();
        message["type"] = json!(kind);
        message
    });
    wrapped.chain(flat).collect()
}

/// One connection after the other of one bearer.
struct Line<'a> {
    world: &'a World,
    bearer: Bearer,
    token: String,
    /// Connections so far.
    opened: usize,
    id: String,
    is_open: bool,
}

/// What is told where a test fails meanwhile.
struct Said(String);

impl Drop for Said {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.0);
        }
    }
}

impl<'a> Line<'a> {
    fn of(world: &'a World, bearer: Bearer, token: &str) -> Self {
        Self {
            world,
            bearer,
            token: token.to_owned(),
            opened: 0,
            id: String::new(),
            is_open: false,
        }
    }

    /// Opens a connection where the last one has ended.
    async fn open(&mut self) {
        if self.is_open {
            return;
        }
        self.opened += 1;
        self.is_open = true;
        self.id = format!("{:?}{}=", self.bearer, self.opened);
        let token = Some(self.token.as_str()).filter(|_| self.bearer != Bearer::Nobody);
        assert_eq!(self.world.open(&self.id, token).await, 200);
    }

    /// Says something and judges what comes back, and what is left.
    async fn say(&mut self, text: &str) {
        self.open().await;
        let before = self.world.sockets.frames(&self.id).len();
        let started = Instant::now();
        let frames = self.world.say_text(&self.id, text).await;
        let time = started.elapsed();
        assert!(time < TIME_MAX, "took {time:?}");
        let new = &frames[before..];
        for frame in new {
            check_frame(frame);
        }
        let is_authentication = matches!(parse(text), Ok(ClientMessage::Authenticate { .. }));
        if self.world.sockets.is_ended(&self.id) {
            assert_eq!(kinds(new), ["auth_failed"]);
            let is_deserved = is_authentication || self.bearer == Bearer::Nobody;
            assert!(is_deserved, "ended for what it said");
            self.is_open = false;
            return;
        }
        if self.bearer == Bearer::Nobody {
            assert!(is_authentication && new.is_empty(), "let in: {new:?}");
            return self.leave().await;
        }
        if parse(text).is_err() {
            assert_eq!(kinds(new), ["error"]);
        }
        let after = self.world.say(&self.id, &json!({"type": "ping"})).await;
        assert_eq!(kinds(&after[frames.len()..]), ["pong"]);
    }

    /// Ends the connection from the other side, where it still takes a channel.
    async fn leave(&mut self) {
        if !std::mem::take(&mut self.is_open) {
            return;
        }
        let before = self.world.sockets.frames(&self.id).len();
        let subscribe = json!({"type": "subscribe", "data": {"channels": ["pumps"]}});
        let frames = self.world.say(&self.id, &subscribe).await;
        assert!(frames[before..].is_empty(), "silence is success");
        let event = json!({"requestContext": context(&self.id, "DISCONNECT", "$disconnect")});
        assert_eq!(self.world.answer(event).await, 200);
        self.world.sockets.vanish(&self.id);
    }
}

fn kinds(frames: &[Value]) -> Vec<&str> {
    frames
        .iter()
        .map(|frame| frame["type"].as_str().expect("a type"))
        .collect()
}

fn check_frame(frame: &Value) {
    let bytes = frame.to_string().len();
    assert!(bytes <= FRAME_BYTES_MAX, "a frame of {bytes} bytes");
    let fields: Vec<&String> = frame.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["data", "id", "timestamp", "type"]);
    let id = frame["id"].as_str().expect("an id");
    assert!(id.starts_with("evt_"), "{id}");
    let at = frame["timestamp"].as_str().expect("a time");
    assert!(at.parse::<Timestamp>().is_ok(), "{at}");
    let data = &frame["data"];
    let message = data["message"].as_str().unwrap_or_default();
    match frame["type"].as_str() {
        Some("pong") => assert_eq!(data, &json!({})),
        Some("auth_failed") => assert!(!message.is_empty(), "{frame}"),
        Some("error") => {
            let code = data["code"].as_str().expect("a code");
            let is_known = CODES.contains(&code) || code == "payload-too-large";
            assert!(is_known && !message.is_empty(), "{frame}");
        }
        _ => panic!("nobody asked for {frame}"),
    }
}

#[tokio::test]
async fn no_message_breaks_a_connection() {
    let plan = Plan::from_process(CASES);
    let world = World::start().await;
    let spoiler = Spoiler::default();
    let person = world.stack.exchange(7);
    let (_, terminal) = world.pair().await;
    let bearers = [
        (Bearer::Nobody, &person),
        (Bearer::Person, &person),
        (Bearer::Terminal, &terminal),
    ];
    for (bearer, token) in bearers {
        let mut line = Line::of(&world, bearer, token);
        for (number, message) in messages(&person).iter().enumerate() {
            let subject = format!("{bearer:?} {number}");
            let mut dice = plan.dice(&subject);
            for case in 0..plan.cases {
                let bytes = spoiler.spoil(&mut dice, message);
                let text = String::from_utf8_lossy(&bytes);
                let shown: String = text.chars().take(300).collect();
                let _said = Said(format!("FUZZ_SEED={} {subject} {case}: {shown}", plan.seed));
                line.say(&text).await;
            }
            line.leave().await;
        }
    }
}

#[tokio::test]
async fn a_message_beyond_a_frame_is_too_large_and_the_connection_stays() {
    let world = World::start().await;
    let token = world.stack.exchange(7);
    let mut line = Line::of(&world, Bearer::Person, &token);
    for bytes in [BYTES_MAX, MESSAGE_BYTES_MAX, 1024 * 1024] {
        for beyond in [0, 1] {
            let start = r#"{"type":"order","x":""#;
            let filling = "x".repeat(bytes + beyond - start.len() - 2);
            let text = format!("{start}{filling}\"}}");
            assert_eq!(text.len(), bytes + beyond);
            line.say(&text).await;
            let frames = world.sockets.frames(&line.id);
            // Before the pong that the line asked for.
            let refusal = &frames[frames.len() - 2]["data"]["code"];
            let expected = match text.len() > BYTES_MAX {
                true => "payload-too-large",
                false => "validation-failed",
            };
            assert_eq!(refusal, expected, "{} bytes", text.len());
        }
    }
}

/// What a client may choose of an opening: its token and headers.
#[tokio::test]
async fn no_opening_is_a_fault() {
    let world = World::start().await;
    let good = world.stack.exchange(7);
    for (number, text) in texts().iter().enumerate() {
        let id = format!("{number}=");
        for token in [text.clone(), format!("{good}{text}"), format!("tbd_{text}")] {
            let status = world.open(&id, Some(&token)).await;
            let expected = if token == good { 200 } else { 403 };
            assert_eq!(status, expected, "{token:?}");
        }
        let id = format!("nobody{number}=");
        let event = json!({
            "requestContext": context(&id, "CONNECT", "$connect"),
            "headers": {"x-tradebridge-peer": text, "cookie": text, text: text},
            "queryStringParameters": {"Token": text, text: text},
            "isBase64Encoded": false,
        });
        assert_eq!(world.answer(event).await, 200, "{text:?}");
    }
}
