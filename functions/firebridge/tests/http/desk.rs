//! A stack with a person and their terminals.

use axum::Router;
use fn_firebridge::App;
use http::Method;
use identity::model::{PasswordHash, Person, PersonStatus};
use kernel::id::UserId;
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::dynamo::Transaction;
use platform::live::Event;
use platform::tokens::Claims;
use serde_json::{Value, json};
use testkit::http::{bearer, request, send};
use testkit::{Answer, Stack};
use trading::{Owner, Trading};

pub(crate) struct Desk {
    pub(crate) stack: Stack,
    pub(crate) app: App,
    pub(crate) router: Router,
    pub(crate) trading: Trading,
    pub(crate) people: identity::store::Store,
    pub(crate) user: UserId,
}

/// A paired terminal.
pub(crate) struct Paired {
    pub(crate) id: String,
    pub(crate) token: String,
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

impl Desk {
    pub(crate) async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// With settings of its own.
    pub(crate) async fn open_with(settings: &[(&str, &str)]) -> Self {
        let stack = Stack::start().await;
        let app = App::new(&stack.env_with(settings), stack.aws()).expect("starts");
        let desk = Self {
            trading: app.trading.clone(),
            people: app.people.clone(),
            router: fn_firebridge::router(app.clone()),
            app,
            user: UserId::generate(now()),
            stack,
        };
        desk.put_person(PersonStatus::Active).await;
        desk
    }

    pub(crate) async fn put_person(&self, status: PersonStatus) {
        let email = "trader@people.example".to_owned();
        let person = Person {
            id: self.user.clone(),
            status,
            ..Person::new(email, PasswordHash::new("$none"), now())
        };
        let mut transaction = Transaction::new();
        let put = self.people.put_person(&mut transaction, &person);
        put.expect("puts");
        transaction.commit().await.expect("commits");
    }

    pub(crate) fn owner(&self) -> Owner {
        Owner {
            org: self.user.to_string(),
            user: self.user.clone(),
        }
    }

    /// A token of a person in a tenant.
    pub(crate) fn token_of(&self, user: &UserId, org: &str) -> String {
        self.stack.sign_token(&Claims {
            sub: user.to_string(),
            org: org.to_owned(),
            role: "owner".to_owned(),
            scope: "user".to_owned(),
            ..self.stack.claims(&self.stack.shop, 1)
        })
    }

    pub(crate) fn token(&self) -> String {
        self.token_of(&self.user, self.user.as_str())
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

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(&self.token(), Method::GET, path, &Value::Null)
            .await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(&self.token(), Method::POST, path, body).await
    }

    /// A pairing code for a terminal of the person.
    pub(crate) async fn code(&self, name: &str) -> String {
        let answer = self
            .post("/api/firebridge/devices", &json!({"name": name}))
            .await
            .expect(201);
        answer["pairing_code"].as_str().expect("a code").to_owned()
    }

    /// An attempt to pair from an address.
    pub(crate) async fn try_pair(&self, code: &str, address: &str) -> Answer {
        let body = json!({"pairing_code": code, "terminal_id": "MT5-1"}).to_string();
        let mut call = request(&Method::POST, "/api/firebridge/devices/pair", body);
        let peer = address.parse().expect("a header");
        call.headers_mut().insert("x-tradebridge-peer", peer);
        send(&self.router, call).await
    }

    pub(crate) async fn pair(&self, name: &str) -> Paired {
        let code = self.code(name).await;
        let paired = self.try_pair(&code, "192.0.2.9").await.expect(201);
        assert_eq!(paired["user_id"], self.user.as_str());
        let text = |name: &str| paired[name].as_str().expect("a text").to_owned();
        Paired {
            id: text("device_id"),
            token: text("device_token"),
        }
    }

    /// What the person was told so far.
    pub(crate) async fn told(&self) -> Vec<Event> {
        let log = self.owner().log();
        self.trading
            .live
            .after(&log, 0, 1_000)
            .await
            .expect("reads")
    }

    /// The data of what the person was told of a kind.
    pub(crate) async fn told_of(&self, kind: &str) -> Vec<Value> {
        let told = self.told().await.into_iter();
        told.filter(|event| event.kind == kind)
            .map(|event| serde_json::from_str(&event.data).expect("JSON"))
            .collect()
    }

    /// A call of a terminal.
    pub(crate) async fn say(&self, paired: &Paired, path: &str, body: &Value) -> Answer {
        let path = format!("/api/firebridge/{path}");
        self.ask(&paired.token, Method::POST, &path, body).await
    }

    /// A terminal's sync, with more fields.
    pub(crate) async fn sync(&self, paired: &Paired, more: Value) -> Value {
        let mut body = json!({
            "userId": self.user, "terminalId": "MT5-1", "status": {"isConnected": true},
        });
        for (name, value) in more.as_object().expect("fields") {
            body[name] = value.clone();
        }
        self.say(paired, "sync-user", &body).await.expect(200)
    }

    /// The result of a trade, with more fields.
    pub(crate) fn result(&self, id: &str, status: &str, more: Value) -> Value {
        let mut body = json!({
            "userId": self.user, "terminalId": "MT5-1", "resultId": id,
            "server": "Sim-Demo", "login": 5_000_001, "ticket": 77, "symbol": "EURUSD",
            "action": "buy", "volume": 1, "openPrice": 1.1, "status": status,
            "openTime": "2026-03-02T10:00:00Z",
        });
        for (name, value) in more.as_object().expect("fields") {
            body[name] = value.clone();
        }
        body
    }

    pub(crate) async fn push(&self, paired: &Paired, body: &Value) -> Answer {
        self.say(paired, "push-trade-result", body).await
    }
}
