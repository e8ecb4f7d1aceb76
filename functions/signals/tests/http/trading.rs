//! What terminals are told of signals and strategies.

use kernel::id::DeviceId;
use secrecy::SecretString;
use serde_json::{Value, json};
use trading::domain::switches::Switch;
use trading::model::Command;
use trading::{Request, Trading};

use crate::desk::{Desk, gold, id_of, now};

fn request() -> Request<'static> {
    Request {
        id: "req_test",
        now: now(),
    }
}

impl Desk {
    /// A terminal of the person's that was paired, with its token.
    async fn terminal(&self, trading: &Trading) -> (DeviceId, SecretString) {
        let (code, _) = trading
            .start_pairing(&self.owner(), "Desk", now())
            .await
            .expect("a code");
        let paired = trading.pair(&code, "MT5-1", request()).await;
        let paired = paired.expect("answers").expect("a good code");
        (paired.device.id, paired.token)
    }

    async fn commands(&self, trading: &Trading, device: &DeviceId) -> Vec<Command> {
        let store = &trading.store;
        store
            .queue(&self.owner(), device, 100)
            .await
            .expect("reads")
    }
}

fn payload(command: &Command) -> Value {
    serde_json::from_str(&command.payload).expect("JSON")
}

#[tokio::test]
async fn a_released_signal_is_one_command_to_each_terminal() {
    let desk = Desk::open().await;
    let (one, _) = desk.terminal(&desk.trading).await;
    let (other, _) = desk.terminal(&desk.trading).await;
    let made = desk.signal(&gold()).await;
    assert_eq!(made["released"], true);
    for device in [&one, &other] {
        let commands = desk.commands(&desk.trading, device).await;
        assert_eq!(commands.len(), 1);
        let told = payload(&commands[0]);
        assert_eq!(
            (&told["signalId"], &told["symbol"]),
            (&made["id"], &json!("XAUUSD"))
        );
        assert_eq!(
            (&told["action"], &told["orderType"]),
            (&json!("buy"), &json!("limit"))
        );
        assert_eq!(
            (&told["entry"], &told["stopLoss"]),
            (&json!(2345.5), &json!(2340))
        );
        assert_eq!(told["takeProfits"], json!([2350, 2356.5]));
    }
    let path = format!("/api/signals/{}/replay", id_of(&made));
    let again = desk.post(&path, &Value::Null).await.expect(201);
    let commands = desk.commands(&desk.trading, &one).await;
    assert_eq!(commands.len(), 2);
    assert_ne!(commands[0].id, commands[1].id);
    assert_eq!(payload(&commands[1])["signalId"], again["id"]);
}

#[tokio::test]
async fn several_entries_targets_and_their_shares_reach_the_terminal() {
    let desk = Desk::open().await;
    let (device, _) = desk.terminal(&desk.trading).await;
    let mut signal = gold();
    signal["entry"] = json!([2345.50, 2343, 2341.25]);
    signal["entry_weights"] = json!([50, 30, 20]);
    signal["take_profit_weights"] = json!([60.5, 20]);
    signal["runner"] = json!(true);
    desk.signal(&signal).await;
    let now = json!({
        "symbol": "BTC/USDT", "direction": "sell", "order_type": "market",
        "entry": [62000, 62500.5], "stop_loss": 64000,
    });
    desk.signal(&now).await;
    desk.signal(&json!({"raw_text": "EURUSD SELL 1.0850-1.0860\nSL 1.0890\nTP 1.0800"}))
        .await;
    desk.signal(&json!({"symbol": "EURUSD", "direction": "buy"}))
        .await;
    let commands = desk.commands(&desk.trading, &device).await;
    let payloads: Vec<Value> = commands.iter().map(payload).collect();
    let expected = [
        json!({
            "orderType": "limit", "entry": 2345.5, "entries": [2345.5, 2343, 2341.25],
            "entryWeights": [50, 30, 20], "entryZone": null, "stopLoss": 2340,
            "takeProfits": [2350, 2356.5], "takeProfitWeights": [60.5, 20], "runner": true,
        }),
        json!({
            "orderType": "market", "entry": null, "entries": [62000, 62500.5],
            "entryWeights": null, "takeProfits": [], "runner": null,
        }),
        json!({
            "orderType": "limit", "entry": 1.085, "entries": [1.085, 1.086],
            "entryZone": {"low": 1.085, "high": 1.086}, "takeProfits": [1.08],
        }),
        json!({"orderType": "market", "entry": null, "entries": null, "entryZone": null}),
    ];
    assert_eq!(payloads.len(), expected.len());
    for (payload, expected) in payloads.iter().zip(&expected) {
        for (name, value) in expected.as_object().expect("fields") {
            assert_eq!(&payload[name], value, "{name} of {payload}");
        }
    }
}

