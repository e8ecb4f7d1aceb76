//! A stack with people of several tiers, roles and tenants.

use axum::Router;
use fn_signals::App;
use http::Method;
use kernel::access::Tier;
use kernel::id::{OrganizationId, UserId};
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::live::{Event, Live, Log};
use platform::tokens::Claims;
use serde_json::{Value, json};
use signals::Owner;
use testkit::http::{bearer, send};
use testkit::{Answer, Stack};
use trading::Trading;

pub(crate) struct Desk {
    pub(crate) stack: Stack,
    pub(crate) router: Router,
    pub(crate) live: Live,
    pub(crate) trading: Trading,
    /// A person in their own tenant, of the lowest tier.
    pub(crate) user: UserId,
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let stack = Stack::start().await;
        let app = App::new(&stack.env(), stack.aws()).expect("starts");
        Self {
            live: app.signals.live.clone(),
            trading: app.signals.terminals.trading.clone(),
            router: fn_signals::router(app),
            user: UserId::generate(now()),
            stack,
        }
    }

    /// The person in their own tenant, as stores name them.
    pub(crate) fn owner(&self) -> Owner {
        Owner {
            org: self.user.to_string(),
            user: self.user.clone(),
        }
    }

    fn claims(&self, user: &UserId, org: &str, role: &str, tier: Tier) -> Claims {
        Claims {
            sub: user.to_string(),
            org: org.to_owned(),
            role: role.to_owned(),
            scope: "user".to_owned(),
            tier,
            ..self.stack.claims(&self.stack.shop, 1)
        }
    }

    /// The person's token, in their own tenant.
    pub(crate) fn token(&self) -> String {
        self.token_of(&self.user, Tier::Free)
    }

    /// The token of a person of a tier, in their own tenant.
    pub(crate) fn token_of(&self, user: &UserId, tier: Tier) -> String {
        let claims = self.claims(user, user.as_str(), "owner", tier);
        self.stack.sign_token(&claims)
    }

    /// The token of somebody of a tier.
    pub(crate) fn reader(&self, tier: Tier) -> String {
        self.token_of(&UserId::generate(now()), tier)
    }

    /// The token of one who publishes.
    pub(crate) fn publisher(&self) -> String {
        let user = UserId::generate(now());
        let claims = self.claims(&user, user.as_str(), "platform_admin", Tier::Free);
        self.stack.sign_token(&claims)
    }

    /// The person's token in an organization.
    pub(crate) fn member(&self, org: &OrganizationId, role: &str) -> String {
        let claims = self.claims(&self.user, org.as_str(), role, Tier::Free);
        self.stack.sign_token(&claims)
    }

    pub(crate) async fn ask(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Answer {
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        send(&self.router, bearer(token, &method, path, body)).await
    }

    pub(crate) async fn get_as(&self, token: &str, path: &str) -> Answer {
        self.ask(token, Method::GET, path, &Value::Null).await
    }

    pub(crate) async fn post_as(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.ask(token, Method::POST, path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_as(&self.token(), path).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_as(&self.token(), path, body).await
    }

    /// A PUT of the person, where the version is still this one.
    pub(crate) async fn put(&self, path: &str, version: Option<u64>, body: &Value) -> Answer {
        let mut call = bearer(&self.token(), &Method::PUT, path, body.to_string());
        if let Some(version) = version {
            let tag = format!("\"{version}\"").parse().expect("a header");
            call.headers_mut().insert("if-match", tag);
        }
        send(&self.router, call).await
    }

    /// A signal of the person's own that was made.
    pub(crate) async fn signal(&self, body: &Value) -> Value {
        self.post("/api/signals", body).await.expect(201)
    }

    /// A channel of the person's.
    pub(crate) async fn channel(&self, body: &Value) -> String {
        let channel = self.post("/api/channels", body).await.expect(201);
        id_of(&channel)
    }

    /// What the person was told so far.
    pub(crate) async fn told(&self) -> Vec<Event> {
        let log = Log::Person {
            org: self.user.to_string(),
            sub: self.user.to_string(),
        };
        self.live.after(&log, 0, 1_000).await.expect("reads")
    }

    /// What everybody was told on the channel of signals.
    pub(crate) async fn announced(&self) -> Vec<Event> {
        let log = Log::Channel("signals".to_owned());
        self.live.after(&log, 0, 1_000).await.expect("reads")
    }
}

/// A signal that can be traded.
pub(crate) fn gold() -> Value {
    json!({
        "symbol": "gold", "direction": "buy", "entry": 2345.50, "stop_loss": 2340,
        "take_profits": [2350, 2356.5], "provider": "Goldfinger",
    })
}

pub(crate) fn id_of(body: &Value) -> String {
    body["id"].as_str().expect("an id").to_owned()
}

/// The ids of a list, in its order.
pub(crate) fn ids(page: &Value) -> Vec<String> {
    page["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(id_of)
        .collect()
}

/// The fields that a 400 names.
pub(crate) fn faults(answer: Answer) -> Vec<String> {
    let body = answer.expect(400);
    let details = body["details"].as_array().expect("details").iter();
    details
        .map(|fault| fault["field"].as_str().expect("a field").to_owned())
        .collect()
}

/// The data of an event.
pub(crate) fn data(event: &Event) -> Value {
    serde_json::from_str(&event.data).expect("JSON")
}
