//! `/api/strategies`.

use http::Method;
use kernel::access::Tier;
use serde_json::{Value, json};
use testkit::Answer;

use crate::desk::{Desk, faults, id_of, ids};

const PATH: &str = "/api/strategies";

fn calm(active: Option<bool>) -> Value {
    let mut body = json!({"name": "Calm", "risk_percent": 0.5, "max_open_trades": 3});
    if let Some(active) = active {
        body["active"] = json!(active);
    }
    body
}

async fn active(desk: &Desk) -> Vec<Value> {
    let page = desk.get(PATH).await.expect(200);
    let items = page["items"].as_array().expect("items").iter();
    items
        .filter(|strategy| strategy["active"] == true)
        .map(|strategy| strategy["id"].clone())
        .collect()
}

#[tokio::test]
async fn exactly_one_strategy_is_active_whatever_is_asked_for() {
    let desk = Desk::open().await;
    let first = desk.post(PATH, &calm(Some(false))).await.expect(201);
    assert_eq!(
        (&first["active"], &first["lot_mode"]),
        (&json!(true), &json!("risk_percent"))
    );
    let second = desk.post(PATH, &calm(None)).await.expect(201);
    assert_eq!(active(&desk).await, [first["id"].clone()]);
    let third = desk.post(PATH, &calm(Some(true))).await.expect(201);
    assert_eq!(active(&desk).await, [third["id"].clone()]);
    let path = format!("{PATH}/{}", id_of(&second));
    let switched = desk.put(&path, None, &calm(Some(true))).await;
    assert_eq!(switched.expect(200)["active"], true);
    assert_eq!(active(&desk).await, [second["id"].clone()]);
    assert_eq!(desk.put(&path, None, &calm(Some(false))).await.status, 409);
    let kept = desk.put(&path, None, &calm(None)).await.expect(200);
    assert_eq!(kept["active"], true);
    let both = format!("{PATH}/{}", id_of(&first));
    let (body, other) = (calm(Some(true)), format!("{PATH}/{}", id_of(&third)));
    tokio::join!(desk.put(&both, None, &body), desk.put(&other, None, &body));
    assert_eq!(active(&desk).await.len(), 1);
}

#[tokio::test]
async fn a_stale_version_is_refused_and_nothing_is_lost() {
    let desk = Desk::open().await;
    let made = desk.post(PATH, &calm(None)).await;
    assert_eq!(made.header("etag"), "\"1\"");
    let path = format!("{PATH}/{}", id_of(&made.expect(201)));
    let fixed = json!({
        "name": "Fixed", "lots": 0.10, "max_open_trades": 5, "symbols": ["gold", "XAUUSD", "eurusd"],
        "max_spread_pips": 2.5, "trailing": {"distance_pips": 20, "step_pips": 5}, "breakeven_after": 1,
    });
    let answer = desk.put(&path, Some(1), &fixed).await;
    assert_eq!(answer.header("etag"), "\"2\"");
    assert_eq!(answer.figure("/lots"), "0.1");
    let changed = answer.expect(200);
    assert_eq!(
        (&changed["lot_mode"], &changed["version"]),
        (&json!("fixed"), &json!(2))
    );
    assert_eq!(changed["symbols"], json!(["EURUSD", "XAUUSD"]));
    assert_eq!(
        changed["trailing"],
        json!({"distance_pips": 20, "step_pips": 5})
    );
    assert_eq!(desk.put(&path, Some(1), &calm(None)).await.status, 412);
    let page = desk.get(PATH).await.expect(200);
    assert_eq!(page["items"][0]["name"], "Fixed");
}

#[tokio::test]
async fn a_strategy_is_its_owners_alone_and_what_it_cannot_be_is_named() {
    let desk = Desk::open().await;
    let made = desk.post(PATH, &calm(None)).await.expect(201);
    let path = format!("{PATH}/{}", id_of(&made));
    let other = desk.reader(Tier::Vip);
    let answer = desk.ask(&other, Method::PUT, &path, &calm(None)).await;
    assert_eq!(answer.status, 404);
    assert_eq!(
        desk.get_as(&other, PATH).await.expect(200)["items"],
        json!([])
    );
    let wrong =
        json!({"name": "Wild", "lot_mode": "fixed", "risk_percent": 101, "max_open_trades": 0});
    let named = faults(desk.post(PATH, &wrong).await);
    assert_eq!(named, ["lots", "risk_percent", "max_open_trades"]);
    let missing = faults(desk.post(PATH, &json!({})).await);
    assert_eq!(missing, ["name", "max_open_trades"]);
}

