//! Desktop terminals over the deployed stack: paired, commanded, killed and
//! started again, stopped and revoked.

use std::time::Duration;

use kernel::time::Clock;
use platform::clock::SystemClock;
use platform::live::Log;
use reqwest::Method;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use stack_tests::{Desk, until};
use terminal_sim::{Bridge, BridgeError, Terminal};

/// The id of the only open trade.
async fn open_trade(desk: &Desk) -> String {
    let live = desk.list("/api/trades/live").await;
    assert_eq!(live.len(), 1, "{live:?}");
    live[0]["trade"]["id"].as_str().expect("an id").to_owned()
}

async fn command_status(desk: &Desk, id: &Value) -> Value {
    let commands = desk.list("/api/trading/commands").await;
    let found = commands.iter().find(|one| one["id"] == *id);
    found.expect("the command")["status"].clone()
}

/// A hundredth of the price, such as 110 for 1.10.
fn price(hundredths: i64) -> Decimal {
    Decimal::new(hundredths, 2)
}

fn buy(terminal: &mut Terminal, lots: i64) -> u64 {
    let volume = Some(Decimal::from(lots));
    let now = SystemClock.now();
    terminal
        .broker
        .open("EURUSD", true, volume, (None, None), now)
}

fn is_refused<T: std::fmt::Debug>(answer: Result<T, BridgeError>, expected: u16) {
    match answer {
        Err(BridgeError::Refused { status, .. }) => assert_eq!(status, expected),
        other => panic!("not refused: {other:?}"),
    }
}

/// By hand: a lot bought at 1.10 and closed at 1.12 brings 2,000.
#[tokio::test]
async fn a_terminal_is_paired_closes_on_command_and_the_dashboard_has_the_figures() {
    let desk = Desk::open(61, "close").await;
    let mut terminal = desk.terminal("SIM-1").await;
    terminal.bridge.heartbeat().await.expect("is heard");
    let devices = desk.get("/api/firebridge/devices").await;
    assert_eq!(devices["items"][0]["online"], true);

    buy(&mut terminal, 1);
    terminal.poll().await.expect("polls");
    terminal.broker.set_price("EURUSD", price(112));
    terminal.poll().await.expect("polls");
    let live = desk.get("/api/trades/live").await;
    assert_eq!(live["items"][0]["floating_pnl"], 2_000);

    let trade = open_trade(&desk).await;
    let close = desk
        .post(&format!("/api/trades/{trade}/close"), &json!({}))
        .await
        .expect(202);
    assert_eq!(close["status"], "pending");
    assert_eq!(terminal.poll().await.expect("polls"), ["close_trade"]);
    assert!(terminal.broker.positions().is_empty());
    assert_eq!(command_status(&desk, &close["id"]).await, "executed");
    let stats = desk.get("/api/dashboard/stats").await;
    assert_eq!(stats["trades"]["closed"], 1);
    assert_eq!(stats["pnl"]["realized"], 2_000);
    let performance = desk.get("/api/dashboard/performance?period=7d").await;
    assert_eq!(performance["net_pnl"], 2_000);
    assert_eq!(performance["win_rate"], 100);
    assert_eq!(desk.get("/api/trades/live").await["items"], json!([]));
}

#[tokio::test]
async fn a_terminal_that_is_killed_between_doing_and_telling_does_nothing_twice() {
    let desk = Desk::open(62, "restart").await;
    let mut terminal = desk.terminal("SIM-1").await;
    buy(&mut terminal, 2);
    terminal.poll().await.expect("polls");
    let trade = open_trade(&desk).await;
    let path = format!("/api/trades/{trade}/partial-close");
    let half = desk.post(&path, &json!({"percent": 50})).await.expect(202);
    terminal.broker.set_price("EURUSD", price(111));
    let done = terminal.receive().await.expect("is told");
    assert_eq!(done, ["partial_close"]);

    // Killed: neither acknowledged nor reported. The command comes again.
    let mut terminal = terminal.restart();
    assert_eq!(terminal.receive().await.expect("is told"), [""; 0]);
    let before = terminal.broker.deals().len();
    assert_eq!(before, 2, "the half was closed twice");
    let duplicates = terminal.report().await.expect("reports");
    assert_eq!(duplicates, 1, "the opening was reported before");
    assert_eq!(command_status(&desk, &half["id"]).await, "executed");

    // Again: all that it reports was counted.
    let mut terminal = terminal.restart();
    terminal.receive().await.expect("is told");
    assert_eq!(terminal.report().await.expect("reports"), 2);
    let trade = desk.get(&format!("/api/trades/{trade}")).await;
    assert_eq!(trade["status"], "partially_closed");
    assert_eq!(
        (&trade["open_volume"], &trade["pnl"]),
        (&json!(1), &json!(1_000))
    );
}

