//! Trading is paused, resumed, hidden and stopped.

use serde_json::{Value, json};
use trading::app::Told;
use trading::domain::Kind;

use crate::desk::{Desk, request};

#[tokio::test]
async fn a_pause_refuses_signals_until_it_is_resumed_and_tells_everybody() {
    let desk = Desk::open().await;
    let office = desk.terminal("MT5-1").await;
    let paused = desk.post("/api/trading/pause").await.expect(200);
    assert_eq!(
        (&paused["mode"], &paused["version"]),
        (&json!("paused"), &json!(1))
    );
    let again = desk.post("/api/trading/pause").await.expect(200);
    assert_eq!(again["version"], 1);
    let refused = desk.follow("sig_1").await;
    assert!(
        matches!(refused, Err(kernel::Error::Conflict(_))),
        "{refused:?}"
    );
    let resumed = desk.post("/api/trading/resume").await.expect(200);
    assert_eq!(
        (&resumed["mode"], &resumed["version"]),
        (&json!("running"), &json!(2))
    );
    assert_eq!(desk.follow("sig_1").await.expect("issues").len(), 1);
    assert_eq!(desk.get("/api/trading/state").await["version"], 2);
    let modes = |told: Vec<Value>| -> Vec<Value> {
        told.into_iter()
            .map(|state| state["mode"].clone())
            .collect()
    };
    assert_eq!(
        modes(desk.told("trading_state").await),
        ["paused", "running"]
    );
    let log = desk.owner().log_of(&office.id);
    let events = desk.trading.live.after(&log, 0, 10).await.expect("reads");
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["trading_state", "trading_state", "command"]);
}

#[tokio::test]
async fn stealth_is_toggled_or_set() {
    let desk = Desk::open().await;
    let toggle = async |body: Value| {
        let path = "/api/trading/stealth-toggle";
        let answer = desk.ask(http::Method::POST, path, &body).await.expect(200);
        (answer["stealth"].clone(), answer["version"].clone())
    };
    assert_eq!(toggle(json!({})).await, (json!(true), json!(1)));
    assert_eq!(
        toggle(json!({"enabled": true})).await,
        (json!(true), json!(1))
    );
    assert_eq!(toggle(json!({})).await, (json!(false), json!(2)));
}

#[tokio::test]
async fn an_emergency_stop_reaches_all_twenty_terminals_once() {
    let desk = Desk::open().await;
    let mut terminals = Vec::new();
    for number in 0..20 {
        terminals.push(desk.terminal(&format!("MT5-{number}")).await);
    }
    assert_eq!(desk.follow("sig_1").await.expect("issues").len(), 20);
    let stopped = desk.post("/api/trading/emergency-stop").await.expect(200);
    assert_eq!(stopped["mode"], "stopped");
    assert_eq!(stopped["commands"].as_array().map(Vec::len), Some(20));
    let again = desk.post("/api/trading/emergency-stop").await.expect(200);
    assert_eq!(again["commands"], json!([]));
    assert_eq!(again["version"], stopped["version"]);
    for terminal in &terminals {
        let commands = desk.commands_for(terminal).await;
        let kinds: Vec<Kind> = commands.iter().map(|one| one.kind).collect();
        assert_eq!(kinds, [Kind::EmergencyStop]);
    }
    let told = desk.told("trading_state").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["epoch"], 1);
    let listed = desk.get("/api/trading/commands?limit=200").await;
    let voided = listed["items"].as_array().into_iter().flatten();
    assert_eq!(voided.filter(|one| one["status"] == "voided").count(), 20);
}

#[tokio::test]
async fn a_pause_does_not_end_a_stop() {
    let desk = Desk::open().await;
    let stopped = desk.post("/api/trading/emergency-stop").await;
    assert_eq!(stopped.status, 200, "{}", stopped.text());
    let paused = desk.post("/api/trading/pause").await.expect(200);
    assert_eq!(paused["mode"], "stopped");
}

/// Signals and a stop at the same time, in whatever order the store takes
/// them: what was issued before the stop is never delivered after it, and
/// nothing is issued after it.
#[tokio::test]
async fn signals_and_a_stop_at_once_leave_nothing_to_open() {
    let desk = Desk::open().await;
    let office = desk.terminal("MT5-1").await;
    let signals: Vec<String> = (0..5).map(|number| format!("sig_{number}")).collect();
    let follow = futures::future::join_all(signals.iter().map(|signal| desk.follow(signal)));
    let stop = desk.post("/api/trading/emergency-stop");
    let (followed, stopped) = futures::future::join(follow, stop).await;
    assert_eq!(stopped.status, 200, "{}", stopped.text());
    assert_eq!(followed.len(), 5);
    let synced = desk
        .trading
        .sync(&office, &Told::default(), request())
        .await;
    let commands = synced.expect("syncs").commands;
    let kinds: Vec<Kind> = commands.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [Kind::EmergencyStop]);
}
