//! Registration, errors and pages as the gateway protocol has them.

use crate::support::{Gateway, TestClock, request, settings};
use axum::http::StatusCode;

const START: &str = "2026-11-10T05:30:00Z";

const TWO_ACCOUNTS: &str = r#"{"accounts":[
    {"login":"7000001","password":"right","server":"Sim-Demo",
     "steps":[{"do":{"deposit":{"amount":100000}}}]},
    {"login":"7000002","password":"right","server":"Sim-Demo",
     "verification":{"fails_with":"E_SERVER_TIMEZONE"}},
    {"login":"7000003","password":"right","server":"Sim-Demo",
     "verification":{"fails_with":"E_RESOURCE_SLOTS"}}]}"#;

fn gateway() -> (Gateway, TestClock) {
    let clock = TestClock::at(START);
    (Gateway::new(settings(TWO_ACCOUNTS, &clock)), clock)
}

#[tokio::test]
async fn a_wrong_token_is_a_401_whatever_the_call() {
    let (gateway, _) = gateway();
    let mut asked = request("GET", "/users/current/accounts/x/positions", "");
    asked
        .headers_mut()
        .insert("auth-token", "wrong".parse().expect("a header"));
    let answer = gateway.send(asked).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.json()["error"], "UnauthorizedError");
    let mut asked = request("DELETE", "/users/current/accounts/x", "");
    asked.headers_mut().remove("auth-token");
    assert_eq!(gateway.send(asked).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_same_transaction_gives_the_same_account_and_another_one_more() {
    let (gateway, _) = gateway();
    let first = gateway.registered('a', "7000001", "right").await;
    assert_eq!(gateway.registered('a', "7000001", "right").await, first);
    let second = gateway.registered('b', "7000001", "right").await;
    assert_ne!(first, second);
    assert_eq!(gateway.get("/sim/accounts").await.json()["alive"], 2);
    let deleted = gateway
        .delete(&format!("/users/current/accounts/{first}"))
        .await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    let again = gateway
        .delete(&format!("/users/current/accounts/{first}"))
        .await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    assert_eq!(
        gateway.information(&first).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(gateway.information(&second).await.status, StatusCode::OK);
    assert_eq!(gateway.get("/sim/accounts").await.json()["alive"], 1);
}

#[tokio::test]
async fn verification_answers_202_until_it_is_done_and_ends_without_being_asked() {
    let clock = TestClock::at(START);
    let gateway = Gateway::new(mt5_sim::Settings {
        verification_ms: 5_500,
        connection_ms: 2_000,
        ..settings(TWO_ACCOUNTS, &clock)
    });
    let pending = gateway.create('a', "7000001", "right").await;
    assert_eq!(pending.status, StatusCode::ACCEPTED);
    assert_eq!(pending.headers["retry-after"], "6");
    assert_eq!(gateway.get("/sim/accounts").await.json()["alive"], 0);
    clock.pass_ms(5_499);
    let pending = gateway.create('a', "7000001", "right").await;
    assert_eq!(pending.headers["retry-after"], "1");
    clock.pass_ms(1);
    assert_eq!(gateway.get("/sim/accounts").await.json()["alive"], 1);
    let id = gateway.registered('a', "7000001", "right").await;
    let unconnected = gateway.information(&id).await;
    assert_eq!(unconnected.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(unconnected.json()["error"], "TimeoutError");
    clock.pass_ms(2_000);
    assert_eq!(gateway.information(&id).await.text_of("/balance"), "100000");
}

#[tokio::test]
async fn refusals_carry_their_code_and_leave_no_account() {
    let (gateway, _) = gateway();
    let cases = [
        ('a', "7000001", "wrong", "Sim-Demo", "E_AUTH"),
        ('b', "7999999", "right", "Sim-Demo", "E_AUTH"),
        ('c', "7000001", "right", "Sim-Nowhere", "E_SRV_NOT_FOUND"),
        ('d', "7000002", "right", "Sim-Demo", "E_SERVER_TIMEZONE"),
        ('e', "7000003", "right", "Sim-Demo", "E_RESOURCE_SLOTS"),
    ];
    for (transaction, login, password, server, code) in cases {
        let answer = gateway
            .create_on(transaction, login, password, server)
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{code}");
        assert_eq!(answer.json()["error"], "ValidationError");
        assert_eq!(answer.json()["details"], code);
        assert!(answer.json()["id"].is_u64());
        assert!(!answer.text.contains(password), "{}", answer.text);
    }
    assert_eq!(gateway.get("/sim/accounts").await.json()["alive"], 0);
}

#[tokio::test]
async fn a_registration_without_its_fields_or_transaction_is_refused() {
    let (gateway, _) = gateway();
    let path = "/users/current/accounts";
    let body = r#"{"login":"7000001","password":"right","server":"Sim-Demo","platform":"mt5",
        "name":"n","magic":0}"#;
    let without = gateway.post(path, body).await;
    assert_eq!(without.status, StatusCode::BAD_REQUEST);
    assert!(without.text.contains("transaction-id"));
    for broken in [
        "{",
        "[]",
        &body.replace("mt5", "mt4"),
        &body.replace("7000001", "x"),
    ] {
        let mut asked = request("POST", path, broken);
        let id = "z".repeat(32).parse().expect("a header");
        asked.headers_mut().insert("transaction-id", id);
        let answer = gateway.send(asked).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{broken}");
    }
    let large = "x".repeat(1024 * 1024 + 1);
    let answer = gateway.post("/sim/accounts", &large).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_changed_password_ends_running_terminals_with_e_auth() {
    let (gateway, _) = gateway();
    let id = gateway.registered('a', "7000001", "right").await;
    let changed = gateway
        .post("/sim/accounts/7000001/password", r#"{"password":"newer"}"#)
        .await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT);
    let answer = gateway.positions(&id).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["details"], "E_AUTH");
    let renewed = gateway.registered('b', "7000001", "newer").await;
    assert_eq!(gateway.positions(&renewed).await.text, "[]");
}

#[tokio::test]
async fn deals_come_in_pages_of_a_span_whose_end_is_excluded() {
    let (gateway, clock) = gateway();
    let id = gateway.registered('a', "7000001", "right").await;
    let steps: Vec<String> = (1..=2_500)
        .map(|second| format!(r#"{{"after_s":{second},"do":{{"deposit":{{"amount":0.01}}}}}}"#))
        .collect();
    let body = format!(r#"{{"steps":[{}]}}"#, steps.join(","));
    let added = gateway.post("/sim/accounts/7000001/steps", &body).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text);
    clock.pass_ms(2_500_000);
    let span =
        format!("/users/current/accounts/{id}/history-deals/time/{START}/2026-11-10T06:11:40.000Z");
    let mut sizes = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for offset in [0, 1_000, 2_000, 3_000] {
        let page = gateway
            .get(&format!("{span}?offset={offset}&limit=1000"))
            .await;
        let page = page.json();
        let deals = page.as_array().expect("deals").clone();
        sizes.push(deals.len());
        seen.extend(deals.iter().map(|deal| deal["id"].to_string()));
    }
    // The deposit at the start and all steps but the one at the span's end.
    assert_eq!((sizes, seen.len()), (vec![1_000, 1_000, 500, 0], 2_500));
    for query in ["limit=1001", "limit=0", "offset=-1", "limit=x"] {
        let answer = gateway.get(&format!("{span}?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
    let state = gateway.get("/sim/accounts/7000001").await;
    assert_eq!(state.text_of("/balance"), "100025");
    assert_eq!(state.text_of("/deals"), "2501");
}

#[tokio::test]
async fn the_simulated_time_is_ahead_of_the_real_one_by_what_was_set() {
    let (gateway, _) = gateway();
    let step = r#"{"steps":[{"after_s":86400,"do":{"withdraw":{"amount":500}}}]}"#;
    gateway.post("/sim/accounts/7000001/steps", step).await;
    let state = gateway.get("/sim/accounts/7000001").await;
    assert_eq!(state.text_of("/balance"), "100000");
    let clock = gateway.post("/sim/clock", r#"{"ahead_s":86400}"#).await;
    assert_eq!(clock.json()["now"], "2026-11-11T05:30:00.000Z");
    assert_eq!(clock.json()["real_now"], "2026-11-10T05:30:00.000Z");
    let state = gateway.get("/sim/accounts/7000001").await;
    assert_eq!(state.text_of("/balance"), "99500");
    gateway.post("/sim/clock", r#"{"ahead_s":0}"#).await;
    let state = gateway.get("/sim/accounts/7000001").await;
    assert_eq!(state.text_of("/balance"), "100000");
    let beyond = gateway
        .post("/sim/clock", r#"{"ahead_s":99999999999}"#)
        .await;
    assert_eq!(beyond.status, StatusCode::BAD_REQUEST);
}