impl Desk {
    async fn delete(&self, path: &str) -> Answer {
        let token = self.token();
        self.ask(&token, Method::DELETE, path, &Value::Null).await
    }

    async fn strategy(&self, active: Option<bool>) -> String {
        id_of(&self.post(PATH, &calm(active)).await.expect(201))
    }
}

#[tokio::test]
async fn a_strategy_is_deleted_where_another_one_is_active() {
    let desk = Desk::open().await;
    let first = desk.strategy(None).await;
    let path = format!("{PATH}/{first}");
    let conflict = desk.delete(&path).await.expect(409);
    let sentence = "one strategy is always active; make another one active instead";
    assert_eq!(conflict["detail"], sentence);
    let second = desk.strategy(Some(true)).await;
    let in_force = async || {
        let strategy = desk.trading.store.strategy(&desk.owner()).await;
        strategy.expect("reads").expect("one is active")
    };
    let before = in_force().await;
    let other = desk.reader(Tier::Vip);
    let stranger = desk.ask(&other, Method::DELETE, &path, &Value::Null).await;
    assert_eq!(stranger.status, 404);
    assert_eq!(desk.delete(&path).await.status, 204);
    assert_eq!(desk.delete(&path).await.status, 404);
    assert_eq!(desk.put(&path, None, &calm(None)).await.status, 404);
    let page = desk.get(PATH).await.expect(200);
    assert_eq!(ids(&page), [second]);
    // Terminals have nothing to pull.
    assert_eq!(in_force().await, before);
    // What is put in force later has a higher version than all before.
    let third = desk.strategy(Some(true)).await;
    let after = in_force().await;
    assert_eq!(after.id, third);
    assert!(after.version > before.version);
}

#[tokio::test]
async fn a_strategy_that_a_channel_names_is_not_deleted_whoever_is_first() {
    let desk = Desk::open().await;
    desk.strategy(None).await;
    let named = desk.strategy(None).await;
    let path = format!("{PATH}/{named}");
    let body = json!({"name": "Room", "strategy_id": named});
    let channel = format!("/api/channels/{}", desk.channel(&body).await);
    assert_eq!(desk.delete(&path).await.status, 409);
    let plain = json!({"name": "Room"});
    assert_eq!(desk.put(&channel, None, &plain).await.status, 200);
    let (changed, deleted) = tokio::join!(desk.put(&channel, None, &body), desk.delete(&path));
    let statuses = (changed.status.as_u16(), deleted.status.as_u16());
    assert!(matches!(statuses, (200, 409) | (400, 204)), "{statuses:?}");
}

#[tokio::test]
async fn of_two_who_delete_and_activate_a_strategy_at_once_one_is_refused() {
    let desk = Desk::open().await;
    desk.strategy(None).await;
    let path = format!("{PATH}/{}", desk.strategy(None).await);
    let body = calm(Some(true));
    let (switched, deleted) = tokio::join!(desk.put(&path, None, &body), desk.delete(&path));
    let statuses = (switched.status.as_u16(), deleted.status.as_u16());
    assert!(matches!(statuses, (200, 409) | (404, 204)), "{statuses:?}");
    assert_eq!(active(&desk).await.len(), 1);
}

#[tokio::test]
async fn a_deleted_strategy_makes_room_for_another() {
    let desk = Desk::open().await;
    let mut last = String::new();
    for _ in 0..50 {
        last = desk.strategy(None).await;
    }
    assert_eq!(desk.post(PATH, &calm(None)).await.status, 409);
    assert_eq!(desk.delete(&format!("{PATH}/{last}")).await.status, 204);
    assert_eq!(desk.post(PATH, &calm(None)).await.status, 201);
}
