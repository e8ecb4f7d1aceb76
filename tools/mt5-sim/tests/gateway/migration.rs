//! A broker's move of an account to another server or login.

use crate::support::{Gateway, started};
use axum::http::StatusCode;

const LOST: &str = r#"{"do":{"deposit":{"amount":100000}}},
    {"do":{"open":{"position":"a","symbol":"EURUSD","side":"buy","volume":1,"price":1.1}}},
    {"do":{"close":{"position":"a","profit":-2000}}},
    {"do":{"open":{"position":"b","symbol":"EURUSD","side":"buy","volume":1,"price":1.1}}}"#;

async fn registered(gateway: &Gateway, login: &str, server: &str) -> String {
    let answer = gateway.create_on('n', login, "new", server).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn carry_over_is_one_deposit_with_id_1() {
    let (gateway, _, old) = started(LOST).await;
    let state = gateway
        .control(
            "migrate",
            r#"{"server":"Sim-New","password":"new","history":"carry_over"}"#,
        )
        .await;
    assert_eq!(state.text_of("/balance"), "98000");
    assert_eq!(state.text_of("/positions"), "0");
    let answer = gateway.information(&old).await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
    let id = registered(&gateway, "7000001", "Sim-New").await;
    let deals = gateway.deals(&id).await;
    assert_eq!(deals.len(), 1);
    assert_eq!(deals[0]["id"], "1");
    assert_eq!(deals[0]["type"], "DEAL_TYPE_BALANCE");
    assert_eq!(deals[0]["profit"].to_string(), "98000");
    gateway
        .steps(
            r#"{"do":{"open":{"position":"a","symbol":"EURUSD","side":"buy","volume":1,"price":1.1}}}"#,
        )
        .await;
    let deals = gateway.deals(&id).await;
    assert_eq!(deals[1]["orderId"], "2");
    assert_eq!(deals[1]["id"], "3");
}

#[tokio::test]
async fn carry_over_takes_another_amount() {
    let (gateway, _, _) = started(LOST).await;
    let state = gateway
        .control(
            "migrate",
            r#"{"login":"8000001","password":"new","history":"carry_over","amount":100000,"old":"auth"}"#,
        )
        .await;
    assert_eq!(state.text_of("/login"), "\"8000001\"");
    assert_eq!(state.text_of("/balance"), "100000");
}

#[tokio::test]
async fn copied_history_is_numbered_from_1() {
    let (gateway, _, old) = started(LOST).await;
    let before = gateway.deals(&old).await;
    gateway
        .control(
            "migrate",
            r#"{"login":"8000001","server":"Sim-New","password":"new","history":"copy","old":"auth"}"#,
        )
        .await;
    let answer = gateway.information(&old).await;
    assert_eq!(answer.json()["details"], "E_AUTH");
    let id = registered(&gateway, "8000001", "Sim-New").await;
    let deals = gateway.deals(&id).await;
    let ids: Vec<&str> = deals
        .iter()
        .map(|deal| deal["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(ids, ["1", "3", "5", "7"]);
    assert_eq!(deals[2]["positionId"], deals[1]["positionId"]);
    assert_eq!(deals[2]["time"], before[2]["time"]);
    let positions = gateway.positions(&id).await.json();
    assert_eq!(positions[0]["id"], deals[3]["positionId"]);
    let closed = gateway
        .post(
            "/sim/accounts/8000001/steps",
            r#"{"steps":[{"do":{"close":{"position":"b","profit":100}}}]}"#,
        )
        .await;
    assert_eq!(closed.text_of("/balance"), "98100");
}

#[tokio::test]
async fn balance_can_arrive_without_history() {
    let (gateway, _, _) = started(LOST).await;
    let state = gateway
        .control(
            "migrate",
            r#"{"server":"Sim-New","password":"new","history":"none"}"#,
        )
        .await;
    assert_eq!(state.text_of("/balance"), "98000");
    assert_eq!(state.text_of("/deals"), "0");
}

#[tokio::test]
async fn kept_old_account_trades_on() {
    let (gateway, _, old) = started(LOST).await;
    gateway
        .control(
            "migrate",
            r#"{"login":"8000001","password":"new","history":"carry_over","old":"keep"}"#,
        )
        .await;
    assert_eq!(gateway.information(&old).await.text_of("/balance"), "98000");
}

#[tokio::test]
async fn first_ticket_of_an_account_can_be_1() {
    let (gateway, _, _) = started("").await;
    let added = gateway
        .post(
            "/sim/accounts",
            r#"{"login":"7000002","password":"right","server":"Sim-Demo","first_ticket":1,
                "steps":[{"do":{"deposit":{"amount":5}}},{"do":{"deposit":{"amount":6}}}]}"#,
        )
        .await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    let id = gateway.registered('b', "7000002", "right").await;
    let deals = gateway.deals(&id).await;
    assert_eq!(
        (&deals[0]["id"], &deals[1]["id"]),
        (&"1".into(), &"4".into())
    );
}

#[tokio::test]
async fn moves_that_change_nothing_are_refused() {
    let (gateway, _, _) = started(LOST).await;
    for body in [
        r#"{"password":"new","history":"copy"}"#,
        r#"{"server":"Sim-New","password":"new","history":"copy","old":"keep"}"#,
        r#"{"login":"x","password":"new","history":"copy"}"#,
        r#"{"server":"Sim-New","password":"","history":"copy"}"#,
    ] {
        let answer = gateway.post("/sim/accounts/7000001/migrate", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
}
