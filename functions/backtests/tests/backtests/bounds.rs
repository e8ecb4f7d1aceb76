//! What a backtest may cost, and how many a shop may have.

use std::time::Duration;

use accounts::app::backtest::{BacktestState, Limits, OPEN_MAX};
use chrono::TimeDelta;
use kernel::Error;
use kernel::time::Clock;
use platform::clock::SystemClock;

use crate::support::{World, small_pages};

#[tokio::test]
async fn limits_fail_a_backtest_with_their_reason() {
    let world = World::start().await;
    let within = small_pages();
    let cases = [
        (
            Limits {
                deals_before_max: 3,
                ..within
            },
            "more than 3 deals precede the start of the range",
        ),
        (
            Limits {
                inputs_max: 3,
                ..within
            },
            "a backtest takes at most 3",
        ),
        (
            Limits {
                run_for: Duration::ZERO,
                ..within
            },
            "the backtest took longer than 0 s",
        ),
    ];
    // More of them than a shop has slots: a failed one gives its slot back.
    for (limits, expected) in cases.into_iter().cycle().take(6) {
        let id = world.request().await.expect("is queued");
        world.deliver(&id, 1, limits).await;
        let failed = world.find(&id).await;
        assert_eq!(failed.state, BacktestState::Failed);
        let reason = failed.error.expect("a reason");
        assert!(reason.contains(expected), "{reason}");
    }
}

#[tokio::test]
async fn sixth_backtest_waits_until_one_has_ended() {
    let world = World::start().await;
    let mut ids = Vec::new();
    for _ in 0..OPEN_MAX {
        ids.push(world.request().await.expect("is queued"));
    }
    let Err(Error::Conflict(reason)) = world.request().await else {
        panic!("the sixth is queued");
    };
    assert!(reason.contains("5 backtests"), "{reason}");
    world.deliver(&ids[2], 1, small_pages()).await;
    world.request().await.expect("is queued");
    assert!(world.request().await.is_err());
}

#[tokio::test]
async fn backtest_fails_after_a_day() {
    let world = World::start().await;
    let day_before = SystemClock.now() - TimeDelta::days(1);
    let mut ids = Vec::new();
    for _ in 0..OPEN_MAX {
        ids.push(world.request_at(day_before).await.expect("is queued"));
    }
    let overdue = world.find(&ids[0]).await;
    assert_eq!(overdue.state, BacktestState::Failed);
    let in_time = world.find_at(&ids[0], day_before).await;
    assert_eq!(in_time.state, BacktestState::Queued);
    // Overdue ones hold no slot, and a late message runs nothing.
    for _ in 0..OPEN_MAX {
        world.request().await.expect("is queued");
    }
    world.deliver(&ids[1], 1, small_pages()).await;
    let failed = world.find_at(&ids[1], day_before).await;
    assert_eq!(failed.state, BacktestState::Failed);
    assert!(world.request().await.is_err());
}
