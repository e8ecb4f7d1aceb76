//! The gateway simulator's controls.

use chrono::TimeDelta;
use kernel::time::Timestamp;
use reqwest::Client;
use serde_json::{Value, json};

/// The gateway simulator.
#[derive(Clone, Debug)]
pub struct Simulator {
    address: String,
    client: Client,
}

impl Simulator {
    pub(crate) fn new(address: String, client: Client) -> Self {
        Self { address, client }
    }

    /// Sets its time ahead of real time.
    pub async fn set_ahead(&self, ahead: TimeDelta) {
        self.post("/sim/clock", &json!({"ahead_s": ahead.num_seconds()}))
            .await;
    }

    /// Adds an account, as in a scenario.
    pub async fn add_account(&self, account: &Value) {
        self.post("/sim/accounts", account).await;
    }

    /// Lets something happen on an account at a moment.
    pub async fn plan(&self, login: &str, at: Timestamp, steps: &[Value]) {
        if steps.is_empty() {
            return;
        }
        let steps: Vec<Value> = steps
            .iter()
            .map(|step| json!({"at": at, "do": step}))
            .collect();
        self.post(
            &format!("/sim/accounts/{login}/steps"),
            &json!({"steps": steps}),
        )
        .await;
    }

    /// Adds a rule by which calls fail.
    pub async fn fail(&self, rule: &Value) {
        self.post("/sim/faults", rule).await;
    }

    /// Ends all such rules.
    pub async fn heal(&self) {
        let answer = self
            .client
            .delete(format!("{}/sim/faults", self.address))
            .send()
            .await
            .expect("the simulator");
        assert!(answer.status().is_success());
    }

    /// What it knows of its registrations.
    pub async fn accounts(&self) -> Value {
        self.client
            .get(format!("{}/sim/accounts", self.address))
            .send()
            .await
            .expect("the simulator")
            .json()
            .await
            .expect("JSON")
    }

    async fn post(&self, path: &str, body: &Value) {
        let answer = self
            .client
            .post(format!("{}{path}", self.address))
            .json(body)
            .send()
            .await
            .expect("the simulator");
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        assert!(status.is_success(), "{path}: {status} {text}");
    }
}
