//! Connections: made, changed, ended.

use chrono::TimeDelta;
use kernel::id::{AccountId, InstanceId};
use serde_json::{Value, json};

use crate::support::{LOGIN, PASSWORD, USER, World, history, text};

#[tokio::test]
async fn an_account_is_connected_synced_and_summarized_with_the_orders_balance() {
    let mut world = World::new().await;
    let history = history(world.stack.now());
    world
        .stack
        .gateway
        .add_account(LOGIN, PASSWORD, history)
        .await;
    let order = json!({"initial_balance": 100_000, "order_id": 7001, "login": 5_000_010});
    let body = world.send(world.connect(&order)).await.expect(201);
    assert_eq!(body["success"], true);
    assert_eq!(body["status"], "active");
    let id = text(&body["account_id"]);

    let before = world.summary(&id).await;
    assert_eq!(before["status"], "active");
    assert_eq!(before["initial_balance"], json!(100_000));
    for field in [
        "balance_current",
        "equity_current",
        "dd_daily_used",
        "as_of",
    ] {
        assert_eq!(before[field], Value::Null, "{field} before the first sync");
    }
    assert_eq!(before["phase"], "awaiting_funds");

    world.stack.pump().await;
    let now = world.summary(&id).await;
    for (field, value) in [
        ("status", json!("active")),
        ("currency", json!("USD")),
        ("phase", json!("active")),
        ("balance_current", json!(100_046.5)),
        ("equity_current", json!(100_046.5)),
        ("initial_balance", json!(100_000)),
        ("balance_change_abs", json!(46.5)),
        ("balance_change_pct", json!(0.0465)),
        ("dd_all_time_used", json!(0)),
        ("dd_all_time_limit", json!(10_000)),
        ("dd_all_time_used_pct", json!(0)),
        ("dd_all_time_current", json!(0)),
        ("dd_daily_used", json!(0)),
        ("dd_daily_limit", json!(5000)),
        ("dd_daily_reference", json!(100_046.5)),
        ("dd_daily_reference_source", json!("after")),
        ("trading_days", json!(2)),
        ("win_rate", json!(50)),
    ] {
        assert_eq!(now[field], value, "{field}");
    }
    let seconds = now["dd_daily_seconds_to_reset"].as_i64().expect("seconds");
    assert!((0..=86_400).contains(&seconds), "{seconds}");
    assert!(text(&now["dd_daily_reset_at"]).contains("T22:00:00"));

    let listed = world.listed(&id).await;
    assert_eq!(listed["wp_user_id"], USER);
    assert_eq!(listed["order_id"], "7001");
    assert_eq!(listed["login"], LOGIN);
    let told = world.stack.webhooks();
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["account.connected", "account.started"]);
    assert_eq!(told[0].1["data"]["order_id"], "7001");
    assert_eq!(told[0].1["data"]["balance"], json!(100_046.5));
}

#[tokio::test]
async fn without_an_order_the_initial_balance_is_what_was_deposited() {
    let mut world = World::new().await;
    let history = history(world.stack.now());
    world
        .stack
        .gateway
        .add_account(LOGIN, PASSWORD, history)
        .await;
    let body = world.send(world.connect(&json!({}))).await.expect(201);
    let id = text(&body["account_id"]);
    assert_eq!(world.summary(&id).await["initial_balance"], Value::Null);
    world.stack.pump().await;
    let summary = world.summary(&id).await;
    assert_eq!(summary["initial_balance"], json!(100_000));
    assert_eq!(summary["balance_change_abs"], json!(46.5));
}

#[tokio::test]
async fn the_same_credentials_again_find_the_account_as_it_is() {
    let (mut world, id) = World::connected().await;
    let before = world.listed(&id).await;
    let body = world.send(world.connect(&json!({}))).await.expect(201);
    assert_eq!(text(&body["account_id"]), id);
    world.stack.pump().await;
    let after = world.listed(&id).await;
    assert_eq!(after["instance_id"], before["instance_id"]);
    assert_eq!(world.stack.gateway.alive().await, 1);
}

#[tokio::test]
async fn a_login_of_another_user_of_the_shop_is_a_conflict() {
    let (world, _) = World::connected().await;
    let answer = world.send(world.connect(&json!({"wp_user_id": 43}))).await;
    assert_eq!(answer.expect(409)["success"], false);
    assert_eq!(world.stack.gateway.alive().await, 1);
}

