//! The oracle by the control API, on accounts that the simulator plays.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use kernel::time::{Clock, Timestamp};
use mt5_sim::{Scenario, Settings};
use serde_json::{Value, json};
use tower::ServiceExt as _;

struct Fixed(Timestamp);

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        self.0
    }
}

struct Gateway(axum::Router);

impl Gateway {
    /// A gateway at 2026-11-10T05:30:00Z with one account.
    fn new(steps: Value) -> Self {
        let account = json!({"accounts": [{"login": "7000001", "password": "right",
            "server": "Sim-Demo", "steps": steps}]});
        let scenario = Scenario::parse(account.to_string().as_bytes()).expect("a scenario");
        let settings = Settings {
            scenario: Some(scenario),
            clock: Arc::new(Fixed(crate::support::time("10T05:30"))),
            ..Settings::default()
        };
        Self(mt5_sim::app(settings).expect("starts"))
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("auth-token", "sim-token")
            .header("transaction-id", "a".repeat(32))
            .body(Body::from(body.to_string()))
            .expect("a request");
        let response = self.0.clone().oneshot(request).await.expect("answers");
        let status = response.status();
        let bytes = response.into_body().collect().await.expect("a body");
        let bytes = bytes.to_bytes();
        let text = String::from_utf8_lossy(&bytes);
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    async fn ahead(&self, ahead_s: i64) {
        self.call("POST", "/sim/clock", &json!({"ahead_s": ahead_s}))
            .await;
    }

    async fn registered(&self) -> String {
        let body = json!({"login": "7000001", "password": "right", "server": "Sim-Demo",
            "platform": "mt5", "name": "n", "magic": 0});
        let answer = self.call("POST", "/users/current/accounts", &body).await;
        answer["id"].as_str().expect("an id").to_owned()
    }

    async fn look(&self, id: &str) {
        let path = format!("/users/current/accounts/{id}/account-information");
        self.call("GET", &path, &Value::Null).await;
    }

    async fn steps(&self, steps: Value) {
        let body = json!({"steps": steps});
        self.call("POST", "/sim/accounts/7000001/steps", &body)
            .await;
    }

    async fn judge(&self, question: Value) -> Value {
        let mut question = question;
        question["connected_at"] = json!("2026-11-10T05:30:00Z");
        let answer = self
            .call("POST", "/sim/accounts/7000001/oracle", &question)
            .await;
        answer["challenges"][0].clone()
    }
}

fn deposit() -> Value {
    json!({"do": {"deposit": {"amount": 100000}}})
}

#[tokio::test]
async fn hidden_payout_is_no_loss() {
    let gateway = Gateway::new(json!([deposit()]));
    let id = gateway.registered().await;
    gateway.look(&id).await;
    gateway.ahead(60).await;
    gateway
        .steps(json!([
            {"do": {"operation": {"kind": "interest", "amount": 8000}}},
            {"hidden": true, "do": {"withdraw": {"amount": 8000}}}]))
        .await;
    gateway.look(&id).await;
    let challenge = gateway.judge(json!({"plan": {}})).await;
    assert_eq!(challenge["phase"], "active");
    assert_eq!(challenge["figures"]["gain"].to_string(), "8000");
    assert_eq!(challenge["figures"]["daily"]["used"].to_string(), "0");
    assert_eq!(challenge["violations"], json!([]));
}

#[tokio::test]
async fn equity_counts_where_it_was_asked() {
    let gateway = Gateway::new(json!([
        deposit(),
        {"do": {"open_many": {"positions": "p", "count": 5000, "symbol": "EURUSD",
            "side": "buy", "volume": 0.02, "price": 1.1}}},
        {"after_s": 60, "do": {"price": {"symbol": "EURUSD", "price": 1.098}}},
        {"after_s": 120, "do": {"price": {"symbol": "EURUSD", "price": 1.1}}}]));
    let id = gateway.registered().await;
    gateway.look(&id).await;
    // Nothing looks while the equity is at 80,000.
    gateway.ahead(120).await;
    gateway.look(&id).await;
    let unseen = gateway.judge(json!({"plan": {}})).await;
    assert_eq!(unseen["phase"], "active");
    gateway.ahead(90).await;
    gateway.look(&id).await;
    gateway.ahead(120).await;
    let seen = gateway.judge(json!({"plan": {}})).await;
    assert_eq!(seen["end"]["rule"], "daily_drawdown");
    assert_eq!(seen["end"]["at"], "2026-11-10T05:31:30Z");
    assert_eq!(seen["end"]["figure"].to_string(), "20000");
}

#[tokio::test]
async fn swap_by_comment_is_trading_by_rule() {
    let gateway = Gateway::new(json!([
        deposit(),
        {"after_s": 10, "do": {"operation":
            {"kind": "balance", "amount": -12.40, "comment": "Swap charge"}}}]));
    gateway.ahead(20).await;
    for (classes, used, gain) in [
        (json!([]), "0", "0"),
        (
            json!([{"comment": "swap", "class": "trading"}]),
            "12.4",
            "-12.4",
        ),
    ] {
        let question = json!({"plan": {}, "initial_balance": 100000, "classes": classes});
        let challenge = gateway.judge(question).await;
        assert_eq!(challenge["figures"]["daily"]["used"].to_string(), used);
        assert_eq!(challenge["figures"]["gain"].to_string(), gain);
    }
}

#[tokio::test]
async fn carry_over_moves_gain_by_nothing() {
    for (history, amount, adjusted) in [
        ("carry_over", json!(98000), "0"),
        ("carry_over", json!(100000), "2000"),
        ("copy", Value::Null, "0"),
        ("none", Value::Null, "0"),
    ] {
        let gateway = Gateway::new(json!([
            deposit(),
            {"after_s": 5, "do": {"open": {"position": "a", "symbol": "EURUSD", "side": "buy",
                "volume": 1, "price": 1.1}}},
            {"after_s": 10, "do": {"close": {"position": "a", "profit": -2000}}}]));
        gateway.ahead(60).await;
        let migration = json!({"server": "Sim-New", "password": "new", "history": history,
            "amount": amount});
        gateway
            .call("POST", "/sim/accounts/7000001/migrate", &migration)
            .await;
        gateway.ahead(120).await;
        let challenge = gateway.judge(json!({"plan": {}})).await;
        let figures = &challenge["figures"];
        assert_eq!(figures["gain"].to_string(), "-2000", "{history} {amount}");
        assert_eq!(figures["adjusted"].to_string(), adjusted, "{history}");
        assert_eq!(figures["max"]["used"].to_string(), "2000", "{history}");
    }
}

#[tokio::test]
async fn cancelled_win_by_step_leaves_no_gain() {
    let gateway = Gateway::new(json!([
        deposit(),
        {"do": {"open": {"position": "a", "symbol": "EURUSD", "side": "buy", "volume": 1,
            "price": 1.1}}},
        {"name": "win", "after_s": 10, "do": {"close": {"position": "a", "profit": 8000}}},
        {"after_s": 86400, "do": {"cancel": {"deal": "win"}}}]));
    gateway.ahead(86_460).await;
    let challenge = gateway
        .judge(json!({"plan": {"profit_target_pct": 8}}))
        .await;
    assert_eq!(challenge["phase"], "active");
    assert_eq!(challenge["figures"]["gain"].to_string(), "0");
    assert_eq!(challenge["figures"]["daily"]["used"].to_string(), "0");
}

#[tokio::test]
async fn server_clock_shifts_days_on_demand() {
    // A loss a minute before the reset, dated a minute after it.
    let gateway = Gateway::new(json!([
        deposit(),
        {"at": "2026-11-10T21:00:00Z", "do": {"server_clock": {"ahead_s": 120}}},
        {"at": "2026-11-10T21:59:00Z", "do": {"open": {"position": "a", "symbol": "EURUSD",
            "side": "buy", "volume": 1, "price": 1.1}}},
        {"at": "2026-11-10T21:59:00Z", "do": {"close": {"position": "a", "profit": -3000}}}]));
    gateway.ahead(86_400).await;
    for (times, day) in [("true", "2026-11-10"), ("shown", "2026-11-11")] {
        let question = json!({"plan": {"severity": {"warning_pct": 50}}, "deal_times": times});
        let challenge = gateway.judge(question).await;
        assert_eq!(challenge["violations"][0]["day"], day, "{times}");
    }
}

#[tokio::test]
async fn questions_that_make_no_sense_are_refused() {
    let gateway = Gateway::new(json!([deposit()]));
    for body in [
        json!({"plan": {}}),
        json!({"plan": {"basis": "x"}, "connected_at": "2026-11-10T05:30:00Z"}),
        json!({"plan": {}, "connected_at": "2026-11-10T05:30:00Z", "unknown": 1}),
    ] {
        let request = Request::builder()
            .method("POST")
            .uri("/sim/accounts/7000001/oracle")
            .body(Body::from(body.to_string()))
            .expect("a request");
        let response = gateway.0.clone().oneshot(request).await.expect("answers");
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{body}");
    }
}

#[tokio::test]
async fn history_of_20000_positions_is_judged() {
    let gateway = Gateway::new(json!([{"at": "2026-08-01T00:00:00Z",
        "do": {"deposit": {"amount": 100000}}}]));
    let closed = json!({"count": 20000, "from": "2026-08-02T00:00:00Z", "every_ms": 60000,
        "held_ms": 30000, "profits": [10, -8.5, 0.25, -1]});
    gateway
        .call("POST", "/sim/accounts/7000001/closed", &closed)
        .await;
    let begun = std::time::Instant::now();
    let mut question = json!({"plan": {"profit_target_pct": 50}});
    question["connected_at"] = json!("2026-08-01T00:00:00Z");
    let answer = gateway
        .call("POST", "/sim/accounts/7000001/oracle", &question)
        .await;
    let figures = &answer["challenges"][0]["figures"];
    assert_eq!(figures["gain"].to_string(), "3750");
    assert_eq!(figures["trading_days"], 14);
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}
