//! What scenarios make of an account, to the cent.

use crate::support::{Gateway, TestClock, settings};
use axum::http::StatusCode;
use kernel::Number;
use rust_decimal::Decimal;
use serde_json::Value;

/// The worked example of the drawdown rules: equity by the clock.
const WORKED: &str = r#"{"accounts":[{"login":"7000001","password":"right","server":"Sim-Demo",
  "start":"2026-11-10T05:30:00Z",
  "steps":[
    {"at":"2026-11-10T05:29:00Z","do":{"deposit":{"amount":100000,"comment":"Initial"}}},
    {"at":"2026-11-10T05:30:00Z","do":{"open":{"position":"a","symbol":"EURUSD","side":"buy","volume":1,"price":1.1}}},
    {"at":"2026-11-10T10:30:00Z","do":{"equity":{"equity":96500}}},
    {"at":"2026-11-10T21:50:00Z","do":{"close":{"position":"a","profit":-2000}}},
    {"at":"2026-11-10T21:55:00Z","do":{"open":{"position":"b","symbol":"EURUSD","side":"sell","volume":2,"price":1.08}}},
    {"at":"2026-11-10T22:10:00Z","do":{"equity":{"equity":97400}}},
    {"at":"2026-11-11T07:30:00Z","do":{"equity":{"equity":93400}}},
    {"at":"2026-11-11T07:35:00Z","do":{"equity":{"equity":92900}}}],
  "expect":{"balance":98000,"equity":92900}}]}"#;

/// A deal's part in the balance.
#[derive(serde::Deserialize)]
struct Figures {
    profit: Number,
    commission: Number,
    swap: Number,
}

