//! Runs that are killed, and deliveries after them.

use std::time::Duration;

use accounts::app::backtest::{self, BacktestState, Limits, Outcome, RECEIVES_MAX};
use chrono::TimeDelta;
use kernel::id::JobId;
use serde_json::json;
use testkit::gateway::AheadClock;

use crate::support::{World, event, small_pages};

/// Begins a run and kills it once it has noted progress.
async fn interrupted(world: &World) -> JobId {
    let id = world.request().await.expect("is queued");
    let slow = Limits {
        page_every: Duration::from_mins(1),
        ..small_pages()
    };
    let app = world.app(slow);
    let run = app.handle(event(&world.message(&id), 1));
    let progress = async {
        while world.find(&id).await.inputs_done == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        answer = run => panic!("the run ended: {answer:?}"),
        () = progress => {}
    }
    id
}

/// Delivers a message when the lease of the run before has passed.
async fn deliver_later(world: &World, id: &JobId, receives: u32) -> Outcome {
    let later = AheadClock::default();
    later.advance(TimeDelta::minutes(3));
    let (store, message) = (&world.stack.store, world.message(id));
    let outcome = backtest::run(store, &message, receives, &small_pages(), &later).await;
    outcome.expect("runs")
}

#[tokio::test]
async fn progress_is_visible_while_a_backtest_runs() {
    let world = World::start().await;
    let id = interrupted(&world).await;
    let running = world.find(&id).await;
    assert_eq!(running.state, BacktestState::Running);
    assert_eq!(running.inputs_done, 2);
    let total = running.inputs_total.expect("an estimate");
    assert!(total >= 10, "{total}");
}

#[tokio::test]
async fn second_delivery_leaves_a_run_alone() {
    let world = World::start().await;
    let id = interrupted(&world).await;
    let answer = world.deliver(&id, 2, small_pages()).await;
    assert_eq!(answer, json!({"batchItemFailures": []}));
    assert_eq!(world.find(&id).await.state, BacktestState::Running);
}

#[tokio::test]
async fn interrupted_backtest_runs_again_from_its_beginning() {
    let world = World::start().await;
    let id = interrupted(&world).await;
    assert_eq!(deliver_later(&world, &id, 2).await, Outcome::Done);
    let done = world.find(&id).await;
    assert_eq!(done.state, BacktestState::Done);
    assert_eq!(done.inputs_total, Some(done.inputs_done));
}

#[tokio::test]
async fn last_delivery_fails_an_interrupted_backtest() {
    let world = World::start().await;
    let id = interrupted(&world).await;
    let outcome = deliver_later(&world, &id, RECEIVES_MAX).await;
    assert_eq!(outcome, Outcome::Failed);
    let failed = world.find(&id).await;
    assert_eq!(failed.state, BacktestState::Failed);
    let reason = failed.error.expect("a reason");
    assert_eq!(
        reason,
        "the backtest was interrupted 2 times; request it again"
    );
}

#[tokio::test]
async fn last_delivery_through_the_queue_is_taken() {
    let world = World::start().await;
    let id = world.request().await.expect("is queued");
    let answer = world.deliver(&id, RECEIVES_MAX, small_pages()).await;
    assert_eq!(answer, json!({"batchItemFailures": []}));
    assert_eq!(world.find(&id).await.state, BacktestState::Failed);
}

#[tokio::test]
async fn superseded_run_writes_nothing() {
    let world = World::start().await;
    let id = world.request().await.expect("is queued");
    let slow = Limits {
        page_every: Duration::from_millis(300),
        ..small_pages()
    };
    let app = world.app(slow);
    let first = app.handle(event(&world.message(&id), 1));
    let second = async {
        while world.find(&id).await.inputs_done == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        deliver_later(&world, &id, RECEIVES_MAX).await
    };
    let (answer, outcome) = tokio::join!(first, second);
    assert_eq!(answer.expect("handles"), json!({"batchItemFailures": []}));
    assert_eq!(outcome, Outcome::Failed);
    assert_eq!(world.find(&id).await.state, BacktestState::Failed);
}