#[tokio::test]
async fn a_held_signal_is_sent_once_when_it_is_approved() {
    let desk = Desk::open().await;
    let (device, _) = desk.terminal(&desk.trading).await;
    let channel = desk
        .channel(&json!({"name": "Room", "approval": "manual"}))
        .await;
    let mut signal = gold();
    signal["channel_id"] = json!(channel);
    let held = desk.signal(&signal).await;
    assert!(desk.commands(&desk.trading, &device).await.is_empty());
    let path = format!("/api/signals/{}/approve", id_of(&held));
    let nothing = Value::Null;
    let (one, other) = tokio::join!(desk.post(&path, &nothing), desk.post(&path, &nothing));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(desk.commands(&desk.trading, &device).await.len(), 1);
}

#[tokio::test]
async fn while_trading_rests_signals_are_stored_and_nothing_is_sent() {
    let desk = Desk::open().await;
    let (device, _) = desk.terminal(&desk.trading).await;
    let channel = desk
        .channel(&json!({"name": "Room", "approval": "manual"}))
        .await;
    let mut through = gold();
    through["channel_id"] = json!(channel);
    let held = desk.signal(&through).await;
    let switched = desk
        .trading
        .switch(&desk.owner(), Switch::Pause, request())
        .await;
    switched.expect("pauses");
    let made = desk.signal(&gold()).await;
    assert_eq!(
        (&made["status"], &made["released"]),
        (&json!("held"), &json!(false))
    );
    assert_eq!(made["held_for"], "trading_paused");
    assert_eq!(made["reason"], "trading is paused");
    let path = format!("/api/signals/{}/approve", id_of(&held));
    let kept = desk.post(&path, &Value::Null).await.expect(200);
    assert_eq!(
        (&kept["released"], &kept["held_for"]),
        (&json!(false), &json!("trading_paused"))
    );
    let stopped = desk
        .trading
        .switch(&desk.owner(), Switch::EmergencyStop, request())
        .await;
    stopped.expect("stops");
    let kept = desk.post(&path, &Value::Null).await.expect(200);
    assert_eq!(kept["held_for"], "trading_stopped");
    let is_open = |command: &Command| command.kind.as_str() == "open_trade";
    assert!(
        !desk
            .commands(&desk.trading, &device)
            .await
            .iter()
            .any(is_open)
    );

    let resumed = desk
        .trading
        .switch(&desk.owner(), Switch::Resume, request())
        .await;
    resumed.expect("resumes");
    let sent = desk.post(&path, &Value::Null).await.expect(200);
    assert_eq!(
        (&sent["released"], &sent["status"]),
        (&json!(true), &json!("released"))
    );
    let commands = desk.commands(&desk.trading, &device).await;
    assert_eq!(
        commands.iter().filter(|command| is_open(command)).count(),
        1
    );
}

#[tokio::test]
async fn a_signal_whose_stop_is_a_distance_waits_for_prices() {
    let desk = Desk::open().await;
    let (device, _) = desk.terminal(&desk.trading).await;
    let made = desk
        .signal(&json!({"raw_text": "EURUSD BUY NOW SL 30 pips TP 60 pips"}))
        .await;
    assert_eq!(
        (&made["stop_loss_pips"], &made["released"]),
        (&json!(30), &json!(false))
    );
    assert_eq!(made["held_for"], "prices_missing");
    assert!(desk.commands(&desk.trading, &device).await.is_empty());
}

#[tokio::test]
async fn the_active_strategy_is_the_one_that_terminals_follow() {
    let desk = Desk::open().await;
    let in_force = async || {
        let strategy = desk.trading.store.strategy(&desk.owner()).await;
        strategy.expect("reads")
    };
    assert_eq!(in_force().await, None);
    let body = json!({"name": "Calm", "risk_percent": 0.5, "max_open_trades": 3});
    let calm = desk.post("/api/strategies", &body).await.expect(201);
    let first = in_force().await.expect("the first is active");
    assert_eq!(first.id, id_of(&calm));
    let content: Value = serde_json::from_str(&first.content).expect("JSON");
    assert_eq!(
        (&content["risk_percent"], &content["active"]),
        (&json!(0.5), &json!(true))
    );
    let body = json!({"name": "Wild", "lots": 2, "max_open_trades": 9});
    let wild = desk.post("/api/strategies", &body).await.expect(201);
    assert_eq!(in_force().await, Some(first.clone()));
    let path = format!("/api/strategies/{}", id_of(&wild));
    let body = json!({"name": "Wild", "lots": 2, "max_open_trades": 9, "active": true});
    let switched = desk.put(&path, None, &body).await.expect(200);
    let next = in_force().await.expect("one is active");
    assert_eq!(next.id, id_of(&switched));
    assert!(next.version > first.version);
}

#[tokio::test]
async fn a_terminal_may_have_messages_read_and_nothing_else_of_signals() {
    let desk = Desk::open().await;
    let (_, token) = desk.terminal(&desk.trading).await;
    let token = secrecy::ExposeSecret::expose_secret(&token);
    let body = json!({"text": "GOLD BUY NOW"});
    let read = desk
        .post_as(token, "/api/signals/parse", &body)
        .await
        .expect(200);
    assert_eq!(read["symbol"], "XAUUSD");
    for path in [
        "/api/signals",
        "/api/signals/formats",
        "/api/v1/signals",
        "/api/strategies",
    ] {
        assert_eq!(desk.get_as(token, path).await.status, 403, "{path}");
    }
}
