//! Verdicts through the whole flow: simulator, sync, rules, summary and
//! webhook.

mod ends;
mod funding;
mod movements;
mod outages;
mod positions;
mod routes;
mod servers;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{LOGIN, PASSWORD, World, text};

/// An account of 100,000 that is connected under a plan.
pub(crate) struct Live {
    pub(crate) world: World,
    pub(crate) id: String,
}

impl Live {
    /// A funded account under a plan, judged once.
    pub(crate) async fn under(plan: Value) -> Self {
        let mut live = Self::empty(plan, json!({"initial_balance": 100_000})).await;
        live.step(json!({"deposit": {"amount": 100_000}})).await;
        live.pass(60).await;
        assert_eq!(live.phase().await, "active");
        live
    }

    /// An account without money under a plan.
    pub(crate) async fn empty(plan: Value, order: Value) -> Self {
        Self::with_account(plan, order, json!({"steps": []})).await
    }

    /// An account as the simulator describes it, connected.
    pub(crate) async fn with_account(plan: Value, order: Value, account: Value) -> Self {
        let mut world = World::new().await;
        let put = world.put("/api/s2s/plans/evaluation-100k", &plan).await;
        let _ = put.expect(200);
        let mut account = account;
        account["login"] = json!(LOGIN);
        account["password"] = json!(PASSWORD);
        account["server"] = json!(testkit::gateway::SERVER);
        world.stack.gateway.add(account).await;
        let body = world.send(world.connect(&order)).await.expect(201);
        let id = text(&body["account_id"]);
        world.stack.pump().await;
        Self { world, id }
    }

    /// Has something happen at the broker now.
    pub(crate) async fn step(&self, what: Value) {
        self.step_with(what, json!({})).await;
    }

    /// Has something happen now, with other fields of the step.
    pub(crate) async fn step_with(&self, what: Value, fields: Value) {
        let mut step = fields;
        step["do"] = what;
        self.world.stack.gateway.steps(LOGIN, json!([step])).await;
    }

    /// A position of one lot that is closed with a profit.
    pub(crate) async fn trade(&self, name: &str, profit: f64) {
        self.step(
            json!({"open": {"position": name, "symbol": "EURUSD", "side": "buy",
            "volume": 1, "price": 1.1}}),
        )
        .await;
        self.step(json!({"close": {"position": name, "profit": profit}}))
            .await;
    }

    /// Lets time pass second by second, carrying what becomes due.
    pub(crate) async fn pass(&mut self, seconds: i64) {
        self.pass_by(seconds, 1).await;
    }

    /// Lets time pass in strides.
    pub(crate) async fn pass_by(&mut self, seconds: i64, stride: i64) {
        self.world
            .stack
            .pass(TimeDelta::seconds(seconds), TimeDelta::seconds(stride))
            .await;
        self.world.later(TimeDelta::zero()).await;
    }

    pub(crate) async fn summary(&self) -> Value {
        self.world.summary(&self.id).await
    }

    pub(crate) async fn phase(&self) -> String {
        text(&self.summary().await["phase"])
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/s2s/accounts/{}/{rest}", self.id)
    }

    /// The names of events that the shop was told, those of the start left out.
    pub(crate) fn events(&self) -> Vec<String> {
        let told = self.world.stack.webhooks().into_iter();
        told.map(|(name, _)| name)
            .filter(|name| name != "account.connected" && name != "account.started")
            .collect()
    }

    /// The data of the newest event of a name.
    pub(crate) fn told(&self, name: &str) -> Value {
        let told = self.world.stack.webhooks().into_iter().rev();
        let mut of_name = told.filter(|(event, _)| event == name);
        let found = of_name.next();
        found.unwrap_or_else(|| panic!("{name} was told")).1["data"].clone()
    }

    pub(crate) async fn verdicts(&self) -> Vec<Value> {
        let list = self
            .world
            .shop_get(&self.path("verdicts"))
            .await
            .expect(200);
        list["items"].as_array().expect("items").clone()
    }
}
