//! The stack, as its clients see it.

use std::path::PathBuf;

use aws_sdk_sqs::types::QueueAttributeName;
use chrono::TimeDelta;
use kernel::time::{Clock, Timestamp};
use platform::clock::{SystemClock, set_ahead};
use platform::config::Env;
use platform::dynamo::Table;
use platform::live::Live;
use platform::queue::{Queue, Queues};
use platform::tokens::{hmac_sha256, sha256_hex};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::simulator::Simulator;

/// The running stack.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Its address.
    pub http: String,
    /// The address of its WebSocket API.
    pub ws: String,
    /// Where the mails are that it has sent.
    pub mail_dir: PathBuf,
    /// Its platform admin.
    pub admin: Credentials,
    /// Its demo user.
    pub demo: Credentials,
    /// Where its logs are.
    pub run_dir: String,
    /// Its gateway simulator.
    pub simulator: Simulator,
    /// Its shops; the first is the default one.
    pub shops: Vec<Shop>,
    client: Client,
    env: Env,
}

/// What somebody signs in with.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
}

/// A shop that signs.
#[derive(Clone, Debug)]
pub struct Shop {
    /// Its id.
    pub id: String,
    /// Its key's id.
    pub key_id: String,
    /// Its key.
    pub key: String,
    http: String,
    client: Client,
}

/// An answer, read.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; `null` where it is no JSON.
    pub body: Value,
}

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        let bytes = response.bytes().await.expect("a body");
        Self {
            status,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        }
    }

    /// The body of an answer of this status.
    ///
    /// # Panics
    /// Where the status is another.
    #[must_use]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
}

