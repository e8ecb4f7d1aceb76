//! Messages that come once, and events of other kinds.

use accounts::app::backtest::{BacktestState, Limits, RECEIVES_MAX};
use fn_backtests::App;
use platform::runtime::Event;
use serde_json::{Value, json};
use testkit::Stack;

use crate::support::{World, sample, small_pages};

#[tokio::test]
async fn message_of_an_unknown_backtest_is_done() {
    let stack = Stack::start().await;
    let app = App::new(&stack.env(), stack.aws()).expect("starts");
    let event = Event::parse(sample()).expect("an event");
    let answer = app.handle(event).await.expect("handles");
    assert_eq!(answer, json!({"batchItemFailures": []}));
}

#[tokio::test]
async fn event_of_another_kind_is_an_error() {
    let stack = Stack::start().await;
    let app = App::new(&stack.env(), stack.aws()).expect("starts");
    let event = Event::parse(json!({"job": "daily-reset"})).expect("an event");
    assert!(app.handle(event).await.is_err());
}

#[tokio::test]
async fn backtest_runs_to_its_result() {
    let world = World::start().await;
    let id = world.request().await.expect("is queued");
    let queued = world.find(&id).await;
    assert_eq!(queued.state, BacktestState::Queued);
    assert_eq!((queued.inputs_done, queued.inputs_total), (0, None));
    let answer = world.deliver(&id, 1, Limits::default()).await;
    assert_eq!(answer, json!({"batchItemFailures": []}));
    let done = world.find(&id).await;
    assert_eq!(done.state, BacktestState::Done);
    assert!(done.inputs_done >= 10, "{}", done.inputs_done);
    assert_eq!(done.inputs_total, Some(done.inputs_done));
    let result: Value = serde_json::from_str(&done.result.expect("a result")).expect("JSON");
    assert_eq!(result["phase"], "breached");
}

#[tokio::test]
async fn message_that_comes_twice_runs_once() {
    let world = World::start().await;
    let id = world.request().await.expect("is queued");
    world.deliver(&id, 1, small_pages()).await;
    let done = world.find(&id).await;
    // A limit that would fail a second run.
    let none = Limits {
        inputs_max: 0,
        ..small_pages()
    };
    for receives in [1, 2, RECEIVES_MAX] {
        let answer = world.deliver(&id, receives, none).await;
        assert_eq!(answer, json!({"batchItemFailures": []}));
    }
    let again = world.find(&id).await;
    assert_eq!((again.state, again.result), (done.state, done.result));
}

#[test]
fn queue_delivers_a_message_three_times() {
    let template = include_str!("../../../../template.yaml");
    let redrive = format!("BacktestsDlq.Arn, maxReceiveCount: {RECEIVES_MAX}}}");
    assert!(template.contains(&redrive), "{redrive}");
}
