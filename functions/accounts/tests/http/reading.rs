//! What a trader reads of an account.

use std::io::{Cursor, Read};

use chrono::TimeDelta;
use http::Method;
use serde_json::{Value, json};

use crate::support::{USER, World, fields, rfc3339, text};

#[tokio::test]
async fn a_drawdown_is_shown_everywhere_and_its_warning_is_told_once() {
    let (mut world, id) = World::connected().await;
    world.equity(96_000.0).await;
    let summary = world.summary(&id).await;
    assert_eq!(summary["equity_current"], json!(96_000));
    assert_eq!(summary["dd_daily_used"], json!(4046.5));
    assert_eq!(summary["dd_all_time_used"], json!(4000));
    assert_eq!(summary["dd_all_time_used_pct"], json!(4));
    // The recovery lifts what is current, not what was the deepest.
    world.equity(99_000.0).await;
    let summary = world.summary(&id).await;
    assert_eq!(summary["dd_daily_used"], json!(1046.5));
    assert_eq!(summary["dd_all_time_used"], json!(4000));
    assert_eq!(summary["dd_all_time_current"], json!(1000));

    let rules = world
        .get(&format!("/api/account/{id}/rules"))
        .await
        .expect(200);
    assert_eq!(rules["phase"], "active");
    assert_eq!(rules["plan_version"], 0);
    assert_eq!(rules["plan"]["daily"]["limit_pct"], json!(5));
    let daily = &rules["states"][0];
    assert_eq!(daily["rule"], "daily_drawdown");
    assert_eq!(daily["reference"], json!(100_046.5));
    assert_eq!(daily["floor"], json!(95_046.5));
    assert_eq!(daily["use_pct"], json!(20.93));
    let all_time = &rules["states"][1];
    assert_eq!(all_time["rule"], "max_drawdown");
    assert_eq!(all_time["used"], json!(4000));
    assert_eq!(all_time["floor"], json!(90_000));
    assert_eq!(all_time["use_pct"], json!(40));
    let violations = rules["violations"].as_array().expect("violations");
    assert_eq!(violations.len(), 1);
    assert_eq!(violations[0]["rule"], "daily_drawdown");
    assert_eq!(violations[0]["severity"], "warning");
    assert_eq!(violations[0]["threshold_value"], json!(3500));
    assert_eq!(violations[0]["current_value"], json!(4046.5));
    let told = world.stack.webhooks();
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["account.connected", "account.started", "account.warning"]
    );

    let equity = world
        .get(&format!("/api/account/{id}/equity"))
        .await
        .expect(200);
    assert_eq!(equity["balance"], json!(100_046.5));
    assert_eq!(equity["equity"], json!(99_000));
    assert!(equity["margin"].is_number() && equity["free_margin"].is_number());
    let listed = world.get("/api/accounts").await.expect(200);
    assert_eq!(listed["items"][0]["id"], *id);
    assert_eq!(
        listed["items"][0]["summary"]["dd_daily_used"],
        json!(1046.5)
    );
}

#[tokio::test]
async fn equity_history_keeps_the_extremes_of_every_span() {
    let (mut world, id) = World::connected().await;
    for equity in [99_000.0, 98_000.0, 99_500.0] {
        world.equity(equity).await;
    }
    let path = format!("/api/account/{id}/equity/history");
    let day = world.get(&path).await.expect(200);
    assert_eq!(day["resolution"], "minute");
    let points = day["points"].as_array().expect("points");
    assert_eq!(points.len(), 4);
    let lasts: Vec<&Value> = points.iter().map(|point| &point["last"]).collect();
    assert_eq!(
        lasts,
        [
            &json!(100_046.5),
            &json!(99_000),
            &json!(98_000),
            &json!(99_500)
        ]
    );

    let few = world.get(&format!("{path}?points=2")).await.expect(200);
    let points = few["points"].as_array().expect("points");
    assert!(points.len() <= 2, "{points:?}");
    let extreme = |name: &'static str| {
        let figure = move |point: &Value| point[name].as_f64().expect("a figure");
        points.iter().map(figure)
    };
    assert_eq!(extreme("minimum").fold(f64::MAX, f64::min), 98_000.0);
    assert_eq!(extreme("maximum").fold(f64::MIN, f64::max), 100_046.5);
    assert_eq!(points[points.len() - 1]["balance"], json!(100_046.5));

    let from = rfc3339(world.stack.now() - TimeDelta::days(700));
    let to = rfc3339(world.stack.now() + TimeDelta::days(1));
    let years = world
        .get(&format!("{path}?from={from}&to={to}"))
        .await
        .expect(200);
    assert_eq!(years["resolution"], "day");
    let empty = rfc3339(world.stack.now() - TimeDelta::days(2));
    let before = world
        .get(&format!("{path}?from={from}&to={empty}"))
        .await
        .expect(200);
    assert_eq!(before["points"], json!([]));
    for (query, field) in [("points=1", "points"), ("points=2001", "points")] {
        let problem = world.get(&format!("{path}?{query}")).await.expect(400);
        assert_eq!(fields(&problem), [field]);
    }
    let turned = world
        .get(&format!("{path}?from={to}&to={from}"))
        .await
        .expect(400);
    assert_eq!(fields(&turned), ["from"]);
}

