//! Deals that the broker cancels in place.

use crate::support::{Gateway, started};
use axum::http::StatusCode;

const WON: &str = r#"{"do":{"deposit":{"amount":100000}}},
    {"do":{"open":{"position":"a","symbol":"EURUSD","side":"buy","volume":1,"price":1.1}}},
    {"name":"win","do":{"close":{"position":"a","profit":8000,"commission":-7}}}"#;

async fn figures(gateway: &Gateway, id: &str) -> (String, Vec<(String, String)>) {
    let balance = gateway.information(id).await.text_of("/balance");
    let deals = gateway.deals(id).await;
    let text = |deal: &serde_json::Value| {
        let kind = deal["type"].as_str().expect("a type").to_owned();
        (kind, deal["profit"].to_string())
    };
    (balance, deals.iter().map(text).collect())
}

fn deal(kind: &str, profit: &str) -> (String, String) {
    (format!("DEAL_TYPE_{kind}"), profit.to_owned())
}

#[tokio::test]
async fn cancelled_win_is_booked_back_by_own_deal() {
    let (gateway, clock, id) = started(WON).await;
    let before = gateway.deals(&id).await;
    clock.pass_ms(86_400_000);
    gateway
        .steps(r#"{"do":{"cancel":{"deal":"win","comment":"Cancelled trade"}}}"#)
        .await;
    let (balance, deals) = figures(&gateway, &id).await;
    assert_eq!(balance, "99993");
    assert_eq!(
        deals[2..],
        [deal("SELL_CANCELED", "0"), deal("BALANCE", "-8000")]
    );
    let after = gateway.deals(&id).await;
    for field in ["id", "time", "commission", "volume", "positionId"] {
        assert_eq!(after[2][field], before[2][field], "{field}");
    }
    assert_eq!(after[3]["comment"], "Cancelled trade");
}

#[tokio::test]
async fn cancellation_in_place_moves_balance_without_deal() {
    let (gateway, _, id) = started(WON).await;
    let win = gateway.deals(&id).await[2]["id"].clone();
    gateway
        .steps(&format!(
            r#"{{"do":{{"cancel":{{"deal":{win},"booked":"in_place"}}}}}}"#
        ))
        .await;
    let (balance, deals) = figures(&gateway, &id).await;
    assert_eq!(balance, "99993");
    assert_eq!(deals[2..], [deal("SELL_CANCELED", "0")]);
}

#[tokio::test]
async fn kept_cancellation_leaves_balance_as_is() {
    let (gateway, _, id) = started(WON).await;
    gateway
        .steps(r#"{"do":{"cancel":{"deal":"win","booked":"kept"}}}"#)
        .await;
    let (balance, deals) = figures(&gateway, &id).await;
    assert_eq!(balance, "107993");
    assert_eq!(deals[2..], [deal("SELL_CANCELED", "0")]);
}

#[tokio::test]
async fn cancellation_lags_as_its_step_says() {
    let (gateway, clock, id) = started(WON).await;
    gateway
        .steps(r#"{"name":"c","hidden":true,"do":{"cancel":{"deal":"win"}}}"#)
        .await;
    clock.pass_ms(60_000);
    let (balance, deals) = figures(&gateway, &id).await;
    assert_eq!(balance, "99993");
    assert_eq!(deals[2..], [deal("SELL", "8000")]);
    gateway.control("release", r#"{"steps":["c"]}"#).await;
    let (_, deals) = figures(&gateway, &id).await;
    assert_eq!(
        deals[2..],
        [deal("SELL_CANCELED", "0"), deal("BALANCE", "-8000")]
    );
}

#[tokio::test]
async fn only_trades_are_cancelled_and_once() {
    let (gateway, _, _) = started(WON).await;
    gateway.steps(r#"{"do":{"cancel":{"deal":"win"}}}"#).await;
    for target in ["win", "none", "12"] {
        let body = format!(r#"{{"steps":[{{"do":{{"cancel":{{"deal":"{target}"}}}}}}]}}"#);
        let answer = gateway.post("/sim/accounts/7000001/steps", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{target}");
    }
}

#[tokio::test]
async fn steps_in_the_past_keep_cancellations() {
    let (gateway, _, id) = started(WON).await;
    gateway.steps(r#"{"do":{"cancel":{"deal":"win"}}}"#).await;
    gateway
        .steps(r#"{"after_s":-3600,"do":{"deposit":{"amount":5}}}"#)
        .await;
    let (balance, deals) = figures(&gateway, &id).await;
    assert_eq!(balance, "99998");
    assert_eq!(deals[0], deal("BALANCE", "5"));
    assert_eq!(
        deals[3..],
        [deal("SELL_CANCELED", "0"), deal("BALANCE", "-8000")]
    );
}
