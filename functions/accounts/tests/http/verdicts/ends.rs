//! Ends: confirmed, decided, annulled and contradicted.

use serde_json::{Value, json};

use super::{Live, text};

/// An account whose breach is pending: money that left and has no deal.
async fn pending() -> Live {
    let mut live = Live::under(json!({})).await;
    live.step_with(
        json!({"withdraw": {"amount": 6_000}}),
        json!({"hidden": true}),
    )
    .await;
    live.pass(200).await;
    assert_eq!(live.phase().await, "pending");
    live
}

fn verdict_of(summary: &Value) -> String {
    text(&summary["verdict"]["id"])
}

#[tokio::test]
async fn shop_confirms_a_pending_breach() {
    let live = pending().await;
    let path = live.path(&format!("verdicts/{}", verdict_of(&live.summary().await)));
    let body = json!({"decision": "confirm", "reason": "it was a loss"});
    let verdict = live.world.post(&path, &body).await.expect(200);
    assert_eq!(verdict["state"], "confirmed");
    assert_eq!(verdict["confirmed_by"], "shop");
    assert_eq!(verdict["decided_by"], "demo-key");
    assert_eq!(verdict["evidence"]["used"], json!(6000));
    assert_eq!(verdict["evidence"]["unexplained"], json!(-6000));
    assert_eq!(live.phase().await, "breached");
    assert_eq!(live.world.post(&path, &body).await.status, 409);
    let of_trader = live
        .world
        .get(&format!("/api/account/{}/verdicts", live.id))
        .await
        .expect(200);
    assert_eq!(of_trader["items"][0]["state"], "confirmed");
    assert_eq!(of_trader["items"][0].get("decided_by"), None);
    assert_eq!(of_trader["items"][0].get("reason"), None);
}

#[tokio::test]
async fn shop_lifts_a_pending_breach_as_deep_as_it_is() {
    let mut live = pending().await;
    let path = live.path(&format!("verdicts/{}", verdict_of(&live.summary().await)));
    let body = json!({"decision": "lift", "reason": "a payout by bank"});
    let verdict = live.world.post(&path, &body).await.expect(200);
    assert_eq!(verdict["state"], "lifted");
    live.pass(60).await;
    assert_eq!(live.phase().await, "active");
    assert_eq!(live.told("account.lifted")["reason"], "shop");
    assert!(!live.events().contains(&"account.breached".to_owned()));
}

#[tokio::test]
async fn step_30_minutes_later_confirms_a_pending_breach() {
    let mut live = pending().await;
    live.pass_by(1_500, 30).await;
    assert_eq!(live.phase().await, "pending");
    live.pass_by(400, 10).await;
    assert_eq!(live.phase().await, "breached");
    assert_eq!(live.told("account.breached")["confirmed_by"], "time");
    assert_eq!(live.verdicts().await[0]["confirmed_by"], "time");
}

#[tokio::test]
async fn day_without_a_step_confirms_a_pending_breach() {
    let mut live = pending().await;
    live.world.stack.lose_messages();
    live.pass_by(86_400, 3_600).await;
    live.world.stack.lose_messages();
    assert_eq!(live.phase().await, "pending");
    live.world.stack.reset_due().await;
    assert_eq!(live.phase().await, "breached");
}

#[tokio::test]
async fn confirmed_end_that_a_late_deal_contradicts_is_doubtful() {
    let mut live = Live::under(json!({})).await;
    live.step_with(
        json!({"withdraw": {"amount": 6_000}}),
        json!({"hidden": true, "name": "payout"}),
    )
    .await;
    live.pass(200).await;
    let path = live.path(&format!("verdicts/{}", verdict_of(&live.summary().await)));
    let body = json!({"decision": "confirm", "reason": "it was a loss"});
    let _ = live.world.post(&path, &body).await.expect(200);
    let release = json!({"steps": ["payout"]});
    live.world
        .stack
        .gateway
        .control(crate::support::LOGIN, "release", release)
        .await;
    live.pass(120).await;
    assert_eq!(live.phase().await, "breached", "it stays");
    assert_eq!(live.told("account.doubtful")["reason"], "explained");
    assert_eq!(live.verdicts().await[0]["doubtful"], true);
    let annul = json!({"reason": "it was a payout"});
    let annulled = live
        .world
        .post(&live.path("annul"), &annul)
        .await
        .expect(200);
    assert_eq!(annulled["phase"], "active");
    assert_eq!(live.verdicts().await[0]["state"], "annulled");
}

#[tokio::test]
async fn pass_is_told_once_and_annulled() {
    let mut live = Live::under(json!({"profit_target_pct": 8})).await;
    live.trade("win", 8_000.0).await;
    live.pass(60).await;
    assert_eq!(live.phase().await, "passed");
    assert_eq!(live.told("account.passed")["gain"], json!(8000));
    let verdicts = live.verdicts().await;
    assert_eq!(
        (&verdicts[0]["end"], &verdicts[0]["state"]),
        (&json!("pass"), &json!("confirmed"))
    );
    let body = json!({"reason": "a mistake", "rule": "profit_target"});
    let annulled = live
        .world
        .post(&live.path("annul"), &body)
        .await
        .expect(200);
    assert_eq!(annulled["phase"], "active");
    live.pass(60).await;
    assert_eq!(live.phase().await, "active");
    live.trade("another", 10.0).await;
    live.pass(60).await;
    assert_eq!(live.phase().await, "passed");
    assert_eq!(live.verdicts().await.len(), 2);
}

#[tokio::test]
async fn pause_and_its_end_are_told() {
    let mut live = Live::under(json!({"daily": {"kind": "pause"}})).await;
    live.trade("loss", -5_000.0).await;
    live.pass(60).await;
    assert_eq!(live.phase().await, "paused");
    assert!(live.told("account.paused")["until"].is_string());
    let seconds = live.summary().await["dd_daily_seconds_to_reset"].clone();
    live.pass_by(seconds.as_i64().expect("seconds") + 1, 1_200)
        .await;
    live.world.stack.reset_due().await;
    live.pass(60).await;
    assert_eq!(live.phase().await, "active");
    let events = live.events();
    let resumed = events.iter().filter(|name| *name == "account.resumed");
    assert_eq!(resumed.count(), 1, "{events:?}");
    assert!(!events.contains(&"account.breached".to_owned()));
}

#[tokio::test]
async fn other_lots_are_shown_exactly_in_yen() {
    let account = json!({"currency": "JPY", "steps": []});
    let plan = json!({"max_lots": 0.5, "daily": null, "max": null});
    let order = json!({"initial_balance": 1_000_000});
    let mut live = Live::with_account(plan, order, account).await;
    live.step(json!({"deposit": {"amount": 1_000_000}})).await;
    live.pass(65).await;
    live.step(
        json!({"open": {"position": "p", "symbol": "USDJPY", "side": "buy",
        "volume": 1.25, "price": 150}}),
    )
    .await;
    live.pass(60).await;
    assert_eq!(live.phase().await, "breached");
    let told = live.told("account.breached");
    assert_eq!(told["violation"]["threshold_value"], json!(0.5));
    assert_eq!(told["violation"]["current_value"], json!(1.25));
    let summary = live.summary().await;
    assert_eq!(summary["currency"], "JPY");
}
