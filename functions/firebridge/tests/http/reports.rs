//! What terminals say of themselves, and whether they may.

use http::Method;
use http::header::ETAG;
use identity::model::PersonStatus;
use platform::devices::DeviceTokens;
use platform::dynamo::Transaction;
use serde_json::{Value, json};
use testkit::http::{bearer, send};
use trading::model::Strategy;

use crate::desk::{Desk, now};

#[tokio::test]
async fn a_heartbeat_brings_a_terminal_online_and_the_next_ones_tell_nobody() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    for _ in 0..3 {
        let answer = desk.say(&paired, "heartbeat", &json!({})).await.expect(200);
        assert_eq!(answer["nextInSeconds"], 30);
    }
    let listed = desk.get("/api/firebridge/devices").await.expect(200);
    assert_eq!(listed["items"][0]["online"], true);
    assert!(listed["items"][0]["last_seen_at"].is_string());
    let told = desk.told_of("mt5_status_update").await;
    let expected = json!({
        "deviceId": paired.id, "terminalId": "MT5-1", "connected": true,
        "balance": null, "equity": null,
    });
    assert_eq!(told, [expected]);
}

#[tokio::test]
async fn a_changed_status_is_told_with_every_digit_and_the_same_one_is_not() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    let status = |equity: Value| json!({"status": {"isConnected": true, "balance": 10_000.10, "equity": equity}});
    for equity in [json!(9_990.05), json!(9_990.05), json!(9_980)] {
        desk.sync(&paired, status(equity)).await;
    }
    let away = json!({"status": {"isConnected": false}});
    desk.sync(&paired, away).await;
    let told = desk.told_of("mt5_status_update").await;
    let figures: Vec<String> = told
        .iter()
        .map(|one| format!("{} {} {}", one["connected"], one["balance"], one["equity"]))
        .collect();
    let expected = [
        "true 10000.1 9990.05",
        "true 10000.1 9980.0",
        "false 10000.1 9980.0",
    ];
    let expected = expected.map(|line| line.replace("9980.0", "9980"));
    assert_eq!(figures, expected);
}

#[tokio::test]
async fn a_body_that_names_somebody_else_is_refused() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    let stranger = "usr_01jd7bz8v6m3t9q2x4w7y0c1df";
    for (user, terminal) in [(stranger, "MT5-1"), (desk.user.as_str(), "MT5-2")] {
        let name = json!({"userId": user, "terminalId": terminal});
        let heartbeat = desk.say(&paired, "heartbeat", &name).await;
        assert_eq!(heartbeat.status, 403, "{}", heartbeat.text());
        let mut sync = name.clone();
        sync["status"] = json!({"isConnected": true});
        assert_eq!(desk.say(&paired, "sync-user", &sync).await.status, 403);
        let mut alert = name.clone();
        alert["code"] = "X".into();
        alert["message"] = "x".into();
        assert_eq!(desk.say(&paired, "error-alert", &alert).await.status, 403);
        let mut result = desk.result("r1", "open", json!({}));
        result["userId"] = user.into();
        result["terminalId"] = terminal.into();
        assert_eq!(desk.push(&paired, &result).await.status, 403);
    }
    let missing = desk.say(&paired, "sync-user", &json!({})).await;
    assert_eq!(missing.status, 400, "{}", missing.text());
    let told = desk.told_of("mt5_status_update").await;
    assert!(told.is_empty(), "{told:?}");
}

#[tokio::test]
async fn the_terminal_of_a_blocked_person_is_refused_and_revoked() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    let mut blocked = desk
        .people
        .person(&desk.user)
        .await
        .expect("reads")
        .expect("a person");
    blocked.status = PersonStatus::Blocked;
    // As an administrator would, elsewhere.
    let key = identity::store::keys::person(&desk.user);
    let item = platform::dynamo::to_item(&key, &blocked).expect("an item");
    desk.stack.cloud.identity.put(item).await.expect("writes");
    let read = desk.people.person(&desk.user).await.expect("reads");
    assert_eq!(
        read.map(|person| person.status),
        Some(PersonStatus::Blocked)
    );
    let answer = desk.say(&paired, "heartbeat", &json!({})).await;
    assert_eq!(answer.status, 401, "{}", answer.text());
    let tokens = DeviceTokens::new(desk.stack.cloud.platform.clone());
    assert_eq!(tokens.find(&paired.token).await.expect("reads"), None);
}

