//! A stack with people, and requests by them.

use axum::Router;
use axum::body::Body;
use fn_admin::App;
use http::{Method, Request};
use identity::app::join::join;
use identity::domain::session::Lineage;
use identity::model::{Origin, PasswordHash, Person, Session};
use identity::store::Store;
use kernel::id::{SessionId, UserId, WpUser};
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::dynamo::Transaction;
use platform::tokens::Claims;
use serde_json::Value;
use testkit::http::{bearer, send};
use testkit::{Answer, Stack};

pub(crate) const ADDRESS: &str = "192.0.2.7";
pub(crate) const AGENT: &str = "Desk/1.0";

pub(crate) struct Desk {
    pub(crate) stack: Stack,
    pub(crate) router: Router,
    pub(crate) people: Store,
    pub(crate) admin: UserId,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let stack = Stack::start().await;
        let app = App::new(&stack.env(), stack.aws()).expect("starts");
        let people = app.people.clone();
        let desk = Self {
            router: fn_admin::router(app),
            admin: UserId::generate(now()),
            people,
            stack,
        };
        let admin = Person {
            platform_admin: true,
            ..person(&desk.admin, "admin@desk.example")
        };
        desk.add(&admin).await;
        desk
    }

    pub(crate) async fn add(&self, person: &Person) {
        let mut transaction = Transaction::new();
        self.people
            .put_person(&mut transaction, person)
            .expect("puts");
        transaction.commit().await.expect("commits");
    }

    pub(crate) async fn add_named(&self, email: &str) -> UserId {
        let id = UserId::generate(now());
        self.add(&person(&id, email)).await;
        id
    }

    pub(crate) async fn add_session(&self, user: &UserId) -> SessionId {
        let session = session(user);
        let mut transaction = Transaction::new();
        self.people
            .put_session(&mut transaction, &session)
            .expect("puts");
        transaction.commit().await.expect("commits");
        session.id
    }

    /// Joins a person with the user of a shop that they are.
    pub(crate) async fn join(&self, user: &UserId, shop: &str, wp_user_id: u64) {
        let word_press = WpUser {
            shop: shop.parse().expect("a shop"),
            wp_user_id,
        };
        let joined = join(&self.people, user, &word_press, now()).await;
        joined.expect("joins");
    }

    pub(crate) async fn person(&self, user: &UserId) -> Person {
        let found = self.people.person(user).await.expect("reads");
        found.expect("a person")
    }

    /// What a person's own token says.
    pub(crate) fn claims(&self, user: &UserId, role: &str) -> Claims {
        Claims {
            sub: user.to_string(),
            org: user.to_string(),
            role: role.to_owned(),
            scope: "user".to_owned(),
            ..self.stack.claims(&self.stack.shop, 1)
        }
    }

    pub(crate) fn token(&self, user: &UserId, role: &str) -> String {
        self.stack.sign_token(&self.claims(user, role))
    }

    /// A request of the admin, with an address and a user agent.
    pub(crate) fn request(&self, method: &Method, path: &str, body: &Value) -> Request<Body> {
        let token = self.token(&self.admin, "platform_admin");
        let body = match body {
            Value::Null => Body::empty(),
            body => Body::from(body.to_string()),
        };
        let mut request = bearer(&token, method, path, body);
        let headers = request.headers_mut();
        headers.insert("x-tradebridge-peer", ADDRESS.parse().expect("a header"));
        headers.insert("user-agent", AGENT.parse().expect("a header"));
        request
    }

    pub(crate) async fn ask(&self, method: &Method, path: &str, body: &Value) -> Answer {
        send(&self.router, self.request(method, path, body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(&Method::GET, path, &Value::Null).await
    }

    /// The entries of an action, newest first, as the admin sees them.
    pub(crate) async fn recorded(&self, action: &str) -> Vec<Value> {
        let path = format!("/api/admin/audit?action={action}");
        let body = self.get(&path).await.expect(200);
        body["data"]["items"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    }
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

pub(crate) fn person(id: &UserId, email: &str) -> Person {
    Person {
        id: id.clone(),
        ..Person::new(email, PasswordHash::new("$argon2id$not-a-hash"), now())
    }
}

pub(crate) fn session(user: &UserId) -> Session {
    let now = now();
    Session {
        id: SessionId::generate(now),
        user: user.clone(),
        lineage: Lineage {
            generation: 1,
            current: "hash".to_owned(),
            parent: None,
            rotated_at: now,
            expires_at: now + chrono::TimeDelta::days(7),
        },
        org: None,
        second_factor: false,
        provider: None,
        origin: Origin::default(),
        created_at: now,
        last_used_at: now,
    }
}
