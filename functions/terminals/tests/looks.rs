//! Looks after terminals, as the queue and the schedule bring them.

use chrono::TimeDelta;
use fn_terminals::App;
use kernel::id::{DeviceId, UserId};
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::devices::Device;
use platform::outbox::Row;
use platform::queue::{Paces, Queue};
use platform::runtime::Event;
use serde_json::{Value, json};
use testkit::Stack;
use trading::app::{Said, Watch};
use trading::{Owner, Request};

struct Desk {
    stack: Stack,
    app: App,
    device: Device,
}

impl Desk {
    /// A person with one terminal.
    async fn open() -> Self {
        let stack = Stack::start().await;
        let app = App::new(&stack.env(), stack.aws()).expect("starts");
        let user = UserId::generate(now());
        let owner = Owner {
            org: user.to_string(),
            user,
        };
        let code = app.trading.start_pairing(&owner, "Office", now()).await;
        let (code, _) = code.expect("a code");
        let paired = app.trading.pair(&code, "MT5-1", request(now())).await;
        let device = paired.expect("pairs").expect("a good code").device;
        Self { stack, app, device }
    }

    fn owner(&self) -> Owner {
        Owner::of(&self.device)
    }

    async fn hear(&self, at: Timestamp) {
        let heard = self
            .app
            .trading
            .hear(&self.device, Said::default(), request(at));
        heard.await.expect("hears");
    }

    async fn is_told_online(&self) -> bool {
        let (owner, id) = (self.owner(), &self.device.id);
        let terminal = self.app.trading.store.terminal(&owner, id).await;
        terminal.expect("reads").expect("a terminal").is_online
    }

    /// The looks that the outbox has.
    async fn looks(&self) -> Vec<Watch> {
        use platform::dynamo::{Query, Range};
        let mut looks = Vec::new();
        for shard in 0..8 {
            let query = Query::new(format!("OUTBOX#{shard}"), Range::All, 50);
            let page = self.stack.cloud.trading.query::<Row>(&query).await;
            for (_, row) in page.expect("reads").rows {
                looks.push(serde_json::from_str(&row.body).expect("a look"));
            }
        }
        looks
    }

    async fn handle(&self, watch: &Watch) -> Value {
        let mut event: Value =
            serde_json::from_str(include_str!("../../../events/terminals.json")).expect("JSON");
        let body = serde_json::to_string(watch).expect("JSON");
        event["Records"][0]["body"] = body.into();
        let event = Event::parse(event).expect("an event");
        self.app.handle(event).await.expect("handles")
    }

    async fn told(&self, kind: &str) -> Vec<Value> {
        let log = self.owner().log();
        let events = self.app.trading.live.after(&log, 0, 100).await;
        let events = events.expect("reads").into_iter();
        events
            .filter(|event| event.kind == kind)
            .map(|event| serde_json::from_str(&event.data).expect("JSON"))
            .collect()
    }
}

fn now() -> Timestamp {
    SystemClock.now()
}

fn request(now: Timestamp) -> Request<'static> {
    Request { id: "test", now }
}

#[tokio::test]
async fn a_terminal_without_a_sign_for_a_minute_is_told_to_be_gone_once() {
    let desk = Desk::open().await;
    desk.hear(now() - TimeDelta::seconds(61)).await;
    let looks = desk.looks().await;
    assert_eq!(looks.len(), 1);
    assert_eq!(
        desk.handle(&looks[0]).await,
        json!({"batchItemFailures": []})
    );
    // The message comes twice.
    desk.handle(&looks[0]).await;
    assert!(!desk.is_told_online().await);
    let told = desk.told("mt5_status_update").await;
    let connected: Vec<&Value> = told.iter().map(|update| &update["connected"]).collect();
    assert_eq!(connected, [true, false]);
    assert_eq!(desk.stack.cloud.take_sent(), []);
}

#[tokio::test]
async fn a_look_that_is_early_is_sent_on_until_it_is_due() {
    let desk = Desk::open().await;
    desk.hear(now()).await;
    let looks = desk.looks().await;
    desk.handle(&looks[0]).await;
    let sent = desk.stack.cloud.take_sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].queue, "terminals");
    assert!((55..=60).contains(&sent[0].delay_s), "{}", sent[0].delay_s);
    let again: Watch = serde_json::from_str(&sent[0].body).expect("a look");
    assert_eq!(again, looks[0]);
    assert!(desk.is_told_online().await);
}

