//! How the parts of the deployment are, in figures that the tests have made.

use chrono::TimeDelta;
use fn_system::App;
use http::Method;
use kernel::access::Tier;
use kernel::id::{SessionId, UserId};
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::dynamo::Table;
use platform::live::Live;
use platform::owner::Owner;
use platform::queue::{Paces, Queue, Queues};
use platform::tokens::Claims;
use realtime::domain::grant::Grant;
use realtime::store::Held;
use serde_json::{Value, json};
use testkit::Stack;
use testkit::http::{bearer, request, send};
use trading::Trading;
use trading::app::{Request, Said};

const PATH: &str = "/api/system/health";

fn now() -> Timestamp {
    SystemClock.now()
}

fn call() -> Request<'static> {
    Request {
        id: "test",
        now: now(),
    }
}

struct Scene {
    stack: Stack,
    router: axum::Router,
    owner: Owner,
}

impl Scene {
    async fn open() -> Self {
        let stack = Stack::start().await;
        let app = App::new(&stack.env(), stack.aws()).expect("starts");
        let user = UserId::generate(now());
        Self {
            router: fn_system::router(app),
            stack,
            owner: Owner {
                org: user.to_string(),
                user,
            },
        }
    }

    fn token(&self, owner: &Owner) -> String {
        let claims = Claims {
            sub: owner.user.to_string(),
            org: owner.org.clone(),
            role: "owner".to_owned(),
            scope: "user".to_owned(),
            sid: SessionId::generate(now()).to_string(),
            ..self.stack.claims(&self.stack.shop, 1)
        };
        self.stack.sign_token(&claims)
    }

    async fn health_for(&self, owner: &Owner) -> Value {
        let asked = bearer(&self.token(owner), &Method::GET, PATH, "");
        send(&self.router, asked).await.expect(200)
    }

    async fn health(&self) -> Value {
        self.health_for(&self.owner).await
    }

    fn queues(&self) -> Queues {
        let sqs = aws_sdk_sqs::Client::new(self.stack.aws());
        Queues::from_env(sqs, &self.stack.env(), &Queue::ALL).expect("queues")
    }

    async fn send(&self, queue: Queue, delay_s: i64) {
        let sent = self.queues().send(queue, &json!({}), delay_s).await;
        sent.expect("sends");
    }

    fn paces(&self) -> Paces {
        Paces::new(self.stack.cloud.platform.clone())
    }

    fn trading(&self) -> Trading {
        let cloud = &self.stack.cloud;
        let live = Live::new(cloud.realtime.clone());
        Trading::new(cloud.trading.clone(), cloud.platform.clone(), live)
    }

    /// Pairs a terminal that was last heard of so long ago.
    async fn terminal(&self, owner: &Owner, heard_before: TimeDelta) {
        let trading = self.trading();
        let code = trading.start_pairing(owner, "Office", now()).await;
        let (code, _) = code.expect("a code");
        let paired = trading.pair(&code, "MT5-1", call()).await.expect("pairs");
        let device = paired.expect("a good code").device;
        let then = Request {
            now: now() - heard_before,
            ..call()
        };
        let heard = trading.hear(&device, Said::default(), then).await;
        heard.expect("hears");
    }

    /// Opens a connection that is good for so many seconds.
    async fn connection(&self, owner: &Owner, id: &str, good_for_s: i64) {
        let store = realtime::store::Store::new(self.stack.cloud.realtime.clone());
        let now_s = now().timestamp();
        let grant = Grant {
            org: owner.org.clone(),
            sub: owner.user.to_string(),
            sid: "ses_1".to_owned(),
            iat_s: now_s,
            exp_s: now_s + good_for_s,
            tier: Tier::Free,
            terminal: None,
        };
        let held = Held {
            after: 0,
            since_s: now_s,
        };
        let admitted = store.admit((id, now()), false, &grant, held).await;
        admitted.expect("admits");
    }

    async fn delete(&self, table: &Table) {
        let deleted = table.client().delete_table().table_name(table.name());
        deleted.send().await.expect("deletes");
    }
}

fn queue<'a>(health: &'a Value, name: &str) -> &'a Value {
    let queues = health["components"]["queues"].as_array().expect("queues");
    let found = queues.iter().find(|queue| queue["name"] == name);
    found.expect("the queue")
}

#[tokio::test]
async fn each_part_is_told_with_its_figures() {
    let scene = Scene::open().await;
    for _ in 0..3 {
        scene.send(Queue::Sync, 0).await;
    }
    scene.send(Queue::Sync, 30).await;
    let sqs = aws_sdk_sqs::Client::new(scene.stack.aws());
    let dead = scene.stack.env().text("RULES_DLQ_URL").expect("a setting");
    let dead = sqs.send_message().queue_url(dead).message_body("{}");
    dead.send().await.expect("sends");
    scene.terminal(&scene.owner, TimeDelta::seconds(5)).await;
    scene.terminal(&scene.owner, TimeDelta::seconds(61)).await;
    scene.connection(&scene.owner, "open=", 900).await;
    scene.connection(&scene.owner, "over=", -60).await;
    let health = scene.health().await;
    assert_eq!(health["status"], "ok");
    let checked_at: Timestamp =
        serde_json::from_value(health["checked_at"].clone()).expect("a time");
    assert!((now() - checked_at).num_seconds() < 10);
    let parts = &health["components"];
    assert_eq!(parts["store"]["status"], "ok");
    let latency_ms = parts["store"]["latency_ms"].as_u64().expect("a figure");
    assert!(latency_ms < 2_000, "{latency_ms}");
    let names: Vec<&Value> = parts["queues"]
        .as_array()
        .expect("queues")
        .iter()
        .map(|queue| &queue["name"])
        .collect();
    assert_eq!(names, Queue::ALL.map(Queue::as_str));
    let sync = json!({
        "name": "sync", "status": "ok", "depth": 3, "in_flight": 0, "delayed": 1,
        "dead_letters": 0, "oldest_age_s": null, "taken_at": null, "waited_ms": null,
    });
    assert_eq!(queue(&health, "sync"), &sync);
    let rules = json!({
        "name": "rules", "status": "ok", "depth": 0, "in_flight": 0, "delayed": 0,
        "dead_letters": 1, "oldest_age_s": 0, "taken_at": null, "waited_ms": null,
    });
    assert_eq!(queue(&health, "rules"), &rules);
    let terminals = json!({"status": "ok", "paired": 2, "online": 1});
    assert_eq!(parts["terminals"], terminals);
    let websocket = json!({"status": "ok", "connections": 1, "connections_max": 10});
    assert_eq!(parts["websocket"], websocket);
}