#[tokio::test]
async fn a_changed_password_makes_a_new_instance_of_the_same_challenge() {
    let (mut world, id) = World::connected().await;
    let before = world.listed(&id).await;
    world
        .stack
        .gateway
        .set_password(LOGIN, "changed-by-the-trader")
        .await;
    let changed = json!({"investor_pass": "changed-by-the-trader"});
    let body = world.send(world.connect(&changed)).await.expect(201);
    assert_eq!(text(&body["account_id"]), id);
    world.stack.pump().await;
    let after = world.listed(&id).await;
    assert_ne!(after["instance_id"], before["instance_id"]);
    assert_eq!(after["challenge_id"], before["challenge_id"]);
    assert_eq!(after["balance"], json!(100_046.5));
    assert_eq!(
        world.stack.gateway.alive().await,
        1,
        "the old one is forgotten"
    );

    let shop = &world.stack.shop.id;
    let account: AccountId = id.parse().expect("an id");
    let old: InstanceId = text(&before["instance_id"]).parse().expect("an id");
    let old = world
        .stack
        .store
        .instance(shop, &account, &old)
        .await
        .expect("reads");
    let old = old.expect("its history is kept");
    assert!(old.ended_at.is_some());
    assert!(old.sealed_password.is_none(), "its password is wiped");
    // The deals were there already: nothing counts twice.
    let trades = world
        .get(&format!("/api/account/{id}/trades"))
        .await
        .expect(200);
    assert_eq!(trades["total"], 2);
}

#[tokio::test]
async fn a_reconnect_needs_no_password_while_one_is_kept() {
    let (mut world, id) = World::connected().await;
    let path = format!("/api/s2s/accounts/{id}/reconnect");
    let before = world.listed(&id).await;
    let body = world.post(&path, &json!({})).await.expect(200);
    assert_eq!(body["status"], "active");
    world.stack.pump().await;
    assert_eq!(
        world.listed(&id).await["instance_id"],
        before["instance_id"]
    );
    let gone = world
        .post("/api/disconnect", &json!({"account_id": id}))
        .await;
    assert_eq!(gone.expect(200), json!({"success": true}));
    assert_eq!(world.post(&path, &json!({})).await.status, 422);
    let back = world.post(&path, &json!({"investor_pass": PASSWORD})).await;
    assert_eq!(back.expect(200)["status"], "active");
    world.stack.pump().await;
    let after = world.listed(&id).await;
    assert_ne!(after["instance_id"], before["instance_id"]);
    assert_eq!(after["challenge_id"], before["challenge_id"]);
    assert_eq!(after["status"], "active");
}

#[tokio::test]
async fn a_wrong_password_leaves_nothing_anywhere() {
    let mut world = World::new().await;
    let history = history(world.stack.now());
    world
        .stack
        .gateway
        .add_account(LOGIN, PASSWORD, history)
        .await;
    let wrong = json!({"investor_pass": "not-the-password-at-all"});
    let problem = world.send(world.connect(&wrong)).await.expect(422);
    assert!(!problem.to_string().contains("not-the-password-at-all"));
    let server = world
        .send(world.connect(&json!({"server": "No-Such-Server"})))
        .await;
    assert_eq!(server.status, 422, "{}", server.text());
    world.stack.pump().await;
    assert_eq!(world.stack.gateway.alive().await, 0);
    let kept = world.stack.cloud.dump(&world.stack.cloud.accounts).await;
    assert_eq!(kept, "");
    let list = world.shop_get("/api/s2s/accounts").await.expect(200);
    assert_eq!(list, json!({"items": [], "next_cursor": null}));
}

#[tokio::test]
async fn the_password_is_sealed_and_never_told() {
    let (mut world, id) = World::connected().await;
    world.later(TimeDelta::seconds(61)).await;
    for table in [&world.stack.cloud.accounts, &world.stack.cloud.platform] {
        let kept = world.stack.cloud.dump(table).await;
        assert!(!kept.is_empty());
        assert!(
            !kept.contains(PASSWORD),
            "the store has the password in the clear"
        );
    }
    for path in [
        format!("/api/account/{id}/summary"),
        format!("/api/account/{id}/sync-logs"),
        "/api/accounts".to_owned(),
    ] {
        assert!(!world.get(&path).await.text().contains(PASSWORD), "{path}");
    }
    let list = world.shop_get("/api/s2s/accounts").await.text();
    assert!(!list.contains(PASSWORD));
}