#[tokio::test]
async fn a_terminal_that_gives_signs_is_looked_after_again_and_again() {
    let desk = Desk::open().await;
    desk.hear(now() - TimeDelta::seconds(70)).await;
    desk.hear(now() - TimeDelta::seconds(20)).await;
    let looks = desk.looks().await;
    assert_eq!(
        looks.len(),
        1,
        "a sign of one that is there asks for no look"
    );
    desk.handle(&looks[0]).await;
    let sent = desk.stack.cloud.take_sent();
    assert_eq!(sent.len(), 1);
    assert!((35..=40).contains(&sent[0].delay_s), "{}", sent[0].delay_s);
    // A copy of the first look finds that another was made.
    desk.handle(&looks[0]).await;
    assert_eq!(desk.stack.cloud.take_sent(), []);
    assert!(desk.is_told_online().await);
    assert_eq!(desk.told("mt5_status_update").await.len(), 1);
}

#[tokio::test]
async fn a_look_that_was_lost_is_taken_up_by_the_job() {
    let desk = Desk::open().await;
    let job = || Event::parse(json!({"job": "look-after-terminals"})).expect("an event");
    desk.hear(now() - TimeDelta::seconds(80)).await;
    let answer = desk.app.handle(job()).await.expect("handles");
    assert_eq!(answer, json!({"looked": 0}), "its own look may still come");
    let desk = Desk::open().await;
    desk.hear(now() - TimeDelta::seconds(95)).await;
    let answer = desk.app.handle(job()).await.expect("handles");
    assert_eq!(answer, json!({"looked": 1}));
    assert!(!desk.is_told_online().await);
    let answer = desk.app.handle(job()).await.expect("handles");
    assert_eq!(answer, json!({"looked": 0}));
}

#[tokio::test]
async fn a_terminal_that_comes_back_is_told_and_watched_anew() {
    let desk = Desk::open().await;
    desk.hear(now() - TimeDelta::seconds(61)).await;
    let first = desk.looks().await;
    desk.handle(&first[0]).await;
    desk.hear(now()).await;
    assert!(desk.is_told_online().await);
    assert_eq!(desk.looks().await.len(), 2);
    desk.handle(&first[0]).await;
    assert!(desk.is_told_online().await, "an old look ended a new stay");
    assert_eq!(desk.told("mt5_status_update").await.len(), 3);
}

#[tokio::test]
async fn a_look_after_a_terminal_that_was_revoked_is_none() {
    let desk = Desk::open().await;
    desk.hear(now() - TimeDelta::seconds(61)).await;
    let looks = desk.looks().await;
    let owner = desk.owner();
    let revoked = desk
        .app
        .trading
        .revoke(&owner, &desk.device.id, request(now()));
    revoked.await.expect("revokes");
    assert_eq!(
        desk.handle(&looks[0]).await,
        json!({"batchItemFailures": []})
    );
    let unknown = Watch {
        device: DeviceId::generate(now()),
        ..looks[0].clone()
    };
    assert_eq!(
        desk.handle(&unknown).await,
        json!({"batchItemFailures": []})
    );
}

#[tokio::test]
async fn it_is_noted_every_few_seconds_how_long_messages_waited() {
    let desk = Desk::open().await;
    desk.hear(now() - TimeDelta::seconds(61)).await;
    let look = desk.looks().await.remove(0);
    let mut event: Value =
        serde_json::from_str(include_str!("../../../events/terminals.json")).expect("JSON");
    let record = &mut event["Records"][0];
    record["body"] = serde_json::to_string(&look).expect("JSON").into();
    record["messageAttributes"] = json!({"delay_s": {
        "dataType": "Number", "stringValue": "60",
        "stringListValues": [], "binaryListValues": [],
    }});
    let mut noted = Vec::new();
    for waited_s in [7, 700] {
        let sent = now() - TimeDelta::seconds(60 + waited_s);
        let sent = sent.timestamp_millis().to_string();
        event["Records"][0]["attributes"]["SentTimestamp"] = sent.into();
        let event = Event::parse(event.clone()).expect("an event");
        desk.app.handle(event).await.expect("handles");
        let paces = Paces::new(desk.stack.cloud.platform.clone()).all().await;
        noted.push(paces.expect("reads"));
    }
    let (queue, pace) = noted[0][0];
    assert_eq!((queue, noted[0].len()), (Queue::Terminals, 1));
    let waited_ms = pace.waited_ms.expect("a note");
    assert!((7_000..17_000).contains(&waited_ms), "{waited_ms}");
    assert!(
        pace.taken_at()
            .is_some_and(|at| now() - at < TimeDelta::seconds(10))
    );
    assert_eq!(noted[0], noted[1], "noted again within ten seconds");
}
