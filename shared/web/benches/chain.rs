//! What the chain around every handler costs a request: time, and capacity
//! units. The handler does nothing, so all that is measured is the chain; the
//! store is a DynamoDB in this process, asked over loopback HTTP by the real
//! client once in so many requests.

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use divan::{Bencher, black_box};
use http::{Method, Request};
use testkit::Stack;
use testkit::http::{bearer, request, send};
use tokio::runtime::Runtime;
use web::Platform;
use web::caller::Trader;

/// Requests over which units are counted.
const REQUESTS: u64 = 500;
const LOGIN: &str = "/api/v1/auth/login";

fn main() {
    let fixture = Fixture::start();
    for (what, call) in CALLS {
        println!(
            "{what}: {} tenths of a capacity unit for {REQUESTS} requests",
            fixture.tenths(call)
        );
    }
    divan::main();
}

type Call = fn(&Fixture) -> Request<Body>;

const CALLS: [(&str, Call); 3] = [
    ("a signed-in caller", Fixture::signed_in),
    ("an address that has not signed in", Fixture::anonymous),
    ("a sign-in", Fixture::sign_in),
];

struct Fixture {
    runtime: Runtime,
    platform: Platform,
    chained: Router,
    bare: Router,
    token: String,
}

impl Fixture {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let stack = runtime.block_on(Box::pin(Stack::start()));
        let table = stack.cloud.platform.clone();
        let platform = Platform::new(&stack.env(), table, None).expect("starts");
        Self {
            chained: web::app::serve(routes(), &platform),
            bare: Router::new().route("/bare", get(async || "served")),
            token: stack.exchange(42),
            platform,
            runtime,
        }
    }

    fn answer(&self, router: &Router, call: Request<Body>) -> u16 {
        self.runtime.block_on(send(router, call)).status.as_u16()
    }

    fn signed_in(&self) -> Request<Body> {
        bearer(&self.token, &Method::GET, "/mine", "")
    }

    fn anonymous(&self) -> Request<Body> {
        request(&Method::GET, "/open", "")
    }

    fn sign_in(&self) -> Request<Body> {
        request(&Method::POST, LOGIN, "{}")
    }

    /// Tenths of a unit, the keys being known.
    fn tenths(&self, call: Call) -> u64 {
        assert_eq!(self.answer(&self.chained, call(self)), 200);
        let before = self.platform.table().units_tenths();
        for _ in 0..REQUESTS {
            assert_eq!(self.answer(&self.chained, call(self)), 200);
        }
        self.platform.table().units_tenths() - before
    }
}

fn routes() -> Router {
    Router::new()
        .route("/open", get(async || "served"))
        .route("/mine", get(async |_: Trader| "served"))
        .route(LOGIN, post(async || "served"))
}

/// A router without the chain: what axum itself takes.
#[divan::bench]
fn no_chain(bencher: Bencher<'_, '_>) {
    let fixture = Fixture::start();
    bencher
        .with_inputs(|| request(&Method::GET, "/bare", ""))
        .bench_local_values(|call| black_box(fixture.answer(&fixture.bare, call)));
}

/// Token, restrictions, leased limit: the usual request.
#[divan::bench]
fn signed_in(bencher: Bencher<'_, '_>) {
    let fixture = Fixture::start();
    bencher
        .with_inputs(|| fixture.signed_in())
        .bench_local_values(|call| black_box(fixture.answer(&fixture.chained, call)));
}

/// No token, leased limit of the address.
#[divan::bench]
fn anonymous(bencher: Bencher<'_, '_>) {
    let fixture = Fixture::start();
    bencher
        .with_inputs(|| fixture.anonymous())
        .bench_local_values(|call| black_box(fixture.answer(&fixture.chained, call)));
}

/// Each one counted in the store.
#[divan::bench]
fn sign_in(bencher: Bencher<'_, '_>) {
    let fixture = Fixture::start();
    bencher
        .with_inputs(|| fixture.sign_in())
        .bench_local_values(|call| black_box(fixture.answer(&fixture.chained, call)));
}
