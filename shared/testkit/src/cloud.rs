//! DynamoDB, Secrets Manager and SQS on loopback ports.
//!
//! DynamoDB is a real implementation in memory. Of the other two the kit has
//! just what the code calls, over the wire that the SDK speaks.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
    KeyType, Projection, ProjectionType, ScalarAttributeType,
};
use aws_types::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use platform::audit_log::{
    ACTION_INDEX, ACTOR_INDEX, BY_ACTION, BY_ACTOR, BY_TENANT, TENANT_INDEX,
};
use platform::dynamo::{DUE_AT, DUE_INDEX, DUE_SHARD, Table};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

/// Name of the platform's table.
pub const PLATFORM_TABLE: &str = "platform";
/// Name of the accounts' table.
pub const ACCOUNTS_TABLE: &str = "accounts";

/// Name of the identity's table.
pub const IDENTITY_TABLE: &str = "identity";
/// Name of the organizations' table.
pub const ORGANIZATIONS_TABLE: &str = "organizations";
/// Name of the audit record's table.
pub const AUDIT_TABLE: &str = "audit";

/// Name of the table of live events and connections.
pub const REALTIME_TABLE: &str = "realtime";
/// Name of the trading's table.
pub const TRADING_TABLE: &str = "trading";
/// Name of the signals' table.
pub const SIGNALS_TABLE: &str = "signals";

/// The cloud of one test.
#[derive(Debug)]
pub struct Cloud {
    /// What SDK clients are made of.
    pub aws: SdkConfig,
    /// The platform's table.
    pub platform: Table,
    /// The accounts' table.
    pub accounts: Table,
    /// The identity's table.
    pub identity: Table,
    /// The organizations' table.
    pub organizations: Table,
    /// The audit record's table.
    pub audit: Table,
    /// The table of live events and connections.
    pub realtime: Table,
    /// The trading's table.
    pub trading: Table,
    /// The signals' table.
    pub signals: Table,
    services: Arc<Services>,
}

/// A message that was sent to a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The last part of the queue's address.
    pub queue: String,
    /// The message.
    pub body: String,
    /// Seconds that the queue is to hold it back.
    pub delay_s: i64,
    /// The group within which the queue keeps order, where it does.
    pub group: Option<String>,
}

impl Cloud {
    /// Starts it, with empty tables as `template.yaml` describes them.
    pub async fn start() -> Self {
        let services = Arc::new(Services::default());
        let (dynamo_listener, dynamo) = listener().await;
        let (other_listener, other) = listener().await;
        let database = dynoxide::Database::memory().expect("a database in memory");
        tokio::spawn(dynoxide::server::serve_on(dynamo_listener, database));
        let app = Router::new()
            .fallback(serve)
            .with_state(Arc::clone(&services));
        tokio::spawn(async move { axum::serve(other_listener, app).await });
        let aws = config(Endpoints { dynamo, other });
        let client = aws_sdk_dynamodb::Client::new(&aws);
        create_table(&client, PLATFORM_TABLE, Vec::new()).await;
        create_table(&client, ACCOUNTS_TABLE, vec![due_index()]).await;
        create_table(&client, IDENTITY_TABLE, Vec::new()).await;
        create_table(&client, ORGANIZATIONS_TABLE, Vec::new()).await;
        create_table(&client, AUDIT_TABLE, audit_indexes()).await;
        create_table(&client, REALTIME_TABLE, vec![due_index()]).await;
        create_table(&client, TRADING_TABLE, vec![due_index()]).await;
        create_table(&client, SIGNALS_TABLE, vec![due_index()]).await;
        Self {
            platform: Table::new(client.clone(), PLATFORM_TABLE),
            accounts: Table::new(client.clone(), ACCOUNTS_TABLE),
            identity: Table::new(client.clone(), IDENTITY_TABLE),
            organizations: Table::new(client.clone(), ORGANIZATIONS_TABLE),
            audit: Table::new(client.clone(), AUDIT_TABLE),
            realtime: Table::new(client.clone(), REALTIME_TABLE),
            trading: Table::new(client.clone(), TRADING_TABLE),
            signals: Table::new(client, SIGNALS_TABLE),
            aws,
            services,
        }
    }

    /// Sets a secret's value.
    pub fn set_secret(&self, name: &str, value: SecretString) {
        let mut secrets = self.services.secrets.lock().expect("not poisoned");
        secrets.insert(name.to_owned(), value);
    }

