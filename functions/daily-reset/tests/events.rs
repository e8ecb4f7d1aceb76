//! The function called with events as its triggers send them.

use fn_daily_reset::App;
use platform::runtime::Event;
use serde_json::json;
use testkit::Stack;

#[tokio::test]
async fn nothing_is_due_in_an_empty_store() {
    let stack = Stack::start().await;
    let app = App::new(&stack.env(), stack.aws()).expect("starts");
    let sample = include_str!("../../../events/daily-reset.json");
    let event = Event::parse(serde_json::from_str(sample).expect("JSON")).expect("an event");
    let answer = app.handle(event).await.expect("handles");
    assert_eq!(answer, json!({"due": 0}));
    assert_eq!(stack.cloud.take_sent(), []);
}
