//! Plans and their versions.

use http::Method;
use serde_json::{Value, json};

use crate::support::{World, fields, text};

const PATH: &str = "/api/s2s/plans/evaluation-100k";

async fn put_if(world: &World, tag: &'static str, body: &Value) -> testkit::Answer {
    let mut call = world.stack.shop.sign(&Method::PUT, PATH, body.to_string());
    call.headers_mut()
        .insert("if-match", tag.parse().expect("a header"));
    world.send(call).await
}

#[tokio::test]
async fn a_plan_gets_a_version_with_each_write_and_keeps_the_ones_before() {
    let world = World::new().await;
    let first = world
        .put(PATH, &json!({"daily": {"limit_pct": 4}, "max": null}))
        .await;
    assert_eq!(first.header("etag"), "\"1\"");
    let first = first.expect(200);
    assert_eq!(
        (&first["version"], &first["account_type"]),
        (&json!(1), &json!("evaluation-100k"))
    );
    assert_eq!(first["daily"]["limit_pct"], json!(4));
    assert_eq!(first["max"], Value::Null, "null switches off");
    assert_eq!(
        first["reset"],
        json!({"time": "01:30", "zone": "Asia/Tehran"})
    );
    assert_eq!(first["payout"], "keep");

    assert_eq!(
        put_if(&world, "\"1\"", &json!({"daily": null}))
            .await
            .expect(200)["version"],
        2
    );
    assert_eq!(put_if(&world, "\"1\"", &json!({})).await.status, 412);
    let list = world.shop_get("/api/s2s/plans").await.expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    let plan = &list["items"][0];
    assert_eq!(plan["version"], 2);
    assert_eq!(plan["daily"], Value::Null);
    assert_eq!(
        plan["max"]["limit_pct"],
        json!(10),
        "absent takes the default"
    );
    let versions: Vec<u64> = plan["versions"]
        .as_array()
        .expect("versions")
        .iter()
        .filter_map(|version| version["version"].as_u64())
        .collect();
    assert_eq!(versions, [2, 1]);
}

#[tokio::test]
async fn plans_are_the_shops_own() {
    let world = World::new().await;
    assert_eq!(
        world
            .put(PATH, &json!({"daily": {"limit_pct": 4}}))
            .await
            .status,
        200
    );
    let other = &world.stack.other_shop;
    let list = world.send(other.get("/api/s2s/plans")).await.expect(200);
    assert_eq!(list, json!({"items": [], "next_cursor": null}));
    let theirs = world.send(other.put(PATH, &json!({}))).await.expect(200);
    assert_eq!(theirs["version"], 1);
}

#[tokio::test]
async fn a_plan_that_makes_no_sense_is_refused_with_every_field_named() {
    let world = World::new().await;
    let bad = json!({
        "daily": {"limit_pct": 0}, "max": {"limit_pct": 101},
        "reset": {"time": "01:30", "zone": "Asia/Tehran"},
        "severity": {"warning_pct": 95, "critical_pct": 90},
    });
    let named = fields(&world.put(PATH, &bad).await.expect(400));
    for field in ["daily.limit_pct", "max.limit_pct"] {
        assert!(
            named.iter().any(|name| name == field),
            "{field} in {named:?}"
        );
    }
    assert!(
        named.iter().any(|name| name.starts_with("severity")),
        "{named:?}"
    );
    for body in [
        json!({"reset": {"time": "25:00", "zone": "Asia/Tehran"}}),
        json!({"reset": {"time": "01:30", "zone": "Asia/Nowhere"}}),
        json!({"basis": "sideways"}),
        json!({"daily": 5}),
        json!({"max_lots": "many"}),
    ] {
        assert_eq!(world.put(PATH, &body).await.status, 400, "{body}");
    }
    let path = "/api/s2s/plans/with%20space";
    let problem = world.put(path, &json!({})).await.expect(400);
    assert_eq!(fields(&problem), ["accountType"]);
    assert_eq!(
        world.shop_get("/api/s2s/plans").await.expect(200)["items"],
        json!([])
    );
}

#[tokio::test]
async fn a_challenge_keeps_the_version_of_its_start_until_it_is_moved() {
    let (mut world, id) = World::connected().await;
    assert_eq!(
        world
            .put(PATH, &json!({"daily": {"limit_pct": 3}}))
            .await
            .status,
        200
    );
    assert_eq!(
        world
            .put(PATH, &json!({"daily": {"limit_pct": 8}}))
            .await
            .status,
        200
    );
    assert_eq!(world.summary(&id).await["dd_daily_limit"], json!(5000));
    let path = format!("/api/s2s/accounts/{id}/plan");
    let moved = world.post(&path, &json!({"version": 1})).await.expect(200);
    assert_eq!(moved["daily"]["limit_pct"], json!(3));
    assert_eq!(world.summary(&id).await["dd_daily_limit"], json!(3000));
    let newest = world.post(&path, &json!({})).await.expect(200);
    assert_eq!(newest["version"], 2);
    assert_eq!(world.summary(&id).await["dd_daily_limit"], json!(8000));
    assert_eq!(world.listed(&id).await["plan_version"], 2);
    assert_eq!(world.post(&path, &json!({"version": 9})).await.status, 404);
    let other = world.stack.other_shop.post(&path, &json!({}));
    assert_eq!(world.send(other).await.status, 404);
    world.equity(93_000.0).await;
    // 7,046.5 of 8,000 is a critical loss, and no breach.
    assert_eq!(world.summary(&id).await["phase"], "active");
    let rules = world
        .get(&format!("/api/account/{id}/rules"))
        .await
        .expect(200);
    let severities: Vec<String> = rules["violations"]
        .as_array()
        .expect("violations")
        .iter()
        .filter(|violation| violation["rule"] == "daily_drawdown")
        .map(|violation| text(&violation["severity"]))
        .collect();
    assert_eq!(severities, ["warning"], "88.1 % is past the warning alone");
}
