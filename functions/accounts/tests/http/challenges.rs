//! What a shop does to a challenge.

use serde_json::{Value, json};

use crate::support::{World, fields, text};

/// Names of what the shop was told, by name: queues keep no order.
fn names_told(world: &World) -> Vec<String> {
    let told = world.stack.webhooks().into_iter();
    let mut names: Vec<String> = told.map(|(name, _)| name).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_breach_is_final_until_it_is_annulled_with_a_reason() {
    let (mut world, id) = World::connected().await;
    world.equity(94_000.0).await;
    assert_eq!(world.summary(&id).await["phase"], "breached");
    assert_eq!(
        names_told(&world),
        [
            "account.breached",
            "account.connected",
            "account.critical",
            "account.started",
            "account.warning"
        ]
    );
    let told = world.stack.webhooks();
    let breached = told.iter().find(|(name, _)| name == "account.breached");
    let breach = &breached.expect("a message").1["data"]["violation"];
    assert_eq!(breach["rule"], "daily_drawdown");
    assert_eq!(breach["threshold_value"], json!(5000));
    assert_eq!(breach["current_value"], json!(6046.5));
    world.equity(100_000.0).await;
    assert_eq!(
        world.summary(&id).await["phase"],
        "breached",
        "a recovery undoes nothing"
    );

    let path = format!("/api/s2s/accounts/{id}/annul");
    let problem = world.post(&path, &json!({})).await.expect(400);
    assert_eq!(fields(&problem), ["reason"]);
    assert_eq!(world.post(&path, &json!({"reason": "x"})).await.status, 400);
    let wrong_rule = json!({"reason": "not that one", "rule": "max_lots"});
    assert_eq!(world.post(&path, &wrong_rule).await.status, 409);
    let body = json!({"reason": "the initial balance was wrong", "rule": "daily_drawdown"});
    let annulled = world.post(&path, &body).await.expect(200);
    assert_eq!(annulled, json!({"success": true, "phase": "active"}));
    assert_eq!(world.post(&path, &body).await.status, 409);
    world.stack.pump().await;
    let summary = world.summary(&id).await;
    assert_eq!(summary["phase"], "active");
    assert!(names_told(&world).contains(&"account.updated".to_owned()));
    let logs = world
        .get(&format!("/api/account/{id}/sync-logs"))
        .await
        .text();
    assert!(
        logs.contains("the initial balance was wrong (by demo-key)"),
        "{logs}"
    );
}

#[tokio::test]
async fn a_reset_begins_another_challenge_and_keeps_the_trades() {
    let (mut world, id) = World::connected().await;
    world.equity(94_000.0).await;
    let before = world.listed(&id).await;
    let path = format!("/api/s2s/accounts/{id}/reset");
    let answer = world
        .post(&path, &json!({"initial_balance": 94_000}))
        .await
        .expect(200);
    let challenge = text(&answer["challenge_id"]);
    assert_ne!(before["challenge_id"], json!(challenge));
    assert_eq!(answer["phase"], "awaiting_funds");
    world.stack.pump().await;
    let fresh = world.summary(&id).await;
    assert_eq!(fresh["phase"], "active");
    assert_eq!(fresh["initial_balance"], json!(94_000));
    assert_eq!(fresh["win_rate"], Value::Null);
    assert_eq!(fresh["trading_days"], 0);
    world.equity(93_000.0).await;
    let summary = world.summary(&id).await;
    assert_eq!(summary["phase"], "active");
    assert_eq!(summary["dd_all_time_limit"], json!(9400));
    assert_eq!(summary["dd_all_time_used"], json!(1000));
    assert_eq!(world.listed(&id).await["challenge_id"], json!(challenge));
    let trades = world
        .get(&format!("/api/account/{id}/trades"))
        .await
        .expect(200);
    assert_eq!(trades["total"], 2);
    let other = world.stack.other_shop.post(&path, &json!({}));
    assert_eq!(world.send(other).await.status, 404);
}

#[tokio::test]
async fn an_initial_balance_is_corrected_with_what_follows_from_it() {
    let (mut world, id) = World::connected().await;
    let path = format!("/api/s2s/accounts/{id}/initial-balance");
    let body = json!({"value": 200_000, "source": "manual", "metadata": {"ticket": 12}});
    let set = world.put(&path, &body).await.expect(200);
    assert_eq!(set["initial_balance"], json!(200_000));
    assert_eq!(set["source"], "manual");
    let summary = world.summary(&id).await;
    assert_eq!(summary["initial_balance"], json!(200_000));
    assert_eq!(summary["dd_daily_limit"], json!(10_000));
    assert_eq!(summary["dd_all_time_limit"], json!(20_000));
    assert_eq!(summary["balance_change_abs"], json!(-99_953.5));
    world.equity(99_000.0).await;
    assert_eq!(
        world.summary(&id).await["dd_all_time_current"],
        json!(101_000)
    );
    for (body, field) in [
        (json!({"source": "manual"}), "value"),
        (json!({"value": 1}), "source"),
        (json!({"value": 0, "source": "manual"}), "value"),
        (json!({"value": "1", "source": "manual"}), "value"),
        (json!({"value": 1, "source": "guess"}), "source"),
        (
            json!({"value": 1, "source": "manual", "metadata": "x".repeat(5000)}),
            "metadata",
        ),
    ] {
        let problem = world.put(&path, &body).await.expect(400);
        assert_eq!(fields(&problem), [field], "{problem}");
    }
    let other = world
        .stack
        .other_shop
        .put(&path, &json!({"value": 1, "source": "manual"}));
    assert_eq!(world.send(other).await.status, 404);
}
