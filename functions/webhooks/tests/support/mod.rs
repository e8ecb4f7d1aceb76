//! A world for a test: an embedded DynamoDB, a shop and a queue that take
//! requests on loopback, and the function's own `App` over them.

use std::time::Duration;

use accounts::app::deliver::Deliverer;
use accounts::gateway::webhook::{Sender, generate_secret};
use accounts::store::{Delivery, Store, WebhookEndpoint, secret_identity};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use chrono::TimeDelta;
use fn_webhooks::{App, handle};
use kernel::id::{DeliveryId, ShopId};
use kernel::time::{Clock, Timestamp};
use platform::clock::{BusinessClock, SystemClock, set_ahead};
use platform::config::Env;
use platform::dynamo::Table;
use platform::envelope::MasterKeys;
use platform::keys::Vault;
use platform::queue::{Intake, Queue, Queues};
use platform::runtime::Event;
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

/// Everything that a test touches.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) shop: ShopId,
    pub(crate) http: MockServer,
    pub(crate) secret: SecretString,
    platform_table: Table,
    sqs: MockServer,
    vault: Vault,
    queues: Queues,
}

impl World {
    /// A shop whose endpoint is set, and nothing to deliver yet.
    pub(crate) async fn new() -> Self {
        let dynamo = embedded_dynamo().await;
        let sqs = MockServer::start().await;
        Mock::given(matchers::any())
            .respond_with(FakeSqs)
            .mount(&sqs)
            .await;
        let master = MasterKeys::with_fresh_key(None).expect("a key");
        let world = Self {
            store: Store::new(table(&dynamo, "accounts").await),
            shop: "demo".parse().expect("a shop"),
            http: MockServer::start().await,
            secret: generate_secret(),
            platform_table: table(&dynamo, "platform").await,
            vault: Vault::given(MasterKeys::parse(&master).expect("reads")),
            queues: queues(&sqs.uri()),
            sqs,
        };
        world.set_endpoint(&world.endpoint().await).await;
        world
    }

    /// The function, as it starts now: with the clock as it is set.
    pub(crate) fn app(&self) -> App {
        App {
            deliverer: Deliverer {
                store: self.store.clone(),
                vault: self.vault.clone(),
                sender: Sender::new(vec!["127.0.0.1".to_owned()]).expect("a client"),
                queues: self.queues.clone(),
            },
            intake: Intake::new(self.platform_table.clone(), Queue::Webhooks),
            clock: BusinessClock::local(self.platform_table.clone()),
        }
    }

    /// Sets the business clock ahead of real time.
    pub(crate) async fn set_ahead(&self, ahead: TimeDelta) {
        set_ahead(&self.platform_table, ahead)
            .await
            .expect("the clock is set");
    }

    /// The endpoint at the mock shop, under the world's secret.
    pub(crate) async fn endpoint(&self) -> WebhookEndpoint {
        WebhookEndpoint {
            url: format!("{}/hook", self.http.uri()),
            sealed_secret: self.seal(&self.secret).await,
            sealed_secret_before: None,
            disabled: false,
            set_at: SystemClock.now(),
        }
    }

    pub(crate) async fn seal(&self, secret: &SecretString) -> String {
        let identity = secret_identity(&self.shop);
        self.vault.seal(secret, &identity).await.expect("seals")
    }

    pub(crate) async fn set_endpoint(&self, endpoint: &WebhookEndpoint) {
        self.store
            .put_webhook(&self.shop, endpoint)
            .await
            .expect("writes");
    }

    /// Has the shop answer every message so from now on.
    pub(crate) async fn shop_answers(&self, template: ResponseTemplate) {
        self.http.reset().await;
        Mock::given(matchers::method("POST"))
            .and(matchers::path("/hook"))
            .respond_with(template)
            .mount(&self.http)
            .await;
    }

    /// What the shop was sent since its answer was last set.
    pub(crate) async fn received(&self) -> Vec<Request> {
        self.http.received_requests().await.expect("recorded")
    }

    /// A new message for the shop.
    pub(crate) async fn message(&self) -> DeliveryId {
        let id = DeliveryId::generate(SystemClock.now());
        self.add(Delivery::new(
            id.clone(),
            &self.shop,
            "account.breached",
            r#"{"type":"account.breached","data":{}}"#.to_owned(),
            SystemClock.now(),
        ))
        .await;
        id
    }

    pub(crate) async fn add(&self, delivery: Delivery) {
        self.store.put_delivery(&delivery).await.expect("writes");
    }

    pub(crate) async fn delivery(&self, id: &DeliveryId) -> Delivery {
        self.store
            .delivery(&self.shop, id)
            .await
            .expect("reads")
            .expect("a delivery")
    }

