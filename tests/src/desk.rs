//! A person at a device, with terminals.

use kernel::time::Clock;
use platform::clock::SystemClock;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use terminal_sim::{Bridge, Broker, Terminal};

use crate::{Answer, Stack, Tokens, Visitor};

const PASSWORD: &str = "a horse with a battery";

/// Somebody new who has signed in, at an address of their own.
#[derive(Debug)]
pub struct Desk {
    /// The stack.
    pub stack: Stack,
    /// Who calls.
    pub visitor: Visitor,
    /// Their access token.
    pub token: String,
}

impl Desk {
    /// Registers and signs in at 127.0.1.`host`.
    ///
    /// # Panics
    /// Where a step is refused.
    pub async fn open(host: u8, name: &str) -> Self {
        let stack = Stack::running();
        let visitor = Visitor::at(&stack, host);
        let unique = SystemClock.now().timestamp_micros();
        let email = format!("{name}.{unique}@terminals.example");
        visitor.register(&email, PASSWORD).await;
        let tokens = visitor.sign_in(&email, PASSWORD, None).await.expect(200);
        Self {
            token: Tokens::of(&tokens).access,
            stack,
            visitor,
        }
    }

    /// Reads what must be there.
    ///
    /// # Panics
    /// Where it is not.
    pub async fn get(&self, path: &str) -> Value {
        self.visitor.get_as(path, &self.token).await.expect(200)
    }

    /// The items of a list of one page.
    ///
    /// # Panics
    /// Where it is no such list.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let page = self.get(path).await;
        assert!(page["next_cursor"].is_null(), "{path} has more pages");
        page["items"].as_array().expect("items").clone()
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.visitor.post_as(path, &self.token, body).await
    }

    /// A code that pairs a terminal.
    ///
    /// # Panics
    /// Where it is refused.
    pub async fn code(&self) -> String {
        let made = self
            .post("/api/firebridge/devices", &json!({"name": "Office"}))
            .await
            .expect(201);
        made["pairing_code"].as_str().expect("a code").to_owned()
    }

    /// A terminal with 10,000 on an account of its own: a trade is known by
    /// server, login and ticket.
    ///
    /// # Panics
    /// Where it cannot be paired.
    pub async fn terminal(&self, terminal_id: &str) -> Terminal {
        let code = self.code().await;
        let paired = Bridge::pair(&self.stack.http, &code, terminal_id).await;
        let broker = Broker::new(
            &terminal_id.replace("SIM-", "900000"),
            Decimal::from(10_000),
        );
        Terminal::start(paired.expect("pairs"), broker)
    }
}