#[tokio::test]
async fn a_position_with_partial_closes_is_one_trade() {
    let (world, id) = World::connected().await;
    let answer = world
        .get(&format!("/api/account/{id}/trades"))
        .await
        .expect(200);
    assert_eq!(answer["total"], 2);
    assert_eq!((&answer["page"], &answer["limit"]), (&json!(1), &json!(50)));
    let gold = &answer["trades"][0];
    assert_eq!(gold["symbol"], "XAUUSD");
    assert_eq!(gold["side"], "sell");
    assert_eq!(gold["net_profit"], json!(-100));
    let euro = &answer["trades"][1];
    assert_eq!(euro["number"], 1);
    assert_eq!(euro["side"], "buy");
    assert_eq!(euro["volume"], json!(1));
    assert_eq!(euro["open_price"], json!(1.1));
    assert_eq!(euro["close_price"], json!(1.1015));
    assert_eq!(euro["profit"], json!(150));
    assert_eq!(euro["commission"], json!(-3.5));
    assert_eq!(euro["net_profit"], json!(146.5));
    let second = world
        .get(&format!("/api/account/{id}/trades?page=2&limit=1"))
        .await;
    assert_eq!(second.expect(200)["trades"][0]["number"], 1);
    let third = world
        .get(&format!("/api/account/{id}/trades?page=3&limit=1"))
        .await;
    assert_eq!(third.expect(200)["trades"], json!([]));
    for query in ["page=0", "limit=0", "limit=201", "page=x"] {
        let answer = world
            .get(&format!("/api/account/{id}/trades?{query}"))
            .await;
        assert_eq!(answer.status, 400, "{query}");
    }
}

#[tokio::test]
async fn statistics_add_up_to_the_cent() {
    let (world, id) = World::connected().await;
    let answer = world
        .get(&format!("/api/account/{id}/statistics"))
        .await
        .expect(200);
    for (field, value) in [
        ("closed", json!(2)),
        ("winners", json!(1)),
        ("losers", json!(1)),
        ("win_rate", json!(50)),
        ("gross_profit", json!(146.5)),
        ("gross_loss", json!(-100)),
        ("net_profit", json!(46.5)),
        ("commission", json!(-3.5)),
        ("profit_factor", json!(1.465)),
        ("expectancy", json!(23.25)),
        ("win_largest", json!(146.5)),
        ("loss_largest", json!(-100)),
        ("volume", json!(1.1)),
        ("deposits", json!(100_000)),
        ("withdrawals", json!(0)),
        ("trading_days", json!(2)),
    ] {
        assert_eq!(answer[field], value, "{field}");
    }
    let current = json!({"current": -1, "wins_longest": 1, "losses_longest": 1});
    assert_eq!(answer["streaks"], current);
    assert_eq!(answer["by_symbol"]["EURUSD"]["net_profit"], json!(146.5));
    assert_eq!(answer["by_symbol"]["XAUUSD"]["closed"], 1);
    assert_eq!(answer["by_weekday"].as_array().map(Vec::len), Some(7));
    // 13:00 and 10:30 UTC are 16:30 and 14:00 in Tehran.
    assert_eq!(answer["by_hour"][16]["net_profit"], json!(146.5));
    assert_eq!(answer["by_hour"][14]["net_profit"], json!(-100));
}

#[tokio::test]
async fn the_workbook_opens_and_holds_trades_equity_and_violations() {
    let (mut world, id) = World::connected().await;
    world.equity(96_000.0).await;
    let answer = world.get(&format!("/api/account/{id}/export.xlsx")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    );
    assert_eq!(
        answer.header("content-disposition"),
        format!("attachment; filename=\"{id}.xlsx\"")
    );
    let mut book = zip::ZipArchive::new(Cursor::new(answer.body.to_vec())).expect("a package");
    let mut part = |name: &str| {
        let mut text = String::new();
        let mut file = book.by_name(name).expect(name);
        file.read_to_string(&mut text).expect("text");
        text
    };
    let strings = part("xl/sharedStrings.xml");
    for word in ["EURUSD", "XAUUSD", "daily_drawdown", "warning"] {
        assert!(strings.contains(word), "{word} is not in the workbook");
    }
    let trades = part("xl/worksheets/sheet1.xml");
    assert_eq!(trades.matches("<row ").count(), 3);
    assert!(trades.contains("<v>146.5</v>"));
    assert!(part("xl/worksheets/sheet2.xml").matches("<row ").count() >= 2);
    assert_eq!(part("xl/worksheets/sheet3.xml").matches("<row ").count(), 2);
}

