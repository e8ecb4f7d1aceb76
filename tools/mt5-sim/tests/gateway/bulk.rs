//! Thousands of positions and of closed trades in one call.

use crate::support::started;
use axum::http::StatusCode;

#[tokio::test]
async fn one_call_opens_10000_positions() {
    let (gateway, _, id) = started(r#"{"do":{"deposit":{"amount":100000}}}"#).await;
    let begun = std::time::Instant::now();
    gateway
        .steps(
            r#"{"do":{"open_many":{"positions":"p","count":10000,"symbol":"EURUSD","side":"buy",
                "volume":0.01,"price":1.1,"commission":-0.01}}},
               {"do":{"price":{"symbol":"EURUSD","price":1.09801}}}"#,
        )
        .await;
    let positions = gateway.positions(&id).await.json();
    assert_eq!(positions.as_array().map(Vec::len), Some(10_000));
    let information = gateway.information(&id).await;
    assert_eq!(information.text_of("/balance"), "99900");
    assert_eq!(information.text_of("/equity"), "80000");
    let ids: std::collections::BTreeSet<String> = positions
        .as_array()
        .expect("a list")
        .iter()
        .map(|position| position["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 10_000);
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    let state = gateway
        .steps(r#"{"do":{"close_many":{"positions":"p","profit":-1}}}"#)
        .await;
    assert_eq!(state.text_of("/balance"), "89900");
    assert_eq!(state.text_of("/positions"), "0");
    assert_eq!(state.text_of("/deals"), "20001");
}

#[tokio::test]
async fn equity_is_spread_over_5000_small_positions() {
    let (gateway, _, id) = started(
        r#"{"do":{"deposit":{"amount":100000}}},
           {"do":{"open_many":{"positions":"p","count":5000,"symbol":"EURUSD","side":"buy","volume":0.01,"price":1.1}}},
           {"do":{"equity":{"equity":80000.01}}}"#,
    )
    .await;
    assert_eq!(
        gateway.information(&id).await.text_of("/equity"),
        "80000.01"
    );
    let positions = gateway.positions(&id).await;
    assert_eq!(positions.text_of("/0/profit"), "-4");
}

#[tokio::test]
async fn one_call_loads_100000_closed_positions() {
    let (gateway, _, id) = started("").await;
    let begun = std::time::Instant::now();
    let state = gateway
        .control(
            "closed",
            r#"{"count":100000,"from":"2026-08-01T00:00:00Z","every_ms":60000,"held_ms":30000,
                "profits":[10,-8.5,0.25,-1]}"#,
        )
        .await;
    // 25,000 rounds of 0.75.
    assert_eq!(state.text_of("/balance"), "18750");
    assert_eq!(state.text_of("/deals"), "200000");
    assert_eq!(state.text_of("/positions"), "0");
    let added = gateway.steps(r#"{"do":{"deposit":{"amount":1}}}"#).await;
    assert_eq!(added.text_of("/balance"), "18751");
    let path = format!(
        "/users/current/accounts/{id}/history-deals/time/2026-01-01T00:00:00Z/2027-01-01T00:00:00Z"
    );
    let page = gateway.get(&format!("{path}?offset=199999")).await.json();
    assert_eq!(page.as_array().map(Vec::len), Some(2));
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn bulk_actions_out_of_bounds_are_refused() {
    let (gateway, _, _) = started("").await;
    for (control, body) in [
        (
            "closed",
            r#"{"count":200001,"from":"2026-08-01T00:00:00Z","profits":[1]}"#,
        ),
        (
            "closed",
            r#"{"count":1,"from":"2026-08-01T00:00:00Z","profits":[]}"#,
        ),
        (
            "steps",
            r#"{"steps":[{"do":{"open_many":{"positions":"p","count":20001,"symbol":"EURUSD","side":"buy","volume":1,"price":1}}}]}"#,
        ),
        (
            "steps",
            r#"{"steps":[{"do":{"close_many":{"positions":"p"}}}]}"#,
        ),
    ] {
        let path = format!("/sim/accounts/7000001/{control}");
        let answer = gateway.post(&path, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
}