    /// A secret's value, as a function has left it.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<SecretString> {
        let secrets = self.services.secrets.lock().expect("not poisoned");
        secrets.get(name).cloned()
    }

    /// Has a queue, by the last part of its address, answer nobody who asks
    /// for its counts.
    pub fn silence(&self, queue: &str) {
        let mut silent = self.services.silent.lock().expect("not poisoned");
        silent.insert(queue.to_owned());
    }

    /// Takes what was sent to the queues since the last time.
    #[must_use]
    pub fn take_sent(&self) -> Vec<Sent> {
        std::mem::take(&mut *self.services.sent.lock().expect("not poisoned"))
    }

    /// Deletes what a page of a scan finds under partitions that begin so.
    ///
    /// # Panics
    /// Where the store fails.
    pub async fn forget(&self, table: &Table, partitions: &str) {
        let found = table
            .client()
            .scan()
            .table_name(table.name())
            .filter_expression("begins_with(pk, :partitions)")
            .expression_attribute_values(":partitions", AttributeValue::S(partitions.to_owned()))
            .projection_expression("pk, sk")
            .send()
            .await
            .expect("scans");
        for key in found.items.unwrap_or_default() {
            let deletion = table.client().delete_item().table_name(table.name());
            deletion.set_key(Some(key)).send().await.expect("deletes");
        }
    }

    /// Every item of a table, for tests that look for what must not be there.
    pub async fn dump(&self, table: &Table) -> String {
        let mut text = String::new();
        let mut start = None;
        loop {
            let page = table
                .client()
                .scan()
                .table_name(table.name())
                .set_exclusive_start_key(start)
                .send()
                .await
                .expect("scans");
            for item in page.items() {
                text.push_str(&format!("{item:?}\n"));
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return text;
            }
        }
    }
}

#[derive(Debug, Default)]
struct Services {
    secrets: Mutex<HashMap<String, SecretString>>,
    sent: Mutex<Vec<Sent>>,
    silent: Mutex<HashSet<String>>,
}

async fn serve(State(services): State<Arc<Services>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    match target {
        "secretsmanager.GetSecretValue" => services.secret(&asked),
        "secretsmanager.PutSecretValue" => services.put_secret(&asked),
        "AmazonSQS.SendMessage" => services.send(&asked),
        "AmazonSQS.SendMessageBatch" => services.send_batch(&asked),
        "AmazonSQS.GetQueueAttributes" => services.attributes(&asked).await,
        _ => failure("UnknownOperationException"),
    }
}

impl Services {
    fn secret(&self, asked: &Value) -> Response {
        let name = asked["SecretId"].as_str().unwrap_or_default();
        match self.secrets.lock().expect("not poisoned").get(name) {
            Some(value) => answer(&json!({
                "ARN": name,
                "Name": name,
                "SecretString": value.expose_secret(),
            })),
            None => failure("ResourceNotFoundException"),
        }
    }

    fn put_secret(&self, asked: &Value) -> Response {
        let name = asked["SecretId"].as_str().unwrap_or_default();
        let text = asked["SecretString"].as_str().unwrap_or_default();
        let mut secrets = self.secrets.lock().expect("not poisoned");
        match secrets.get_mut(name) {
            Some(value) => {
                *value = text.into();
                answer(&json!({"ARN": name, "Name": name, "VersionId": "1"}))
            }
            None => failure("ResourceNotFoundException"),
        }
    }

    fn send(&self, asked: &Value) -> Response {
        self.keep(asked, asked);
        answer(&json!({"MessageId": "1", "MD5OfMessageBody": ""}))
    }

    fn send_batch(&self, asked: &Value) -> Response {
        let entries = asked["Entries"].as_array().cloned().unwrap_or_default();
        if entries.is_empty() || entries.len() > 10 {
            return failure("TooManyEntriesInBatchRequest");
        }
        let mut taken = Vec::new();
        for entry in &entries {
            self.keep(asked, entry);
            taken.push(json!({"Id": entry["Id"], "MessageId": "1", "MD5OfMessageBody": ""}));
        }
        answer(&json!({"Successful": taken, "Failed": []}))
    }

