//! Messages of the imports' queue: events of the bucket and looks.

use accounts::app::import::ImportRequest;
use accounts::app::import::upload::{self, Asked, Requested, Target};
use accounts::app::messages::{ImportLook, ImportsMessage};
use accounts::store::{Import, ImportKey, ImportState};
use chrono::TimeDelta;
use chrono_tz::Tz;
use fn_imports::App;
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::objects::Bucket;
use platform::runtime::Event;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::Stack;

const OWNER: &str = "wp:demo:42";
const REQUEST_ID: &str = "req_01jd7bz8txk2n4p6r8s0v2w4y6";
const FILE: &str = "\
Time;Deal;Symbol;Type;Direction;Volume;Price;Profit
2024.01.02 10:00:00;2;EURUSD;buy;in;1;1.1;0
2024.01.02 11:00:00;3;EURUSD;sell;out;1;1.2;500
";

/// A clock that shows one moment.
struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

struct World {
    stack: Stack,
    bucket: Bucket,
}

impl World {
    async fn start() -> Self {
        let stack = Stack::start().await;
        let bucket = Bucket::from_env(&stack.env(), "IMPORTS_BUCKET").expect("a bucket");
        Self { stack, bucket }
    }

    async fn request(&self) -> kernel::Result<Requested> {
        let request = ImportRequest {
            server_zone: Tz::UTC,
            name: None,
            initial_balance: None,
        };
        let asked = Asked {
            shop: &self.stack.shop.id,
            target: Target::Analysis(OWNER),
            content_length: FILE.len() as u64,
            sha256: None,
            request: &request,
        };
        let now = (self.stack.now(), SystemClock.now());
        upload::request((&self.stack.store, &self.bucket), asked, REQUEST_ID, now).await
    }

    fn key(&self, requested: &Requested) -> ImportKey {
        ImportKey {
            shop: self.stack.shop.id.clone(),
            owner: Some(OWNER.to_owned()),
            id: requested.import.id.clone(),
        }
    }

    async fn find(&self, requested: &Requested, real_now: Timestamp) -> Import {
        let key = self.key(requested);
        let found = upload::find(&self.stack.store, &key, real_now).await;
        found.expect("reads").expect("an import")
    }

    async fn handle(&self, body: &Value) -> Value {
        let app = App::new(&self.stack.env(), self.stack.aws()).expect("starts");
        app.handle(event(body)).await.expect("handles")
    }

    async fn accounts(&self) -> usize {
        let shop = &self.stack.shop.id;
        let listed = self
            .stack
            .store
            .accounts_of_owner(shop, OWNER, 100, None)
            .await;
        listed.expect("reads").rows.len()
    }
}

async fn send(requested: &Requested) {
    let client = platform::http_client::partner(std::time::Duration::from_secs(5));
    let url = requested.upload.url.expose_secret();
    let mut call = client.expect("a client").put(url);
    for (name, value) in &requested.upload.headers {
        if *name != "content-length" {
            call = call.header(*name, value);
        }
    }
    let answer = call.body(FILE).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
}

fn sample() -> Value {
    serde_json::from_str(include_str!("../../../events/imports.json")).expect("JSON")
}

fn event(body: &Value) -> Event {
    let mut sample = sample();
    sample["Records"][0]["body"] = json!(body.to_string());
    Event::parse(sample).expect("an event")
}

/// The bucket's event for the file of an import.
fn bucket_event(key: &ImportKey) -> Value {
    let body = sample()["Records"][0]["body"]
        .as_str()
        .expect("a text")
        .to_owned();
    let mut body: Value = serde_json::from_str(&body).expect("JSON");
    body["Records"][0]["s3"]["object"]["key"] = json!(key.object());
    body
}

fn look(key: &ImportKey, due_at: Timestamp) -> Value {
    let message = ImportsMessage::Look(ImportLook {
        import: key.clone(),
        due_at_ms: due_at.timestamp_millis(),
        request_id: REQUEST_ID.to_owned(),
    });
    serde_json::to_value(message).expect("JSON")
}