#[tokio::test]
async fn what_is_of_another_tenant_is_not_told() {
    let scene = Scene::open().await;
    let elsewhere = Owner {
        org: "org_01jd7bz8v6m3t9q2x4w7y0c1df".to_owned(),
        ..scene.owner.clone()
    };
    scene.terminal(&elsewhere, TimeDelta::zero()).await;
    scene.connection(&elsewhere, "open=", 900).await;
    let counts = |health: &Value| {
        let parts = &health["components"];
        let (terminals, websocket) = (&parts["terminals"], &parts["websocket"]);
        json!([
            terminals["paired"],
            terminals["online"],
            websocket["connections"]
        ])
    };
    assert_eq!(counts(&scene.health().await), json!([0, 0, 0]));
    let there = scene.health_for(&elsewhere).await;
    assert_eq!(counts(&there), json!([1, 1, 1]));
}

#[tokio::test]
async fn the_age_of_what_waits_follows_from_what_was_taken_last() {
    let scene = Scene::open().await;
    let taken_at = now() - TimeDelta::seconds(20);
    let paces = scene.paces();
    let noted = paces.note_taken(Queue::Rules, 40_000, taken_at).await;
    noted.expect("notes");
    scene.send(Queue::Rules, 0).await;
    let health = scene.health().await;
    let rules = queue(&health, "rules");
    let age_s = rules["oldest_age_s"].as_i64().expect("an age");
    assert!((60..=70).contains(&age_s), "{age_s}");
    assert_eq!(rules["waited_ms"], 40_000);
    let told: Timestamp = serde_json::from_value(rules["taken_at"].clone()).expect("a time");
    assert_eq!(told.timestamp_millis(), taken_at.timestamp_millis());
    assert_eq!(rules["status"], "ok");
}

#[tokio::test]
async fn a_queue_that_nobody_takes_of_any_more_degrades_all() {
    let scene = Scene::open().await;
    let then = now() - TimeDelta::minutes(6);
    scene.paces().note_empty(&scene.queues(), then).await;
    scene.send(Queue::Webhooks, 0).await;
    let health = scene.health().await;
    assert_eq!(health["status"], "degraded");
    let webhooks = queue(&health, "webhooks");
    assert_eq!(webhooks["status"], "degraded");
    let age_s = webhooks["oldest_age_s"].as_i64().expect("an age");
    assert!((360..=370).contains(&age_s), "{age_s}");
    assert_eq!(queue(&health, "rules")["status"], "ok");
}

#[tokio::test]
async fn a_queue_without_an_answer_is_down_and_holds_nobody_up() {
    let scene = Scene::open().await;
    scene.stack.cloud.silence("mail");
    let asked = std::time::Instant::now();
    let health = scene.health().await;
    assert!(asked.elapsed().as_secs() < 5, "{:?}", asked.elapsed());
    assert_eq!(health["status"], "degraded");
    let mail = queue(&health, "mail");
    let known = (&mail["status"], &mail["depth"], &mail["oldest_age_s"]);
    assert_eq!(known, (&json!("down"), &Value::Null, &Value::Null));
    assert_eq!(mail["dead_letters"], 0);
    assert_eq!(queue(&health, "sync")["status"], "ok");
    assert_eq!(health["components"]["store"]["status"], "ok");
}

#[tokio::test]
async fn a_table_that_is_gone_takes_its_part_down_alone() {
    let scene = Scene::open().await;
    assert_eq!(scene.health().await["status"], "ok");
    scene.delete(&scene.stack.cloud.trading).await;
    let health = scene.health().await;
    assert_eq!(health["status"], "degraded");
    let terminals = json!({"status": "down", "paired": null, "online": null});
    assert_eq!(health["components"]["terminals"], terminals);
    assert_eq!(health["components"]["websocket"]["status"], "ok");
    scene.delete(&scene.stack.cloud.realtime).await;
    let health = scene.health().await;
    assert_eq!(health["components"]["websocket"]["status"], "down");
    assert_eq!(
        health["components"]["websocket"]["connections"],
        Value::Null
    );
    // What is restricted was read a moment ago, so that tokens still count.
    scene.delete(&scene.stack.cloud.platform).await;
    let health = scene.health().await;
    assert_eq!(health["components"]["store"]["status"], "down");
    assert_eq!(health["status"], "down");
    assert_eq!(queue(&health, "sync")["depth"], 0);
}

#[tokio::test]
async fn it_is_for_people_who_signed_in() {
    let scene = Scene::open().await;
    let anonymous = request(&Method::GET, PATH, "");
    assert_eq!(send(&scene.router, anonymous).await.status, 401);
    let trader = scene.stack.get_as(42, PATH);
    assert_eq!(send(&scene.router, trader).await.status, 403);
}
