//! What the platform publishes, by tier.

use kernel::access::Tier;
use serde_json::{Value, json};

use crate::desk::{Desk, data, faults, gold, id_of, ids};

async fn publish(desk: &Desk, token: &str, tier: Option<&str>, symbol: &str) -> Value {
    let mut body = json!({
        "symbol": symbol, "direction": "buy", "entry": 100, "stop_loss": 90,
        "take_profits": [120], "raw_text": "for members of the room alone",
    });
    if let Some(tier) = tier {
        body["min_tier"] = json!(tier);
    }
    desk.post_as(token, "/api/signals", &body).await.expect(201)
}

#[tokio::test]
async fn a_tier_sees_what_is_for_it_and_those_below_and_nothing_of_the_rest() {
    let desk = Desk::open().await;
    let publisher = desk.publisher();
    let mut made = Vec::new();
    for tier in [None, Some("pro"), Some("premium"), Some("vip")] {
        made.push(id_of(&publish(&desk, &publisher, tier, "EURUSD").await));
    }
    let tiers = [Tier::Free, Tier::Pro, Tier::Premium, Tier::Vip];
    for (index, tier) in tiers.into_iter().enumerate() {
        let token = desk.reader(tier);
        let mut listed = ids(&desk.get_as(&token, "/api/v1/signals").await.expect(200));
        listed.sort_unstable();
        let mut seen = made[..=index].to_vec();
        seen.sort_unstable();
        assert_eq!(listed, seen, "{tier:?}");
        for (of, id) in made.iter().enumerate() {
            let answer = desk.get_as(&token, &format!("/api/v1/signals/{id}")).await;
            let expected = if of <= index { 200 } else { 404 };
            assert_eq!(answer.status, expected, "{tier:?} {of}");
        }
    }
    let all = desk.get_as(&publisher, "/api/v1/signals").await.expect(200);
    assert_eq!(ids(&all).len(), 4, "who publishes sees all");
    assert_eq!(all["items"][0].get("raw_text"), None);
    let own = desk.get_as(&publisher, "/api/signals").await.expect(200);
    assert!(ids(&own).is_empty(), "what is published is nobody's own");
}

#[tokio::test]
async fn it_is_told_on_the_channel_to_its_tier() {
    let desk = Desk::open().await;
    let publisher = desk.publisher();
    let made = publish(&desk, &publisher, Some("premium"), "gold").await;
    assert_eq!(
        (&made["status"], &made["min_tier"]),
        (&json!("released"), &json!("premium"))
    );
    let path = format!("/api/signals/{}/close", id_of(&made));
    let body = json!({"exit_price": 120});
    let closed = desk.post_as(&publisher, &path, &body).await;
    assert_eq!(closed.status, 200);
    let told = desk.announced().await;
    let kinds: Vec<_> = told
        .iter()
        .map(|event| (event.kind.as_str(), event.min_tier))
        .collect();
    let premium = Some(Tier::Premium);
    assert_eq!(kinds, [("signal_created", premium), ("signal", premium)]);
    assert_eq!(data(&told[0])["signal"]["id"], made["id"]);
    assert_eq!(data(&told[1])["event"], "closed");
    assert_eq!(data(&told[1])["signal"]["pnl_percent"], 20);
}

