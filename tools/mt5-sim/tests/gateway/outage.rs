//! A gateway that is away for minutes, and lists that cannot be read.

use crate::support::started;
use axum::http::StatusCode;

const ACCOUNT: &str = r#"{"do":{"deposit":{"amount":100000}}}"#;

#[tokio::test]
async fn outage_of_all_accounts_ends_after_its_seconds() {
    let (gateway, clock, id) = started(ACCOUNT).await;
    gateway
        .post("/sim/faults", r#"{"fault":"timeout","for_s":300}"#)
        .await;
    clock.pass_ms(299_999);
    let answer = gateway.information(&id).await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
    clock.pass_ms(1);
    assert_eq!(gateway.information(&id).await.status, StatusCode::OK);
}

#[tokio::test]
async fn outage_of_one_account_ends_by_its_id() {
    let (gateway, clock, id) = started(ACCOUNT).await;
    let added = gateway
        .post(
            "/sim/accounts",
            r#"{"login":"7000002","password":"right","server":"Sim-Demo"}"#,
        )
        .await;
    assert_eq!(added.status, StatusCode::CREATED);
    let other = gateway.registered('b', "7000002", "right").await;
    let rule = gateway
        .post("/sim/faults", r#"{"fault":"not_found","login":"7000001"}"#)
        .await;
    clock.pass_ms(3_600_000);
    assert_eq!(gateway.positions(&id).await.status, StatusCode::NOT_FOUND);
    assert_eq!(gateway.positions(&other).await.status, StatusCode::OK);
    let path = format!("/sim/faults/{}", rule.text_of("/id"));
    assert_eq!(gateway.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(gateway.positions(&id).await.status, StatusCode::OK);
    assert_eq!(gateway.delete(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn planned_outage_begins_and_ends_by_the_clock() {
    let (gateway, clock, id) = started(ACCOUNT).await;
    gateway
        .post(
            "/sim/faults",
            r#"{"fault":"internal","from":"2026-11-10T05:31:00Z","until":"2026-11-10T05:41:00Z"}"#,
        )
        .await;
    for (ms, status) in [(0, 200), (60_000, 500), (599_999, 500), (1, 200)] {
        clock.pass_ms(ms);
        let answer = gateway.information(&id).await;
        assert_eq!(answer.status.as_u16(), status, "{ms}");
    }
}

#[tokio::test]
async fn positions_fail_while_snapshot_works() {
    let (gateway, _, id) = started(ACCOUNT).await;
    for (fault, status, body) in [
        ("malformed", 200, Some(r#"{"balance":1000"#)),
        ("empty", 200, Some("")),
        ("null", 200, Some("null")),
        ("not_found", 404, None),
        ("unauthorized", 401, None),
        ("server_not_found", 400, None),
        ("server_timezone", 400, None),
        ("resource_slots", 400, None),
    ] {
        let rule = format!(r#"{{"path":"positions","fault":"{fault}","times":1}}"#);
        gateway.post("/sim/faults", &rule).await;
        assert_eq!(gateway.information(&id).await.status, StatusCode::OK);
        let answer = gateway.positions(&id).await;
        assert_eq!(answer.status.as_u16(), status, "{fault}");
        if let Some(body) = body {
            assert_eq!(answer.text, body, "{fault}");
        }
    }
}

#[tokio::test]
async fn oversized_list_has_nine_mebibytes() {
    let (gateway, _, id) = started(ACCOUNT).await;
    gateway
        .post(
            "/sim/faults",
            r#"{"path":"positions","fault":"oversized","times":1}"#,
        )
        .await;
    let answer = gateway.positions(&id).await;
    assert_eq!(answer.text.len(), 9 * 1024 * 1024);
    assert_eq!(answer.json(), serde_json::json!([]));
}

#[tokio::test]
async fn lost_snapshots_are_not_observed() {
    let (gateway, _, id) = started(ACCOUNT).await;
    for when in ["before", "after"] {
        let rule = format!(r#"{{"fault":"timeout","when":"{when}","times":1}}"#);
        gateway.post("/sim/faults", &rule).await;
        gateway.information(&id).await;
    }
    let ledger = gateway.get("/sim/accounts/7000001/ledger").await.json();
    assert_eq!(ledger["observations"].as_array().map(Vec::len), Some(0));
}
