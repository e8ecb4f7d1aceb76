//! Balances that deals explain late, or never.

use serde_json::{Value, json};

use super::Live;
use crate::support::LOGIN;

/// An account of 108,000 at the beginning of its day.
async fn gained(plan: Value) -> Live {
    let mut live = Live::under(plan).await;
    live.trade("win", 8_000.0).await;
    live.pass(60).await;
    let reset = live.summary().await["dd_daily_seconds_to_reset"].clone();
    let seconds = reset.as_i64().expect("seconds") + 60;
    live.pass_by(seconds, 1_200).await;
    live.pass(60).await;
    let summary = live.summary().await;
    assert_eq!(summary["dd_daily_reference"], json!(108_000));
    live
}

#[tokio::test]
async fn payout_whose_deal_lags_12_seconds_is_no_loss() {
    let mut live = gained(json!({})).await;
    let payout = json!({"withdraw": {"amount": 8_000}});
    live.step_with(payout, json!({"history_lag_s": 12})).await;
    live.pass(90).await;
    let summary = live.summary().await;
    assert_eq!(summary["phase"], "active");
    assert_eq!(summary["balance_current"], json!(100_000));
    assert_eq!(summary["dd_daily_used"], json!(0));
    assert_eq!(live.events(), [""; 0]);
}

#[tokio::test]
async fn payout_whose_deal_lags_5_minutes_is_pending_then_lifted() {
    let mut live = gained(json!({})).await;
    let payout = json!({"withdraw": {"amount": 8_000}});
    live.step_with(payout, json!({"history_lag_s": 300})).await;
    live.pass(200).await;
    let summary = live.summary().await;
    assert_eq!(summary["phase"], "pending");
    assert_eq!(summary["verdict"]["rule"], "daily_drawdown");
    assert_eq!(summary["unexplained"], json!(-8000));
    assert_eq!(summary["attention"][0]["word"], "unexplained");
    let told = live.told("account.pending");
    assert_eq!(told["violation"]["current_value"], json!(8000));
    assert_eq!(told["unexplained"], json!(-8000));
    assert!(!live.events().contains(&"account.breached".to_owned()));

    live.pass(130).await;
    let summary = live.summary().await;
    assert_eq!(summary["phase"], "active");
    assert_eq!(summary["verdict"], Value::Null);
    assert_eq!(summary["unexplained"], json!(0));
    assert_eq!(summary["dd_daily_used"], json!(0));
    assert_eq!(summary["attention"], json!([]));
    assert_eq!(live.told("account.lifted")["reason"], "explained");
    let verdicts = live.verdicts().await;
    assert_eq!(verdicts.len(), 1);
    assert_eq!(verdicts[0]["state"], "lifted");
    let violations = live
        .world
        .get(&format!("/api/account/{}/rules", live.id))
        .await;
    let violations = violations.expect(200)["violations"].clone();
    let lifted = violations.as_array().expect("violations").iter();
    assert!(lifted.clone().count() >= 3);
    assert!(
        lifted
            .into_iter()
            .all(|violation| violation["lifted"] == true)
    );
}

#[tokio::test]
async fn deposit_whose_deal_never_comes_passes_nothing() {
    let mut live = Live::under(json!({"profit_target_pct": 8})).await;
    let deposit = json!({"deposit": {"amount": 9_000, "comment": "internal transfer"}});
    live.step_with(deposit, json!({"hidden": true})).await;
    live.pass(200).await;
    assert_eq!(live.phase().await, "active");
    live.pass_by(90_000, 600).await;
    live.world.stack.reset_due().await;
    live.pass(60).await;
    let summary = live.summary().await;
    assert_eq!(summary["phase"], "active");
    assert_eq!(summary["balance_current"], json!(109_000));
    assert!(!live.events().contains(&"account.passed".to_owned()));
}

#[tokio::test]
async fn busy_account_finds_its_late_payout_as_well() {
    let mut live = Live::under(json!({})).await;
    let from = live.world.stack.now() - chrono::TimeDelta::hours(38);
    let body = json!({"count": 3_200, "from": crate::support::rfc3339(from), "every_ms": 42_000,
        "held_ms": 1_000, "profits": [2.5]});
    live.world
        .stack
        .gateway
        .control(LOGIN, "closed", body)
        .await;
    live.pass(120).await;
    let summary = live.summary().await;
    assert_eq!(summary["balance_current"], json!(108_000));
    assert_eq!(summary["phase"], "active");
    let payout = json!({"withdraw": {"amount": 8_000}});
    live.step_with(payout, json!({"history_lag_s": 3})).await;
    live.pass(90).await;
    let summary = live.summary().await;
    assert_eq!(summary["balance_current"], json!(100_000));
    assert_eq!(summary["phase"], "active");
    assert_eq!(summary["unexplained"], json!(0));
    assert!(!live.events().contains(&"account.pending".to_owned()));
}

