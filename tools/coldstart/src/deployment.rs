//! What the functions run against: the test kit's stack with one account that
//! has been judged.

use aws_types::service_config::ServiceConfigKey;
use chrono::TimeDelta;
use kernel::id::UserId;
use kernel::time::Clock;
use platform::clock::SystemClock;
use serde_json::json;
use testkit::http::send;
use testkit::{Sockets, Stack};

/// The trader whose account it is.
const WP_USER: u64 = 7;
const LOGIN: &str = "7000001";

/// Every setting that `template.yaml` gives to a function, but those of the
/// local stage.
const SETTINGS: [&str; 38] = [
    "PLATFORM_TABLE",
    "ACCOUNTS_TABLE",
    "IDENTITY_TABLE",
    "ORGANIZATIONS_TABLE",
    "AUDIT_TABLE",
    "REALTIME_TABLE",
    "TRADING_TABLE",
    "SIGNALS_TABLE",
    "FANOUT_QUEUE_URL",
    "REALTIME_QUEUE_URL",
    "TERMINALS_QUEUE_URL",
    "BACKTESTS_QUEUE_URL",
    "IMPORTS_QUEUE_URL",
    "IMPORTS_BUCKET",
    "MAIL_QUEUE_URL",
    "MAIL_DLQ_URL",
    "FANOUT_DLQ_URL",
    "REALTIME_DLQ_URL",
    "TERMINALS_DLQ_URL",
    "BACKTESTS_DLQ_URL",
    "IMPORTS_DLQ_URL",
    "REFRESH_KEY_SECRET",
    "APP_URL",
    "MASTER_KEY_SECRET",
    "SIGNING_KEYS_SECRET",
    "MT5_TOKEN_SECRET",
    "MT5_PROVISIONING_URL",
    "MT5_CLIENT_URL",
    "TOKEN_ISSUER",
    "DEFAULT_SHOP_ID",
    "CORS_ORIGINS",
    "REQUESTS_PER_MINUTE",
    "SYNC_QUEUE_URL",
    "RULES_QUEUE_URL",
    "WEBHOOKS_QUEUE_URL",
    "SYNC_DLQ_URL",
    "RULES_DLQ_URL",
    "WEBHOOKS_DLQ_URL",
];

/// The deployment.
pub(crate) struct Deployment {
    pub(crate) stack: Stack,
    pub(crate) account: String,
    /// Where events are posted to connections.
    _sockets: Sockets,
    settings: Vec<(String, String)>,
}

impl Deployment {
    /// Starts it, and connects and judges the account.
    ///
    /// # Panics
    /// Where a part of it fails, as the test kit does.
    pub(crate) async fn start() -> Self {
        let mut stack = Stack::start().await;
        let account = connect(&mut stack).await;
        let sockets = Sockets::start().await;
        let settings = settings(&stack, &sockets);
        Self {
            stack,
            account,
            _sockets: sockets,
            settings,
        }
    }

    /// Has no request count as made: each new instance takes a twentieth of a
    /// caller's limit, and no caller is to meet so many at once.
    ///
    /// # Panics
    /// Where the store fails.
    pub(crate) async fn forget_limits(&self) {
        let cloud = &self.stack.cloud;
        cloud.forget(&cloud.platform, "RATE#").await;
    }

    /// The environment of the functions.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        self.settings.clone()
    }

    /// The trader's request.
    pub(crate) fn get_as_trader(&self, path: &str) -> http::Request<axum::body::Body> {
        self.stack.get_as(WP_USER, path)
    }

    /// A request of somebody who has signed in.
    pub(crate) fn get_as_person(&self, role: &str, path: &str) -> http::Request<axum::body::Body> {
        let now = SystemClock.now();
        let mut claims = self.stack.claims(&self.stack.shop, WP_USER);
        claims.sub = UserId::generate(now).to_string();
        claims.org = claims.sub.clone();
        claims.role = role.to_owned();
        claims.scope = web::caller::SCOPE_USER.to_owned();
        testkit::http::bearer(
            &self.stack.sign_token(&claims),
            &http::Method::GET,
            path,
            "",
        )
    }

    /// The trader's number in the shop.
    pub(crate) fn wp_user(&self) -> u64 {
        WP_USER
    }
}

async fn connect(stack: &mut Stack) -> String {
    let steps = json!([
        {"do": {"deposit": {"amount": 100_000}}},
        {"do": {"open": {"position": "a", "symbol": "EURUSD", "side": "buy", "volume": 1, "price": 1.1}}},
        {"do": {"equity": {"equity": 99_500}}},
    ]);
    stack.gateway.add_account(LOGIN, "investor", steps).await;
    let app = fn_accounts::App::new(&stack.env(), stack.aws()).expect("the settings are whole");
    let router = fn_accounts::router(app);
    let body = json!({
        "login": LOGIN, "investor_pass": "investor", "server": testkit::gateway::SERVER,
        "account_type": "evaluation-100k", "wp_user_id": WP_USER, "initial_balance": 100_000,
    });
    let connected = send(&router, stack.shop.post("/api/connect", &body))
        .await
        .expect(201);
    let account = connected["account_id"].as_str().expect("an id").to_owned();
    stack
        .pass(TimeDelta::minutes(2), TimeDelta::seconds(10))
        .await;
    let summary = stack.get_as(WP_USER, &format!("/api/account/{account}/summary"));
    let summary = send(&router, summary).await.expect(200);
    assert!(
        summary["phase"].is_string(),
        "the account is not judged: {summary}"
    );
    account
}

/// As on a deployed stage: the functions go by real time.
fn settings(stack: &Stack, sockets: &Sockets) -> Vec<(String, String)> {
    let env = stack.env();
    let of_functions = SETTINGS.map(|name| {
        let value = env.text(name).expect("the test kit has every setting");
        (name.to_owned(), value)
    });
    let of_stage = [
        ("STAGE", "coldstart"),
        ("LOCAL_STAGE", "false"),
        ("LOG_LEVEL", "info"),
        ("WEBSOCKET_ENDPOINT", &sockets.url),
    ];
    let of_services = [
        ("AWS_ENDPOINT_URL_DYNAMODB", "DynamoDB"),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "Secrets Manager"),
        ("AWS_ENDPOINT_URL_SQS", "SQS"),
    ];
    of_functions
        .into_iter()
        .chain(of_stage.map(|(name, value)| (name.to_owned(), value.to_owned())))
        .chain(of_services.map(|(name, service)| (name.to_owned(), endpoint(stack, service))))
        .collect()
}

fn endpoint(stack: &Stack, service: &str) -> String {
    let key = ServiceConfigKey::builder()
        .service_id(service)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .expect("the key is whole");
    stack
        .aws()
        .service_config()
        .and_then(|services| services.load_config(key))
        .expect("the test kit names every service's address")
}
