//! A deployment with its auth function, and what people do with it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use chrono::TimeDelta;
use fn_auth::App;
use http::{HeaderMap, HeaderValue, Method, Request};
use identity::domain::password::PasswordParameters;
use identity::mail::{Mail, MailMessage};
use identity::model::Person;
use identity::store::Store;
use kernel::id::UserId;
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::config::Env;
use platform::dynamo::{Key, Query, Range, Transaction};
use platform::outbox::Row;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use testkit::gateway::AheadClock;
use testkit::http::{bearer, request, send};
use testkit::{Answer, Stack};

pub(crate) const PASSWORD: &str = "tr0ub4dor and seven";
pub(crate) const EMAIL: &str = "ada@firm.example";

/// The function and its deployment.
pub(crate) struct Scene {
    pub(crate) stack: Stack,
    /// Real time, until a test lets time pass.
    clock: AheadClock,
    pub(crate) router: Router,
    pub(crate) store: Store,
}

/// Tokens as clients that are no browsers get them.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    pub(crate) fn of(body: &Value) -> Self {
        let text = |name: &str| body[name].as_str().expect("a token").to_owned();
        Self {
            access: text("access_token"),
            refresh: text("refresh_token"),
        }
    }
}

impl Scene {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let stack = Stack::start().await;
        let env = stack.env_with(settings);
        let clock = AheadClock::default();
        let store = Store::new(stack.cloud.identity.clone(), stack.cloud.platform.clone());
        Self {
            router: instance(&env, &stack, &clock),
            clock,
            stack,
            store,
        }
    }

    /// An instance that starts now.
    pub(crate) fn fresh(&self) -> Router {
        instance(&self.stack.env(), &self.stack, &self.clock)
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        send(&self.router, request(&Method::POST, path, body.to_string())).await
    }

    pub(crate) async fn post_with(
        &self,
        path: &str,
        body: &Value,
        headers: &[(&'static str, &str)],
    ) -> Answer {
        let mut call = request(&Method::POST, path, body.to_string());
        add(call.headers_mut(), headers);
        send(&self.router, call).await
    }

    pub(crate) async fn call(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Answer {
        send(&self.router, bearer(token, &method, path, text_of(body))).await
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Answer {
        self.call(token, Method::GET, path, &Value::Null).await
    }

    pub(crate) async fn register(&self, email: &str, password: &str) -> Answer {
        let body = json!({"email": email, "password": password});
        self.post("/api/v1/auth/register", &body).await
    }

    /// Registers and shows that the address is theirs.
    pub(crate) async fn verified(&self, email: &str, password: &str) -> UserId {
        assert_eq!(self.register(email, password).await.status, 202);
        let token = self.verification_tokens(email).await.pop().expect("a mail");
        assert_eq!(self.verify(&token).await.status, 204);
        let user = self.store.user_of_email(email).await.expect("reads");
        user.expect("a person")
    }

    pub(crate) async fn verify(&self, token: &str) -> Answer {
        self.post("/api/v1/auth/verify-email", &json!({"token": token}))
            .await
    }

    pub(crate) async fn login(&self, name: &str, password: &str) -> Answer {
        let body = json!({"email": name, "password": password, "transport": "body"});
        self.post("/api/v1/auth/login", &body).await
    }

    pub(crate) async fn signed_in(&self, name: &str, password: &str) -> Tokens {
        Tokens::of(&self.login(name, password).await.expect(200))
    }

    /// Somebody with the usual address and password, signed in.
    pub(crate) async fn ada(&self) -> (UserId, Tokens) {
        let user = self.verified(EMAIL, PASSWORD).await;
        (user, self.signed_in(EMAIL, PASSWORD).await)
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        self.post("/api/v1/auth/refresh", &json!({"refresh_token": token}))
            .await
    }

    /// The time that the function takes for real.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets real time pass, by which people's tokens and sessions go.
    pub(crate) fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// Sets the clock of rules and resets ahead, which is nothing to people.
    pub(crate) async fn advance_business(&self, by: TimeDelta) {
        self.stack.advance(by).await;
        tokio::time::sleep(Duration::from_millis(550)).await;
    }

    /// The mails on their way, the oldest first.
    pub(crate) async fn mails(&self) -> Vec<Mail> {
        let mut rows: Vec<(Key, Row)> = Vec::new();
        for shard in 0..8 {
            let query = Query::new(format!("OUTBOX#{shard}"), Range::All, 500).consistent();
            let page = self.stack.cloud.identity.query::<Row>(&query).await;
            rows.extend(page.expect("reads").rows);
        }
        rows.sort_by(|one, other| one.0.sk.cmp(&other.0.sk));
        rows.into_iter()
            .map(|(_, row)| serde_json::from_str::<MailMessage>(&row.body).expect("a mail"))
            .map(|message| message.mail)
            .collect()
    }

    /// The tokens that were mailed to an address, the oldest first.
    pub(crate) async fn verification_tokens(&self, address: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        for mail in self.mails().await {
            if let Mail::VerifyAddress {
                email,
                sealed_token,
            } = mail
                && email == address
            {
                let token = Mail::open_token(&self.stack.vault, &email, &sealed_token).await;
                tokens.push(token.expect("opens").expose_secret().to_owned());
            }
        }
        tokens
    }

    /// Writes a person as they are to be.
    pub(crate) async fn put(&self, person: &Person) {
        let mut transaction = Transaction::new();
        self.store
            .put_person(&mut transaction, person)
            .expect("items");
        transaction.commit().await.expect("writes");
    }

    /// Changes what is kept of a person.
    pub(crate) async fn change(&self, user: &UserId, change: impl FnOnce(&mut Person)) {
        let before = self.store.person(user).await.expect("reads");
        let before = before.expect("a person");
        let mut after = before.clone();
        change(&mut after);
        let mut transaction = Transaction::new();
        self.store
            .change_person(&mut transaction, &before, after)
            .expect("items");
        transaction.commit().await.expect("writes");
    }

    pub(crate) fn parameters(&self) -> PasswordParameters {
        identity::settings::password_parameters(&self.stack.env()).expect("parameters")
    }
}

/// An instance of the function that goes by a clock.
fn instance(env: &Env, stack: &Stack, clock: &AheadClock) -> Router {
    let app = App::new(env, stack.aws()).expect("starts");
    fn_auth::router(App {
        platform: app
            .platform
            .clone()
            .with_real_clock(Arc::new(clock.clone())),
        ..app
    })
}

/// A person who can sign in.
pub(crate) fn person(email: &str, hash: identity::model::PasswordHash) -> Person {
    let now = SystemClock.now();
    Person::new(email, hash, now)
}

pub(crate) fn secret(text: &str) -> SecretString {
    text.into()
}

pub(crate) fn time(value: &Value) -> Timestamp {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .expect("a time")
}

pub(crate) fn add(headers: &mut HeaderMap, added: &[(&'static str, &str)]) {
    for (name, value) in added {
        headers.insert(*name, HeaderValue::from_str(value).expect("a header"));
    }
}

fn text_of(body: &Value) -> Body {
    match body {
        Value::Null => Body::empty(),
        body => Body::from(body.to_string()),
    }
}

/// The refresh token of an answer's cookie, and the cookie's attributes.
pub(crate) fn cookie(answer: &Answer) -> (String, Vec<String>) {
    let mut parts = answer.header("set-cookie").split("; ").map(str::to_owned);
    let pair = parts.next().unwrap_or_default();
    let token = pair.strip_prefix("tb_refresh=").expect("the cookie");
    (token.to_owned(), parts.collect())
}

/// The last part of a problem's type.
#[track_caller]
pub(crate) fn problem(answer: Answer, status: u16) -> (String, Value) {
    let body = answer.expect(status);
    let kind = body["type"].as_str().unwrap_or_default();
    let word = kind.rsplit('/').next().unwrap_or_default().to_owned();
    (word, body)
}

/// The fields that an answer names.
#[track_caller]
pub(crate) fn fields(answer: Answer) -> Vec<String> {
    let body = answer.expect(400);
    let details = body["details"].as_array().cloned().unwrap_or_default();
    details
        .iter()
        .filter_map(|detail| detail["field"].as_str().map(str::to_owned))
        .collect()
}

/// A call without a body.
pub(crate) fn bare(method: &Method, path: &str) -> Request<Body> {
    request(method, path, Body::empty())
}
