//! Routes that serve verdicts: what they refuse and show.

use http::Method;
use serde_json::{Value, json};

use super::Live;
use crate::support::fields;

#[tokio::test]
async fn connect_names_the_fields_that_differ() {
    let live = Live::under(json!({})).await;
    let world = &live.world;
    let same = world
        .send(world.connect(&json!({"initial_balance": 100_000})))
        .await;
    let _ = same.expect(201);
    let other = json!({"initial_balance": 50_000, "account_type": "another", "order_id": "9"});
    let problem = world.send(world.connect(&other)).await.expect(409);
    assert_eq!(
        problem["differs"],
        json!(["account_type", "order_id", "initial_balance"])
    );
}

#[tokio::test]
async fn announcement_is_checked_and_bounded() {
    let live = Live::under(json!({})).await;
    let path = live.path("adjustments");
    for (body, field) in [
        (json!({"amount": 0, "kind": "payout"}), "amount"),
        (json!({"amount": 1, "kind": "gift"}), "kind"),
        (json!({"kind": "payout"}), "amount"),
        (
            json!({"amount": 1, "kind": "payout", "valid_days": 31}),
            "valid_days",
        ),
    ] {
        let problem = live.world.post(&path, &body).await.expect(400);
        assert_eq!(fields(&problem), [field], "{body}");
    }
    let body = json!({"amount": 10, "kind": "deposit"});
    let first = live.world.post(&path, &body).await.expect(201);
    for _ in 1..20 {
        let _ = live.world.post(&path, &body).await.expect(201);
    }
    assert_eq!(live.world.post(&path, &body).await.status, 409);
    let one = format!("{path}/{}", super::text(&first["id"]));
    let cancel = live.world.stack.shop.delete(&one);
    assert_eq!(live.world.send(cancel).await.status, 204);
    let _ = live.world.post(&path, &body).await.expect(201);
}

#[tokio::test]
async fn shop_reads_one_account_with_its_rules() {
    let plan = json!({"profit_target_pct": 8, "min_trading_days": 3, "max_lots": 5,
        "inactivity_days": 30, "consistency_pct": 40});
    let mut live = Live::under(plan).await;
    live.trade("win", 1_000.0).await;
    live.pass(60).await;
    let path = format!("/api/s2s/accounts/{}", live.id);
    let account = live.world.shop_get(&path).await.expect(200);
    assert_eq!(account["id"], json!(live.id));
    assert_eq!(account["server_epoch"], 1);
    assert_eq!(account["summary"]["phase"], "active");
    assert_eq!(account["verdict"], Value::Null);
    assert_eq!(account["adjustments"], json!([]));
    let states = account["states"].as_array().expect("states").clone();
    let figure = |rule: &str, field: &str| {
        let state = states.iter().find(|state| state["rule"] == rule);
        state.expect("a state")[field].clone()
    };
    assert_eq!(figure("daily_drawdown", "room"), json!(5000));
    assert_eq!(figure("max_drawdown", "target"), json!(10_000));
    assert_eq!(figure("profit_target", "current"), json!(1000));
    assert_eq!(figure("profit_target", "met"), json!(false));
    assert_eq!(figure("min_trading_days", "current"), json!(1));
    assert_eq!(figure("min_trading_days", "room"), json!(2));
    assert_eq!(figure("consistency", "current"), json!(100));
    assert_eq!(figure("max_lots", "room"), json!(5));
    assert_eq!(figure("inactivity", "current"), json!(0));
    let other = live.world.stack.other_shop.get(&path);
    assert_eq!(live.world.send(other).await.status, 404);
}

#[tokio::test]
async fn shop_finds_accounts_by_login_phase_and_status() {
    let live = Live::under(json!({})).await;
    let found = async |query: &str| {
        let path = format!("/api/s2s/accounts?{query}");
        let list = live.world.shop_get(&path).await.expect(200);
        list["items"].as_array().map(Vec::len)
    };
    assert_eq!(found("q=5000010").await, Some(1));
    assert_eq!(found("q=5000011").await, Some(0));
    assert_eq!(found("phase=active&status=active").await, Some(1));
    assert_eq!(found("phase=pending").await, Some(0));
    assert_eq!(found("q=42").await, Some(1));
}

#[tokio::test]
async fn file_without_tickets_or_of_another_server_is_refused_whole() {
    let live = Live::under(json!({})).await;
    let send = async |file: &str| {
        let path = format!("{}?server_zone=UTC", live.path("import"));
        let request = live
            .world
            .stack
            .shop
            .sign(&Method::POST, &path, file.to_owned());
        live.world.send(request).await
    };
    let before = live.summary().await;
    let rows = "Time,Symbol,Type,Direction,Volume,Price,Commission,Swap,Profit,Balance\n\
        2026.01.05 10:00:00,,balance,,,,0,0,100000.00,100000.00\n\
        2026.01.05 11:00:00,EURUSD,buy,in,1.00,1.10000,0,0,0,100000.00\n\
        2026.01.05 12:00:00,EURUSD,sell,out,1.00,1.10500,0,0,500.00,100500.00\n";
    let problem = send(rows).await.expect(422);
    assert!(
        super::text(&problem["type"]).ends_with("tickets-missing"),
        "{problem}"
    );
    let after = live.summary().await;
    assert_eq!(before["win_rate"], after["win_rate"]);
    assert_eq!(before["trading_days"], after["trading_days"]);
}
