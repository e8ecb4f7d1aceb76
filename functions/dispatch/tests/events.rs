//! The function called with events as its triggers send them.

use fn_dispatch::App;
use platform::dynamo::{Key, to_item};
use platform::outbox::Row;
use platform::queue::{Paces, Queue, Queues};
use platform::runtime::Event;
use serde_json::{Value, json};
use testkit::Stack;

const SAMPLE: &str = include_str!("../../../events/dispatch.json");
const BODY: &str = r#"{"judge":{"shop":"demo","account":"acc_01jd7bz8v6m3t9q2x4w7y0c1df","request_id":"req_01jd7bz8txk2n4p6r8s0v2w4y6"}}"#;

fn sample() -> Value {
    serde_json::from_str(SAMPLE).expect("JSON")
}

fn row() -> (Key, Row) {
    let key = Key::new("OUTBOX#3", "01jd7bz8w1a2b3c4d5e6f7g8h9");
    let row = Row {
        queue: Queue::Rules,
        body: BODY.to_owned(),
        deliver_at_ms: 0,
        group: None,
        request_id: "req_01jd7bz8txk2n4p6r8s0v2w4y6".to_owned(),
        written_at_ms: 1_732_202_240_188,
    };
    (key, row)
}

async fn handle(stack: &Stack, event: Value) -> Value {
    let app = App::new(&stack.env(), stack.aws()).expect("starts");
    let event = Event::parse(event).expect("an event");
    app.handle(event).await.expect("handles")
}

#[tokio::test]
async fn a_row_of_the_stream_goes_to_its_queue_and_out_of_the_table() {
    let stack = Stack::start().await;
    let (key, row) = row();
    let item = to_item(&key, &row).expect("an item");
    stack.cloud.accounts.put(item).await.expect("writes");
    let answer = handle(&stack, sample()).await;
    assert_eq!(answer, json!({"batchItemFailures": []}));
    let sent = stack.cloud.take_sent();
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].queue.as_str(), sent[0].delay_s), ("rules", 0));
    assert_eq!(sent[0].body, BODY);
    let left: Option<Row> = stack.cloud.accounts.get(&key, true).await.expect("reads");
    assert_eq!(left, None);
}

#[tokio::test]
async fn deletions_and_rows_that_are_no_events_stop_nothing() {
    let stack = Stack::start().await;
    let mut event = sample();
    let mut removed = event["Records"][0].clone();
    removed["eventName"] = json!("REMOVE");
    let mut strange = event["Records"][0].clone();
    strange["dynamodb"]["NewImage"] = json!({"pk": {"S": "OUTBOX#1"}, "sk": {"S": "x"}});
    let records = event["Records"].as_array_mut().expect("records");
    records.insert(0, strange);
    records.insert(0, removed);
    let answer = handle(&stack, event).await;
    assert_eq!(answer, json!({"batchItemFailures": []}));
    assert_eq!(stack.cloud.take_sent().len(), 1);
}

#[tokio::test]
async fn the_sweeper_hands_on_a_row_that_the_stream_lost() {
    let stack = Stack::start().await;
    let (key, row) = row();
    let item = to_item(&key, &row).expect("an item");
    stack.cloud.accounts.put(item).await.expect("writes");
    let answer = handle(&stack, json!({"job": "sweep-outbox"})).await;
    assert_eq!(answer, json!({"swept": 1, "erased": 0}));
    assert_eq!(stack.cloud.take_sent().len(), 1);
    let answer = handle(&stack, json!({"job": "sweep-outbox"})).await;
    assert_eq!(answer, json!({"swept": 0, "erased": 0}));
}

#[tokio::test]
async fn the_minutes_job_notes_the_queues_in_which_nothing_waits() {
    let stack = Stack::start().await;
    let sqs = aws_sdk_sqs::Client::new(stack.aws());
    let queues = Queues::from_env(sqs, &stack.env(), &Queue::ALL).expect("queues");
    let sent = queues.send(Queue::Rules, &json!({}), 0).await;
    sent.expect("sends");
    // What is held back does not wait yet.
    let sent = queues.send(Queue::Sync, &json!({}), 30).await;
    sent.expect("sends");
    stack.cloud.silence("mail");
    handle(&stack, json!({"job": "sweep-outbox"})).await;
    let noted = Paces::new(stack.cloud.platform.clone()).all().await;
    let mut noted: Vec<&str> = noted
        .expect("reads")
        .iter()
        .filter(|(_, pace)| pace.empty_at_ms.is_some())
        .map(|(queue, _)| queue.as_str())
        .collect();
    noted.sort_unstable();
    assert_eq!(
        noted,
        [
            "backtests",
            "fanout",
            "imports",
            "realtime",
            "sync",
            "terminals",
            "webhooks"
        ]
    );
}
