//! `POST /api/signals`.

use http::Method;
use kernel::id::OrganizationId;
use serde_json::{Value, json};
use testkit::http::{bearer, send};

use crate::desk::{Desk, data, faults, gold, id_of, ids, now};

#[tokio::test]
async fn a_signal_is_stored_released_and_told_with_every_digit() {
    let desk = Desk::open().await;
    let answer = desk.post("/api/signals", &gold()).await;
    assert_eq!(answer.figure("/entry"), "2345.5");
    let made = answer.expect(201);
    assert_eq!(made["symbol"], "XAUUSD");
    assert_eq!(made["order_type"], "limit");
    assert_eq!(
        (&made["status"], &made["released"]),
        (&json!("released"), &json!(true))
    );
    assert_eq!(
        (&made["confidence"], &made["min_tier"]),
        (&json!(100), &Value::Null)
    );
    let path = format!("/api/signals/{}", id_of(&made));
    assert_eq!(desk.get(&path).await.expect(200), made);

    let told = desk.told().await;
    let kinds: Vec<_> = told
        .iter()
        .map(|event| (event.number, event.kind.as_str()))
        .collect();
    assert_eq!(kinds, [(1, "signal_created")]);
    assert!(
        told[0].data.contains("\"take_profits\":[2350,2356.5]"),
        "{}",
        told[0].data
    );
    let data = data(&told[0]);
    assert_eq!(
        (&data["provider"], &data["confidence"]),
        (&json!("Goldfinger"), &json!(100))
    );
    assert_eq!(data["signal"]["id"], made["id"]);
    assert!(
        desk.announced().await.is_empty(),
        "one's own is told to nobody else"
    );
}

#[tokio::test]
async fn a_message_alone_is_read_and_kept_and_not_told() {
    let desk = Desk::open().await;
    let text = "GOLD BUY 2345\nSL 2338\nTP1 2352\nTP2 2360";
    let made = desk.signal(&json!({"raw_text": text})).await;
    assert_eq!(
        (&made["symbol"], &made["direction"]),
        (&json!("XAUUSD"), &json!("buy"))
    );
    assert_eq!(
        (&made["order_type"], &made["entry"]),
        (&json!("market"), &json!(2345))
    );
    assert_eq!(made["take_profits"], json!([2352, 2360]));
    assert_eq!(made["raw_text"], text);
    assert!(
        made["confidence"].as_u64().expect("a number") >= 80,
        "{made}"
    );
    let told = desk.told().await;
    assert!(data(&told[0])["signal"].get("raw_text").is_none());
}

#[tokio::test]
async fn a_message_that_is_no_signal_is_not_processed_and_says_why() {
    let desk = Desk::open().await;
    for text in [
        "good morning everybody, have a nice weekend",
        "EURUSD BUY 1.0850 SL 1.0900 TP 1.0950",
    ] {
        let answer = desk.post("/api/signals", &json!({"raw_text": text})).await;
        let body = answer.expect(422);
        let detail = body["detail"].as_str().expect("a sentence");
        assert!(detail.starts_with("the message is no signal: "), "{detail}");
    }
    assert!(desk.told().await.is_empty());
}

#[tokio::test]
async fn an_impossible_setup_is_refused_by_each_field() {
    let desk = Desk::open().await;
    let wrong = json!({
        "symbol": "EURUSD", "direction": "sell", "entry": 1.0850,
        "stop_loss": 1.0800, "take_profits": [1.0900, 1.0800], "leverage": 0,
    });
    assert_eq!(
        faults(desk.post("/api/signals", &wrong).await),
        ["leverage"]
    );
    let wrong = json!({
        "symbol": "EURUSD", "direction": "sell", "entry": 1.0850,
        "stop_loss": 1.0800, "take_profits": [1.0900, 1.0800],
    });
    let named = faults(desk.post("/api/signals", &wrong).await);
    assert_eq!(named, ["stop_loss", "take_profits[0]", "take_profits[1]"]);
    let missing = desk.post("/api/signals", &json!({"stop_loss": 1})).await;
    assert_eq!(faults(missing), ["symbol", "direction"]);
    let odd = json!({"symbol": "EURUSD", "direction": "up", "entry": "1.1"});
    assert_eq!(desk.post("/api/signals", &odd).await.status, 400);
    let pending = json!({"symbol": "EURUSD", "direction": "buy", "order_type": "stop"});
    assert_eq!(faults(desk.post("/api/signals", &pending).await), ["entry"]);
}

