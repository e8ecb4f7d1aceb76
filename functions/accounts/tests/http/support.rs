//! The function over a stack of its own.

use axum::Router;
use axum::body::Body;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use fn_accounts::App;
use http::{Method, Request};
use serde_json::{Value, json};
use testkit::gateway::SERVER;
use testkit::http::{bearer, send};
use testkit::{Answer, Stack};

/// The trader of most tests.
pub(crate) const USER: u64 = 42;
/// Their account.
pub(crate) const LOGIN: &str = "5000010";
pub(crate) const PASSWORD: &str = "investor-of-the-trader";

pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) app: App,
    pub(crate) router: Router,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With some settings of its own.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let stack = Stack::start().await;
        let app = App::new(&stack.env_with(settings), stack.aws()).expect("starts");
        let router = fn_accounts::router(app.clone());
        Self { stack, app, router }
    }

    /// With the trader's account at the gateway, connected and synced once.
    pub(crate) async fn connected() -> (Self, String) {
        let mut world = Self::new().await;
        let history = history(world.stack.now());
        world
            .stack
            .gateway
            .add_account(LOGIN, PASSWORD, history)
            .await;
        let body = world
            .send(world.connect(&json!({"initial_balance": 100_000})))
            .await;
        let id = text(&body.expect(201)["account_id"]);
        world.stack.pump().await;
        (world, id)
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    /// A connect of the trader's account, with other fields where given.
    pub(crate) fn connect(&self, changes: &Value) -> Request<Body> {
        self.stack.shop.post("/api/connect", &connect_body(changes))
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.stack.shop.post(path, body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(self.stack.shop.put(path, body)).await
    }

    pub(crate) async fn shop_get(&self, path: &str) -> Answer {
        self.send(self.stack.shop.get(path)).await
    }

    /// A GET by the trader.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.stack.get_as(USER, path)).await
    }

    /// A call by the trader.
    pub(crate) async fn call(&self, method: Method, path: &str, body: &str) -> Answer {
        let token = self.stack.exchange(USER);
        self.send(bearer(&token, &method, path, body.to_owned()))
            .await
    }

    pub(crate) async fn summary(&self, id: &str) -> Value {
        self.get(&format!("/api/account/{id}/summary"))
            .await
            .expect(200)
    }

    /// The account as the shop's list has it.
    pub(crate) async fn listed(&self, id: &str) -> Value {
        let list = self.shop_get("/api/s2s/accounts").await.expect(200);
        let items = list["items"].as_array().expect("items").clone();
        let found = items.into_iter().find(|item| item["id"] == *id);
        found.expect("the shop has the account")
    }

    /// Has the account show this equity, and lets the sync see it.
    pub(crate) async fn equity(&mut self, equity: f64) {
        let steps = json!([{"do": {"equity": {"equity": equity}}}]);
        self.stack.gateway.steps(LOGIN, steps).await;
        self.later(TimeDelta::seconds(61)).await;
    }

    /// Lets time pass, carries what is due, and starts the function anew so
    /// that it has the new time at once.
    pub(crate) async fn later(&mut self, by: TimeDelta) {
        self.stack.advance(by).await;
        self.stack.pump().await;
        self.app = App::new(&self.stack.env(), self.stack.aws()).expect("starts");
        self.router = fn_accounts::router(self.app.clone());
    }
}

pub(crate) fn connect_body(changes: &Value) -> Value {
    let mut body = json!({
        "login": LOGIN,
        "investor_pass": PASSWORD,
        "server": SERVER,
        "account_type": "evaluation-100k",
        "wp_user_id": USER,
    });
    for (name, value) in changes.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

/// A deposit of 100,000 four days ago at 10:00 UTC; on that day a position
/// with a partial close (net 146.5), on the next a losing one (net -100), and
/// one that is open since.
pub(crate) fn history(now: DateTime<Utc>) -> Value {
    let start = (now - TimeDelta::days(4)).date_naive();
    let at = |day: i64, hour: u32, minute: u32| {
        let time = (start + TimeDelta::days(day)).and_hms_opt(hour, minute, 0);
        rfc3339(time.expect("a time").and_utc())
    };
    json!([
        {"at": at(0, 10, 0), "do": {"deposit": {"amount": 100_000}}},
        {"at": at(0, 11, 0), "do": {"open": {"position": "a", "symbol": "EURUSD", "side": "buy",
            "volume": 1, "price": 1.1, "commission": -3.5}}},
        {"at": at(0, 12, 0), "do": {"close": {"position": "a", "volume": 0.5, "price": 1.105}}},
        {"at": at(0, 13, 0), "do": {"close": {"position": "a", "price": 1.098}}},
        {"at": at(1, 10, 0), "do": {"open": {"position": "b", "symbol": "XAUUSD", "side": "sell",
            "volume": 0.1, "price": 2000}}},
        {"at": at(1, 10, 30), "do": {"close": {"position": "b", "price": 2010}}},
        {"at": at(1, 11, 0), "do": {"open": {"position": "c", "symbol": "EURUSD", "side": "buy",
            "volume": 1, "price": 1.1}}},
        {"at": at(1, 11, 0), "do": {"equity": {"equity": 100_046.5}}},
    ])
}

pub(crate) fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub(crate) fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

/// The fields that a problem names, in order.
pub(crate) fn fields(problem: &Value) -> Vec<String> {
    let details = problem["details"].as_array().cloned().unwrap_or_default();
    details
        .iter()
        .map(|detail| text(&detail["field"]))
        .collect()
}
