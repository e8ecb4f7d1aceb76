//! A deployment with its auth function, and people with passkeys.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use fn_auth::App;
use http::{Method, Request};
use identity::model::{PasswordHash, Person};
use identity::store::Store;
use kernel::id::ulid_at;
use kernel::time::Clock;
use platform::dynamo::Transaction;
use serde_json::{Value, json};
use testkit::authenticator::{Algorithm, Authenticator};
use testkit::gateway::AheadClock;
use testkit::http::{bearer, request, send};
use testkit::{Answer, Stack};

/// The page that people use passkeys on.
pub(crate) const ORIGIN: &str = "https://app.tradebridge.example";
/// Where the routes are.
pub(crate) const PASSKEYS: &str = "/api/v1/auth/passkeys";

/// A deployment with its auth function.
pub(crate) struct Case {
    pub(crate) stack: Stack,
    /// Real time, until a test lets time pass.
    pub(crate) clock: AheadClock,
    pub(crate) router: Router,
    pub(crate) store: Store,
}

/// A person with an access token.
pub(crate) struct Signed {
    pub(crate) person: Person,
    pub(crate) token: String,
}

impl Case {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let stack = Stack::start().await;
        let app = App::new(&stack.env_with(settings), stack.aws()).expect("starts");
        let store = Store::new(stack.cloud.identity.clone(), stack.cloud.platform.clone());
        let clock = AheadClock::default();
        let real = Arc::new(clock.clone());
        let app = App {
            platform: app.platform.clone().with_real_clock(real),
            ..app
        };
        Self {
            router: fn_auth::router(app),
            clock,
            store,
            stack,
        }
    }

    pub(crate) async fn person(&self, name: &str) -> Signed {
        let now = self.clock.now();
        let person = Person {
            name: Some(name.to_owned()),
            ..Person::new(
                format!("{name}@example.org"),
                PasswordHash::new("none"),
                now,
            )
        };
        let mut transaction = Transaction::new();
        let put = self.store.put_person(&mut transaction, &person);
        put.expect("a person");
        transaction.commit().await.expect("writes");
        let mut claims = self.stack.claims(&self.stack.shop, 1);
        claims.sub = person.id.to_string();
        claims.org = person.id.to_string();
        claims.role = "owner".to_owned();
        claims.scope = "user".to_owned();
        claims.sid = format!("ses_{}", ulid_at(now));
        let token = self.stack.sign_token(&claims);
        Signed { person, token }
    }

    pub(crate) async fn change(&self, signed: &Signed, change: impl FnOnce(&mut Person)) {
        let before = self.store.person(&signed.person.id).await.expect("reads");
        let before = before.expect("a person");
        let mut after = before.clone();
        change(&mut after);
        let mut transaction = Transaction::new();
        let changed = self.store.change_person(&mut transaction, &before, after);
        changed.expect("a change");
        transaction.commit().await.expect("writes");
    }

    /// A call by a person.
    pub(crate) async fn call(
        &self,
        who: &Signed,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Answer {
        let path = format!("{PASSKEYS}{path}");
        let call = bearer(&who.token, &method, &path, body.to_string());
        send(&self.router, call).await
    }

    pub(crate) async fn start_registration(&self, who: &Signed) -> Value {
        let started = self
            .call(who, Method::POST, "/register/start", &json!({}))
            .await;
        started.expect(200)
    }

    pub(crate) async fn finish_registration(&self, who: &Signed, answer: &Value) -> Answer {
        self.call(who, Method::POST, "/register/finish", answer)
            .await
    }

    /// A fresh authenticator with a passkey of the person, and its id.
    pub(crate) async fn registered(&self, who: &Signed) -> (Authenticator, String) {
        let mut authenticator = Authenticator::new(ORIGIN, Algorithm::Es256);
        let options = self.start_registration(who).await;
        let answer = authenticator.create(&options).expect("creates");
        let passkey = self.finish_registration(who, &answer).await.expect(201);
        let id = passkey["id"].as_str().expect("an id").to_owned();
        (authenticator, id)
    }

    pub(crate) async fn start_sign_in(&self) -> Value {
        let call = from(9, &format!("{PASSKEYS}/login/start"), &json!({}));
        send(&self.router, call).await.expect(200)
    }

    /// Finishes from an address of its own, so that no refusal blocks the next.
    pub(crate) async fn finish_sign_in(&self, host: u8, answer: &Value) -> Answer {
        let call = from(host, &format!("{PASSKEYS}/login/finish"), answer);
        send(&self.router, call).await
    }

    pub(crate) async fn sign_in(&self, host: u8, authenticator: &mut Authenticator) -> Answer {
        let options = self.start_sign_in().await;
        let answer = authenticator.get(&options).expect("signs");
        self.finish_sign_in(host, &answer).await
    }

    pub(crate) async fn passkeys(&self, who: &Signed) -> Vec<Value> {
        let listed = self.call(who, Method::GET, "", &Value::Null).await;
        let listed = listed.expect(200);
        assert_eq!(listed["next_cursor"], Value::Null);
        listed["items"].as_array().expect("items").clone()
    }
}

/// A call without a token from an address.
pub(crate) fn from(host: u8, path: &str, body: &Value) -> Request<Body> {
    let mut call = request(&Method::POST, path, body.to_string());
    let peer = format!("192.0.2.{host}").parse().expect("a header");
    call.headers_mut().insert("x-tradebridge-peer", peer);
    call
}

#[track_caller]
pub(crate) fn assert_refused(answer: &Answer, why: &str) {
    assert_eq!(answer.status, 401, "{why}: {}", answer.text());
    assert_eq!(
        answer.json()["detail"],
        "authentication is required",
        "{why}"
    );
    assert_eq!(answer.header("set-cookie"), "", "{why}");
}

#[track_caller]
pub(crate) fn assert_field(answer: Answer, field: &str) {
    let problem = answer.expect(400);
    assert_eq!(problem["details"][0]["field"], field, "{problem}");
}
