//! Injected faults and the counts of calls.

use crate::support::{Gateway, TestClock, request, settings};
use axum::http::StatusCode;
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

const ACCOUNT: &str = r#"{"accounts":[{"login":"7000001","password":"right","server":"Sim-Demo",
    "steps":[{"do":{"deposit":{"amount":100000}}}]}]}"#;

fn gateway() -> Gateway {
    let clock = TestClock::at("2026-11-10T05:30:00Z");
    Gateway::new(settings(ACCOUNT, &clock))
}

#[tokio::test]
async fn one_call_in_five_fails_and_always_the_fifth() {
    let gateway = gateway();
    let id = gateway.registered('a', "7000001", "right").await;
    let rule = r#"{"path":"account-information","one_in":5,"fault":"too_many_requests",
        "retry_after_s":7}"#;
    assert_eq!(
        gateway.post("/sim/faults", rule).await.status,
        StatusCode::CREATED
    );
    let mut statuses = Vec::new();
    for _ in 0..10 {
        let answer = gateway.information(&id).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!(answer.headers["retry-after"], "7");
            let json = answer.json();
            assert_eq!(json["error"], "TooManyRequestsError");
            let retry = &json["metadata"]["recommendedRetryTime"];
            assert_eq!(retry, "2026-11-10T05:30:07.000Z");
        }
        statuses.push(answer.status.as_u16());
        assert_eq!(gateway.positions(&id).await.status, StatusCode::OK);
    }
    let ok_four = [200_u16; 4];
    let expected: Vec<u16> = [&ok_four[..], &[429], &ok_four, &[429]].concat();
    assert_eq!(statuses, expected);
    let counts = gateway.get("/sim/calls").await.json();
    assert_eq!(
        counts["calls"],
        json!([
            {"path": "create", "outcome": "201", "count": 1},
            {"path": "account-information", "outcome": "200", "count": 8},
            {"path": "account-information", "outcome": "fault:too_many_requests", "count": 2},
            {"path": "positions", "outcome": "200", "count": 10},
        ])
    );
    gateway.delete("/sim/faults").await;
    for _ in 0..5 {
        assert_eq!(gateway.information(&id).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_lost_answer_leaves_an_account_that_its_transaction_finds() {
    let gateway = gateway();
    let rule = r#"{"path":"create","fault":"timeout","when":"after","times":1}"#;
    gateway.post("/sim/faults", rule).await;
    let lost = gateway.create('a', "7000001", "right").await;
    assert_eq!(lost.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(gateway.get("/sim/accounts").await.json()["alive"], 1);
    gateway.registered('a', "7000001", "right").await;
    assert_eq!(gateway.get("/sim/accounts").await.json()["alive"], 1);
}

#[tokio::test]
async fn each_fault_answers_as_it_is_named() {
    let gateway = gateway();
    let id = gateway.registered('a', "7000001", "right").await;
    for (fault, status) in [("timeout", 504), ("internal", 500), ("wrong_password", 400)] {
        let rule = format!(r#"{{"login":"7000001","fault":"{fault}","times":1}}"#);
        gateway.post("/sim/faults", &rule).await;
        let answer = gateway.positions(&id).await;
        assert_eq!(answer.status.as_u16(), status, "{fault}");
        assert!(answer.json()["message"].is_string());
    }
    gateway
        .post("/sim/faults", r#"{"fault":"malformed","times":1}"#)
        .await;
    let answer = gateway.positions(&id).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(serde_json::from_str::<serde_json::Value>(&answer.text).is_err());
    gateway
        .post("/sim/faults", r#"{"fault":"slow","slow_ms":60,"times":1}"#)
        .await;
    let begun = std::time::Instant::now();
    assert_eq!(gateway.positions(&id).await.text, "[]");
    assert!(begun.elapsed().as_millis() >= 60);
    gateway
        .post("/sim/faults", r#"{"fault":"drop","times":1}"#)
        .await;
    let path = format!("/users/current/accounts/{id}/positions");
    let response = gateway.0.clone().oneshot(request("GET", &path, "")).await;
    let body = response.expect("a head").into_body().collect().await;
    assert!(body.is_err(), "the body of a dropped answer breaks off");
}

#[tokio::test]
async fn rules_that_make_no_sense_are_refused() {
    let gateway = gateway();
    for rule in [
        r#"{"fault":"timeout","one_in":0}"#,
        r#"{"fault":"nothing"}"#,
        r#"{"fault":"slow","slow_ms":3600000}"#,
        r#"{"fault":"timeout","path":"elsewhere"}"#,
        r#"{"fault":"timeout","unknown":1}"#,
    ] {
        let answer = gateway.post("/sim/faults", rule).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{rule}");
    }
}