/// Moves the simulated time to some seconds after the clock's moment.
async fn ahead(gateway: &Gateway, ahead_s: i64) {
    let body = format!(r#"{{"ahead_s":{ahead_s}}}"#);
    let answer = gateway.post("/sim/clock", &body).await;
    assert_eq!(answer.status, StatusCode::OK);
}

/// Balance, credit and floating figures as the answers write them.
async fn assert_consistent(gateway: &Gateway, id: &str) -> (String, String) {
    let information = gateway.information(id).await;
    let number = |text: &str| -> Decimal { text.parse().expect("a number") };
    let mut sum =
        number(&information.text_of("/balance")) + number(&information.text_of("/credit"));
    let positions = gateway.positions(id).await;
    for index in 0..positions.json().as_array().expect("a list").len() {
        sum += number(&positions.text_of(&format!("/{index}/profit")));
        sum += number(&positions.text_of(&format!("/{index}/swap")));
    }
    let equity = information.text_of("/equity");
    assert_eq!(number(&equity), sum, "{}", information.text);
    (information.text_of("/balance"), equity)
}

#[tokio::test]
async fn the_worked_example_shows_its_balances_and_equities_at_each_moment() {
    let clock = TestClock::at("2026-11-10T05:30:00Z");
    let gateway = Gateway::new(settings(WORKED, &clock));
    let id = gateway.registered('a', "7000001", "right").await;
    let rows = [
        (0, "100000", "100000"),
        (5 * 3_600, "100000", "96500"),
        (58_800, "98000", "98000"),
        (60_000, "98000", "97400"),
        (93_600, "98000", "93400"),
        (93_900, "98000", "92900"),
        // Any moment can be asked again.
        (5 * 3_600, "100000", "96500"),
    ];
    for (ahead_s, balance, equity) in rows {
        ahead(&gateway, ahead_s).await;
        let shown = assert_consistent(&gateway, &id).await;
        assert_eq!(shown, (balance.to_owned(), equity.to_owned()), "{ahead_s}");
    }
}

#[tokio::test]
async fn partial_close_close_by_reversal_swap_and_credit_are_booked_as_mt5_does() {
    let clock = TestClock::at("2026-11-10T05:30:00Z");
    let scenario = r#"{"accounts":[{"login":"7000001","password":"right","server":"Sim-Demo","leverage":100,
      "steps":[
        {"do":{"deposit":{"amount":50000}}},
        {"after_s":1,"do":{"credit":{"amount":1000}}},
        {"after_s":2,"do":{"open":{"position":"a","symbol":"EURUSD","side":"buy","volume":1.0,"price":1.10000,"commission":-7}}},
        {"after_s":3,"do":{"swap":{"position":"a","amount":-6.40}}},
        {"after_s":4,"do":{"close":{"position":"a","volume":0.4,"price":1.10250,"commission":-2.8}}},
        {"after_s":5,"do":{"open":{"position":"b","symbol":"EURUSD","side":"sell","volume":0.5,"price":1.10400}}},
        {"after_s":6,"do":{"close_by":{"position":"a","by":"b"}}},
        {"after_s":7,"do":{"reverse":{"position":"a","volume":0.3,"price":1.10300}}},
        {"after_s":8,"do":{"price":{"symbol":"EURUSD","price":1.10310}}},
        {"after_s":9,"do":{"operation":{"kind":"correction","amount":-0.01}}}],
      "expect":{"balance":50313.79}}]}"#;
    let gateway = Gateway::new(settings(scenario, &clock));
    let id = gateway.registered('a', "7000001", "right").await;
    ahead(&gateway, 10).await;
    // 50000 - 7 + (100 - 2.56 - 2.8) + (200 - 3.20) + (30 - 0.64) - 0.01.
    let (balance, equity) = assert_consistent(&gateway, &id).await;
    // Turned to a sale of 0.2 at 1.1030, now a pip against it: -2.
    assert_eq!(
        (balance.as_str(), equity.as_str()),
        ("50313.79", "51311.79")
    );
    let information = gateway.information(&id).await;
    assert_eq!(information.text_of("/margin"), "220.6");
    assert_eq!(information.text_of("/freeMargin"), "51091.19");
    assert_eq!(information.json()["investorMode"], true);
    let deals = gateway.deals(&id).await;
    let column = |name: &str| -> Vec<String> {
        let text = |deal: &Value| deal[name].as_str().unwrap_or_default().to_owned();
        deals.iter().map(text).collect()
    };
    let entries = [
        "IN", "IN", "IN", "OUT", "IN", "OUT_BY", "OUT_BY", "INOUT", "IN",
    ];
    let entries: Vec<String> = entries.iter().map(|e| format!("DEAL_ENTRY_{e}")).collect();
    assert_eq!(column("entryType"), entries);
    let types = [
        "BALANCE",
        "CREDIT",
        "BUY",
        "SELL",
        "SELL",
        "SELL",
        "BUY",
        "SELL",
        "CORRECTION",
    ];
    let types: Vec<String> = types.iter().map(|t| format!("DEAL_TYPE_{t}")).collect();
    assert_eq!(column("type"), types);
    let positions = column("positionId");
    assert_eq!(positions[2], positions[3]);
    assert_eq!(positions[2], positions[5]);
    assert_eq!(positions[4], positions[6]);
    assert_eq!(positions[2], positions[7]);
    // Athens is two hours ahead in November.
    assert_eq!(column("time")[2], "2026-11-10T05:30:02.000Z");
    assert_eq!(column("brokerTime")[2], "2026-11-10 07:30:02.000");
    let ids: std::collections::BTreeSet<String> = column("id").into_iter().collect();
    assert_eq!(ids.len(), deals.len());
}