impl Stack {
    /// The stack that `make test` has started.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn running() -> Self {
        let env = Env::from_process();
        let file = env
            .text("TRADEBRIDGE_STACK")
            .expect("a running stack: these tests are run by `make test`");
        let text = std::fs::read_to_string(file).expect("the stack's addresses");
        let stack: Value = serde_json::from_str(&text).expect("JSON");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let credentials = |value: &Value| Credentials {
            email: text(&value["email"]),
            password: text(&value["password"]),
        };
        let client = platform::http_client::partner(std::time::Duration::from_secs(40))
            .expect("an HTTP client");
        let http = text(&stack["http"]);
        let shops = stack["shops"]
            .as_array()
            .expect("shops")
            .iter()
            .map(|shop| Shop {
                id: text(&shop["shop"]),
                key_id: text(&shop["key_id"]),
                key: text(&shop["key"]),
                http: http.clone(),
                client: client.clone(),
            })
            .collect();
        Self {
            ws: text(&stack["ws"]),
            mail_dir: text(&stack["mail_dir"]).into(),
            admin: credentials(&stack["admin"]),
            demo: credentials(&stack["demo_user"]),
            run_dir: env.text("TRADEBRIDGE_RUN_DIR").unwrap_or_default(),
            simulator: Simulator::new(text(&stack["mt5_sim"]), client.clone()),
            shops,
            http,
            client,
            env,
        }
    }

    /// The default shop.
    #[must_use]
    pub fn shop(&self) -> &Shop {
        &self.shops[0]
    }

    /// A call with a token, or without one.
    pub async fn call(&self, method: Method, path: &str, token: Option<&str>) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.http));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// Reads with a token.
    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.call(Method::GET, path, Some(token)).await
    }

    /// Posts a file with a token.
    pub async fn upload(&self, path: &str, token: &str, bytes: Vec<u8>) -> Answer {
        let request = self
            .client
            .post(format!("{}{path}", self.http))
            .bearer_auth(token)
            .header("content-type", "application/octet-stream")
            .body(bytes);
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// Posts bytes with headers of the test's own.
    pub async fn post_with(
        &self,
        path: &str,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    ) -> Answer {
        let mut request = self
            .client
            .post(format!("{}{path}", self.http))
            .header("content-type", "application/json")
            .body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// Sets the stack's business clock, and the simulator's, to a moment.
    /// Both go on from there.
    pub async fn set_clock(&self, at: Timestamp) {
        // Clocks are set by whole seconds; neither is to show a time before
        // `at`, when what happens at that moment has not happened yet.
        let ahead = at - SystemClock.now() + TimeDelta::milliseconds(999);
        let aws = platform::aws::config(&self.env).expect("the cloud's address");
        let table = Table::new(
            aws_sdk_dynamodb::Client::new(&aws),
            self.env
                .text("PLATFORM_TABLE")
                .expect("the platform's table"),
        );
        self.simulator.set_ahead(ahead).await;
        set_ahead(&table, ahead).await.expect("the clock");
        // Instances read the offset anew within half a second.
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    }

    /// Sets both clocks back to real time.
    pub async fn reset_clock(&self) {
        self.set_clock(SystemClock.now() + TimeDelta::zero()).await;
    }

    /// The queues, to send what was sent before once more.
    pub async fn queues(&self) -> Queues {
        let aws = platform::aws::config(&self.env).expect("the cloud's address");
        Queues::from_env(aws_sdk_sqs::Client::new(&aws), &self.env, &Queue::ALL)
            .expect("the queues")
    }

    /// Has the queue of live events bring a message again this long after
    /// somebody took it who did not finish. Answers how long it was before;
    /// both in seconds.
    ///
    /// # Panics
    /// Where there is no such queue.
    pub async fn redeliver_live_after(&self, seconds: u32) -> u32 {
        let aws = platform::aws::config(&self.env).expect("the cloud's address");
        let client = aws_sdk_sqs::Client::new(&aws);
        let url = self.env.text("FANOUT_QUEUE_URL").expect("its address");
        let name = QueueAttributeName::VisibilityTimeout;
        let found = client
            .get_queue_attributes()
            .queue_url(&url)
            .attribute_names(name.clone())
            .send()
            .await
            .expect("the queue");
        let before = found.attributes().and_then(|all| all.get(&name));
        let before = before.and_then(|text| text.parse().ok());
        client
            .set_queue_attributes()
            .queue_url(url)
            .attributes(name, seconds.to_string())
            .send()
            .await
            .expect("the queue");
        before.expect("whole seconds")
    }

    /// The logs of live events, to write some.
    pub async fn live(&self) -> Live {
        Live::new(self.realtime_table().await)
    }

    /// The realtime table, to look at who is connected.
    pub async fn realtime_table(&self) -> Table {
        let aws = platform::aws::config(&self.env).expect("the cloud's address");
        Table::new(
            aws_sdk_dynamodb::Client::new(&aws),
            self.env.text("REALTIME_TABLE").expect("the realtime table"),
        )
    }

    /// The accounts' table, to look at what was stored.
    pub async fn accounts_table(&self) -> Table {
        let aws = platform::aws::config(&self.env).expect("the cloud's address");
        Table::new(
            aws_sdk_dynamodb::Client::new(&aws),
            self.env
                .text("ACCOUNTS_TABLE")
                .expect("the accounts' table"),
        )
    }
}

impl Shop {
    /// A signed call.
    pub async fn call(&self, method: Method, path: &str, body: &Value) -> Answer {
        let bytes = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        self.send(method, path, bytes).await
    }

    /// A signed call with a body of bytes.
    pub async fn send(&self, method: Method, path: &str, bytes: Vec<u8>) -> Answer {
        let timestamp = SystemClock.now().timestamp().to_string();
        let nonce = kernel::id::ulid_at(SystemClock.now());
        let headers = self.headers(&method, path, &timestamp, &nonce, &bytes);
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.http))
            .header("content-type", "application/json")
            .body(bytes);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// The headers that sign a call.
    #[must_use]
    pub fn headers(
        &self,
        method: &Method,
        path: &str,
        timestamp: &str,
        nonce: &str,
        body: &[u8],
    ) -> Vec<(&'static str, String)> {
        let canonical = format!(
            "{method}\n{path}\n{timestamp}\n{nonce}\n{}",
            sha256_hex(body)
        );
        let signature = hmac_sha256(self.key.as_bytes(), canonical.as_bytes());
        let signature = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        vec![
            ("x-onefunders-key-id", self.key_id.clone()),
            ("x-onefunders-timestamp", timestamp.to_owned()),
            ("x-onefunders-nonce", nonce.to_owned()),
            ("x-onefunders-signature", signature),
        ]
    }

    /// Posts JSON, signed.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, body).await
    }

    /// A token for a WordPress user.
    ///
    /// # Panics
    /// Where it is refused.
    pub async fn exchange(&self, wp_user_id: u64) -> String {
        let answer = self
            .post("/api/auth/exchange", &json!({"wp_user_id": wp_user_id}))
            .await
            .expect(200);
        answer["token"].as_str().expect("a token").to_owned()
    }
}