#[tokio::test]
async fn while_the_broker_verifies_an_account_is_connecting_and_not_judged() {
    let mut world = World::new().await;
    let account = json!({
        "login": LOGIN, "password": PASSWORD, "server": testkit::gateway::SERVER,
        "steps": history(world.stack.now()), "verification": {"takes_ms": 3_600_000},
    });
    world.stack.gateway.add(account).await;
    let order = json!({"initial_balance": 100_000});
    let body = world.send(world.connect(&order)).await.expect(201);
    assert_eq!(body["status"], "connecting");
    let id = text(&body["account_id"]);
    let summary = world.summary(&id).await;
    assert_eq!(summary["status"], "connecting");
    assert_eq!(summary["phase"], "awaiting_funds");
    world.later(TimeDelta::seconds(3600)).await;
    let summary = world.summary(&id).await;
    assert_eq!(summary["status"], "active");
    assert_eq!(summary["phase"], "active");
    assert_eq!(summary["balance_current"], json!(100_046.5));
    assert_eq!(world.stack.gateway.alive().await, 1);
}

#[tokio::test]
async fn a_disconnect_wipes_the_password_and_keeps_the_figures() {
    let (mut world, id) = World::connected().await;
    let before = world.listed(&id).await;
    for _ in 0..2 {
        let answer = world
            .post("/api/disconnect", &json!({"account_id": id}))
            .await;
        assert_eq!(answer.expect(200), json!({"success": true}));
    }
    world.later(TimeDelta::minutes(40)).await;
    assert_eq!(world.stack.gateway.alive().await, 0);
    let summary = world.summary(&id).await;
    assert_eq!(summary["status"], "disconnected");
    assert_eq!(summary["balance_current"], json!(100_046.5));
    let shop = &world.stack.shop.id;
    let account: AccountId = id.parse().expect("an id");
    let instance: InstanceId = text(&before["instance_id"]).parse().expect("an id");
    let instance = world.stack.store.instance(shop, &account, &instance).await;
    let instance = instance.expect("reads").expect("is kept");
    assert!(instance.sealed_password.is_none());
    assert!(instance.ended_at.is_some());
    assert_eq!(
        world.stack.waiting(platform::queue::Queue::Sync),
        0,
        "the chain ends"
    );
}

#[tokio::test]
async fn refused_credentials_end_the_chain_and_the_shop_hears_of_it_once() {
    let (mut world, id) = World::connected().await;
    world
        .stack
        .gateway
        .set_password(LOGIN, "changed-at-the-broker")
        .await;
    world.later(TimeDelta::seconds(61)).await;
    let summary = world.summary(&id).await;
    assert_eq!(summary["status"], "error");
    assert!(
        summary["status_detail"]
            .as_str()
            .is_some_and(|detail| !detail.is_empty())
    );
    world.later(TimeDelta::hours(2)).await;
    let told = world.stack.webhooks();
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["account.connected", "account.started", "account.error"]
    );
    let path = format!("/api/s2s/accounts/{id}/reconnect");
    let body = json!({"investor_pass": "changed-at-the-broker"});
    assert_eq!(
        world.post(&path, &body).await.expect(200)["status"],
        "active"
    );
    world.stack.pump().await;
    assert_eq!(world.summary(&id).await["status"], "active");
    let logs = world
        .get(&format!("/api/account/{id}/sync-logs"))
        .await
        .expect(200);
    let events: Vec<String> = logs["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| text(&item["event"]))
        .collect();
    assert_eq!(events, ["synced", "credentials_refused", "synced"]);
}

#[tokio::test]
async fn an_account_of_another_shop_can_be_neither_disconnected_nor_reconnected() {
    let (world, id) = World::connected().await;
    let other = &world.stack.other_shop;
    for (path, body) in [
        ("/api/disconnect".to_owned(), json!({"account_id": id})),
        (format!("/api/s2s/accounts/{id}/reconnect"), json!({})),
    ] {
        let answer = world.send(other.post(&path, &body)).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    assert_eq!(world.summary(&id).await["status"], "active");
}