#[tokio::test]
async fn history_and_statistics_are_of_closed_signals_that_the_tier_sees() {
    let desk = Desk::open().await;
    let publisher = desk.publisher();
    let close = async |tier, symbol, body: Value| {
        let made = publish(&desk, &publisher, tier, symbol).await;
        let path = format!("/api/signals/{}/close", id_of(&made));
        id_of(&desk.post_as(&publisher, &path, &body).await.expect(200))
    };
    let win = close(None, "EURUSD", json!({"exit_price": 125})).await;
    let loss = close(None, "gold", json!({"exit_price": 90})).await;
    let secret = close(Some("pro"), "gold", json!({"exit_price": 105})).await;
    let void = close(None, "gold", json!({"result": "void"})).await;
    let open = id_of(&publish(&desk, &publisher, None, "EURUSD").await);

    let free = desk.reader(Tier::Free);
    let history = desk
        .get_as(&free, "/api/v1/signals/history")
        .await
        .expect(200);
    let listed = ids(&history);
    assert_eq!(listed.len(), 3);
    for id in [&win, &loss, &void] {
        assert!(listed.contains(id));
    }
    assert!(!listed.contains(&secret) && !listed.contains(&open));
    let filtered = desk
        .get_as(&free, "/api/v1/signals/history?symbol=EURUSD")
        .await;
    assert_eq!(ids(&filtered.expect(200)), [win]);
    let closed = desk.get_as(&free, "/api/v1/signals?status=closed").await;
    assert_eq!(ids(&closed.expect(200)).len(), 3);

    let answer = desk.get_as(&free, "/api/v1/signals/stats").await;
    // 25 % and −10 %; 2.5 and −1 times the risk of 10.
    assert_eq!(answer.figure("/total/average_pnl_percent"), "7.5");
    assert_eq!(answer.figure("/total/average_r"), "0.75");
    assert_eq!(answer.figure("/total/win_rate"), "50");
    let stats = answer.expect(200);
    assert_eq!(
        (&stats["tier"], &stats["total"]["closed"]),
        (&json!("free"), &json!(2))
    );
    assert_eq!(stats["by_symbol"]["XAUUSD"]["losses"], 1);
    assert_eq!(stats["by_symbol"]["EURUSD"]["win_rate"], 100);
    assert_eq!(
        stats["by_tier"].as_object().map(|tiers| tiers.len()),
        Some(1)
    );

    let pro = desk
        .get_as(&desk.reader(Tier::Pro), "/api/v1/signals/stats")
        .await;
    // (25 − 10 + 5) / 3.
    assert_eq!(pro.figure("/total/average_pnl_percent"), "6.6667");
    assert_eq!(pro.figure("/by_tier/pro/average_r"), "0.5");
    assert_eq!(pro.figure("/by_symbol/XAUUSD/average_pnl_percent"), "-2.5");
    assert_eq!(pro.expect(200)["total"]["closed"], 3);
}

#[tokio::test]
async fn a_result_counts_once_however_often_it_is_sent() {
    let desk = Desk::open().await;
    let publisher = desk.publisher();
    let made = publish(&desk, &publisher, None, "EURUSD").await;
    let path = format!("/api/signals/{}/close", id_of(&made));
    let body = json!({"exit_price": 110});
    let (one, other) = tokio::join!(
        desk.post_as(&publisher, &path, &body),
        desk.post_as(&publisher, &path, &body),
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let stats = desk.get("/api/v1/signals/stats").await.expect(200);
    assert_eq!(
        (&stats["total"]["closed"], &stats["total"]["wins"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn only_who_publishes_closes_and_replays_what_is_published() {
    let desk = Desk::open().await;
    let publisher = desk.publisher();
    let made = publish(&desk, &publisher, Some("pro"), "EURUSD").await;
    let path = format!("/api/signals/{}", id_of(&made));
    let close = desk
        .post(&format!("{path}/close"), &json!({"result": "win"}))
        .await;
    assert_eq!(close.status, 404);
    let replay = desk.post(&format!("{path}/replay"), &Value::Null).await;
    assert_eq!(replay.status, 404);
    let again = desk
        .post_as(&publisher, &format!("{path}/replay"), &Value::Null)
        .await;
    let again = again.expect(201);
    assert_eq!(
        (&again["replay_of"], &again["min_tier"]),
        (&made["id"], &json!("pro"))
    );
    let mut through = gold();
    through["channel_id"] = json!("chn_01jd7bz8v6m3t9q2x4w7y0c1df");
    let refused = desk.post_as(&publisher, "/api/signals", &through).await;
    assert_eq!(faults(refused), ["channel_id"]);
}

#[tokio::test]
async fn nothing_closed_has_no_averages() {
    let desk = Desk::open().await;
    let stats = desk.get("/api/v1/signals/stats").await.expect(200);
    assert_eq!(stats["total"]["closed"], 0);
    assert_eq!(
        (&stats["total"]["win_rate"], &stats["by_symbol"]),
        (&Value::Null, &json!({}))
    );
}
