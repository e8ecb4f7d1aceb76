//! `/api/channels`.

use http::Method;
use kernel::access::Tier;
use serde_json::{Value, json};

use crate::desk::{Desk, faults, gold, id_of, ids};

const PATH: &str = "/api/channels";

#[tokio::test]
async fn a_channel_is_made_changed_under_its_version_and_deleted() {
    let desk = Desk::open().await;
    let body = json!({"name": " Gold room ", "source": "t.me/gold", "min_confidence": 70});
    let answer = desk.post(PATH, &body).await;
    assert_eq!(answer.header("etag"), "\"1\"");
    let made = answer.expect(201);
    assert_eq!(
        (&made["name"], &made["provider"]),
        (&json!("Gold room"), &json!("Gold room"))
    );
    assert_eq!(
        (&made["approval"], &made["enabled"]),
        (&json!("automatic"), &json!(true))
    );
    let path = format!("{PATH}/{}", id_of(&made));
    let next = json!({"name": "Gold", "provider": "Ann", "approval": "manual"});
    let changed = desk.put(&path, Some(1), &next).await.expect(200);
    assert_eq!(
        (&changed["version"], &changed["approval"]),
        (&json!(2), &json!("manual"))
    );
    assert_eq!(changed["min_confidence"], Value::Null);
    assert_eq!(desk.put(&path, Some(1), &next).await.status, 412);
    assert_eq!(desk.put(&path, None, &next).await.expect(200)["version"], 3);
    assert_eq!(ids(&desk.get(PATH).await.expect(200)), [id_of(&made)]);

    let mut through = gold();
    through["channel_id"] = made["id"].clone();
    let held = desk.signal(&through).await;
    let gone = desk
        .ask(&desk.token(), Method::DELETE, &path, &Value::Null)
        .await;
    assert_eq!(gone.status, 204);
    let again = desk
        .ask(&desk.token(), Method::DELETE, &path, &Value::Null)
        .await;
    assert_eq!(again.status, 404);
    assert_eq!(desk.put(&path, None, &next).await.status, 404);
    let approve = format!("/api/signals/{}/approve", id_of(&held));
    assert_eq!(desk.post(&approve, &Value::Null).await.status, 200);
}

#[tokio::test]
async fn a_channel_is_its_owners_alone() {
    let desk = Desk::open().await;
    let id = desk.channel(&json!({"name": "Room"})).await;
    let path = format!("{PATH}/{id}");
    let other = desk.reader(Tier::Vip);
    assert!(ids(&desk.get_as(&other, PATH).await.expect(200)).is_empty());
    let body = json!({"name": "Mine now"});
    for (method, body) in [(Method::PUT, &body), (Method::DELETE, &Value::Null)] {
        let answer = desk.ask(&other, method, &path, body).await;
        assert_eq!(answer.status, 404);
    }
}

#[tokio::test]
async fn what_a_channel_cannot_be_is_named() {
    let desk = Desk::open().await;
    for (body, field) in [
        (json!({}), "name"),
        (
            json!({"name": "Room", "min_confidence": 101}),
            "min_confidence",
        ),
        (json!({"name": "Room", "source": ""}), "source"),
        (
            json!({"name": "Room", "strategy_id": "stg_01jd7bz8v6m3t9q2x4w7y0c1df"}),
            "strategy_id",
        ),
    ] {
        assert_eq!(faults(desk.post(PATH, &body).await), [field]);
    }
}

#[tokio::test]
async fn a_person_has_a_hundred_channels_at_most_however_many_ask_at_once() {
    let desk = Desk::open().await;
    for index in 0..99 {
        desk.channel(&json!({"name": format!("Room {index}")}))
            .await;
    }
    let body = json!({"name": "One more"});
    let (one, other) = tokio::join!(desk.post(PATH, &body), desk.post(PATH, &body));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let page = desk.get(&format!("{PATH}?limit=200")).await.expect(200);
    assert_eq!(ids(&page).len(), 100);
}
