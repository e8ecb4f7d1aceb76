//! The routes of the WebSocket API, called with events as API Gateway sends
//! them.

use fn_realtime::App;
use identity::model::{PasswordHash, Person};
use identity::store::keys;
use kernel::id::DeviceId;
use kernel::time::Clock;
use platform::clock::SystemClock;
use platform::devices::{self, Device, DeviceTokens};
use platform::dynamo::{Transaction, to_item};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::{Sockets, Stack};

/// A deployment with the function, and the other end of its connections.
pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) sockets: Sockets,
    pub(crate) app: App,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(changes: &[(&str, &str)]) -> Self {
        let stack = Stack::start().await;
        let sockets = Sockets::start().await;
        let endpoint = [("WEBSOCKET_ENDPOINT", sockets.url.as_str())];
        let env = stack.env_with(&[changes, &endpoint].concat());
        let app = App::new(&env, stack.aws()).expect("starts");
        Self {
            stack,
            sockets,
            app,
        }
    }

    /// Opens a connection. Answers the status.
    pub(crate) async fn open(&self, id: &str, token: Option<&str>) -> Value {
        self.sockets.open(id);
        let query = token.map(|token| json!({ "token": token }));
        let event = json!({
            "requestContext": context(id, "CONNECT", "$connect"),
            "headers": {"Host": "x", "X-Tradebridge-Peer": "127.0.0.9"},
            "queryStringParameters": query,
            "isBase64Encoded": false,
        });
        self.answer(event).await
    }

    /// Says something on a connection. Answers what came back since the start.
    pub(crate) async fn say(&self, id: &str, message: &Value) -> Vec<Value> {
        self.say_text(id, &message.to_string()).await
    }

    pub(crate) async fn say_text(&self, id: &str, text: &str) -> Vec<Value> {
        let event = json!({
            "requestContext": context(id, "MESSAGE", "$default"),
            "body": text,
            "isBase64Encoded": false,
        });
        assert_eq!(self.answer(event).await, 200);
        self.sockets.frames(id)
    }

    pub(crate) async fn answer(&self, event: Value) -> Value {
        let answer = self.app.handle(event).await.expect("handles");
        // A body would go to the client past the management API.
        assert!(answer.get("body").is_none());
        answer["statusCode"].clone()
    }

    /// A person with a terminal, and its token.
    pub(crate) async fn pair(&self) -> (Person, String) {
        let now = SystemClock.now();
        let person = Person::new("t@people.example", PasswordHash::new("-"), now);
        let device = Device {
            org: person.id.to_string(),
            user: person.id.clone(),
            id: DeviceId::generate(now),
            terminal_id: "T1".to_owned(),
        };
        let token = devices::generate().expect("random");
        let tokens = DeviceTokens::new(self.stack.cloud.platform.clone());
        let mut transaction = Transaction::default();
        let hash = devices::hash(&token);
        tokens.add(&mut transaction, &hash, &device).expect("adds");
        transaction.commit().await.expect("commits");
        self.put(&person).await;
        (person, token.expose_secret().to_owned())
    }

    /// Writes a person as they are now.
    pub(crate) async fn put(&self, person: &Person) {
        let item = to_item(&keys::person(&person.id), person).expect("an item");
        self.stack.cloud.identity.put(item).await.expect("writes");
    }
}

/// What API Gateway tells of a route's event.
pub(crate) fn context(id: &str, kind: &str, route: &str) -> Value {
    json!({
        "routeKey": route,
        "eventType": kind,
        "connectionId": id,
        "requestId": "Z1QbZHplFiAFvUg=",
        "identity": {"sourceIp": "203.0.113.7"},
        "stage": "ws",
    })
}