#[tokio::test]
async fn several_entries_with_weights_and_no_entry_at_all_are_both_signals() {
    let desk = Desk::open().await;
    let ladder = json!({
        "symbol": "BTCUSDT", "direction": "long", "entry": [60000, 58000.5],
        "entry_weights": [60, 40], "stop_loss": 55000, "take_profits": 70000, "leverage": 10,
    });
    let made = desk.signal(&ladder).await;
    assert_eq!(
        (&made["symbol"], &made["direction"]),
        (&json!("BTC/USDT"), &json!("buy"))
    );
    assert_eq!(made["entry"], json!([60000, 58000.5]));
    assert_eq!(made["take_profits"], json!([70000]));
    let market = desk
        .signal(&json!({"symbol": "EURUSD", "direction": "sell"}))
        .await;
    assert_eq!(
        (&market["order_type"], &market["entry"]),
        (&json!("market"), &Value::Null)
    );
}

#[tokio::test]
async fn the_same_idempotency_key_makes_one_signal() {
    let desk = Desk::open().await;
    let call = || {
        let body = gold().to_string();
        let mut call = bearer(&desk.token(), &Method::POST, "/api/signals", body);
        let key = "one-signal".parse().expect("a header");
        call.headers_mut().insert("idempotency-key", key);
        call
    };
    let first = send(&desk.router, call()).await.expect(201);
    let again = send(&desk.router, call()).await.expect(201);
    assert_eq!(id_of(&first), id_of(&again));
    assert_eq!(
        ids(&desk.get("/api/signals").await.expect(200)),
        [id_of(&first)]
    );
    assert_eq!(desk.told().await.len(), 1);
}

#[tokio::test]
async fn who_only_looks_on_makes_none_and_who_does_not_publish_names_no_tier() {
    let desk = Desk::open().await;
    let org = OrganizationId::generate(now());
    let viewer = desk.member(&org, "viewer");
    assert_eq!(
        desk.post_as(&viewer, "/api/signals", &gold()).await.status,
        403
    );
    assert_eq!(desk.get_as(&viewer, "/api/signals").await.status, 200);
    let member = desk.member(&org, "member");
    assert_eq!(
        desk.post_as(&member, "/api/signals", &gold()).await.status,
        201
    );
    let mut tiered = gold();
    tiered["min_tier"] = json!("free");
    let refused = desk.post("/api/signals", &tiered).await;
    assert_eq!(
        refused.expect(403)["type"]
            .as_str()
            .map(|kind| kind.ends_with("forbidden")),
        Some(true)
    );
    let exchanged = desk.stack.exchange(42);
    assert_eq!(
        desk.post_as(&exchanged, "/api/signals", &gold())
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn a_tenant_and_a_person_have_signals_of_their_own() {
    let desk = Desk::open().await;
    let made = desk.signal(&gold()).await;
    let path = format!("/api/signals/{}", id_of(&made));
    let other = desk.reader(kernel::access::Tier::Vip);
    let org = OrganizationId::generate(now());
    let elsewhere = desk.member(&org, "owner");
    let publisher = desk.publisher();
    for token in [&other, &elsewhere, &publisher] {
        assert_eq!(desk.get_as(token, &path).await.status, 404);
        for (verb, body) in [
            ("approve", Value::Null),
            ("reject", json!({"reason": "no"})),
            ("replay", Value::Null),
            ("close", json!({"result": "win"})),
        ] {
            let path = format!("{path}/{verb}");
            assert_eq!(
                desk.post_as(token, &path, &body).await.status,
                404,
                "{verb}"
            );
        }
        assert!(ids(&desk.get_as(token, "/api/signals").await.expect(200)).is_empty());
    }
    assert_eq!(desk.get("/api/signals/sig_nonsense").await.status, 404);
}
