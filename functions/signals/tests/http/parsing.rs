//! `POST /api/signals/parse`, `GET /api/signals/formats`.

use serde_json::{Value, json};

use crate::desk::{Desk, faults};

const PATH: &str = "/api/signals/parse";

#[tokio::test]
async fn a_message_is_read_whole_and_nothing_is_stored() {
    let desk = Desk::open().await;
    let text = "EURUSD SELL LIMIT 1.0850\nSL 1.0880\nTP 1.0800";
    let answer = desk.post(PATH, &json!({"text": text})).await;
    assert_eq!(answer.figure("/entries"), "[1.085]");
    let read = answer.expect(200);
    assert_eq!(
        (&read["kind"], &read["symbol"]),
        (&json!("signal"), &json!("EURUSD"))
    );
    assert_eq!(
        (&read["direction"], &read["order_type"]),
        (&json!("sell"), &json!("limit"))
    );
    assert_eq!(read["confidence"], 100);
    for field in ["entry_zone", "entry_weights", "leverage", "risk_percent"] {
        assert_eq!(read[field], Value::Null, "{field}");
    }
    let listed = desk.get("/api/signals").await.expect(200);
    assert_eq!(listed["items"], json!([]));
}

#[tokio::test]
async fn a_reply_is_read_with_what_it_replies_to() {
    let desk = Desk::open().await;
    let body = json!({"text": "sl 1.0850 tp 1.0950", "reply_to": {"text": "EURUSD BUY NOW"}});
    let read = desk.post(PATH, &body).await.expect(200);
    assert_eq!(
        (&read["kind"], &read["symbol"]),
        (&json!("update"), &json!("EURUSD"))
    );
    assert_eq!(read["stop_loss"], json!(1.085));
}

#[tokio::test]
async fn noise_says_why_and_what_is_too_long_is_refused() {
    let desk = Desk::open().await;
    let read = desk
        .post(PATH, &json!({"text": "see you tomorrow"}))
        .await
        .expect(200);
    assert_eq!(
        (&read["kind"], &read["confidence"]),
        (&json!("noise"), &json!(0))
    );
    assert!(read["reasons"][0].is_string());
    assert_eq!(faults(desk.post(PATH, &json!({})).await), ["text"]);
    let long = "x".repeat(65_537);
    assert_eq!(
        faults(desk.post(PATH, &json!({"text": long})).await),
        ["text"]
    );
    let reply = json!({"text": "be", "reply_to": {"text": long}});
    assert_eq!(faults(desk.post(PATH, &reply).await), ["reply_to.text"]);
}

#[tokio::test]
async fn each_format_has_an_example_that_is_read() {
    let desk = Desk::open().await;
    let formats = desk.get("/api/signals/formats").await.expect(200);
    let items = formats["items"].as_array().expect("items");
    assert!(items.len() >= 10, "{} formats", items.len());
    for format in items {
        let mut body = json!({"text": format["example"]});
        if format["reply_to"].is_string() {
            body["reply_to"] = json!({"text": format["reply_to"]});
        }
        let read = desk.post(PATH, &body).await.expect(200);
        assert_ne!(read["kind"], "noise", "{}", format["name"]);
    }
}
