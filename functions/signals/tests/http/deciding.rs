//! Held signals, replays and results.

use serde_json::{Value, json};
use signals::domain::signal::Status;

use crate::desk::{Desk, data, faults, gold, id_of, ids};

fn through(channel: &str) -> Value {
    let mut signal = gold();
    signal["channel_id"] = json!(channel);
    signal
}

#[tokio::test]
async fn a_manual_channel_holds_a_signal_until_it_is_approved_once() {
    let desk = Desk::open().await;
    let channel = desk
        .channel(&json!({"name": "Room", "approval": "manual"}))
        .await;
    let held = desk.signal(&through(&channel)).await;
    assert_eq!(
        (&held["status"], &held["released"]),
        (&json!("held"), &json!(false))
    );
    assert_eq!(held["held_for"], "approval");
    assert_eq!(held["reason"], "its channel asks for approval");
    let path = format!("/api/signals/{}", id_of(&held));
    let replay = desk.post(&format!("{path}/replay"), &Value::Null).await;
    assert_eq!(replay.status, 409);

    let approved = desk.post(&format!("{path}/approve"), &Value::Null).await;
    let approved = approved.expect(200);
    assert_eq!(
        (&approved["status"], &approved["released"]),
        (&json!("released"), &json!(true))
    );
    assert_eq!(
        (&approved["held_for"], &approved["version"]),
        (&Value::Null, &json!(2))
    );
    let again = desk.post(&format!("{path}/approve"), &Value::Null).await;
    let conflict = again.expect(409);
    let sentence = "the signal is released; only one that is held can be decided on";
    assert_eq!(conflict["detail"], sentence);
    let late = desk
        .post(&format!("{path}/reject"), &json!({"reason": "late"}))
        .await;
    assert_eq!(late.status, 409);

    let told = desk.told().await;
    let kinds: Vec<_> = told.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["signal_created", "signal"]);
    assert_eq!(data(&told[1])["event"], "approved");
    assert_eq!(data(&told[1])["signal"]["status"], "released");
}

#[tokio::test]
async fn a_rejection_has_a_reason_and_is_for_good() {
    let desk = Desk::open().await;
    let channel = desk
        .channel(&json!({"name": "Room", "approval": "manual"}))
        .await;
    let held = desk.signal(&through(&channel)).await;
    let path = format!("/api/signals/{}", id_of(&held));
    for body in [
        json!({}),
        json!({"reason": "  "}),
        json!({"reason": "x".repeat(501)}),
    ] {
        let answer = desk.post(&format!("{path}/reject"), &body).await;
        assert_eq!(faults(answer), ["reason"]);
    }
    let body = json!({"reason": "against the trend"});
    let rejected = desk
        .post(&format!("{path}/reject"), &body)
        .await
        .expect(200);
    assert_eq!(
        (&rejected["status"], &rejected["released"]),
        (&json!("rejected"), &json!(false))
    );
    assert_eq!(rejected["reason"], "against the trend");
    for (verb, body) in [
        ("approve", Value::Null),
        ("replay", Value::Null),
        ("close", json!({"result": "loss"})),
    ] {
        let answer = desk.post(&format!("{path}/{verb}"), &body).await;
        assert_eq!(answer.status, 409, "{verb}");
    }
    assert_eq!(
        data(desk.told().await.last().expect("news"))["event"],
        "rejected"
    );
}

#[tokio::test]
async fn an_unsure_reading_is_held_where_its_channel_asks_for_more() {
    let desk = Desk::open().await;
    let channel = json!({"name": "Room", "provider": "Ann", "min_confidence": 90});
    let channel = desk.channel(&channel).await;
    let sure = desk.signal(&through(&channel)).await;
    assert_eq!(sure["status"], "released");
    let unsure = json!({"raw_text": "GOLD BUY NOW", "channel_id": channel});
    let unsure = desk.signal(&unsure).await;
    assert_eq!(
        (&unsure["status"], &unsure["held_for"]),
        (&json!("held"), &json!("low_confidence"))
    );
    assert_eq!(unsure["provider"], "Ann");
}

#[tokio::test]
async fn a_channel_that_is_off_or_not_ones_own_takes_no_signal() {
    let desk = Desk::open().await;
    let off = desk
        .channel(&json!({"name": "Room", "enabled": false}))
        .await;
    assert_eq!(desk.post("/api/signals", &through(&off)).await.status, 409);
    let unknown = through("chn_01jd7bz8v6m3t9q2x4w7y0c1df");
    assert_eq!(
        faults(desk.post("/api/signals", &unknown).await),
        ["channel_id"]
    );
}