#[tokio::test]
async fn the_sum_of_the_deals_is_the_balance() {
    let clock = TestClock::at("2026-11-12T00:00:00Z");
    let gateway = Gateway::new(mt5_sim::Settings {
        demo: Some(mt5_sim::DemoSettings {
            seed: 1,
            start: None,
        }),
        ..settings(WORKED, &clock)
    });
    let demo = gateway
        .registered('d', mt5_sim::DEMO_LOGIN, mt5_sim::DEMO_PASSWORD)
        .await;
    for ahead_s in [0, 3_600, 86_400, 30 * 86_400] {
        ahead(&gateway, ahead_s).await;
        let (balance, equity) = assert_consistent(&gateway, &demo).await;
        let balance: Decimal = balance.parse().expect("a number");
        let mut sum = Decimal::ZERO;
        let mut offset = 0;
        loop {
            let page = gateway.get(&format!(
                "/users/current/accounts/{demo}/history-deals/time/2000-01-01T00:00:00Z/2100-01-01T00:00:00Z?offset={offset}"
            )).await;
            let page: Vec<Figures> = serde_json::from_str(&page.text).expect("deals");
            sum += page
                .iter()
                .map(|deal| deal.profit.0 + deal.commission.0 + deal.swap.0)
                .sum::<Decimal>();
            offset += page.len();
            if page.len() < 1_000 {
                break;
            }
        }
        assert_eq!(sum, balance, "{ahead_s}");
        assert!(offset > 200, "it trades: {offset}");
        assert!(equity.parse::<Decimal>().expect("a number") > Decimal::from(90_000));
    }
}

#[tokio::test]
async fn a_demo_account_is_the_same_after_a_restart_and_floats_from_second_to_second() {
    let clock = TestClock::at("2026-11-12T09:10:00Z");
    let started = |clock: &TestClock| {
        Gateway::new(mt5_sim::Settings {
            demo: Some(mt5_sim::DemoSettings {
                seed: 7,
                start: Some(crate::support::time("2026-11-01T00:00:00Z")),
            }),
            ..settings(r#"{"accounts":[]}"#, clock)
        })
    };
    let path = format!("/sim/accounts/{}", mt5_sim::DEMO_LOGIN);
    let first = started(&clock);
    let id = first
        .registered('d', mt5_sim::DEMO_LOGIN, mt5_sim::DEMO_PASSWORD)
        .await;
    let mut equities = std::collections::BTreeSet::new();
    for _ in 0..120 {
        clock.pass_ms(60_000);
        equities.insert(first.get(&path).await.text_of("/equity"));
    }
    assert!(equities.len() > 60, "{}", equities.len());
    let second = started(&clock);
    assert_eq!(first.get(&path).await.text, second.get(&path).await.text);
    // The gateway's id follows from the transaction.
    assert_eq!(
        second
            .registered('d', mt5_sim::DEMO_LOGIN, mt5_sim::DEMO_PASSWORD)
            .await,
        id
    );
    assert_eq!(first.deals(&id).await, second.deals(&id).await);
}

#[tokio::test]
async fn the_demo_account_takes_steps_and_trades_on() {
    let clock = TestClock::at("2026-11-12T09:10:00Z");
    let gateway = Gateway::new(mt5_sim::Settings {
        demo: Some(mt5_sim::DemoSettings {
            seed: 1,
            start: None,
        }),
        ..settings(r#"{"accounts":[]}"#, &clock)
    });
    let steps = r#"{"steps":[
        {"do":{"open":{"position":"x","symbol":"EURUSD","side":"buy","volume":3}}},
        {"do":{"equity":{"equity":91000}}}]}"#;
    let path = format!("/sim/accounts/{}", mt5_sim::DEMO_LOGIN);
    let added = gateway.post(&format!("{path}/steps"), steps).await;
    assert_eq!(added.text_of("/equity"), "91000", "{}", added.text);
    let deals = added.json()["deals"].as_u64();
    ahead(&gateway, 7 * 86_400).await;
    let later = gateway.get(&path).await;
    assert!(later.json()["deals"].as_u64() > deals.map(|deals| deals + 300));
    assert_ne!(later.text_of("/equity"), "91000");
}

