//! Results of trades, each counted once.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use trading::domain::TradeStatus;
use trading::domain::trade;

use crate::desk::{Desk, Paired};

async fn pushed(desk: &Desk, paired: &Paired, body: &Value) -> (String, bool) {
    let answer = desk.push(paired, body).await.expect(200);
    assert_eq!(answer["success"], true);
    let trade = answer["tradeId"].as_str().expect("an id").to_owned();
    (trade, answer["duplicate"] == true)
}

fn closed(profit: Value, at: &str) -> Value {
    json!({"profit": profit, "closePrice": 1.105, "closeTime": at})
}

#[tokio::test]
async fn each_result_counts_once_and_the_status_moves_forward() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    let end = "2026-03-02T12:00:00Z";
    let results = [
        desk.result("r1", "open", json!({"profit": -3})),
        desk.result("r2", "partially_closed", {
            let mut part = closed(json!(20.10), "2026-03-02T11:00:00Z");
            part["volume"] = json!(0.4);
            part
        }),
        desk.result("r3", "closed", closed(json!(30.05), end)),
    ];
    let mut ids = Vec::new();
    for result in &results {
        let (id, duplicate) = pushed(&desk, &paired, result).await;
        assert!(!duplicate);
        ids.push(id);
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    for result in &results {
        assert_eq!(pushed(&desk, &paired, result).await, (ids[0].clone(), true));
    }
    // An older word under a new name.
    let (_, duplicate) = pushed(&desk, &paired, &desk.result("r4", "open", json!({}))).await;
    assert!(!duplicate);

    let store = &desk.trading.store;
    let id = trade::id(
        desk.user.as_str(),
        desk.user.as_str(),
        "sim-demo",
        "5000001",
        "77",
    );
    assert_eq!(id.as_str(), ids[0]);
    let trade = store.trade(&desk.owner(), &id).await.expect("reads");
    let trade = trade.expect("a trade");
    assert_eq!(trade.status, TradeStatus::Closed);
    assert_eq!(trade.pnl, Decimal::new(5_015, 2));
    let totals = store.totals(&desk.owner()).await.expect("reads");
    assert_eq!(totals.realized, Decimal::new(5_015, 2));
    assert_eq!(
        (totals.opened, totals.closed.trades, totals.closed.wins),
        (1, 1, 1)
    );
    let date = end
        .parse::<chrono::DateTime<chrono::Utc>>()
        .expect("a time");
    let day = store
        .day(&desk.owner(), date.date_naive())
        .await
        .expect("reads");
    assert_eq!(day.figures.net(), Decimal::new(5_015, 2));
    let updates: Vec<(String, String)> = desk
        .told_of("trade_update")
        .await
        .iter()
        .map(|one| (one["status"].to_string(), one["pnl"].to_string()))
        .collect();
    let expected = [
        ("\"open\"", "-3"),
        ("\"partially_closed\"", "20.1"),
        ("\"closed\"", "50.15"),
        ("\"closed\"", "50.15"),
    ];
    let expected = expected.map(|(status, pnl)| (status.to_owned(), pnl.to_owned()));
    assert_eq!(updates, expected);
}

#[tokio::test]
async fn of_a_result_that_comes_many_times_at_once_one_counts() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    let result = desk.result("r1", "closed", closed(json!(12.5), "2026-03-02T12:00:00Z"));
    let calls = (0..8).map(|_| desk.push(&paired, &result));
    let answers = futures::future::join_all(calls).await;
    let first = answers
        .iter()
        .filter(|answer| answer.json()["duplicate"] == false)
        .count();
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(first, 1);
    let totals = desk
        .trading
        .store
        .totals(&desk.owner())
        .await
        .expect("reads");
    assert_eq!(totals.realized, Decimal::new(125, 1));
    assert_eq!(totals.closed.trades, 1);
}

#[tokio::test]
async fn results_of_many_trades_at_once_make_exact_totals() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    let results: Vec<Value> = (0..6)
        .map(|number| {
            let mut more = closed(json!(0.1), "2026-03-02T12:00:00Z");
            more["ticket"] = json!(format!("9{number}"));
            desk.result(&format!("r{number}"), "closed", more)
        })
        .collect();
    let answers =
        futures::future::join_all(results.iter().map(|one| desk.push(&paired, one))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let totals = desk
        .trading
        .store
        .totals(&desk.owner())
        .await
        .expect("reads");
    assert_eq!(totals.realized, Decimal::new(6, 1));
    assert_eq!((totals.opened, totals.closed.trades), (6, 6));
}

#[tokio::test]
async fn a_result_that_cannot_be_names_its_fields() {
    let desk = Desk::open().await;
    let paired = desk.pair("Office").await;
    for (more, field) in [
        (json!({"volume": 0}), "volume"),
        (json!({"volume": 1e9}), "volume"),
        (json!({"openPrice": -1}), "openPrice"),
        (json!({"profit": 1e13}), "profit"),
        (json!({"ticket": "7 7"}), "ticket"),
        (json!({"ticket": -7}), "ticket"),
        (json!({"action": "hold"}), "action"),
        (json!({"status": "gone"}), "status"),
        (json!({"openTime": "1999-01-01T00:00:00Z"}), "openTime"),
        (json!({"openTime": "2126-01-01T00:00:00Z"}), "openTime"),
        (json!({"closeTime": "2026-03-01T00:00:00Z"}), "closeTime"),
        (json!({"resultId": "x".repeat(101)}), "resultId"),
    ] {
        let answer = desk
            .push(&paired, &desk.result("r1", "closed", more.clone()))
            .await;
        assert_eq!(answer.status, 400, "{more}: {}", answer.text());
        let details = answer.json()["details"].clone();
        let named: Vec<&str> = details
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one["field"].as_str())
            .collect();
        assert!(named.contains(&field), "{more}: {named:?}");
    }
    let totals = desk
        .trading
        .store
        .totals(&desk.owner())
        .await
        .expect("reads");
    assert_eq!(totals.revision, 0);
}
