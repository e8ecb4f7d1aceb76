//! A gateway that stays away.

use serde_json::json;

use super::Live;

#[tokio::test]
async fn gateway_that_stays_away_is_told_and_so_is_its_return() {
    let mut live = Live::under(json!({})).await;
    live.trade("some", 10.0).await;
    live.pass(60).await;
    let fault = live
        .world
        .stack
        .gateway
        .fault(json!({"path": "all", "fault": "timeout"}))
        .await;
    live.pass_by(420, 5).await;
    let summary = live.summary().await;
    assert_eq!(summary["status"], "stale");
    assert!(summary["status_detail"].is_string());
    assert_eq!(live.told("account.stale")["cause"], "gateway");
    live.world.stack.gateway.clear_fault(fault).await;
    live.pass_by(240, 5).await;
    let summary = live.summary().await;
    assert_eq!(summary["status"], "active");
    assert_eq!(summary["status_detail"], serde_json::Value::Null);
    let stale_s = live.told("account.recovered")["stale_s"].as_i64();
    assert!(
        stale_s.is_some_and(|stale_s| (400..700).contains(&stale_s)),
        "{stale_s:?}"
    );
    assert_eq!(live.events(), ["account.stale", "account.recovered"]);
}

#[tokio::test]
async fn server_without_settings_is_asked_hourly_for_a_day() {
    let mut live = Live::under(json!({})).await;
    let rule = json!({"path": "all", "fault": "server_timezone"});
    let fault = live.world.stack.gateway.fault(rule).await;
    live.pass_by(7_300, 600).await;
    assert_ne!(live.summary().await["status"], "error");
    live.world.stack.gateway.clear_fault(fault).await;
    live.pass_by(3_700, 600).await;
    live.pass(120).await;
    assert_eq!(live.summary().await["status"], "active");
    let rule = json!({"path": "all", "fault": "server_timezone"});
    live.world.stack.gateway.fault(rule).await;
    live.pass_by(25 * 3_600, 1_800).await;
    assert_eq!(live.summary().await["status"], "error");
    assert!(live.events().contains(&"account.error".to_owned()));
}

#[tokio::test]
async fn outage_over_a_reset_keeps_both_days_apart() {
    let mut live = Live::under(json!({})).await;
    let seconds = live.summary().await["dd_daily_seconds_to_reset"].clone();
    let seconds = seconds.as_i64().expect("seconds");
    live.pass_by(seconds - 3_600, 1_200).await;
    live.pass(1).await;
    live.world
        .stack
        .gateway
        .fault(json!({"path": "all", "fault": "timeout", "for_s": 9_000}))
        .await;
    live.trade("evening", -4_500.0).await;
    live.pass_by(5_400, 300).await;
    live.trade("night", -1_000.0).await;
    live.pass_by(4_200, 60).await;
    let summary = live.summary().await;
    assert_eq!(summary["dd_daily_reference"], json!(95_500));
    assert_eq!(summary["dd_daily_used"], json!(1000));
    assert_eq!(summary["dd_all_time_used"], json!(5500));
    assert_eq!(summary["phase"], "active");
    assert_eq!(summary["trading_days"], 2);
}
