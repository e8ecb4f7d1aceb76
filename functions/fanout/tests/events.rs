//! The function called with events as its triggers send them.

use fn_fanout::App;
use platform::clock::SystemClock;
use platform::dynamo::Transaction;
use platform::live::{Live, Log, News};
use platform::runtime::Event;
use serde_json::{Value, json};
use testkit::{Sockets, Stack};

const SAMPLE: &str = include_str!("../../../events/fanout.json");

async fn handle(stack: &Stack, sockets: &Sockets, event: &str) -> kernel::Result<Value> {
    let env = stack.env_with(&[("WEBSOCKET_ENDPOINT", &sockets.url)]);
    let app = App::new(&env, stack.aws()).expect("starts");
    let event = serde_json::from_str(event).expect("JSON");
    app.handle(Event::parse(event).expect("an event")).await
}

#[tokio::test]
async fn a_look_sends_what_is_new_and_notes_it() {
    let stack = Stack::start().await;
    let sockets = Sockets::start().await;
    let live = Live::new(stack.cloud.realtime.clone());
    let log = Log::Channel("signals".to_owned());
    let news = News::new(log.clone(), "signal", &json!({})).expect("news");
    let now = kernel::time::Clock::now(&SystemClock);
    let nothing = Transaction::default();
    let written = live.commit(&nothing, &[news], "req_test", now).await;
    written.expect("writes");
    let answer = handle(&stack, &sockets, SAMPLE).await.expect("handles");
    assert_eq!(answer, json!({"batchItemFailures": []}));
    assert_eq!(live.cursor(&log).await.expect("reads").sent, 1);
}

#[tokio::test]
async fn an_event_of_another_kind_is_refused() {
    let stack = Stack::start().await;
    let sockets = Sockets::start().await;
    let refused = handle(&stack, &sockets, r#"{"job":"sweep-connections"}"#).await;
    assert!(refused.is_err());
}
