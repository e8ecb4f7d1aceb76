//! Fields of answers that are not as they should be.

use crate::support::started;
use axum::http::StatusCode;

const ACCOUNT: &str = r#"{"do":{"deposit":{"amount":9963.14}}},
    {"do":{"open":{"position":"a","symbol":"EURUSD","side":"buy","volume":0.1,"price":1.1}}}"#;

#[tokio::test]
async fn noise_of_doubles_reaches_every_computed_field() {
    let (gateway, _, id) = started(ACCOUNT).await;
    gateway.control("distortions", r#"{"as":"noise"}"#).await;
    let information = gateway.information(&id).await.text;
    assert!(information.contains(r#""balance":9963.140000000001"#));
    assert!(information.contains(r#""credit":5.684341886080802e-14"#));
    assert!(information.contains(r#""login":7000001"#));
    let positions = gateway.positions(&id).await.text;
    assert!(positions.contains(r#""profit":5.684341886080802e-14"#));
    assert!(positions.contains(r#""volume":0.10000000000000002"#));
    let cleared = gateway.delete("/sim/accounts/7000001/distortions").await;
    assert_eq!(cleared.status, StatusCode::NO_CONTENT);
    let information = gateway.information(&id).await;
    assert_eq!(information.text_of("/balance"), "9963.14");
}

#[tokio::test]
async fn each_shape_is_written_as_named() {
    let (gateway, _, id) = started(ACCOUNT).await;
    for (shape, written) in [
        (r#""as":"null""#, r#""equity":null"#),
        (r#""as":"text""#, r#""equity":"9963.14""#),
        (r#""as":"nan""#, r#""equity":"NaN""#),
        (r#""as":"bare_nan""#, r#""equity":NaN"#),
        (r#""as":"huge""#, r#""equity":1e300"#),
        (r#""value":{"a":[1.50]}"#, r#""equity":{"a":[1.50]}"#),
    ] {
        let rule =
            format!(r#"{{"call":"account-information","field":"equity","times":1,{shape}}}"#);
        gateway.control("distortions", &rule).await;
        let answer = gateway.information(&id).await.text;
        assert!(answer.contains(written), "{answer}");
        let answer = gateway.information(&id).await;
        assert_eq!(answer.text_of("/equity"), "9963.14");
    }
}

#[tokio::test]
async fn credit_can_be_absent() {
    let (gateway, _, id) = started(ACCOUNT).await;
    gateway
        .control(
            "distortions",
            r#"{"call":"account-information","field":"credit","as":"missing"}"#,
        )
        .await;
    let information = gateway.information(&id).await.json();
    assert!(information.get("credit").is_none());
    assert!(information.get("margin").is_some());
}

#[tokio::test]
async fn one_deal_is_distorted_by_its_id() {
    let (gateway, _, id) = started(ACCOUNT).await;
    let deals = gateway.deals(&id).await;
    let rule = format!(
        r#"{{"call":"history-deals","id":{},"field":"time","value":"1989-01-01T00:00:00Z"}}"#,
        deals[1]["id"]
    );
    gateway.control("distortions", &rule).await;
    let distorted = gateway.deals(&id).await;
    assert_eq!(distorted[1]["time"], "1989-01-01T00:00:00Z");
    assert_eq!(distorted[0], deals[0]);
    let positions = gateway.positions(&id).await;
    assert_eq!(positions.text_of("/0/time"), "\"2026-11-10T05:30:00.000Z\"");
}

#[tokio::test]
async fn unreadable_snapshot_is_no_observation() {
    let (gateway, _, id) = started(ACCOUNT).await;
    gateway
        .control(
            "distortions",
            r#"{"field":"balance","as":"null","times":1}"#,
        )
        .await;
    gateway.information(&id).await;
    gateway.information(&id).await;
    let ledger = gateway.get("/sim/accounts/7000001/ledger").await.json();
    assert_eq!(ledger["observations"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn scenario_file_brings_distortions() {
    let clock = crate::support::TestClock::at("2026-11-10T05:30:00Z");
    let scenario = r#"{"accounts":[{"login":"7000001","password":"right","server":"Sim-Demo",
        "steps":[{"do":{"deposit":{"amount":0.3}}}],
        "history":{"lag_s":60},
        "distortions":[{"as":"noise","call":"account-information"}]}]}"#;
    let gateway = crate::support::Gateway::new(crate::support::settings(scenario, &clock));
    let id = gateway.registered('a', "7000001", "right").await;
    let information = gateway.information(&id).await.text;
    assert!(information.contains(r#""balance":0.30000000000000004"#));
    assert_eq!(gateway.deals(&id).await.len(), 0);
}
