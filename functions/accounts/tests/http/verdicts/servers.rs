//! A broker that moves to another server.

use serde_json::{Value, json};

use super::Live;
use crate::support::LOGIN;

async fn moved(history: &str, amount: Option<i64>) -> Live {
    let mut live = Live::under(json!({})).await;
    live.trade("loss", -2_000.0).await;
    live.pass(60).await;
    assert_eq!(live.summary().await["dd_all_time_used"], json!(2000));
    let mut body = json!({"server": "Sim-Other", "password": "of-the-other-server",
        "history": history, "old": "auth"});
    if let Some(amount) = amount {
        body["amount"] = json!(amount);
    }
    live.world
        .stack
        .gateway
        .control(LOGIN, "migrate", body)
        .await;
    let reconnect = json!({"investor_pass": "of-the-other-server", "server": "Sim-Other"});
    let path = live.path("reconnect");
    let answer = live.world.post(&path, &reconnect).await.expect(200);
    assert_eq!(answer["server_epoch"], 2);
    live.pass(120).await;
    live
}

async fn gain(live: &Live) -> Value {
    let plan = json!({"profit_target_pct": 8});
    let _ = live
        .world
        .put("/api/s2s/plans/evaluation-100k", &plan)
        .await
        .expect(200);
    let _ = live
        .world
        .post(&live.path("plan"), &json!({}))
        .await
        .expect(200);
    let rules = live
        .world
        .get(&format!("/api/account/{}/rules", live.id))
        .await;
    rules.expect(200)["states"][2]["current"].clone()
}

#[tokio::test]
async fn carried_over_balance_is_no_money() {
    let live = moved("carry_over", None).await;
    let summary = live.summary().await;
    assert_eq!(summary["balance_current"], json!(98_000));
    assert_eq!(summary["phase"], "active");
    assert_eq!(summary["dd_all_time_used"], json!(2000));
    assert_eq!(summary["dd_daily_used"], json!(2000));
    assert_eq!(gain(&live).await, json!(-2000));
}

#[tokio::test]
async fn copied_history_moves_nothing() {
    let live = moved("copy", None).await;
    let summary = live.summary().await;
    assert_eq!(summary["balance_current"], json!(98_000));
    assert_eq!(summary["dd_daily_used"], json!(2000));
    assert_eq!(gain(&live).await, json!(-2000));
    let trades = live
        .world
        .get(&format!("/api/account/{}/trades", live.id))
        .await;
    assert_eq!(trades.expect(200)["total"], 1);
}

#[tokio::test]
async fn larger_carried_balance_is_an_adjustment() {
    let live = moved("carry_over", Some(100_000)).await;
    let summary = live.summary().await;
    assert_eq!(summary["balance_current"], json!(100_000));
    assert_eq!(summary["phase"], "active");
    assert_eq!(summary["dd_daily_used"], json!(2000));
    assert_eq!(gain(&live).await, json!(-2000));
}

#[tokio::test]
async fn moved_account_is_judged_on_its_new_server() {
    let mut live = moved("carry_over", None).await;
    live.trade("again", -3_100.0).await;
    live.pass(60).await;
    assert_eq!(live.phase().await, "breached");
    assert_eq!(
        live.told("account.breached")["violation"]["current_value"],
        json!(5100)
    );
    let again = json!({"initial_balance": 100_000});
    let problem = live.world.send(live.world.connect(&again)).await;
    assert_ne!(problem.status, 201, "the old login has moved");
}
