//! What those who watch an account are told at once.

use accounts::app::watchers::log;
use chrono::TimeDelta;
use kernel::time::Clock;
use platform::clock::SystemClock;
use platform::live::Live;
use serde_json::{Value, json};

use crate::support::World;

#[tokio::test]
async fn figures_and_crossed_rules_are_told_while_somebody_watches() {
    let (mut world, id) = World::connected().await;
    let live = Live::new(world.stack.cloud.realtime.clone());
    let account = id.parse().expect("an account");
    let log = log(&world.stack.shop.id, &account);
    world.equity(99_000.0).await;
    assert_eq!(live.last(&log).await.expect("reads"), 0, "nobody watches");
    let until = SystemClock.now() + TimeDelta::minutes(10);
    live.watch(&log, until).await.expect("watches");
    world.equity(96_000.0).await;
    let events = live.after(&log, 0, 10).await.expect("reads");
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["rule_violation", "account_update"]);
    let crossed: Value = serde_json::from_str(&events[0].data).expect("JSON");
    assert_eq!(crossed["account_id"], *id);
    assert_eq!(crossed["rule"], "daily_drawdown");
    assert_eq!(crossed["severity"], "warning");
    assert_eq!(crossed["current_value"], json!(4046.5));
    let update: Value = serde_json::from_str(&events[1].data).expect("JSON");
    assert_eq!(update["equity"], json!(96_000));
    assert_eq!(update["balance"], json!(100_046.5));
    assert_eq!(update["phase"], "active");
}
