//! `/api/strategies`.

use kernel::access::Tier;
use serde_json::{Value, json};

use crate::desk::{Desk, faults, id_of};

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
    let answer = desk
        .ask(&other, http::Method::PUT, &path, &calm(None))
        .await;
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