#[tokio::test]
async fn a_fault_is_told_once_in_ten_minutes_and_counted_each_time() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    let alert = |message: &str| {
        json!({
            "userId": desk.user, "terminalId": "MT5-1", "code": "ORDER_REJECTED",
            "message": message, "severity": "critical",
        })
    };
    let mut counts = Vec::new();
    for message in ["no money", "no money", "no money", "market closed"] {
        let answer = desk.say(&paired, "error-alert", &alert(message)).await;
        let answer = answer.expect(200);
        counts.push((answer["count"].clone(), answer["duplicate"].clone()));
    }
    let expected = [(1, false), (2, true), (3, true), (1, false)];
    let expected = expected.map(|(count, duplicate)| (json!(count), json!(duplicate)));
    assert_eq!(counts, expected);
    let told = desk.told_of("notification").await;
    let faults: Vec<&Value> = told
        .iter()
        .filter(|one| one["type"] == "terminal_error")
        .collect();
    assert_eq!(faults.len(), 2);
    assert_eq!(faults[0]["title"], "ORDER_REJECTED");
    assert_eq!(faults[0]["message"], "no money");
    let listed = desk.get("/api/firebridge/alerts").await.expect(200);
    let items = listed["items"].as_array().expect("items");
    let mut listed: Vec<(&Value, &Value)> = items
        .iter()
        .map(|one| (&one["message"], &one["count"]))
        .collect();
    listed.sort_by_key(|(message, _)| message.to_string());
    let expected = [("market closed", 1), ("no money", 3)];
    for ((message, count), expected) in listed.into_iter().zip(expected) {
        assert_eq!((message, count), (&json!(expected.0), &json!(expected.1)));
    }
}

#[tokio::test]
async fn a_strategy_is_pulled_once_for_each_version() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    let path = format!("/api/firebridge/pull-strategy/{}", desk.user);
    let pull = async |path: &str, tag: Option<&str>| {
        let mut call = bearer(&paired.token, &Method::GET, path, "");
        if let Some(tag) = tag {
            call.headers_mut()
                .insert("if-none-match", tag.parse().expect("a header"));
        }
        send(&desk.router, call).await
    };
    assert_eq!(pull(&path, None).await.status, 404);
    assert_eq!(desk.sync(&paired, json!({})).await["strategy"], Value::Null);
    let mut change = Transaction::new();
    let strategy = Strategy {
        id: "str_1".to_owned(),
        name: "Breakouts".to_owned(),
        version: 4,
        content: r#"{"riskPercent":0.50}"#.to_owned(),
        published_at: now(),
    };
    let store = &desk.trading.store;
    let published = store.publish_strategy(&mut change, &desk.owner(), &strategy);
    published.expect("writes");
    change.commit().await.expect("commits");
    let first = pull(&path, None).await;
    assert_eq!(first.status, 200, "{}", first.text());
    assert!(first.text().contains(r#""content":{"riskPercent":0.50}"#));
    let tag = first.headers[ETAG].to_str().expect("a tag").to_owned();
    let again = pull(&path, Some(&tag)).await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    assert_eq!(pull(&path, Some("\"3\"")).await.status, 200);
    let synced = desk.sync(&paired, json!({})).await;
    assert_eq!(synced["strategy"], json!({"id": "str_1", "version": 4}));
    let other = "/api/firebridge/pull-strategy/usr_01jd7bz8v6m3t9q2x4w7y0c1df";
    assert_eq!(pull(other, None).await.status, 403);
    assert_eq!(
        pull("/api/firebridge/pull-strategy/nobody", None)
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_terminals_calls_are_counted_as_its_own() {
    let desk = Desk::open_with(&[("REQUESTS_PER_MINUTE", "10")]).await;
    let paired = desk.pair("Office").await;
    let mut statuses = Vec::new();
    for _ in 0..25 {
        let answer = desk.say(&paired, "heartbeat", &json!({})).await;
        statuses.push(answer.status.as_u16());
    }
    assert_eq!(statuses[0], 200);
    assert!(statuses.contains(&429), "{statuses:?}");
    // Its person is another caller.
    assert_eq!(desk.get("/api/firebridge/devices").await.status, 200);
}
