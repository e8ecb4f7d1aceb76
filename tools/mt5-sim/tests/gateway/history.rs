//! Histories that lag behind the balance, arrive late or never.

use crate::support::{Gateway, started};
use axum::http::StatusCode;

const FUNDED: &str = r#"{"do":{"deposit":{"amount":100000}}},
    {"do":{"operation":{"kind":"interest","amount":8000}}}"#;

async fn balance_and_deals(gateway: &Gateway, id: &str) -> (String, usize) {
    let balance = gateway.information(id).await.text_of("/balance");
    (balance, gateway.deals(id).await.len())
}

#[tokio::test]
async fn payout_deal_appears_twelve_seconds_after_balance() {
    let (gateway, clock, id) = started(FUNDED).await;
    gateway
        .steps(r#"{"lag_s":12,"do":{"withdraw":{"amount":8000}}}"#)
        .await;
    for (ms, deals) in [(0, 2), (11_999, 2), (1, 3)] {
        clock.pass_ms(ms);
        let shown = balance_and_deals(&gateway, &id).await;
        assert_eq!(shown, ("100000".to_owned(), deals), "{ms}");
    }
}

#[tokio::test]
async fn hidden_deal_appears_when_released() {
    let (gateway, clock, id) = started(FUNDED).await;
    gateway
        .steps(
            r#"{"name":"payout","hidden":true,"do":{"withdraw":{"amount":8000}}},
               {"hidden":true,"do":{"operation":{"kind":"charge","amount":-12.4}}}"#,
        )
        .await;
    clock.pass_ms(86_400_000);
    assert_eq!(
        balance_and_deals(&gateway, &id).await,
        ("99987.6".to_owned(), 2)
    );
    gateway.control("release", r#"{"steps":["payout"]}"#).await;
    let deals = gateway.deals(&id).await;
    assert_eq!(deals.len(), 3);
    assert_eq!(deals[2]["profit"].to_string(), "-8000");
    assert_eq!(deals[2]["time"], "2026-11-10T05:30:00.000Z");
    gateway.control("release", "{}").await;
    assert_eq!(gateway.deals(&id).await.len(), 4);
}

#[tokio::test]
async fn known_deal_can_be_hidden_by_id() {
    let (gateway, _, id) = started(FUNDED).await;
    let deal = gateway.deals(&id).await[1]["id"].clone();
    gateway
        .control("hide", &format!(r#"{{"deals":[{deal}]}}"#))
        .await;
    assert_eq!(
        balance_and_deals(&gateway, &id).await,
        ("108000".to_owned(), 1)
    );
    gateway
        .control("release", &format!(r#"{{"deals":[{deal}]}}"#))
        .await;
    assert_eq!(gateway.deals(&id).await.len(), 2);
}

#[tokio::test]
async fn history_arrives_25_seconds_after_first_balance() {
    let (gateway, clock, id) = started(FUNDED).await;
    gateway
        .control("history", r#"{"after_first_balance_s":25}"#)
        .await;
    clock.pass_ms(60_000);
    assert_eq!(gateway.deals(&id).await.len(), 0);
    assert_eq!(gateway.information(&id).await.text_of("/balance"), "108000");
    clock.pass_ms(24_999);
    assert_eq!(gateway.deals(&id).await.len(), 0);
    clock.pass_ms(1);
    assert_eq!(gateway.deals(&id).await.len(), 2);
}

#[tokio::test]
async fn all_deals_lag_by_the_account_setting() {
    let (gateway, clock, id) = started(FUNDED).await;
    gateway.control("history", r#"{"lag_s":10}"#).await;
    assert_eq!(gateway.deals(&id).await.len(), 0);
    clock.pass_ms(10_000);
    assert_eq!(gateway.deals(&id).await.len(), 2);
    gateway.steps(r#"{"do":{"deposit":{"amount":1}}}"#).await;
    clock.pass_ms(9_000);
    assert_eq!(
        balance_and_deals(&gateway, &id).await,
        ("108001".to_owned(), 2)
    );
    clock.pass_ms(1_000);
    assert_eq!(gateway.deals(&id).await.len(), 3);
}

#[tokio::test]
async fn broker_keeps_only_deals_of_last_month() {
    let (gateway, _, id) = started(
        r#"{"at":"2026-01-05T00:00:00Z","do":{"deposit":{"amount":102500}}},
           {"at":"2026-11-01T00:00:00Z","do":{"operation":{"kind":"interest","amount":500}}}"#,
    )
    .await;
    gateway
        .control("history", r#"{"kept_from":"2026-10-10T00:00:00Z"}"#)
        .await;
    assert_eq!(
        balance_and_deals(&gateway, &id).await,
        ("103000".to_owned(), 1)
    );
    gateway.control("history", r#"{"withheld":true}"#).await;
    assert_eq!(gateway.deals(&id).await.len(), 0);
    gateway.control("history", "{}").await;
    assert_eq!(gateway.deals(&id).await.len(), 2);
}

#[tokio::test]
async fn ledger_tells_what_history_hides() {
    let (gateway, _, id) = started(FUNDED).await;
    gateway
        .steps(r#"{"hidden":true,"do":{"withdraw":{"amount":8000}}}"#)
        .await;
    gateway.information(&id).await;
    let ledger = gateway.get("/sim/accounts/7000001/ledger").await;
    let json = ledger.json();
    assert_eq!(json["deals"].as_array().map(Vec::len), Some(3));
    assert!(json["deals"][2]["visible_at"].is_null());
    assert_eq!(ledger.text_of("/deals/2/profit"), "-8000");
    assert_eq!(ledger.text_of("/observations/0/balance"), "100000");
    assert_eq!(json["observations"].as_array().map(Vec::len), Some(1));
    let cleared = gateway.delete("/sim/accounts/7000001/observations").await;
    assert_eq!(cleared.status, StatusCode::NO_CONTENT);
    let ledger = gateway.get("/sim/accounts/7000001/ledger").await.json();
    assert_eq!(ledger["observations"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn unknown_selections_are_refused() {
    let (gateway, _, _) = started(FUNDED).await;
    for (control, body) in [
        ("release", r#"{"steps":["none"]}"#),
        ("release", r#"{"deals":["1"]}"#),
        ("hide", r#"{"positions":["a"]}"#),
        ("hide", "{}"),
        ("hide", r#"{"unknown":1}"#),
    ] {
        let path = format!("/sim/accounts/7000001/{control}");
        let answer = gateway.post(&path, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
}
