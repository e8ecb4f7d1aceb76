//! Every route of the document, asked by those whom it does not name; and the
//! way of a trader through two functions.

use axum::Router;
use http::Method;
use serde_json::{Value, json};
use testkit::http::{bearer, request, send};
use testkit::{Answer, Stack};

/// Routes that are for everybody. One that forgets its caller is not here.
const PUBLIC: [&str; 4] = [
    "GET /.well-known/jwks.json",
    "GET /api/docs",
    "GET /api/health",
    "GET /api/openapi.json",
];

struct Functions {
    stack: Stack,
    accounts: Router,
    auth: Router,
    system: Router,
}

impl Functions {
    async fn start() -> Self {
        let stack = Stack::start().await;
        let (env, aws) = (stack.env(), stack.aws().clone());
        Self {
            accounts: fn_accounts::router(fn_accounts::App::new(&env, &aws).expect("starts")),
            auth: fn_auth::router(fn_auth::App::new(&env, &aws).expect("starts")),
            system: fn_system::router(fn_system::App::new(&env, &aws).expect("starts")),
            stack,
        }
    }

    /// The function that has a path, by its own document.
    fn of(&self, path: &str) -> &Router {
        let has = |document: utoipa::openapi::OpenApi| document.paths.paths.contains_key(path);
        if has(fn_accounts::document()) {
            &self.accounts
        } else if has(fn_auth::document()) {
            &self.auth
        } else {
            assert!(has(fn_system::document()), "no function has {path}");
            &self.system
        }
    }
}

struct Route {
    method: Method,
    path: String,
    callers: Vec<String>,
}

fn routes() -> Vec<Route> {
    let document: Value = serde_json::from_str(&openapi::text()).expect("JSON");
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let Ok(method) = method.to_ascii_uppercase().parse::<Method>() else {
                continue;
            };
            let schemes = operation["security"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let callers = schemes
                .iter()
                .filter_map(|scheme| scheme.as_object()?.keys().next().cloned())
                .collect();
            routes.push(Route {
                method,
                path: path.clone(),
                callers,
            });
        }
    }
    routes
}

/// The path with something in place of its parameters that could be theirs.
fn filled(path: &str) -> String {
    let mut filled = path.replace("{accountType}", "evaluation-100k");
    if let (Some(from), Some(to)) = (filled.find('{'), filled.find('}')) {
        let id = if path.contains("simulations") {
            "job_01jd7bz8v6m3t9q2x4w7y0c1df"
        } else if path.contains("deliveries") {
            "msg_01jd7bz8v6m3t9q2x4w7y0c1df"
        } else {
            "acc_01jd7bz8v6m3t9q2x4w7y0c1df"
        };
        filled.replace_range(from..=to, id);
    }
    assert!(
        !filled.contains('{'),
        "a parameter of {path} is not known to this test"
    );
    filled
}

fn assert_refused(answer: &Answer, route: &str) {
    assert_eq!(answer.status, 401, "{route}: {}", answer.text());
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{route}"
    );
    assert!(!answer.header("x-request-id").is_empty(), "{route}");
    let kind = answer.json()["type"].clone();
    assert!(
        kind.as_str()
            .is_some_and(|kind| kind.ends_with("/unauthenticated")),
        "{route}: {kind}"
    );
}

#[tokio::test]
async fn no_route_answers_without_the_caller_that_it_names() {
    let functions = Functions::start().await;
    let stack = &functions.stack;
    let token = stack.exchange(42);
    let mut public = Vec::new();
    let mut count = 0;
    for Route {
        method,
        path,
        callers,
    } in routes()
    {
        let name = format!("{method} {path}");
        let router = functions.of(&path);
        let path = filled(&path);
        let nobody = send(router, request(&method, &path, "{}")).await;
        let by_token = || bearer(&token, &method, &path, "{}");
        let by_key = || stack.shop.sign(&method, &path, "{}");
        match callers.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] => {
                assert_eq!(nobody.status, 200, "{name}: {}", nobody.text());
                public.push(name);
            }
            ["hmac"] => {
                assert_refused(&nobody, &name);
                assert_refused(&send(router, by_token()).await, &name);
                let known = send(router, by_key()).await.status;
                assert_ne!(known, 401, "{name} refuses the caller it names");
                assert!(!known.is_server_error(), "{name}: {known}");
            }
            ["jwt"] => {
                assert_refused(&nobody, &name);
                assert_refused(&send(router, by_key()).await, &name);
                let known = send(router, by_token()).await.status;
                assert_ne!(known, 401, "{name} refuses the caller it names");
                assert!(!known.is_server_error(), "{name}: {known}");
            }
            ref others => panic!("{name} names {others:?}, which this test does not know"),
        }
        count += 1;
    }
    public.sort();
    assert_eq!(public, PUBLIC);
    assert!(count >= 36, "only {count} routes in the document");
}

#[tokio::test]
async fn every_operation_says_what_it_answers_and_whose_it_is() {
    let document: Value = serde_json::from_str(&openapi::text()).expect("JSON");
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1"))
    );
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let name = format!("{method} {path}");
            assert!(operation["tags"][0].is_string(), "{name} has no tag");
            let told = operation["summary"].is_string() || operation["description"].is_string();
            assert!(told, "{name} is not described");
            let answers = operation["responses"].as_object().expect("responses");
            assert!(
                answers.keys().any(|status| status.starts_with('2')),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn a_signed_exchange_gives_a_token_that_reads_the_traders_account() {
    let mut functions = Functions::start().await;
    let steps = json!([{"do": {"deposit": {"amount": 100_000}}}]);
    let gateway = &functions.stack.gateway;
    gateway.add_account("5000001", "demo-investor", steps).await;
    let shop = functions.stack.shop.clone();
    let connect = shop.post(
        "/api/connect",
        &json!({
            "login": "5000001", "investor_pass": "demo-investor",
            "server": testkit::gateway::SERVER, "account_type": "evaluation-100k",
            "wp_user_id": 42, "initial_balance": 100_000,
        }),
    );
    let id = send(&functions.accounts, connect).await.expect(201)["account_id"].clone();
    let id = id.as_str().expect("an id").to_owned();
    functions.stack.pump().await;
    let exchange = shop.post("/api/auth/exchange", &json!({"wp_user_id": 42}));
    let token = send(&functions.auth, exchange).await.expect(200)["token"].clone();
    let token = token.as_str().expect("a token");
    let path = format!("/api/account/{id}/summary");
    let summary = bearer(token, &Method::GET, &path, "");
    let summary = send(&functions.accounts, summary).await.expect(200);
    assert_eq!(summary["equity_current"], json!(100_000));
    assert_eq!(summary["phase"], "active");
    // The token of an operator's page is not the trader's.
    let metrics = bearer(token, &Method::GET, "/api/metrics", "");
    assert_eq!(send(&functions.system, metrics).await.status, 403);
}
