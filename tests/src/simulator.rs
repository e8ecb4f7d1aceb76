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

    /// Adds a rule by which calls fail, and returns its id.
    pub async fn fail(&self, rule: &Value) -> u64 {
        let added = self.post("/sim/faults", rule).await;
        added["id"].as_u64().expect("an id")
    }

    /// Ends one such rule.
    pub async fn end_fault(&self, id: u64) {
        self.delete(&format!("/sim/faults/{id}")).await;
    }

    /// Ends all such rules.
    pub async fn heal(&self) {
        self.delete("/sim/faults").await;
    }

    /// Adds steps as they are, with their lags and names.
    pub async fn steps(&self, login: &str, steps: &Value) {
        self.control(login, "steps", &json!({"steps": steps})).await;
    }

    /// Adds closed positions in bulk.
    pub async fn add_closed(&self, login: &str, trades: &Value) {
        self.control(login, "closed", trades).await;
    }

    /// Replaces what holds for all deals of the history.
    pub async fn set_history(&self, login: &str, settings: &Value) {
        self.control(login, "history", settings).await;
    }

    /// Shows deals and positions; all hidden ones for an empty selection.
    pub async fn release(&self, login: &str, selection: &Value) {
        self.control(login, "release", selection).await;
    }

    /// Hides deals and positions until they are released.
    pub async fn hide(&self, login: &str, selection: &Value) {
        self.control(login, "hide", selection).await;
    }

    /// Adds a rule by which fields of answers are wrong.
    pub async fn distort(&self, login: &str, rule: &Value) {
        self.control(login, "distortions", rule).await;
    }

    /// Ends all such rules.
    pub async fn clear_distortions(&self, login: &str) {
        self.delete(&format!("/sim/accounts/{login}/distortions"))
            .await;
    }

    /// Moves an account to another server or login.
    pub async fn migrate(&self, login: &str, migration: &Value) {
        self.control(login, "migrate", migration).await;
    }

    /// Returns the true deals of an account and the snapshots it was asked
    /// for.
    pub async fn ledger(&self, login: &str) -> Value {
        self.get(&format!("/sim/accounts/{login}/ledger")).await
    }

    /// Returns when each rule of a plan was truly broken or met, one answer
    /// for each challenge.
    pub async fn oracle(&self, login: &str, question: &Value) -> Value {
        self.control(login, "oracle", question).await
    }

    /// What it knows of its registrations.
    pub async fn accounts(&self) -> Value {
        self.get("/sim/accounts").await
    }

    /// Returns the state of an account.
    pub async fn account(&self, login: &str) -> Value {
        self.get(&format!("/sim/accounts/{login}")).await
    }

    async fn control(&self, login: &str, control: &str, body: &Value) -> Value {
        self.post(&format!("/sim/accounts/{login}/{control}"), body)
            .await
    }

    async fn get(&self, path: &str) -> Value {
        self.client
            .get(format!("{}{path}", self.address))
            .send()
            .await
            .expect("the simulator")
            .json()
            .await
            .expect("JSON")
    }

    async fn delete(&self, path: &str) {
        let answer = self
            .client
            .delete(format!("{}{path}", self.address))
            .send()
            .await
            .expect("the simulator");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
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
        serde_json::from_str(&text).unwrap_or_default()
    }
}