    /// The message comes from the queue, that many times in one batch.
    pub(crate) async fn bring(&self, id: &DeliveryId, copies: usize) {
        let body = json!({ "shop": self.shop, "delivery": id }).to_string();
        let answer = self.invoke(sqs_event(&vec![body; copies])).await;
        assert_eq!(answer, json!({ "batchItemFailures": [] }));
    }

    /// Calls the function with an event as Lambda has it.
    pub(crate) async fn invoke(&self, event: Value) -> Value {
        let event = Event::parse(event).expect("an event");
        handle(&self.app(), event).await.expect("handles")
    }

    /// Bodies and delays in seconds of what was sent to the queue so far.
    pub(crate) async fn queued(&self) -> Vec<(String, i64)> {
        let requests = self.sqs.received_requests().await.expect("recorded");
        let mut queued = Vec::new();
        for request in requests {
            let sent: Value = request.body_json().expect("JSON");
            let entries = sent["Entries"].as_array().cloned();
            for entry in entries.unwrap_or_else(|| vec![sent]) {
                let body = entry["MessageBody"].as_str().expect("a body").to_owned();
                queued.push((body, entry["DelaySeconds"].as_i64().expect("a delay")));
            }
        }
        queued
    }

    /// Waits until the shop has a request before it.
    pub(crate) async fn until_received(&self) {
        for _ in 0..500 {
            if !self.received().await.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the shop was sent nothing within 5 s");
    }
}

/// An event of the webhooks queue, one record a body.
pub(crate) fn sqs_event(bodies: &[String]) -> Value {
    let records: Vec<Value> = bodies
        .iter()
        .enumerate()
        .map(|(index, body)| {
            json!({
                "messageId": format!("m{index}"),
                "body": body,
                "attributes": {},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
            })
        })
        .collect();
    json!({ "Records": records })
}

/// Milliseconds from now by real time.
pub(crate) fn in_ms(at_ms: Option<i64>) -> i64 {
    at_ms.expect("a time") - now().timestamp_millis()
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

struct FakeSqs;

impl Respond for FakeSqs {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let sent: Value = request.body_json().expect("JSON");
        let answer = match sent["Entries"].as_array() {
            Some(entries) => {
                let taken: Vec<Value> = entries
                    .iter()
                    .map(|entry| json!({ "Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "" }))
                    .collect();
                json!({ "Successful": taken, "Failed": [] })
            }
            None => json!({ "MessageId": "m", "MD5OfMessageBody": "" }),
        };
        ResponseTemplate::new(200).set_body_json(answer)
    }
}

async fn embedded_dynamo() -> aws_sdk_dynamodb::Client {
    use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    let database = dynoxide::Database::memory().expect("a database");
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(format!("http://{address}"))
        .http_client(platform::aws::http_client())
        .build();
    aws_sdk_dynamodb::Client::from_conf(config)
}

/// A table with the keys and the due index of `template.yaml`.
async fn table(client: &aws_sdk_dynamodb::Client, name: &str) -> Table {
    let attribute = |name: &str, kind| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(kind)
            .build()
            .expect("an attribute")
    };
    let key = |name: &str, kind| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
            .expect("a key")
    };
    let keys_only = Projection::builder()
        .projection_type(ProjectionType::KeysOnly)
        .build();
    let due = GlobalSecondaryIndex::builder()
        .index_name(platform::dynamo::DUE_INDEX)
        .key_schema(key(platform::dynamo::DUE_SHARD, KeyType::Hash))
        .key_schema(key(platform::dynamo::DUE_AT, KeyType::Range))
        .projection(keys_only)
        .build()
        .expect("an index");
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk", ScalarAttributeType::S))
        .attribute_definitions(attribute("sk", ScalarAttributeType::S))
        .attribute_definitions(attribute(
            platform::dynamo::DUE_SHARD,
            ScalarAttributeType::S,
        ))
        .attribute_definitions(attribute(platform::dynamo::DUE_AT, ScalarAttributeType::N))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .global_secondary_indexes(due)
        .send()
        .await
        .expect("creates the table");
    Table::new(client.clone(), name)
}

fn queues(endpoint: &str) -> Queues {
    use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(endpoint)
        .http_client(platform::aws::http_client())
        .build();
    let env = Env::from_pairs([("WEBHOOKS_QUEUE_URL", format!("{endpoint}/webhooks"))]);
    let client = aws_sdk_sqs::Client::from_conf(config);
    Queues::from_env(client, &env, &[Queue::Webhooks]).expect("a queue")
}
