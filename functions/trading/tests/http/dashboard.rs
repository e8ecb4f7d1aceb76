//! How it went, in figures worked out by hand.

use http::Method;
use platform::dynamo::to_item;
use serde_json::{Value, json};
use signals::store::keys;
use trading::Owner;
use trading::domain::TradeStatus;

use crate::desk::{Desk, figure, report};

/// Closes a trade for each result, in order.
async fn close_all(desk: &Desk, results: &[&str]) {
    let office = desk.terminal("MT5-1").await;
    for (number, profit) in results.iter().enumerate() {
        let ticket = format!("{number}");
        let end = report(&ticket, TradeStatus::Closed, profit);
        desk.record(&office, &format!("end {ticket}"), &end).await;
    }
}

#[tokio::test]
async fn nothing_traded_is_nothing_and_not_a_division_by_it() {
    let desk = Desk::open().await;
    let stats = desk.get("/api/dashboard/stats").await;
    assert_eq!(stats["trades"]["total"], 0);
    assert_eq!(
        (&stats["signals"], &stats["signals_sent"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(stats["win_rate"], Value::Null);
    assert_eq!(stats["terminals"], json!({"paired": 0, "online": 0}));
    let performance = desk.get("/api/dashboard/performance").await;
    assert_eq!(performance["equity_curve"], json!([]));
    assert_eq!(performance["profit_factor"], Value::Null);
    assert_eq!(performance["max_drawdown"], 0);
    assert_eq!(desk.get("/api/providers/stats").await["items"], json!([]));
}

/// By hand: 100, -50.25, 70, -80, 25.50 go 100, 49.75, 119.75, 39.75, 65.25;
/// gained 195.50, lost 130.25.
#[tokio::test]
async fn the_figures_of_five_trades_are_exact() {
    let desk = Desk::open().await;
    close_all(&desk, &["100", "-50.25", "70", "-80", "25.50"]).await;
    let office = desk.terminal("MT5-9").await;
    desk.open_trade(&office, "900").await;
    let performance = desk.get("/api/dashboard/performance?period=7d").await;
    for (name, expected) in [
        ("trades", "5"),
        ("wins", "3"),
        ("losses", "2"),
        ("net_pnl", "65.25"),
        ("gross_profit", "195.5"),
        ("gross_loss", "130.25"),
        ("win_rate", "60"),
        ("profit_factor", "1.501"),
        ("expectancy", "13.05"),
        ("max_drawdown", "80"),
    ] {
        assert_eq!(performance[name].to_string(), expected, "{name}");
    }
    // All of them end at the same day, or at two where midnight passes.
    let curve = performance["equity_curve"].as_array().expect("points");
    assert!((1..=2).contains(&curve.len()));
    let last = curve.last().expect("a point");
    assert_eq!(last["equity"].to_string(), "65.25");
    let stats = desk.get("/api/dashboard/stats").await;
    assert_eq!(
        stats["trades"],
        json!({"total": 6, "open": 1, "closed": 5, "wins": 3, "losses": 2})
    );
    assert_eq!(stats["pnl"]["realized"].to_string(), "65.25");
    assert_eq!(stats["terminals"]["paired"], 2);
    let wrong = desk
        .ask(
            Method::GET,
            "/api/dashboard/performance?period=2w",
            &Value::Null,
        )
        .await;
    assert_eq!(wrong.status, 400, "{}", wrong.text());
}

/// By hand: 50 points are risked. 100 gained are 2 R, 50 lost are -1 R.
#[tokio::test]
async fn a_provider_is_measured_by_what_its_signals_risked() {
    let desk = Desk::open().await;
    let office = desk.terminal("MT5-1").await;
    for (signal, price, profit) in [("sig_1", "1.1100", "100"), ("sig_2", "1.0950", "-50")] {
        desk.follow(signal).await.expect("issues");
        let commands = desk.commands_for(&office).await;
        let command = commands.last().expect("a command").id.clone();
        let mut opened = report(signal, TradeStatus::Open, "0");
        opened.command = Some(command);
        desk.record(&office, &format!("open {signal}"), &opened)
            .await;
        let mut ended = report(signal, TradeStatus::Closed, profit);
        ended.close_price = Some(figure(price));
        desk.record(&office, &format!("end {signal}"), &ended).await;
    }
    // One that nobody knows the signal of.
    let stray = report("stray", TradeStatus::Closed, "7");
    desk.record(&office, "end stray", &stray).await;
    let listed = desk.get("/api/providers/stats").await;
    let expected = json!([{
        "provider": "Gold Room", "signals": 2, "trades": 2, "wins": 1, "losses": 1,
        "win_rate": 50, "average_r": 0.5, "net_pnl": 50,
    }]);
    assert_eq!(listed["items"], expected);
    assert_eq!(desk.get("/api/dashboard/stats").await["signals_sent"], 2);
}

#[tokio::test]
async fn all_of_ones_own_signals_are_counted_and_nobody_elses() {
    let desk = Desk::open().await;
    let counted = async |owner: &Owner, counts: Value| {
        let item = to_item(&keys::counts(owner), &counts).expect("an item");
        desk.stack.cloud.signals.put(item).await.expect("writes");
    };
    let counts = json!({"held": 2, "released": 3, "active": 1, "closed": 5, "rejected": 4});
    counted(&desk.owner(), counts.clone()).await;
    let other = Owner {
        org: "org_other".to_owned(),
        ..desk.owner()
    };
    counted(&other, json!({"held": 100})).await;
    let stats = desk.get("/api/dashboard/stats").await;
    assert_eq!(
        (&stats["signals"], &stats["signals_by_status"]),
        (&json!(15), &counts)
    );
}
