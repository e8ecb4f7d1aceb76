//! The whole flow while messages come twice or not at all and the gateway
//! fails: nothing is lost and nothing is double.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{LOGIN, World};

/// Names of what the shop was told, sorted: queues keep no order.
fn told(world: &World) -> Vec<String> {
    let told = world.stack.webhooks().into_iter();
    let mut names: Vec<String> = told.map(|(name, _)| name).collect();
    names.sort();
    names
}

/// Rule and severity of every violation, the oldest first.
async fn violations(world: &World, id: &str) -> Vec<(Value, Value, Value)> {
    let rules = world
        .get(&format!("/api/account/{id}/rules"))
        .await
        .expect(200);
    let list = rules["violations"].as_array().expect("violations").clone();
    list.into_iter()
        .rev()
        .map(|violation| {
            (
                violation["rule"].clone(),
                violation["severity"].clone(),
                violation["current_value"].clone(),
            )
        })
        .collect()
}

#[tokio::test]
async fn with_every_message_twice_and_every_fifth_call_failing_the_verdict_is_the_same() {
    let (mut world, id) = World::connected().await;
    world.stack.deliver_each(2);
    for fault in ["timeout", "internal"] {
        let rule = json!({"path": "all", "one_in": 10, "fault": fault});
        world.stack.gateway.fault(rule).await;
    }
    for equity in [96_000.0, 95_400.0, 94_900.0, 99_000.0] {
        world.equity(equity).await;
        // A step that failed for good comes again within its wait.
        world.later(TimeDelta::seconds(61)).await;
    }
    let close = json!([{"do": {"close": {"position": "c", "profit": -1000}}}]);
    world.stack.gateway.steps(LOGIN, close).await;
    world.later(TimeDelta::seconds(61)).await;
    world.stack.gateway.clear_faults().await;
    world.later(TimeDelta::minutes(11)).await;

    assert_eq!(world.stack.dead_letters(), &[] as &[String]);
    let daily = |severity: &str, used: f64| (json!("daily_drawdown"), json!(severity), json!(used));
    assert_eq!(
        violations(&world, &id).await,
        [
            daily("warning", 4046.5),
            daily("critical", 4646.5),
            daily("breach", 5146.5)
        ]
    );
    assert_eq!(
        told(&world),
        [
            "account.breached",
            "account.connected",
            "account.critical",
            "account.started",
            "account.warning"
        ]
    );
    let summary = world.summary(&id).await;
    assert_eq!(summary["phase"], "breached");
    assert_eq!(summary["balance_current"], json!(99_046.5));
    assert_eq!(summary["dd_all_time_used"], json!(5100));
    assert_eq!(summary["win_rate"], json!(33.3333));
    let trades = world
        .get(&format!("/api/account/{id}/trades"))
        .await
        .expect(200);
    assert_eq!(trades["total"], 3);
    assert_eq!(trades["trades"][0]["net_profit"], json!(-1000));
    let waiting = world.stack.waiting(platform::queue::Queue::Sync);
    assert_eq!(waiting, 1, "one chain lives, the others have died");
}

#[tokio::test]
async fn a_chain_whose_message_was_lost_is_revived_and_a_second_one_dies() {
    let (mut world, id) = World::connected().await;
    world.stack.lose_messages();
    world.equity(97_000.0).await;
    assert_eq!(world.summary(&id).await["equity_current"], json!(100_046.5));
    world.stack.advance(TimeDelta::minutes(10)).await;
    assert_eq!(world.stack.revive().await, 1);
    assert_eq!(world.stack.revive().await, 0, "it is not overdue any more");
    world.later(TimeDelta::seconds(1)).await;
    assert_eq!(world.summary(&id).await["equity_current"], json!(97_000));
    assert_eq!(world.stack.waiting(platform::queue::Queue::Sync), 1);
}

#[tokio::test]
async fn a_reset_fixes_the_days_reference_once_however_often_it_runs() {
    let (mut world, id) = World::connected().await;
    world.equity(96_500.0).await;
    // To 21:50 UTC, ten minutes before 01:30 in Tehran.
    let reset = world
        .stack
        .now()
        .date_naive()
        .and_hms_opt(22, 0, 0)
        .expect("a time")
        .and_utc();
    let before = reset - TimeDelta::minutes(10) - world.stack.now();
    world.stack.pass(before, TimeDelta::minutes(60)).await;
    world.equity(98_000.0).await;
    world
        .later(reset + TimeDelta::minutes(1) - world.stack.now())
        .await;
    let due = world.stack.reset_due().await;
    assert!(due <= 1, "{due}");
    assert_eq!(
        world.stack.reset_due().await,
        0,
        "a second run finds nothing due"
    );
    world.equity(97_400.0).await;
    let summary = world.summary(&id).await;
    assert_eq!(summary["dd_daily_reference"], json!(98_000));
    assert_eq!(summary["dd_daily_used"], json!(600));
    assert_eq!(summary["dd_all_time_used"], json!(3500));
    assert_eq!(
        told(&world),
        ["account.connected", "account.started", "account.warning"]
    );
    // The next day has violations of its own.
    world.equity(94_400.0).await;
    let severities: Vec<Value> = violations(&world, &id)
        .await
        .into_iter()
        .filter(|(rule, ..)| rule == "daily_drawdown")
        .map(|(_, severity, _)| severity)
        .collect();
    assert_eq!(severities, ["warning", "warning"]);
    assert_eq!(world.summary(&id).await["dd_daily_used"], json!(3600));
}