#[tokio::test]
async fn settings_are_written_over_the_version_that_was_read() {
    let (world, id) = World::connected().await;
    let path = format!("/api/account/{id}/settings");
    let first = world.get(&path).await;
    assert_eq!(first.header("etag"), "\"0\"");
    let first = first.expect(200);
    assert_eq!(
        (&first["alert_warning"], &first["version"]),
        (&json!(true), &json!(0))
    );

    let put = |tag: Option<&'static str>, body: Value| {
        let token = world.stack.exchange(USER);
        let mut call = testkit::http::bearer(&token, &Method::PUT, &path, body.to_string());
        if let Some(tag) = tag {
            call.headers_mut()
                .insert("if-match", tag.parse().expect("a header"));
        }
        world.send(call)
    };
    let zone = json!({"alert_warning": false, "time_zone": "Asia/Tehran", "display_name": "Mine"});
    let written = put(Some("\"0\""), zone).await;
    assert_eq!(written.header("etag"), "\"1\"");
    assert_eq!(written.expect(200)["time_zone"], "Asia/Tehran");
    let stale = put(Some("\"0\""), json!({})).await.expect(412);
    assert!(text(&stale["type"]).ends_with("/stale-version"));
    assert_eq!(put(Some("\"never\""), json!({})).await.status, 412);
    assert_eq!(world.get(&path).await.expect(200)["display_name"], "Mine");
    let unconditional = put(None, json!({})).await.expect(200);
    assert_eq!(unconditional["version"], 2);
    assert_eq!(unconditional["display_name"], Value::Null);
    assert_eq!(unconditional["alert_warning"], true);
    let bad = put(None, json!({"time_zone": "Mars/Base", "display_name": ""}))
        .await
        .expect(400);
    assert_eq!(fields(&bad), ["display_name", "time_zone"]);
}

#[tokio::test]
async fn connection_logs_come_newest_first_with_the_request_that_caused_them() {
    let (mut world, id) = World::connected().await;
    world.equity(99_000.0).await;
    let path = format!("/api/account/{id}/sync-logs");
    let page = world.get(&format!("{path}?limit=1")).await.expect(200);
    assert_eq!(page["items"][0]["event"], "synced");
    assert_eq!(page["items"][0]["detail"], "0 new deals, 1 open positions");
    assert!(text(&page["items"][0]["request_id"]).starts_with("req_"));
    let cursor = text(&page["next_cursor"]);
    let next = world
        .get(&format!("{path}?limit=1&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(next["items"][0]["detail"], "7 new deals, 1 open positions");
}

#[tokio::test]
async fn a_manual_sync_is_for_once_a_minute_and_brings_the_new_figures() {
    let (mut world, id) = World::connected().await;
    let steps = json!([{"do": {"equity": {"equity": 97_500}}}]);
    world
        .stack
        .gateway
        .steps(crate::support::LOGIN, steps)
        .await;
    let path = format!("/api/account/{id}/sync");
    let first = world.call(Method::POST, &path, "").await;
    assert_eq!(first.expect(202)["success"], true);
    let mut second = world.call(Method::POST, &path, "").await;
    if second.status == 202 {
        // The minute turned between the two.
        second = world.call(Method::POST, &path, "").await;
    }
    let wait: u64 = second.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait));
    assert!(text(&second.expect(429)["type"]).ends_with("/rate-limited"));
    world.stack.pump().await;
    assert_eq!(world.summary(&id).await["equity_current"], json!(97_500));
    let gone = world
        .post("/api/disconnect", &json!({"account_id": id}))
        .await;
    assert_eq!(gone.status, 200);
    assert_eq!(world.call(Method::POST, &path, "").await.status, 409);
}

#[tokio::test]
async fn a_summary_costs_one_read_unit_at_most() {
    let (world, id) = World::connected().await;
    world.summary(&id).await;
    let before = world.app.store.table().units_tenths();
    world.summary(&id).await;
    let units = world.app.store.table().units_tenths() - before;
    assert!((5..=10).contains(&units), "{units} tenths of a unit");
}
