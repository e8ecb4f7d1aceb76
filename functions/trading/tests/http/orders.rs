//! Open trades, and what is done with them.

use http::Method;
use serde_json::{Value, json};
use trading::domain::{Kind, TradeStatus};

use crate::desk::{Desk, now, report, request};

#[tokio::test]
async fn open_trades_are_listed_with_what_their_terminal_told_last() {
    let desk = Desk::open().await;
    let office = desk.terminal("MT5-1").await;
    let home = desk.terminal("MT5-2").await;
    let id = desk.open_trade(&office, "77").await;
    desk.open_trade(&home, "78").await;
    let closed = report("79", TradeStatus::Closed, "5");
    desk.record(&office, "closed 79", &closed).await;
    desk.tell_position(&office, "77", "1.1032", "32.10").await;
    let listed = desk.get("/api/trades/live").await;
    let items = listed["items"].as_array().expect("items");
    assert_eq!(items.len(), 2, "{listed}");
    let of_office = items.iter().find(|one| one["trade"]["id"] == id.as_str());
    let of_office = of_office.expect("the trade");
    assert_eq!(of_office["floating_pnl"].to_string(), "32.1");
    assert_eq!(of_office["price"].to_string(), "1.1032");
    assert_eq!(of_office["trade"]["status"], "open");
    let other = items.iter().find(|one| one["trade"]["ticket"] == "78");
    assert_eq!(other.expect("the trade")["floating_pnl"], Value::Null);
    let past = desk.get("/api/trades").await;
    assert_eq!(past["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(past["items"][0]["ticket"], "79");
    assert_eq!(past["items"][0]["pnl"].to_string(), "5");
}

#[tokio::test]
async fn a_close_is_a_command_to_the_terminal_that_holds_the_trade() {
    let desk = Desk::open().await;
    let office = desk.terminal("MT5-1").await;
    let home = desk.terminal("MT5-2").await;
    let id = desk.open_trade(&office, "77").await;
    let answer = desk
        .post(&format!("/api/trades/{id}/close"))
        .await
        .expect(202);
    assert_eq!(answer["type"], "close_trade");
    assert_eq!(answer["status"], "pending");
    assert_eq!(answer["device_id"], office.id.as_str());
    let payload = json!({
        "tradeId": id, "server": "Sim-Demo", "login": "5000001", "ticket": "77",
        "symbol": "EURUSD",
    });
    assert_eq!(answer["payload"], payload);
    assert!(desk.commands_for(&home).await.is_empty());
    let commands = desk.commands_for(&office).await;
    assert_eq!(commands.len(), 1);
    let mut end = report("77", TradeStatus::Closed, "100.00");
    end.command = Some(commands[0].id.clone());
    desk.record(&office, "closed 77", &end).await;
    let listed = desk.get("/api/trading/commands").await;
    assert_eq!(listed["items"][0]["id"], answer["id"]);
    assert_eq!(listed["items"][0]["status"], "executed");
    let again = desk.post(&format!("/api/trades/{id}/close")).await;
    assert_eq!(again.status, 409, "{}", again.text());
}

#[tokio::test]
async fn an_order_that_waits_is_taken_back_by_a_close_and_by_nothing_else() {
    let desk = Desk::open().await;
    let office = desk.terminal("MT5-1").await;
    let waits = report("77", TradeStatus::Pending, "0");
    let id = desk.record(&office, "pending 77", &waits).await;
    for (method, what, body) in [
        (Method::POST, "partial-close", json!({"percent": 50})),
        (Method::PUT, "modify", json!({"stop_loss": 1.09})),
    ] {
        let path = format!("/api/trades/{id}/{what}");
        let refused = desk.ask(method, &path, &body).await;
        assert_eq!(refused.status, 409, "{}", refused.text());
    }
    let path = format!("/api/trades/{id}/close");
    let answer = desk.post(&path).await.expect(202);
    assert_eq!(answer["type"], "close_trade");
    let commands = desk.commands_for(&office).await;
    let mut end = report("77", TradeStatus::Cancelled, "0");
    end.command = Some(commands[0].id.clone());
    desk.record(&office, "cancelled 77", &end).await;
    let listed = desk.get("/api/trading/commands").await;
    assert_eq!(listed["items"][0]["status"], "executed");
    assert_eq!(desk.post(&path).await.status, 409);
}

#[tokio::test]
async fn a_part_is_said_in_lots_or_in_percent_and_never_in_both() {
    let desk = Desk::open().await;
    let office = desk.terminal("MT5-1").await;
    let id = desk.open_trade(&office, "77").await;
    let path = format!("/api/trades/{id}/partial-close");
    for (body, volume) in [
        (json!({"lots": 0.4}), "0.4"),
        (json!({"percent": 33.3}), "0.33"),
    ] {
        let answer = desk.ask(Method::POST, &path, &body).await.expect(202);
        assert_eq!(answer["payload"]["volume"].to_string(), volume);
    }
    for body in [
        json!({}),
        json!({"lots": 0.4, "percent": 40}),
        json!({"lots": 1}),
        json!({"lots": 0}),
        json!({"percent": 100}),
        json!({"percent": -1}),
        json!({"percent": "all"}),
    ] {
        let answer = desk.ask(Method::POST, &path, &body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
    }
}

#[tokio::test]
async fn levels_are_measured_by_the_price_that_the_terminal_told() {
    let desk = Desk::open().await;
    let office = desk.terminal("MT5-1").await;
    let id = desk.open_trade(&office, "77").await;
    desk.tell_position(&office, "77", "1.1200", "200").await;
    let path = format!("/api/trades/{id}/modify");
    let locked_in = json!({"stop_loss": 1.1100, "takeProfit": 1.15});
    let answer = desk.ask(Method::PUT, &path, &locked_in).await.expect(202);
    assert_eq!(answer["payload"]["stopLoss"].to_string(), "1.11");
    assert_eq!(answer["payload"]["takeProfit"].to_string(), "1.15");
    for (body, fields) in [
        (json!({}), vec!["stop_loss"]),
        (json!({"stop_loss": 1.12}), vec!["stop_loss"]),
        (
            json!({"stop_loss": 1.13, "take_profit": 1.11}),
            vec!["stop_loss", "take_profit"],
        ),
    ] {
        let answer = desk.ask(Method::PUT, &path, &body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
        let details = answer.json()["details"].clone();
        let named: Vec<String> = details
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| one["field"].as_str().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(named, fields, "{body}");
    }
    let trail = format!("/api/trades/{id}/trailing-stop");
    let answer = desk
        .ask(
            Method::POST,
            &trail,
            &json!({"distance": 0.005, "step": 0.001}),
        )
        .await
        .expect(202);
    assert_eq!(answer["payload"]["distance"].to_string(), "0.005");
    let answer = desk
        .ask(Method::POST, &trail, &json!({"distance": 2, "step": 0.001}))
        .await;
    assert_eq!(answer.status, 400, "{}", answer.text());
}

#[tokio::test]
async fn a_trade_of_a_revoked_terminal_waits_until_it_is_paired_anew() {
    let desk = Desk::open().await;
    let office = desk.terminal("MT5-1").await;
    desk.terminal("MT5-2").await;
    let id = desk.open_trade(&office, "77").await;
    let revoked = desk
        .trading
        .revoke(&desk.owner(), &office.id, request())
        .await;
    revoked.expect("revokes");
    let path = format!("/api/trades/{id}/close");
    let refused = desk.post(&path).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    let anew = desk.terminal("MT5-1").await;
    let answer = desk.post(&path).await.expect(202);
    assert_eq!(answer["device_id"], anew.id.as_str());
}

#[tokio::test]
async fn a_terminal_that_does_nothing_is_told_a_hundred_times_at_most() {
    let desk = Desk::open().await;
    let office = desk.terminal("MT5-1").await;
    let id = desk.open_trade(&office, "77").await;
    let path = format!("/api/trades/{id}/close");
    for _ in 0..100 {
        assert_eq!(desk.post(&path).await.status, 202);
    }
    let refused = desk.post(&path).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    // A stop has room left.
    let stopped = desk.post("/api/trading/emergency-stop").await.expect(200);
    assert_eq!(stopped["commands"].as_array().map(Vec::len), Some(1));
    // What ends by time makes room.
    let later = trading::Request {
        now: now() + Kind::CloseTrade.good_for(),
        ..request()
    };
    let trade = id.parse().expect("an id");
    let close = trading::app::OnTrade::Close;
    let issued = desk
        .trading
        .do_with(&desk.owner(), &trade, close, later)
        .await;
    issued.expect("has room");
}

#[tokio::test]
async fn nobody_does_anything_with_another_ones_trade() {
    let desk = Desk::open().await;
    let office = desk.terminal("MT5-1").await;
    let id = desk.open_trade(&office, "77").await;
    let elsewhere = desk.token("owner", "org_01jd7bz8v6m3t9q2x4w7y0c1df");
    let viewer = desk.token("viewer", "org_01jd7bz8v6m3t9q2x4w7y0c1df");
    for (method, path, body) in [
        (Method::POST, "close", json!({})),
        (Method::POST, "partial-close", json!({"lots": 0.1})),
        (Method::PUT, "modify", json!({"stop_loss": 1})),
        (
            Method::POST,
            "trailing-stop",
            json!({"distance": 0.1, "step": 0.1}),
        ),
    ] {
        let path = format!("/api/trades/{id}/{path}");
        let answer = desk.ask_as(&elsewhere, method.clone(), &path, &body).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
        let answer = desk.ask_as(&viewer, method, &path, &body).await;
        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
    }
    for path in ["/api/trades/live", "/api/trades", "/api/trading/commands"] {
        let answer = desk
            .ask_as(&elsewhere, Method::GET, path, &Value::Null)
            .await;
        assert_eq!(answer.expect(200)["items"], json!([]), "{path}");
    }
}