    fn keep(&self, asked: &Value, entry: &Value) {
        let url = asked["QueueUrl"].as_str().unwrap_or_default();
        let delay_s = entry["DelaySeconds"].as_i64().unwrap_or(0);
        assert!(
            (0..=900).contains(&delay_s),
            "SQS takes no delay of {delay_s} s"
        );
        self.sent.lock().expect("not poisoned").push(Sent {
            queue: url.rsplit('/').next().unwrap_or_default().to_owned(),
            body: entry["MessageBody"].as_str().unwrap_or_default().to_owned(),
            delay_s,
            group: entry["MessageGroupId"].as_str().map(str::to_owned),
        });
    }

    async fn attributes(&self, asked: &Value) -> Response {
        let url = asked["QueueUrl"].as_str().unwrap_or_default();
        let queue = url.rsplit('/').next().unwrap_or_default();
        let is_silent = self.silent.lock().expect("not poisoned").contains(queue);
        if is_silent {
            std::future::pending::<()>().await;
        }
        let sent = self.sent.lock().expect("not poisoned");
        let (delayed, waiting): (Vec<&Sent>, Vec<&Sent>) = sent
            .iter()
            .filter(|sent| sent.queue == queue)
            .partition(|sent| sent.delay_s > 0);
        answer(&json!({"Attributes": {
            "ApproximateNumberOfMessages": waiting.len().to_string(),
            "ApproximateNumberOfMessagesDelayed": delayed.len().to_string(),
            "ApproximateNumberOfMessagesNotVisible": "0",
        }}))
    }
}

fn answer(body: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/x-amz-json-1.1")];
    (kind, body.to_string()).into_response()
}

fn failure(kind: &str) -> Response {
    let body = json!({"__type": kind, "message": "refused by the test kit"});
    let mut response = answer(&body);
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

pub(crate) async fn listener() -> (tokio::net::TcpListener, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("an address");
    (listener, format!("http://{address}"))
}

/// Where each service is, for the SDK.
#[derive(Debug)]
struct Endpoints {
    dynamo: String,
    other: String,
}

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        (key.env() == "AWS_ENDPOINT_URL").then(|| match key.service_id() {
            "DynamoDB" => self.dynamo.clone(),
            _ => self.other.clone(),
        })
    }
}

fn config(endpoints: Endpoints) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "testkit");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(platform::aws::http_client())
        .service_config(endpoints)
        .build()
}

/// An index: its name, its keys with their kinds, and whether it carries
/// whole items.
struct Index {
    name: &'static str,
    keys: [(&'static str, ScalarAttributeType); 2],
    is_whole: bool,
}

fn due_index() -> Index {
    use ScalarAttributeType::{N, S};
    Index {
        name: DUE_INDEX,
        keys: [(DUE_SHARD, S), (DUE_AT, N)],
        is_whole: false,
    }
}

fn audit_indexes() -> Vec<Index> {
    use ScalarAttributeType::S;
    let indexes = [
        (ACTOR_INDEX, BY_ACTOR),
        (ACTION_INDEX, BY_ACTION),
        (TENANT_INDEX, BY_TENANT),
    ];
    indexes
        .into_iter()
        .map(|(name, hash)| Index {
            name,
            keys: [(hash, S), ("sk", S)],
            is_whole: true,
        })
        .collect()
}

/// A table with the keys and the indexes of `template.yaml`.
async fn create_table(client: &aws_sdk_dynamodb::Client, name: &str, indexes: Vec<Index>) {
    use ScalarAttributeType::S;
    let mut attributes = vec![("pk", S), ("sk", S)];
    let mut table = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range));
    for index in indexes {
        let [(hash, _), (range, _)] = &index.keys;
        let projection = Projection::builder()
            .projection_type(match index.is_whole {
                true => ProjectionType::All,
                false => ProjectionType::KeysOnly,
            })
            .build();
        let described = GlobalSecondaryIndex::builder()
            .index_name(index.name)
            .key_schema(key(hash, KeyType::Hash))
            .key_schema(key(range, KeyType::Range))
            .projection(projection)
            .build()
            .expect("an index");
        table = table.global_secondary_indexes(described);
        for (name, kind) in index.keys {
            if attributes.iter().all(|(known, _)| *known != name) {
                attributes.push((name, kind));
            }
        }
    }
    for (name, kind) in attributes {
        table = table.attribute_definitions(attribute(name, kind));
    }
    table.send().await.expect("creates the table");
}

fn attribute(name: &str, kind: ScalarAttributeType) -> AttributeDefinition {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(kind)
        .build()
        .expect("an attribute")
}

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(kind)
        .build()
        .expect("a key")
}
