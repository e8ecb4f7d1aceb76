//! Where a challenge starts.

use serde_json::{Value, json};

use super::Live;

#[tokio::test]
async fn account_connected_before_its_deposit_waits_for_it() {
    let mut live = Live::empty(json!({}), json!({"initial_balance": 100_000})).await;
    live.pass(5).await;
    let before = live.summary().await;
    assert_eq!(before["phase"], "awaiting_funds");
    for field in ["dd_daily_used", "dd_all_time_used", "dd_daily_limit"] {
        assert_eq!(before[field], Value::Null, "{field}");
    }
    live.step(json!({"deposit": {"amount": 100_000}})).await;
    live.pass(65).await;
    let summary = live.summary().await;
    assert_eq!(summary["phase"], "active");
    assert_eq!(summary["dd_daily_limit"], json!(5000));
    assert_eq!(summary["dd_all_time_limit"], json!(10_000));
    assert_eq!(summary["dd_all_time_used"], json!(0));
    assert_eq!(live.events(), [""; 0]);
    assert_eq!(
        live.told("account.started")["initial_balance"],
        json!(100_000)
    );
}

#[tokio::test]
async fn unfunded_account_without_initial_balance_never_passes() {
    let plan = json!({"profit_target_pct": 8});
    let mut live = Live::empty(plan, json!({"initial_balance": null})).await;
    live.pass(5).await;
    assert_eq!(live.phase().await, "awaiting_funds");
    live.step(json!({"deposit": {"amount": 100_000}})).await;
    live.pass(65).await;
    let summary = live.summary().await;
    assert_eq!(summary["phase"], "active");
    assert_eq!(summary["initial_balance"], json!(100_000));
}

#[tokio::test]
async fn missing_funds_are_told_after_an_hour() {
    let mut live = Live::empty(json!({}), json!({"initial_balance": 100_000})).await;
    live.pass_by(3_540, 60).await;
    live.world.stack.reset_due().await;
    assert_eq!(live.events(), [""; 0]);
    live.pass_by(120, 60).await;
    live.world.stack.reset_due().await;
    assert_eq!(live.events(), ["account.awaiting_funds"]);
    assert_eq!(live.told("account.awaiting_funds")["reason"], "unfunded");
    live.world.stack.reset_due().await;
    assert_eq!(live.events(), ["account.awaiting_funds"]);
}

#[tokio::test]
async fn shop_starts_a_challenge_below_its_initial_balance() {
    let mut live = Live::empty(json!({}), json!({"initial_balance": 100_000})).await;
    live.step(json!({"deposit": {"amount": 95_000}})).await;
    let path = live.path("start");
    let body = json!({"reason": "sold at a discount"});
    live.pass(65).await;
    assert_eq!(live.phase().await, "awaiting_funds");
    let summary = live.world.post(&path, &body).await.expect(200);
    assert_eq!(summary["phase"], "active");
    assert_eq!(summary["dd_daily_reference"], json!(95_000));
    assert_eq!(live.world.post(&path, &body).await.status, 409);
}

#[tokio::test]
async fn deposits_of_before_the_connection_are_no_gain() {
    let account = json!({"start": "2026-01-05T10:00:00Z", "steps": [
        {"at": "2026-01-05T10:00:00Z", "do": {"deposit": {"amount": 100_000}}},
        {"at": "2026-01-05T11:00:00Z", "do": {"open": {"position": "a", "symbol": "EURUSD",
            "side": "buy", "volume": 1, "price": 1.1}}},
        {"at": "2026-01-05T12:00:00Z", "do": {"close": {"position": "a", "profit": 500}}},
        {"at": "2026-01-05T13:00:00Z", "do": {"deposit": {"amount": 50_000}}},
    ]});
    let plan = json!({"profit_target_pct": 8});
    let order = json!({"initial_balance": 100_000});
    let mut live = Live::with_account(plan, order, account).await;
    live.pass(5).await;
    let shown = live
        .world
        .get(&format!("/api/account/{}/rules", live.id))
        .await;
    let states = shown.expect(200)["states"].clone();
    assert_eq!(live.phase().await, "active");
    assert_eq!(states[2]["rule"], "profit_target");
    assert_eq!(states[2]["current"], json!(500));
    assert_eq!(states[2]["room"], json!(7500));
}

#[tokio::test]
async fn reset_judges_from_its_own_moment_on() {
    let mut live = Live::under(json!({})).await;
    live.pass(600).await;
    let path = live.path("reset");
    let answer = live.world.post(&path, &json!({})).await.expect(200);
    assert_eq!(answer["phase"], "awaiting_funds");
    live.trade("loss", -6_000.0).await;
    live.pass(5).await;
    assert_eq!(live.phase().await, "breached");
    assert_eq!(
        live.told("account.breached")["violation"]["current_value"],
        json!(6000)
    );
    assert_eq!(live.told("account.updated")["reason"], "reset");
}

#[tokio::test]
async fn reset_before_the_restoring_deposit_waits_for_it() {
    let mut live = Live::under(json!({})).await;
    live.trade("loss", -10_100.0).await;
    live.pass(60).await;
    assert_eq!(live.phase().await, "breached");
    let path = live.path("reset");
    let body = json!({"initial_balance": 100_000});
    let _ = live.world.post(&path, &body).await.expect(200);
    live.pass(10).await;
    assert_eq!(live.phase().await, "awaiting_funds");
    live.step(json!({"deposit": {"amount": 10_100}})).await;
    live.pass(65).await;
    let summary = live.summary().await;
    assert_eq!(summary["phase"], "active");
    assert_eq!(summary["dd_all_time_used"], json!(0));
    assert_eq!(summary["trading_days"], 0);
}
