//! The simulated MT5 gateway, in process, going by the stack's clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::TimeDelta;
use kernel::time::{Clock, Timestamp};
use mt5_sim::{Handle, Settings};
use platform::clock::SystemClock;
use secrecy::SecretString;
use serde_json::{Value, json};

/// What clients of the gateway send as `auth-token`.
pub const TOKEN: &str = "token-of-the-test-gateway";
/// The trade server of every account that the kit adds.
pub const SERVER: &str = "Sim-Test";

/// A clock ahead of real time by what a test has let pass.
#[derive(Clone, Debug, Default)]
pub struct AheadClock(Arc<AtomicI64>);

impl AheadClock {
    /// Sets how far ahead.
    pub fn set(&self, ahead: TimeDelta) {
        self.0.store(ahead.num_milliseconds(), Ordering::Relaxed);
    }

    /// Lets time pass.
    pub fn advance(&self, by: TimeDelta) {
        self.set(self.ahead() + by);
    }

    /// How far ahead.
    #[must_use]
    pub fn ahead(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.0.load(Ordering::Relaxed))
    }
}

impl Clock for AheadClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + self.ahead()
    }
}

/// A running gateway.
pub struct Gateway {
    /// Its address, for provisioning and client calls alike.
    pub url: String,
    http: reqwest::Client,
    _running: Handle,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gateway({})", self.url)
    }
}

impl Gateway {
    /// Starts one that goes by this clock.
    ///
    /// # Panics
    /// Where it does not start.
    pub async fn start(clock: AheadClock) -> Self {
        let settings = Settings {
            token: SecretString::from(TOKEN),
            clock: Arc::new(clock),
            ..Settings::default()
        };
        let (address, running) = mt5_sim::serve(settings).await.expect("a gateway");
        let http = platform::http_client::partner(std::time::Duration::from_secs(10));
        Self {
            url: format!("http://{address}"),
            http: http.expect("a client"),
            _running: running,
        }
    }

    /// Adds an account at [`SERVER`] with steps as the simulator's README
    /// describes them.
    pub async fn add_account(&self, login: &str, password: &str, steps: Value) {
        self.add(json!({
            "login": login,
            "password": password,
            "server": SERVER,
            "steps": steps,
        }))
        .await;
    }

    /// Adds an account by its whole specification.
    pub async fn add(&self, account: Value) {
        self.call("POST", "/sim/accounts", account).await;
    }

    /// Has things happen on an account, now or when they say.
    pub async fn steps(&self, login: &str, steps: Value) {
        let path = format!("/sim/accounts/{login}/steps");
        self.call("POST", &path, json!({"steps": steps})).await;
    }

    /// Gives an account another password.
    pub async fn set_password(&self, login: &str, password: &str) {
        let path = format!("/sim/accounts/{login}/password");
        self.call("POST", &path, json!({"password": password}))
            .await;
    }

    /// Calls a control of one account, as the simulator's README describes
    /// it: `closed`, `history`, `release`, `hide`, `distortions`, `migrate`,
    /// `oracle`.
    pub async fn control(&self, login: &str, control: &str, body: Value) -> Value {
        let path = format!("/sim/accounts/{login}/{control}");
        self.call("POST", &path, body).await
    }

    /// Returns the true deals of an account and the snapshots it was asked
    /// for.
    pub async fn ledger(&self, login: &str) -> Value {
        let path = format!("/sim/accounts/{login}/ledger");
        self.call("GET", &path, Value::Null).await
    }

    /// Has calls fail by a rule, and returns its id.
    pub async fn fault(&self, rule: Value) -> u64 {
        let added = self.call("POST", "/sim/faults", rule).await;
        added["id"].as_u64().expect("an id")
    }

    /// Ends one fault.
    pub async fn clear_fault(&self, id: u64) {
        let path = format!("/sim/faults/{id}");
        self.call("DELETE", &path, Value::Null).await;
    }

    /// Ends all faults.
    pub async fn clear_faults(&self) {
        self.call("DELETE", "/sim/faults", Value::Null).await;
    }

    /// Registrations and accounts: `{alive, registrations, accounts}`.
    pub async fn accounts(&self) -> Value {
        self.call("GET", "/sim/accounts", Value::Null).await
    }

    /// Registrations that would be paid for.
    pub async fn alive(&self) -> u64 {
        self.accounts().await["alive"].as_u64().expect("a number")
    }

    /// Calls by path and outcome.
    pub async fn calls(&self) -> Value {
        self.call("GET", "/sim/calls", Value::Null).await
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> Value {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("the gateway answers");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }
}