#[tokio::test]
async fn an_emergency_stop_closes_everything_at_every_terminal_and_blocks_new_trades() {
    let desk = Desk::open(63, "stop").await;
    let mut terminals = [desk.terminal("SIM-1").await, desk.terminal("SIM-2").await];
    for terminal in &mut terminals {
        buy(terminal, 1);
        terminal.poll().await.expect("polls");
    }
    let stop = desk
        .post("/api/trading/emergency-stop", &json!({}))
        .await
        .expect(200);
    assert_eq!(stop["mode"], "stopped");
    assert_eq!(stop["commands"].as_array().map(Vec::len), Some(2));
    let again = desk
        .post("/api/trading/emergency-stop", &json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&again["version"], &again["commands"]),
        (&stop["version"], &json!([]))
    );
    for terminal in &mut terminals {
        assert_eq!(terminal.poll().await.expect("polls"), ["emergency_stop"]);
        assert!(terminal.broker.positions().is_empty());
        assert_eq!(terminal.poll().await.expect("polls"), [""; 0]);
    }
    assert_eq!(desk.get("/api/trades/live").await["items"], json!([]));
    let stats = desk.get("/api/dashboard/stats").await;
    assert_eq!(stats["trading_state"], "stopped");
    assert_eq!(stats["trades"]["closed"], 2);
    let resumed = desk.post("/api/trading/resume", &json!({})).await;
    assert_eq!(resumed.expect(200)["mode"], "running");
}

#[tokio::test]
async fn a_code_is_good_once_and_a_revoked_terminal_is_refused_at_once() {
    let desk = Desk::open(64, "revoke").await;
    let code = desk.code().await;
    let bridge = Bridge::pair(&desk.stack.http, &code, "SIM-1").await;
    let bridge = bridge.expect("pairs");
    is_refused(Bridge::pair(&desk.stack.http, &code, "SIM-2").await, 400);
    bridge.heartbeat().await.expect("is heard");
    let devices = desk.get("/api/firebridge/devices").await;
    let id = devices["items"][0]["id"].as_str().expect("an id");
    let path = format!("/api/firebridge/devices/{id}");
    let revoked = desk
        .visitor
        .call(Method::DELETE, &path, Some(&desk.token), &Value::Null)
        .await;
    assert_eq!(revoked.status, 204, "{}", revoked.body);
    is_refused(bridge.heartbeat().await, 401);
}

#[tokio::test]
async fn a_terminal_that_falls_silent_is_told_to_be_offline() {
    let desk = Desk::open(65, "silent").await;
    let terminal = desk.terminal("SIM-1").await;
    terminal.bridge.heartbeat().await.expect("is heard");
    let user = terminal.bridge.identity.user.clone();
    let log = Log::Person {
        org: user.clone(),
        sub: user,
    };
    let live = desk.stack.live().await;
    let connected = async || {
        let events = live.after(&log, 0, 100).await.expect("reads");
        let last = events
            .iter()
            .rev()
            .find(|event| event.kind == "mt5_status_update")?;
        let data: Value = serde_json::from_str(&last.data).expect("JSON");
        data["connected"].as_bool()
    };
    assert_eq!(connected().await, Some(true));
    let wait = Duration::from_secs(100);
    until("the terminal is offline", wait, || async {
        (connected().await == Some(false)).then_some(())
    })
    .await;
    let devices = desk.get("/api/firebridge/devices").await;
    assert_eq!(devices["items"][0]["online"], false);
}
