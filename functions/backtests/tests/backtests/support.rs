//! An account with a history, and backtests over it.

use std::sync::Arc;
use std::time::Duration;

use accounts::app::backtest::{self, Asked, Backtest, Limits};
use accounts::app::connect::{ConnectRequest, connect};
use accounts::app::messages::BacktestMessage;
use accounts::gateway::mt5::{Credentials, Mt5Gateway, Mt5Settings};
use chrono::TimeDelta;
use fn_backtests::App;
use kernel::id::{AccountId, JobId};
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::runtime::Event;
use platform::secrets::Secrets;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use testkit::Stack;
use testkit::gateway::SERVER;

const LOGIN: &str = "5000020";
const PASSWORD: &str = "investor";
const REQUEST_ID: &str = "req_01jd7bz8txk2n4p6r8s0v2w4y6";

pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) account: AccountId,
}

impl World {
    /// With an account that has four deals before its first snapshot and is
    /// down by 2,000 of 100,000 later.
    pub(crate) async fn start() -> Self {
        let mut stack = Stack::start().await;
        let steps = json!([
            {"do": {"deposit": {"amount": 100_000}}},
            {"do": {"open": {"position": "a", "symbol": "EURUSD", "side": "buy",
                "volume": 1, "price": 1.1}}},
            {"do": {"close": {"position": "a", "price": 1.1}}},
            {"do": {"open": {"position": "b", "symbol": "EURUSD", "side": "buy",
                "volume": 1, "price": 1.1}}},
        ]);
        stack.gateway.add_account(LOGIN, PASSWORD, steps).await;
        let account = connected(&stack).await;
        stack.pump().await;
        let fall = json!([{"do": {"equity": {"equity": 98_000}}}]);
        stack.gateway.steps(LOGIN, fall).await;
        let stride = TimeDelta::seconds(61);
        stack.pass(stride * 10, stride).await;
        Self { stack, account }
    }

    /// Requests a backtest with a daily limit of 2 %.
    pub(crate) async fn request(&self) -> kernel::Result<JobId> {
        self.request_at(SystemClock.now()).await
    }

    /// Requests one at a moment of real time.
    pub(crate) async fn request_at(&self, real_now: Timestamp) -> kernel::Result<JobId> {
        let plan = json!({"daily": {"limit_pct": 2}}).to_string();
        let plan = serde_json::from_str(&plan).expect("a plan");
        let asked = Asked {
            account: &self.account,
            plan: &plan,
            from: None,
            to: None,
        };
        let now = (self.stack.now(), real_now);
        let (store, shop) = (&self.stack.store, &self.stack.shop.id);
        let backtest = backtest::request(store, shop, asked, REQUEST_ID, now).await;
        backtest.map(|backtest| backtest.id)
    }

    pub(crate) async fn find(&self, id: &JobId) -> Backtest {
        self.find_at(id, SystemClock.now()).await
    }

    pub(crate) async fn find_at(&self, id: &JobId, real_now: Timestamp) -> Backtest {
        let (store, shop) = (&self.stack.store, &self.stack.shop.id);
        let found = backtest::find(store, shop, id, real_now).await;
        found.expect("reads").expect("a backtest")
    }

    pub(crate) fn app(&self, limits: Limits) -> App {
        let app = App::new(&self.stack.env(), self.stack.aws()).expect("starts");
        app.with_limits(limits)
    }

    pub(crate) fn message(&self, id: &JobId) -> BacktestMessage {
        BacktestMessage {
            shop: self.stack.shop.id.clone(),
            job: id.clone(),
            request_id: REQUEST_ID.to_owned(),
        }
    }

    /// Delivers a backtest's message for the nth time.
    pub(crate) async fn deliver(&self, id: &JobId, receives: u32, limits: Limits) -> Value {
        let event = event(&self.message(id), receives);
        self.app(limits).handle(event).await.expect("handles")
    }
}

async fn connected(stack: &Stack) -> AccountId {
    let env = stack.env();
    let secrets = aws_sdk_secretsmanager::Client::new(stack.aws());
    let secrets = Arc::new(Secrets::new(secrets));
    let settings = Mt5Settings::from_env(&env).expect("settings");
    let gateway = Mt5Gateway::new(settings, secrets, stack.cloud.platform.clone());
    let gateway = gateway.expect("a gateway");
    let request = ConnectRequest {
        credentials: Credentials {
            login: LOGIN.to_owned(),
            password: PASSWORD.into(),
            server: SERVER.to_owned(),
        },
        account_type: "evaluation-100k".to_owned(),
        wp_user_id: 42,
        initial_balance: Some(Decimal::from(100_000)),
        order_id: None,
    };
    let connected = connect(
        &stack.store,
        &gateway,
        &stack.vault,
        &stack.shop.id,
        &request,
        REQUEST_ID,
        stack.now(),
    );
    connected.await.expect("connects").account
}

/// The event of a message that is delivered for the nth time.
pub(crate) fn event(message: &BacktestMessage, receives: u32) -> Event {
    let mut sample = sample();
    let record = &mut sample["Records"][0];
    record["body"] = json!(serde_json::to_string(message).expect("JSON"));
    record["attributes"]["ApproximateReceiveCount"] = json!(receives.to_string());
    Event::parse(sample).expect("an event")
}

pub(crate) fn sample() -> Value {
    serde_json::from_str(include_str!("../../../../events/backtests.json")).expect("JSON")
}

/// Two inputs a page and a note for each, without waiting.
pub(crate) fn small_pages() -> Limits {
    Limits {
        inputs_page: 2,
        note_every: Duration::ZERO,
        page_every: Duration::ZERO,
        ..Limits::default()
    }
}