#[tokio::test]
async fn a_replay_is_a_signal_of_its_own() {
    let desk = Desk::open().await;
    let first = desk.signal(&gold()).await;
    let path = format!("/api/signals/{}/replay", id_of(&first));
    let again = desk.post(&path, &Value::Null).await.expect(201);
    assert_ne!(again["id"], first["id"]);
    assert_eq!(
        (&again["replay"], &again["replay_of"]),
        (&json!(true), &first["id"])
    );
    assert_eq!(
        (&first["replay"], &first["replay_of"]),
        (&json!(false), &Value::Null)
    );
    for field in ["symbol", "entry", "stop_loss", "take_profits", "provider"] {
        assert_eq!(again[field], first[field], "{field}");
    }
    let told = desk.told().await;
    assert_eq!(data(&told[1])["signal"]["replay_of"], first["id"]);
}

#[tokio::test]
async fn an_author_closes_a_signal_once_with_figures_of_its_own_entry() {
    let desk = Desk::open().await;
    let made = desk.signal(&gold()).await;
    let path = format!("/api/signals/{}/close", id_of(&made));
    let both = json!({"exit_price": 2350, "result": "win"});
    assert_eq!(faults(desk.post(&path, &both).await), ["exit_price"]);
    assert_eq!(
        faults(desk.post(&path, &json!({"exit_price": 0})).await),
        ["exit_price"]
    );
    let answer = desk.post(&path, &json!({"exit_price": 2356.5})).await;
    // 11 of 2345.5, at a risk of 5.5.
    assert_eq!(answer.figure("/pnl_percent"), "0.469");
    assert_eq!(answer.figure("/r_multiple"), "2");
    let closed = answer.expect(200);
    assert_eq!(
        (&closed["status"], &closed["result"]),
        (&json!("closed"), &json!("win"))
    );
    let again = desk.post(&path, &json!({"result": "loss"})).await;
    assert_eq!(again.status, 409);
    let market = desk
        .signal(&json!({"symbol": "EURUSD", "direction": "sell"}))
        .await;
    let path = format!("/api/signals/{}/close", id_of(&market));
    assert_eq!(
        faults(desk.post(&path, &json!({"exit_price": 1.1})).await),
        ["entry_price"]
    );
    let body = json!({"exit_price": 1.1, "entry_price": 1.1});
    let even = desk.post(&path, &body).await.expect(200);
    assert_eq!(
        (&even["result"], &even["r_multiple"]),
        (&json!("breakeven"), &Value::Null)
    );
}

#[tokio::test]
async fn each_signal_is_counted_once_and_where_it_stands() {
    let desk = Desk::open().await;
    let channel = desk
        .channel(&json!({"name": "Room", "approval": "manual"}))
        .await;
    let counts = async || {
        let store = signals::Store::new(desk.stack.cloud.signals.clone());
        let counts = store.counts(&desk.owner()).await.expect("reads");
        (Status::ALL.map(|status| counts.of(status)), counts.all())
    };
    assert_eq!(counts().await, ([0; 5], 0));
    // Held, released, active, closed and rejected, in this order.
    for _ in 0..3 {
        desk.signal(&through(&channel)).await;
    }
    let sent = desk.signal(&gold()).await;
    assert_eq!(counts().await, ([3, 1, 0, 0, 0], 4));
    let held = ids(&desk.get("/api/signals?status=held").await.expect(200));
    let approve = format!("/api/signals/{}/approve", held[0]);
    let nothing = Value::Null;
    tokio::join!(desk.post(&approve, &nothing), desk.post(&approve, &nothing));
    let reject = format!("/api/signals/{}/reject", held[1]);
    let late = json!({"reason": "late"});
    assert_eq!(desk.post(&reject, &late).await.status, 200);
    assert_eq!(counts().await, ([1, 2, 0, 0, 1], 4));
    let path = format!("/api/signals/{}", id_of(&sent));
    let replay = desk.post(&format!("{path}/replay"), &nothing).await;
    assert_eq!(replay.status, 201, "{}", replay.text());
    let close = format!("{path}/close");
    let result = json!({"result": "win"});
    assert_eq!(desk.post(&close, &result).await.status, 200);
    assert_eq!(desk.post(&close, &result).await.status, 409);
    assert_eq!(counts().await, ([1, 2, 0, 1, 1], 5));
    let wrong = json!({"symbol": "gold", "direction": "buy", "entry": -1});
    assert_eq!(desk.post("/api/signals", &wrong).await.status, 400);
    let publisher = desk.publisher();
    let published = desk.post_as(&publisher, "/api/signals", &gold()).await;
    assert_eq!(published.status, 201, "{}", published.text());
    assert_eq!(counts().await.1, 5);
}
