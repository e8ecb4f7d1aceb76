//! Positions: many of them, and lists that differ from the deals.

use serde_json::json;

use super::Live;
use crate::support::LOGIN;

#[tokio::test]
async fn account_of_5000_open_positions_is_breached_by_the_next_step() {
    let mut live = Live::under(json!({})).await;
    live.step(
        json!({"open_many": {"positions": "p", "count": 5_000, "symbol": "EURUSD",
        "side": "buy", "volume": 0.01, "price": 1.1}}),
    )
    .await;
    live.pass_by(120, 10).await;
    live.step(json!({"equity": {"equity": 80_000}})).await;
    live.pass_by(60, 10).await;
    let summary = live.summary().await;
    assert_eq!(summary["phase"], "breached");
    assert_eq!(summary["dd_daily_used"], json!(20_000));
    assert_eq!(live.world.stack.dead_letters(), &[] as &[String]);
    let evidence = live.verdicts().await[0]["evidence"].clone();
    assert_eq!(evidence["positions_count"], 5_000);
}

#[tokio::test]
async fn position_whose_deal_is_missing_holds_a_pass_back() {
    let mut live = Live::under(json!({"profit_target_pct": 8})).await;
    live.trade("win", 8_000.0).await;
    live.step_with(
        json!({"open": {"position": "x", "symbol": "EURUSD", "side": "buy", "volume": 1,
            "price": 1.1}}),
        json!({"hidden": true}),
    )
    .await;
    live.step(json!({"equity": {"equity": 108_000}})).await;
    live.pass(120).await;
    assert_eq!(live.phase().await, "active");
    live.step(json!({"close": {"position": "x", "profit": 0}}))
        .await;
    let release = json!({"steps": [], "deals": [], "positions": []});
    live.world
        .stack
        .gateway
        .control(LOGIN, "release", release)
        .await;
    live.pass(120).await;
    assert_eq!(live.phase().await, "passed");
}

#[tokio::test]
async fn unknown_list_of_positions_stops_nothing_but_passing() {
    let mut live = Live::under(json!({"profit_target_pct": 8})).await;
    let fault = json!({"path": "positions", "fault": "internal"});
    let fault = live.world.stack.gateway.fault(fault).await;
    live.trade("win", 8_000.0).await;
    live.pass_by(180, 10).await;
    let summary = live.summary().await;
    assert_eq!(summary["balance_current"], json!(108_000));
    assert_eq!(summary["phase"], "active");
    assert_eq!(summary["attention"][0]["word"], "positions_unknown");
    live.world.stack.gateway.clear_fault(fault).await;
    live.pass_by(180, 10).await;
    let summary = live.summary().await;
    assert_eq!(summary["phase"], "passed");
    assert_eq!(summary["attention"], json!([]));
}

#[tokio::test]
async fn deals_beyond_reason_are_set_aside_and_told() {
    let mut live = Live::under(json!({})).await;
    let rule = json!({"call": "history-deals", "field": "profit", "as": "huge", "times": 1});
    live.trade("loss", -100.0).await;
    live.world
        .stack
        .gateway
        .control(LOGIN, "distortions", rule)
        .await;
    live.pass(120).await;
    let summary = live.summary().await;
    assert_eq!(summary["phase"], "active");
    let words: Vec<_> = summary["attention"].as_array().expect("a list").clone();
    assert!(
        words.iter().any(|each| each["word"] == "deal_set_aside"),
        "{words:?}"
    );
}