#[tokio::test]
async fn steps_added_in_the_past_come_late_and_change_no_other_deals_number() {
    let clock = TestClock::at("2026-11-12T00:00:00Z");
    let gateway = Gateway::new(settings(WORKED, &clock));
    let id = gateway.registered('a', "7000001", "right").await;
    let before = gateway.deals(&id).await;
    let late = r#"{"steps":[
        {"at":"2026-11-10T06:00:00Z","do":{"deposit":{"amount":5}}},
        {"history_lag_s":60,"do":{"withdraw":{"amount":1005}}}]}"#;
    let added = gateway.post("/sim/accounts/7000001/steps", late).await;
    assert_eq!(added.text_of("/balance"), "97000");
    let after = gateway.deals(&id).await;
    // The withdrawal is in the balance and not yet in the history.
    assert_eq!(after.len(), before.len() + 1);
    assert!(before.iter().all(|deal| after.contains(deal)));
    clock.pass_ms(60_000);
    assert_eq!(gateway.deals(&id).await.len(), before.len() + 2);
}

#[tokio::test]
async fn steps_that_cannot_happen_change_nothing() {
    let clock = TestClock::at("2026-11-12T00:00:00Z");
    let gateway = Gateway::new(settings(WORKED, &clock));
    let path = "/sim/accounts/7000001/steps";
    let before = gateway.get("/sim/accounts/7000001").await.text;
    for (steps, fault) in [
        (
            r#"{"do":{"deposit":{"amount":1}}},{"do":{"close":{"position":"z"}}}"#,
            "no open position",
        ),
        (r#"{"do":{"deposit":{"amount":0.001}}}"#, "decimal digits"),
        (r#"{"do":{"deposit":{"amount":"1"}}}"#, "number"),
        (
            r#"{"do":{"close":{"position":"b","volume":3}}}"#,
            "cannot be closed",
        ),
        (r#"{"do":{"price":{"symbol":"EURUSD","price":0}}}"#, "price"),
        (
            r#"{"do":{"open":{"position":"c","symbol":"EURGBP","side":"buy","volume":1,"price":1}}}"#,
            "profit_rate",
        ),
        (
            r#"{"at":"2026-11-12T00:00:00Z","after_s":1,"do":{"deposit":{"amount":1}}}"#,
            "not both",
        ),
        (
            r#"{"do":{"deposit":{"amount":79228162514264337593543950335}}}"#,
            "larger",
        ),
    ] {
        let answer = gateway
            .post(path, &format!(r#"{{"steps":[{steps}]}}"#))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{steps}");
        assert!(answer.text.contains(fault), "{}", answer.text);
    }
    assert_eq!(gateway.get("/sim/accounts/7000001").await.text, before);
    let missed = WORKED
        .replace(r#""balance":98000"#, r#""balance":98000.01"#)
        .replace("7000001", "7000009");
    let account = missed
        .trim_start_matches(r#"{"accounts":["#)
        .trim_end_matches("]}");
    let answer = gateway.post("/sim/accounts", account).await;
    assert!(
        answer.text.contains("expected balance is 98000.01"),
        "{}",
        answer.text
    );
    let taken = gateway
        .post(
            "/sim/accounts",
            r#"{"login":"7000001","password":"p","server":"Sim-Demo"}"#,
        )
        .await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
}

#[test]
fn the_scenario_of_the_readme_ends_as_it_expects() {
    let readme = include_str!("../../README.md");
    let (_, section) = readme.split_once("## Scenario").expect("a section");
    let block: String = section
        .lines()
        .skip_while(|line| line.is_empty())
        .take_while(|line| line.starts_with("    "))
        .collect();
    let clock = TestClock::at("2026-11-10T05:30:00Z");
    assert!(mt5_sim::app(settings(&block, &clock)).is_ok());
    let missed = block.replace("99496.5", "99496.6");
    assert!(mt5_sim::app(settings(&missed, &clock)).is_err());
}
