//! Signals over the deployed stack: made, held, approved, sent to a terminal,
//! told to a dashboard; published to tiers and closed.

use serde_json::{Value, json};
use stack_tests::{Socket, Stack, Tokens, Visitor};

const PASSWORD: &str = "a horse with a battery";

/// Somebody new who has signed in.
async fn somebody(stack: &Stack, host: u8) -> (Visitor, String) {
    let visitor = Visitor::at(stack, host);
    let id = kernel::id::ulid_at(kernel::time::Clock::now(&platform::clock::SystemClock));
    let email = format!("signals-{id}@people.example");
    visitor.register(&email, PASSWORD).await;
    let answer = visitor.sign_in(&email, PASSWORD, None).await.expect(200);
    (visitor, Tokens::of(&answer).access)
}

async fn publisher(stack: &Stack, host: u8) -> (Visitor, String) {
    let visitor = Visitor::at(stack, host);
    let admin = &stack.admin;
    let answer = visitor.sign_in(&admin.email, &admin.password, None).await;
    (visitor, Tokens::of(&answer.expect(200)).access)
}

fn gold() -> Value {
    json!({
        "symbol": "gold", "direction": "buy", "entry": 2345.5, "stop_loss": 2340,
        "take_profits": [2350, 2356.5],
    })
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn an_approved_signal_reaches_the_terminal_and_the_dashboard() {
    let stack = Stack::running();
    let (visitor, token) = somebody(&stack, 61).await;
    let device = json!({"name": "Desk"});
    let code = visitor
        .post_as("/api/firebridge/devices", &token, &device)
        .await
        .expect(201);
    let pair = json!({"pairing_code": code["pairing_code"], "terminal_id": "MT5-61"});
    let paired = visitor.post("/api/firebridge/devices/pair", &pair).await;
    let paired = paired.body;
    let device_token = text(&paired["device_token"]);

    let mut dashboard = Socket::open(&stack.ws, Some(&token)).await.expect("opens");
    let mut terminal = Socket::open(&stack.ws, Some(&device_token))
        .await
        .expect("opens");
    dashboard.settle().await;
    terminal.settle().await;

    let channel = json!({"name": "Room", "approval": "manual"});
    let channel = visitor
        .post_as("/api/channels", &token, &channel)
        .await
        .expect(201);
    let mut signal = gold();
    signal["channel_id"] = channel["id"].clone();
    let held = visitor
        .post_as("/api/signals", &token, &signal)
        .await
        .expect(201);
    assert_eq!(held["status"], "held");
    let created = dashboard.until("signal_created").await;
    assert_eq!(created["data"]["signal"]["id"], held["id"]);
    assert_eq!(created["data"]["confidence"], 100);

    let path = format!("/api/signals/{}/approve", text(&held["id"]));
    let released = visitor
        .post_as(&path, &token, &Value::Null)
        .await
        .expect(200);
    assert_eq!(released["released"], true);
    let command = terminal.until("command").await;
    assert_eq!(command["data"]["type"], "open_trade");
    assert_eq!(command["data"]["payload"]["signalId"], held["id"]);
    assert_eq!(command["data"]["payload"]["stopLoss"], 2340);
    let told = dashboard.until("signal").await;
    assert_eq!(told["data"]["event"], "approved");

    let pause = visitor
        .post_as("/api/trading/pause", &token, &json!({}))
        .await;
    assert_eq!(pause.status, 200, "{}", pause.body);
    let kept = visitor
        .post_as("/api/signals", &token, &gold())
        .await
        .expect(201);
    assert_eq!(
        (&kept["released"], &kept["held_for"]),
        (&json!(false), &json!("trading_paused"))
    );
    let stats = visitor
        .get_as("/api/dashboard/stats", &token)
        .await
        .expect(200);
    assert_eq!(
        (&stats["signals"], &stats["signals_sent"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(stats["signals_by_status"]["held"], 1);
}

#[tokio::test]
async fn what_is_published_is_seen_by_its_tier_alone_and_counted_when_it_closes() {
    let stack = Stack::running();
    let (admin, publishing) = publisher(&stack, 62).await;
    let (visitor, token) = somebody(&stack, 63).await;
    let mut socket = Socket::open(&stack.ws, Some(&token)).await.expect("opens");
    socket
        .say("subscribe", json!({"channels": ["signals"]}))
        .await;
    socket.settle().await;

    let mut secret = gold();
    secret["min_tier"] = json!("vip");
    let secret = admin
        .post_as("/api/signals", &publishing, &secret)
        .await
        .expect(201);
    let open = admin
        .post_as("/api/signals", &publishing, &gold())
        .await
        .expect(201);
    let told = socket.until("signal_created").await;
    assert_eq!(
        told["data"]["signal"]["id"], open["id"],
        "the other is above the tier"
    );

    let path = |signal: &Value| format!("/api/v1/signals/{}", text(&signal["id"]));
    assert_eq!(visitor.get_as(&path(&open), &token).await.status, 200);
    assert_eq!(visitor.get_as(&path(&secret), &token).await.status, 404);
    assert_eq!(admin.get_as(&path(&secret), &publishing).await.status, 200);

    let stats = "/api/v1/signals/stats";
    let closed = |stats: &Value| stats["total"]["closed"].as_i64().expect("a count");
    let before = closed(&visitor.get_as(stats, &token).await.expect(200));
    for signal in [&open, &secret] {
        let path = format!("/api/signals/{}/close", text(&signal["id"]));
        let body = json!({"exit_price": 2356.5});
        let done = admin.post_as(&path, &publishing, &body).await.expect(200);
        assert_eq!(
            (&done["result"], &done["r_multiple"]),
            (&json!("win"), &json!(2))
        );
    }
    let after = closed(&visitor.get_as(stats, &token).await.expect(200));
    assert_eq!(after, before + 1);
}

#[tokio::test]
async fn messages_are_read_and_signals_run_on_candles() {
    let stack = Stack::running();
    let (visitor, token) = somebody(&stack, 64).await;
    let body = json!({"text": "GOLD BUY 2345\nSL 2338\nTP1 2352\nTP2 2360"});
    let read = visitor
        .post_as("/api/signals/parse", &token, &body)
        .await
        .expect(200);
    assert_eq!(
        (&read["kind"], &read["symbol"]),
        (&json!("signal"), &json!("XAUUSD"))
    );
    assert_eq!(read["take_profits"], json!([2352, 2360]));
    let candles = json!([
        {"time": "2026-01-05T10:00:00Z", "open": 2350, "high": 2352, "low": 2344, "close": 2346},
        {"time": "2026-01-05T10:01:00Z", "open": 2346, "high": 2357, "low": 2345, "close": 2356},
    ]);
    let body = json!({"signal": gold(), "candles": candles});
    let done = visitor
        .post_as("/api/signals/simulate", &token, &body)
        .await
        .expect(200);
    assert_eq!(
        (&done["status"], &done["r_multiple"]),
        (&json!("completed"), &json!(1.4091))
    );
}
