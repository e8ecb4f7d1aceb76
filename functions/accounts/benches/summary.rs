//! What a trader's summary costs: time through the router, and capacity units.
//!
//! The store is a DynamoDB in this process, asked over loopback HTTP by the
//! real client; its work and the connection's are part of the time.

use std::future::Future;

use axum::Router;
use axum::body::Body;
use chrono::TimeDelta;
use divan::{Bencher, black_box};
use fn_accounts::App;
use http::Request;
use serde_json::json;
use testkit::http::send;
use testkit::{Answer, Stack};
use tokio::runtime::Runtime;

/// Requests over which units are counted.
const REQUESTS: u64 = 50;
const WP_USER: u64 = 7;

fn main() {
    let fixture = Fixture::start();
    println!(
        "a summary costs {} tenths of a capacity unit in the accounts' table, {} in the platform's",
        fixture.tenths_a_request(|app| app.store.table().units_tenths()),
        fixture.tenths_a_request(|app| app.platform.table().units_tenths()),
    );
    divan::main();
}

/// A stack with one judged account.
struct Fixture {
    runtime: Runtime,
    stack: Stack,
    app: App,
    router: Router,
    account: String,
}

impl Fixture {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let (stack, app, account) = runtime.block_on(Box::pin(judged_account()));
        Self {
            router: fn_accounts::router(app.clone()),
            runtime,
            stack,
            app,
            account,
        }
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    fn get(&self, id: &str) -> Request<Body> {
        self.stack
            .get_as(WP_USER, &format!("/api/account/{id}/summary"))
    }

    fn answer(&self, request: Request<Body>) -> Answer {
        self.wait(send(&self.router, request))
    }

    /// Tenths of a unit that one request uses, the keys being known.
    fn tenths_a_request(&self, used: fn(&App) -> u64) -> u64 {
        self.answer(self.get(&self.account));
        let before = used(&self.app);
        for _ in 0..REQUESTS {
            assert_eq!(self.answer(self.get(&self.account)).status, 200);
        }
        (used(&self.app) - before) / REQUESTS
    }
}

async fn judged_account() -> (Stack, App, String) {
    let mut stack = Stack::start().await;
    let steps = json!([
        {"do": {"deposit": {"amount": 100_000}}},
        {"do": {"open": {"position": "a", "symbol": "EURUSD", "side": "buy", "volume": 1, "price": 1.1}}},
        {"do": {"equity": {"equity": 99_500}}},
    ]);
    stack
        .gateway
        .add_account("7000001", "investor", steps)
        .await;
    let app = App::new(&stack.env(), stack.aws()).expect("the settings are whole");
    let router = fn_accounts::router(app.clone());
    let body = json!({
        "login": "7000001", "investor_pass": "investor", "server": testkit::gateway::SERVER,
        "account_type": "evaluation-100k", "wp_user_id": WP_USER, "initial_balance": 100_000,
    });
    let connected = send(&router, stack.shop.post("/api/connect", &body))
        .await
        .expect(201);
    let account = connected["account_id"].as_str().expect("an id").to_owned();
    stack
        .pass(TimeDelta::minutes(2), TimeDelta::seconds(10))
        .await;
    (stack, app, account)
}

/// Token, limit, one strongly consistent read, figures, answer.
#[divan::bench]
fn summary_of_a_judged_account(bencher: Bencher<'_, '_>) {
    let fixture = Fixture::start();
    let summary = fixture.answer(fixture.get(&fixture.account)).expect(200);
    assert!(summary["phase"].is_string(), "{summary}");
    bencher
        .with_inputs(|| fixture.get(&fixture.account))
        .bench_local_values(|request| black_box(fixture.answer(request)));
}

/// The same without the read: what the chain around every handler costs.
#[divan::bench]
fn refusal_of_an_id_that_is_none(bencher: Bencher<'_, '_>) {
    let fixture = Fixture::start();
    assert_eq!(fixture.answer(fixture.get("none")).status, 404);
    bencher
        .with_inputs(|| fixture.get("none"))
        .bench_local_values(|request| black_box(fixture.answer(request)));
}
