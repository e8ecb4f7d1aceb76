//! The function called with events as its triggers send them.

use chrono::TimeDelta;
use fn_sync::App;
use platform::runtime::Event;
use serde_json::{Value, json};
use testkit::Stack;

fn event(value: Value) -> Event {
    Event::parse(value).expect("an event")
}

#[tokio::test]
async fn a_step_of_an_account_that_is_not_there_is_done() {
    let stack = Stack::start().await;
    let app = App::new(&stack.env(), stack.aws()).expect("starts");
    let sample = serde_json::from_str(include_str!("../../../events/sync.json")).expect("JSON");
    let answer = app.handle(event(sample)).await.expect("handles");
    assert_eq!(answer, json!({"batchItemFailures": []}));
    assert_eq!(stack.cloud.take_sent(), []);
}

#[tokio::test]
async fn a_step_that_comes_too_early_is_sent_on_with_its_wait() {
    let stack = Stack::start().await;
    let app = App::new(&stack.env(), stack.aws()).expect("starts");
    let mut sample: Value =
        serde_json::from_str(include_str!("../../../events/sync.json")).expect("JSON");
    let body = sample["Records"][0]["body"].as_str().expect("a body");
    let mut message: Value = serde_json::from_str(body).expect("JSON");
    let due = stack.now() + TimeDelta::minutes(25);
    message["step"]["due_at_ms"] = json!(due.timestamp_millis());
    sample["Records"][0]["body"] = json!(message.to_string());
    let answer = app.handle(event(sample)).await.expect("handles");
    assert_eq!(answer, json!({"batchItemFailures": []}));
    let sent = stack.cloud.take_sent();
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].queue.as_str(), sent[0].delay_s), ("sync", 900));
    let again: Value = serde_json::from_str(&sent[0].body).expect("JSON");
    assert_eq!(again, message);
}

#[tokio::test]
async fn a_message_of_another_form_fails_alone() {
    let stack = Stack::start().await;
    let app = App::new(&stack.env(), stack.aws()).expect("starts");
    let mut sample: Value =
        serde_json::from_str(include_str!("../../../events/sync.json")).expect("JSON");
    let mut bad = sample["Records"][0].clone();
    bad["messageId"] = json!("bad");
    bad["body"] = json!("{}");
    sample["Records"].as_array_mut().expect("records").push(bad);
    let answer = app.handle(event(sample)).await.expect("handles");
    assert_eq!(
        answer,
        json!({"batchItemFailures": [{"itemIdentifier": "bad"}]})
    );
}

#[tokio::test]
async fn the_schedule_finds_nothing_to_revive_in_an_empty_store() {
    let stack = Stack::start().await;
    let app = App::new(&stack.env(), stack.aws()).expect("starts");
    let answer = app
        .handle(event(json!({"job": "revive-chains"})))
        .await
        .expect("handles");
    assert_eq!(answer, json!({"revived": 0, "forgotten": 0}));
}
