//! Positions that differ from the deals, and what positions carry.

use crate::support::{Gateway, started};

const OPENED: &str = r#"{"do":{"deposit":{"amount":100000}}},
    {"do":{"open":{"position":"a","symbol":"EURUSD","side":"buy","volume":1,"price":1.1}}}"#;

/// Positions that the list shows, and deals.
async fn shown(gateway: &Gateway, id: &str) -> (usize, usize) {
    let positions = gateway.positions(id).await.json();
    let positions = positions.as_array().expect("a list").len();
    (positions, gateway.deals(id).await.len())
}

#[tokio::test]
async fn listed_position_waits_for_its_opening_deal() {
    let (gateway, clock, id) = started(OPENED).await;
    gateway
        .steps(
            r#"{"lag_s":5,"do":{"open":{"position":"b","symbol":"EURUSD","side":"sell","volume":1}}}"#,
        )
        .await;
    assert_eq!(shown(&gateway, &id).await, (2, 2));
    clock.pass_ms(5_000);
    assert_eq!(shown(&gateway, &id).await, (2, 3));
}

#[tokio::test]
async fn unlisted_position_counts_in_equity_alone() {
    let (gateway, _, id) = started(OPENED).await;
    gateway
        .steps(
            r#"{"name":"b","unlisted":true,"do":{"open":{"position":"b","symbol":"XAUUSD","side":"buy","volume":1,"price":2000}}},
               {"do":{"price":{"symbol":"XAUUSD","price":1990}}}"#,
        )
        .await;
    assert_eq!(shown(&gateway, &id).await, (1, 3));
    assert_eq!(gateway.information(&id).await.text_of("/equity"), "99000");
    gateway.control("release", r#"{"steps":["b"]}"#).await;
    assert_eq!(shown(&gateway, &id).await, (2, 3));
    gateway.control("hide", r#"{"positions":["a"]}"#).await;
    assert_eq!(shown(&gateway, &id).await, (1, 3));
}

#[tokio::test]
async fn closed_position_lingers_in_list_ten_seconds() {
    let (gateway, clock, id) = started(OPENED).await;
    gateway
        .steps(r#"{"list_lag_s":10,"do":{"close":{"position":"a","profit":-50}}}"#)
        .await;
    assert_eq!(shown(&gateway, &id).await, (1, 3));
    assert_eq!(gateway.information(&id).await.text_of("/equity"), "99950");
    clock.pass_ms(10_000);
    assert_eq!(shown(&gateway, &id).await, (0, 3));
}

#[tokio::test]
async fn exit_deal_can_stay_away_for_good() {
    let (gateway, clock, id) = started(OPENED).await;
    gateway
        .steps(r#"{"hidden":true,"do":{"close":{"position":"a","profit":0}}}"#)
        .await;
    clock.pass_ms(86_400_000);
    assert_eq!(shown(&gateway, &id).await, (0, 2));
}

#[tokio::test]
async fn positions_and_deals_carry_documented_fields() {
    let (gateway, clock, id) = started(
        r#"{"do":{"deposit":{"amount":100000}}},
           {"do":{"open":{"position":"a","symbol":"EURUSD","side":"buy","volume":0.5,"price":1.1,
             "stop_loss":1.09,"take_profit":1.12,"magic":77,"reason":"expert","comment":"grid"}}},
           {"do":{"open":{"position":"b","symbol":"USDJPY","side":"sell","volume":1,"price":150,"reason":null}}},
           {"after_s":1,"do":{"modify":{"position":"a","stop_loss":1.1}}},
           {"after_s":2,"do":{"swap":{"position":"a","amount":-3.2}}},
           {"after_s":3,"do":{"close":{"position":"a","volume":0.2,"price":1.1,"reason":"sl"}}}"#,
    )
    .await;
    clock.pass_ms(2_000);
    let positions = gateway.positions(&id).await;
    let fields = [
        ("/0/type", "\"POSITION_TYPE_BUY\""),
        ("/0/symbol", "\"EURUSD\""),
        ("/0/time", "\"2026-11-10T05:30:00.000Z\""),
        ("/0/updateTime", "\"2026-11-10T05:30:02.000Z\""),
        ("/0/openPrice", "1.1"),
        ("/0/currentPrice", "1.1"),
        ("/0/currentTickValue", "1"),
        ("/0/volume", "0.5"),
        ("/0/profit", "0"),
        ("/0/swap", "-3.2"),
        ("/0/commission", "0"),
        ("/0/stopLoss", "1.1"),
        ("/0/magic", "77"),
        ("/0/reason", "\"POSITION_REASON_EXPERT\""),
        ("/0/comment", "\"grid\""),
        // A tick of 0.001 yen of 100,000 dollars, at 150.001 yen a dollar.
        ("/1/currentTickValue", "0.66666222"),
    ];
    for (field, value) in fields {
        assert_eq!(positions.text_of(field), value, "{field}");
    }
    assert!(positions.json()[0].get("takeProfit").is_none());
    assert!(positions.json()[1].get("reason").is_none());
    clock.pass_ms(1_000);
    let deals = gateway.deals(&id).await;
    let (opening, closing) = (&deals[1], &deals[3]);
    assert_eq!(opening["reason"], "DEAL_REASON_EXPERT");
    assert_eq!(opening["magic"], 77);
    assert_eq!(opening["stopLoss"].to_string(), "1.09");
    assert_eq!(opening["takeProfit"].to_string(), "1.12");
    assert_eq!(opening["comment"], "grid");
    assert_eq!(closing["reason"], "DEAL_REASON_SL");
    assert_eq!(closing["magic"], 77);
    assert_eq!(closing["stopLoss"].to_string(), "1.1");
    assert!(closing.get("takeProfit").is_none());
    assert!(deals[0].get("reason").is_none());
}
