//! A gateway in process, a clock that tests move, and requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use chrono::DateTime;
use http_body_util::BodyExt as _;
use kernel::time::{Clock, Timestamp};
use mt5_sim::{Scenario, Settings};
use serde_json::Value;
use tower::ServiceExt as _;

/// A clock that stands until a test moves it.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn at(moment: &str) -> Self {
        Self(Arc::new(AtomicI64::new(time(moment).timestamp_millis())))
    }

    pub(crate) fn pass_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        DateTime::from_timestamp_millis(self.0.load(Ordering::SeqCst)).expect("a time")
    }
}

pub(crate) fn time(moment: &str) -> Timestamp {
    DateTime::parse_from_rfc3339(moment)
        .expect("a time")
        .to_utc()
}

/// Settings with a scenario and a clock.
pub(crate) fn settings(scenario: &str, clock: &TestClock) -> Settings {
    Settings {
        scenario: Some(Scenario::parse(scenario.as_bytes()).expect("a scenario")),
        clock: Arc::new(clock.clone()),
        ..Settings::default()
    }
}

/// An account of login 7000001 and password `right` with these steps, on a
/// gateway whose clock stands at 2026-11-10T05:30:00Z.
pub(crate) async fn started(steps: &str) -> (Gateway, TestClock, String) {
    let clock = TestClock::at("2026-11-10T05:30:00Z");
    let scenario = format!(
        r#"{{"accounts":[{{"login":"7000001","password":"right","server":"Sim-Demo",
            "steps":[{steps}]}}]}}"#
    );
    let gateway = Gateway::new(settings(&scenario, &clock));
    let id = gateway.registered('a', "7000001", "right").await;
    (gateway, clock, id)
}

/// A gateway and a client that has its token.
pub(crate) struct Gateway(pub(crate) Router);

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// A member as its JSON text.
    pub(crate) fn text_of(&self, pointer: &str) -> String {
        let json = self.json();
        let found = json.pointer(pointer);
        found
            .unwrap_or_else(|| panic!("no {pointer} in {}", self.text))
            .to_string()
    }
}

impl Gateway {
    pub(crate) fn new(settings: Settings) -> Self {
        Self(mt5_sim::app(settings).expect("starts"))
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.0.clone().oneshot(request).await.expect("answers");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a whole body").to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).expect("text"),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(request("GET", path, "")).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(request("DELETE", path, "")).await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.send(request("POST", path, body)).await
    }

    /// Sends a control of the account 7000001, which must be taken.
    pub(crate) async fn control(&self, name: &str, body: &str) -> Answer {
        let path = format!("/sim/accounts/7000001/{name}");
        let answer = self.post(&path, body).await;
        assert!(answer.status.is_success(), "{name}: {}", answer.text);
        answer
    }

    /// Lets something happen on the account 7000001.
    pub(crate) async fn steps(&self, steps: &str) -> Answer {
        let body = format!(r#"{{"steps":[{steps}]}}"#);
        self.control("steps", &body).await
    }

    /// Registers an account of the server `Sim-Demo`.
    pub(crate) async fn create(&self, transaction: char, login: &str, password: &str) -> Answer {
        self.create_on(transaction, login, password, "Sim-Demo")
            .await
    }

    pub(crate) async fn create_on(
        &self,
        transaction: char,
        login: &str,
        password: &str,
        server: &str,
    ) -> Answer {
        let body = format!(
            r#"{{"login":"{login}","password":"{password}","server":"{server}","platform":"mt5",
                "name":"test","magic":0,"type":"cloud-g2"}}"#
        );
        let mut request = request("POST", "/users/current/accounts", &body);
        let id = transaction.to_string().repeat(32);
        request
            .headers_mut()
            .insert("transaction-id", id.parse().expect("a header"));
        self.send(request).await
    }

    /// Registers and returns the gateway's id.
    pub(crate) async fn registered(
        &self,
        transaction: char,
        login: &str,
        password: &str,
    ) -> String {
        let answer = self.create(transaction, login, password).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.json()["id"].as_str().expect("an id").to_owned()
    }

    pub(crate) async fn information(&self, id: &str) -> Answer {
        self.get(&format!("/users/current/accounts/{id}/account-information"))
            .await
    }

    pub(crate) async fn positions(&self, id: &str) -> Answer {
        self.get(&format!("/users/current/accounts/{id}/positions"))
            .await
    }

    /// All deals, in one page.
    pub(crate) async fn deals(&self, id: &str) -> Vec<Value> {
        let path = format!(
            "/users/current/accounts/{id}/history-deals/time/2000-01-01T00:00:00Z/2100-01-01T00:00:00Z"
        );
        let answer = self.get(&path).await;
        answer.json().as_array().expect("deals").clone()
    }
}

pub(crate) fn request(method: &str, path: &str, body: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("auth-token", "sim-token")
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned()))
        .expect("a request")
}
