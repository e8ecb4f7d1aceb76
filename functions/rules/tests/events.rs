//! The function called with events as its triggers send them.

use fn_rules::App;
use platform::runtime::Event;
use serde_json::json;
use testkit::Stack;

#[tokio::test]
async fn judging_an_account_that_is_not_there_is_done() {
    let stack = Stack::start().await;
    let app = App::new(&stack.env(), stack.aws()).expect("starts");
    let sample = serde_json::from_str(include_str!("../../../events/rules.json")).expect("JSON");
    let event = Event::parse(sample).expect("an event");
    let answer = app.handle(event).await.expect("handles");
    assert_eq!(answer, json!({"batchItemFailures": []}));
}

#[tokio::test]
async fn another_kind_of_event_is_an_error() {
    let stack = Stack::start().await;
    let app = App::new(&stack.env(), stack.aws()).expect("starts");
    let event = Event::parse(json!({"job": "daily-reset"})).expect("an event");
    assert!(app.handle(event).await.is_err());
}