#[tokio::test]
async fn announced_payout_is_seen_at_once_and_matched_later() {
    let mut live = gained(json!({})).await;
    let path = live.path("adjustments");
    let body = json!({"amount": -8_000, "kind": "payout", "note": "October"});
    let announced = live.world.post(&path, &body).await.expect(201);
    assert_eq!(announced["state"], "expected");
    let payout = json!({"withdraw": {"amount": 8_000}});
    live.step_with(payout, json!({"history_lag_s": 3_600}))
        .await;
    live.pass(60).await;
    let state = |list: Value| list["items"][0]["state"].clone();
    let list = live.world.shop_get(&path).await.expect(200);
    assert_eq!(state(list), "seen");
    let summary = live.summary().await;
    assert_eq!(
        (&summary["phase"], &summary["dd_daily_used"]),
        (&json!("active"), &json!(0))
    );
    live.pass_by(4_200, 30).await;
    let list = live.world.shop_get(&path).await.expect(200);
    assert_eq!(state(list.clone()), "matched");
    assert_eq!(list["items"][0]["deals"].as_array().map(Vec::len), Some(1));
    let summary = live.summary().await;
    assert_eq!(summary["balance_current"], json!(100_000));
    assert_eq!(summary["dd_daily_used"], json!(0));
    assert_eq!(live.events(), [""; 0]);
    let one = format!("{path}/{}", super::text(&announced["id"]));
    let cancel = live.world.stack.shop.delete(&one);
    assert_eq!(live.world.send(cancel).await.status, 409);
}

#[tokio::test]
async fn shop_answers_what_a_difference_was() {
    let mut live = gained(json!({})).await;
    live.step_with(
        json!({"withdraw": {"amount": 8_000}}),
        json!({"hidden": true}),
    )
    .await;
    live.pass(200).await;
    assert_eq!(live.phase().await, "pending");
    let path = live.path("unexplained");
    let wrong = json!({"adjustment": -7_000, "trading": 0, "reason": "a payout"});
    let problem = live.world.post(&path, &wrong).await.expect(409);
    assert_eq!(problem["unexplained"], json!(-8000));
    let right = json!({"adjustment": -8_000, "trading": 0, "reason": "a payout"});
    let summary = live.world.post(&path, &right).await.expect(200);
    assert_eq!(summary["phase"], "active");
    assert_eq!(summary["unexplained"], json!(0));
    assert_eq!(summary["dd_daily_used"], json!(0));
}

#[tokio::test]
async fn cancelled_trade_leaves_the_gain() {
    let mut live = Live::under(json!({"profit_target_pct": 8})).await;
    live.step(
        json!({"open": {"position": "w", "symbol": "EURUSD", "side": "buy", "volume": 1,
        "price": 1.1}}),
    )
    .await;
    live.step_with(
        json!({"close": {"position": "w", "profit": 7_000}}),
        json!({"name": "won"}),
    )
    .await;
    live.pass(60).await;
    live.step(json!({"cancel": {"deal": "won", "booked": "apart"}}))
        .await;
    live.pass(120).await;
    let summary = live.summary().await;
    assert_eq!(summary["balance_current"], json!(100_000));
    assert_eq!(
        (&summary["phase"], &summary["dd_daily_used"]),
        (&json!("active"), &json!(0))
    );
    let rules = live
        .world
        .get(&format!("/api/account/{}/rules", live.id))
        .await;
    assert_eq!(rules.expect(200)["states"][2]["current"], json!(0));
    let trades = live
        .world
        .get(&format!("/api/account/{}/trades", live.id))
        .await;
    assert_eq!(trades.expect(200)["trades"][0]["net_profit"], json!(0));
}

#[tokio::test]
async fn doubles_with_noise_are_read_as_what_they_mean() {
    let mut live = Live::under(json!({})).await;
    live.world
        .stack
        .gateway
        .control(LOGIN, "distortions", json!({"as": "noise"}))
        .await;
    live.trade("loss", -36.86).await;
    live.pass(60).await;
    let summary = live.summary().await;
    assert_eq!(summary["balance_current"], json!(99_963.14));
    assert_eq!(summary["dd_daily_used"], json!(36.86));
    assert_eq!(live.events(), [""; 0]);
}

#[tokio::test]
async fn class_of_a_balance_operation_decides_what_it_is() {
    let mut live = Live::under(json!({})).await;
    let table = json!({"rules": [
        {"kinds": ["balance"], "match": "prefix", "text": "swap", "class": "trading"},
    ]});
    let put = live
        .world
        .put("/api/s2s/deal-classes", &table)
        .await
        .expect(200);
    assert_eq!(put["version"], 1);
    for comment in ["Swap charge", "anything"] {
        live.step(json!({"operation": {"kind": "balance", "amount": -12.4, "comment": comment}}))
            .await;
    }
    live.pass(60).await;
    let summary = live.summary().await;
    assert_eq!(summary["balance_current"], json!(99_975.2));
    assert_eq!(summary["dd_daily_used"], json!(12.4));
    let ledger = live.world.stack.gateway.ledger(LOGIN).await;
    let deals = ledger["deals"].as_array().expect("deals").clone();
    let deal = super::text(&deals.last().expect("a deal")["id"]);
    let path = live.path(&format!("deals/{deal}/class"));
    let body = json!({"class": "trading", "reason": "it is a fee"});
    let set = live.world.put(&path, &body).await.expect(200);
    assert_eq!(set["class_before"], "adjustment");
    assert_eq!(live.summary().await["dd_daily_used"], json!(24.8));
    assert_eq!(
        live.told_after_pump("account.updated").await["reason"],
        "class"
    );
}

impl Live {
    async fn told_after_pump(&mut self, name: &str) -> Value {
        self.world.stack.pump().await;
        self.told(name)
    }
}
