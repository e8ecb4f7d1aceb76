//! Every operation of the document, asked with input that means no good:
//! bodies by their schemas and then spoiled, queries, paths and headers.
//! Whoever asks may, so that handlers are reached and not their guards alone.
//!
//! No answer is a fault of ours, each refusal is a problem that says its
//! status, and none takes long, however long the input. `FUZZ_CASES` sets how
//! many cases an operation gets, `FUZZ_SEED` which.

mod addresses;
mod bodies;
mod operation;
mod scene;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the access matrix asks for more of it")]
mod support;

use serde_json::Value;
use testkit::naughty::{Plan, Spoiler};

use addresses::{Addresses, a_next_cursor};
use bodies::Bodies;
use operation::{Call, operations};
use scene::Scene;

/// Cases of an operation where `FUZZ_CASES` does not say.
const CASES: usize = 30;
/// Bytes of a body, as the chain bounds them.
const JSON_BYTES_MAX: usize = 1024 * 1024;
const FILE_BYTES_MAX: usize = 4 * JSON_BYTES_MAX;

/// Requests whose answers later lists have more than one page of.
const MAKERS: [&str; 8] = [
    "POST /api/channels",
    "POST /api/firebridge/devices",
    "POST /api/firebridge/error-alert",
    "POST /api/organizations",
    "POST /api/organizations/{id}/invitations",
    "POST /api/signals",
    "POST /api/strategies",
    "POST /api/trading/pause",
];

fn document() -> Value {
    serde_json::from_str(&openapi::text()).expect("JSON")
}

#[tokio::test]
async fn no_body_breaks_an_operation() {
    let plan = Plan::from_process(CASES);
    let (document, spoiler) = (document(), Spoiler::default());
    let mut scene = Scene::start(plan).await;
    let bodies = Bodies::of(&document);
    for operation in operations(&scene.world, &document) {
        let Some(schema) = &operation.body else {
            continue;
        };
        let mut dice = plan.dice(operation.route());
        for _ in 0..plan.cases {
            scene.prepare(&operation).await;
            let good = bodies.good(&mut dice, schema, &operation.row.body);
            let body = spoiler.spoil(&mut dice, &good);
            let call = Call {
                body,
                kind: addresses::a_content_type(&mut dice),
                ..Call::own(&scene.world, &operation)
            };
            scene.ask(&operation, call).await;
        }
        scene.leave(&operation);
    }
    scene.finish(plan.cases * 60);
}

#[tokio::test]
async fn no_query_path_or_header_breaks_an_operation() {
    let plan = Plan::from_process(CASES);
    let document = document();
    let mut scene = Scene::start(plan).await;
    let all = operations(&scene.world, &document);
    for maker in all.iter().filter(|found| MAKERS.contains(&found.route())) {
        for _ in 0..3 {
            let call = Call::own(&scene.world, maker);
            scene.ask(maker, call).await;
        }
    }
    let addresses = Addresses::default();
    for operation in all.iter().filter(|found| !found.parameters.is_empty()) {
        let mut dice = plan.dice(operation.route());
        let cursor = match operation.has("cursor") {
            true => {
                let first = Call::own(&scene.world, operation).with_query("limit=1");
                let answer = scene.ask(operation, first).await;
                answer.and_then(|answer| a_next_cursor(&answer.json()))
            }
            false => None,
        };
        for _ in 0..plan.cases {
            scene.prepare(operation).await;
            let own = Call::own(&scene.world, operation);
            let call = addresses.spoil(&mut dice, operation, own, cursor.as_deref());
            scene.ask(operation, call).await;
        }
    }
    scene.finish(plan.cases * 80);
}

/// Both at the bound and beyond it: what is within is read in its time.
#[tokio::test]
async fn bodies_are_read_up_to_their_bound_and_no_further() {
    let plan = Plan::from_process(CASES);
    let (document, spoiler) = (document(), Spoiler::default());
    let mut scene = Scene::start(plan).await;
    let bodies = Bodies::of(&document);
    for operation in operations(&scene.world, &document) {
        let Some(schema) = &operation.body else {
            continue;
        };
        let mut dice = plan.dice(operation.route());
        let bytes_max = match operation.is_file {
            true => FILE_BYTES_MAX,
            false => JSON_BYTES_MAX,
        };
        let beyond = whole_of(bytes_max + 1);
        let call = Call::own(&scene.world, &operation).with_body(beyond);
        let answer = scene.ask(&operation, call).await.expect("an answer");
        assert_eq!(answer.status, 413, "{}", operation.route());
        let call = Call::own(&scene.world, &operation).with_body(whole_of(bytes_max));
        let answer = scene.ask(&operation, call).await.expect("an answer");
        assert_ne!(answer.status, 413, "{}", operation.route());
        let good = bodies.good(&mut dice, schema, &operation.row.body);
        let long = spoiler.long(&mut dice, &good);
        let call = Call::own(&scene.world, &operation).with_body(long);
        scene.ask(&operation, call).await;
    }
    scene.finish(180);
}

/// JSON of so many bytes, in as many values as that has room for.
fn whole_of(bytes: usize) -> Vec<u8> {
    let mut text = String::with_capacity(bytes);
    text.push_str(r#"{"a":[0"#);
    while text.len() + 4 < bytes {
        text.push_str(",0");
    }
    text.push_str("]}");
    while text.len() < bytes {
        text.push(' ');
    }
    text.into_bytes()
}