fn nothing_failed() -> Value {
    json!({"batchItemFailures": []})
}

#[tokio::test]
async fn event_of_an_unknown_import_is_done() {
    let world = World::start().await;
    let app = App::new(&world.stack.env(), world.stack.aws()).expect("starts");
    let event = Event::parse(sample()).expect("an event");
    assert_eq!(app.handle(event).await.expect("handles"), nothing_failed());
    for body in [
        json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "imports"}),
        json!({"Records": [{"s3": {"object": {"key": "another/key"}}}]}),
    ] {
        assert_eq!(world.handle(&body).await, nothing_failed());
    }
}

#[tokio::test]
async fn event_of_another_kind_is_an_error() {
    let stack = Stack::start().await;
    let app = App::new(&stack.env(), stack.aws()).expect("starts");
    let event = Event::parse(json!({"job": "daily-reset"})).expect("an event");
    assert!(app.handle(event).await.is_err());
}

#[tokio::test]
async fn bucket_event_reads_the_file_once() {
    let world = World::start().await;
    let requested = world.request().await.expect("is created");
    let key = world.key(&requested);
    // An event that comes before its object is harmless too.
    assert_eq!(world.handle(&bucket_event(&key)).await, nothing_failed());
    send(&requested).await;
    for _ in 0..2 {
        assert_eq!(world.handle(&bucket_event(&key)).await, nothing_failed());
        let done = world.find(&requested, SystemClock.now()).await;
        assert_eq!((done.state, done.rows_read), (ImportState::Done, 2));
        assert_eq!(world.accounts().await, 1);
        assert!(world.stack.objects.kept().is_empty());
    }
}

#[tokio::test]
async fn file_sent_after_the_end_is_deleted() {
    let world = World::start().await;
    let requested = world.request().await.expect("is created");
    let key = world.key(&requested);
    send(&requested).await;
    world.handle(&bucket_event(&key)).await;
    send(&requested).await;
    world.handle(&bucket_event(&key)).await;
    assert!(world.stack.objects.kept().is_empty());
    assert_eq!(world.accounts().await, 1);
}

#[tokio::test]
async fn look_without_an_event_reads_the_file() {
    let world = World::start().await;
    let requested = world.request().await.expect("is created");
    send(&requested).await;
    let message = look(&world.key(&requested), SystemClock.now());
    assert_eq!(world.handle(&message).await, nothing_failed());
    let done = world.find(&requested, SystemClock.now()).await;
    assert_eq!(done.state, ImportState::Done);
}

#[tokio::test]
async fn early_look_is_sent_on() {
    let world = World::start().await;
    let requested = world.request().await.expect("is created");
    let due_at = SystemClock.now() + TimeDelta::minutes(20);
    let message = look(&world.key(&requested), due_at);
    drop(world.stack.cloud.take_sent());
    assert_eq!(world.handle(&message).await, nothing_failed());
    let sent = world.stack.cloud.take_sent();
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].queue.as_str(), sent[0].delay_s), ("imports", 900));
    let body: Value = serde_json::from_str(&sent[0].body).expect("JSON");
    assert_eq!(body, message);
}

#[tokio::test]
async fn import_without_a_file_expires_after_an_hour() {
    let world = World::start().await;
    let requested = world.request().await.expect("is created");
    let after = |minutes| SystemClock.now() + TimeDelta::minutes(minutes);
    let waiting = world.find(&requested, after(59)).await;
    assert_eq!(waiting.state, ImportState::AwaitingUpload);
    let expired = world.find(&requested, after(60)).await;
    assert_eq!(expired.state, ImportState::Expired);
    let places = (&world.stack.store, &world.bucket);
    let key = world.key(&requested);
    for _ in 0..4 {
        world.request().await.expect("is created");
    }
    assert!(world.request().await.is_err(), "five are open");
    let now = world.stack.now();
    let clock = At(after(61));
    let outcome = upload::look(places, &key, &clock, now).await;
    assert_eq!(outcome.expect("looks"), upload::Outcome::Expired);
    world.request().await.expect("a slot is free");
}
