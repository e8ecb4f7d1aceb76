//! A trade server whose clock is ahead or behind.

use crate::support::started;
use axum::http::StatusCode;

#[tokio::test]
async fn deals_carry_times_of_the_servers_clock() {
    let (gateway, clock, id) = started(
        r#"{"do":{"server_clock":{"ahead_s":90}}},
           {"do":{"deposit":{"amount":1000}}},
           {"after_s":10,"do":{"open":{"position":"a","symbol":"EURUSD","side":"buy","volume":1,"price":1.1}}},
           {"after_s":20,"do":{"server_clock":{"ahead_s":-45}}},
           {"after_s":20,"do":{"close":{"position":"a","price":1.1}}}"#,
    )
    .await;
    // The deal is there though it is dated a minute and a half ahead.
    assert_eq!(
        gateway.deals(&id).await[0]["time"],
        "2026-11-10T05:31:30.000Z"
    );
    clock.pass_ms(10_000);
    let position = gateway.positions(&id).await;
    assert_eq!(position.text_of("/0/time"), "\"2026-11-10T05:31:40.000Z\"");
    clock.pass_ms(10_000);
    let deals = gateway.deals(&id).await;
    let times: Vec<&str> = deals
        .iter()
        .map(|deal| deal["time"].as_str().expect("a time"))
        .collect();
    assert_eq!(
        times,
        [
            "2026-11-10T05:29:35.000Z",
            "2026-11-10T05:31:30.000Z",
            "2026-11-10T05:31:40.000Z"
        ]
    );
    let ledger = gateway.get("/sim/accounts/7000001/ledger").await.json();
    assert_eq!(ledger["deals"][0]["at"], "2026-11-10T05:30:20.000Z");
}

#[tokio::test]
async fn spans_go_by_the_times_that_deals_carry() {
    let (gateway, _, id) =
        started(r#"{"do":{"server_clock":{"ahead_s":120}}},{"do":{"deposit":{"amount":1000}}}"#)
            .await;
    let path = format!("/users/current/accounts/{id}/history-deals/time");
    for (span, count) in [
        ("2026-11-10T05:29:00Z/2026-11-10T05:31:00Z", 0),
        ("2026-11-10T05:32:00Z/2026-11-10T05:33:00Z", 1),
    ] {
        let page = gateway.get(&format!("{path}/{span}")).await.json();
        assert_eq!(page.as_array().map(Vec::len), Some(count), "{span}");
    }
}

#[tokio::test]
async fn a_clock_eleven_minutes_off_is_refused() {
    let (gateway, _, _) = started("").await;
    let answer = gateway
        .post(
            "/sim/accounts/7000001/steps",
            r#"{"steps":[{"do":{"server_clock":{"ahead_s":660}}}]}"#,
        )
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}
