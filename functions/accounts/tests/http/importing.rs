//! Histories out of files, through the API.

use std::fmt::Write as _;

use axum::body::Body;
use chrono::{DateTime, TimeDelta};
use http::{Method, Request};
use serde_json::{Value, json};
use testkit::Answer;
use testkit::http::bearer;

use crate::support::{USER, World, fields, text};

const PATH: &str = "/api/accounts/import?server_zone=Europe/Athens";
const HEADING: &str = "Time;Deal;Symbol;Type;Direction;Volume;Price;Order;Commission;Fee;Swap;Profit;Balance;Comment\r\n";

/// A deposit, a winner, a loser with two closes, a payout, and an open one.
const REPORT: &str = "\
2024.01.02 09:00:00;1;;balance;;;;;0.00;0.00;0.00;10 000.00;10 000.00;Deposit\r
2024.01.02 10:00:00;2;EURUSD;buy;in;1;1.10000;2;-3.50;0.00;0.00;0.00;9 996.50;\r
2024.01.02 11:00:00;3;EURUSD;sell;out;1;1.10500;3;-3.50;-0.10;-1.25;500.00;10 491.65;\r
2024.01.03 10:00:00;4;XAUUSD;sell;in;0.2;2050.00;4;-1.00;0.00;0.00;0.00;10 490.65;\r
2024.01.03 11:00:00;5;XAUUSD;buy;out;0.1;2060.00;5;0.00;0.00;0.00;-100.00;10 390.65;\r
2024.01.03 12:00:00;6;XAUUSD;buy;out;0.1;2049.00;6;0.00;0.00;0.00;10.00;10 400.65;\r
2024.01.04 09:00:00;7;;balance;;;;;0.00;0.00;0.00;-400.65;10 000.00;Payout\r
2024.01.04 10:00:00;8;GBPUSD;buy;in;0.5;1.27000;8;-2.00;0.00;0.00;0.00;9 998.00;\r
";

fn report() -> String {
    format!("{HEADING}{REPORT}")
}

fn import(world: &World, path: &str, file: impl Into<Body>) -> Request<Body> {
    let mut call = bearer(&world.stack.exchange(USER), &Method::POST, path, file);
    let kind = "text/csv".parse().expect("a header");
    call.headers_mut().insert("content-type", kind);
    call
}

async fn imported(world: &World, file: String) -> Answer {
    world.send(import(world, PATH, file)).await
}

#[tokio::test]
async fn a_report_gives_its_own_totals_to_the_cent_at_once() {
    let world = World::new().await;
    let path = format!("{PATH}&name=My%20old%20account");
    let answer = world
        .send(import(&world, &path, report()))
        .await
        .expect(201);
    let counts = json!({"positions": 2, "deals": 6, "balance_operations": 2});
    assert_eq!(answer["imported"], counts);
    assert_eq!(answer["skipped"], 0);
    assert_eq!(answer["errors"], json!([]));
    // 491.65 and -91.00 closed, and -2.00 that the open one has cost.
    assert_eq!(
        answer["totals"],
        json!({"net_profit": 398.65, "balance": 9998})
    );
    let id = text(&answer["account_id"]);
    let summary = world.summary(&id).await;
    for (field, value) in [
        ("status", json!("imported")),
        ("phase", Value::Null),
        ("dd_daily_used", Value::Null),
        ("dd_all_time_used", Value::Null),
        ("balance_current", json!(9998)),
        ("win_rate", json!(50)),
        ("trading_days", json!(3)),
    ] {
        assert_eq!(summary[field], value, "{field}");
    }
    let trades = world
        .get(&format!("/api/account/{id}/trades"))
        .await
        .expect(200);
    assert_eq!(trades["total"], 2);
    assert_eq!(trades["trades"][0]["net_profit"], json!(-91));
    assert_eq!(trades["trades"][1]["net_profit"], json!(491.65));
    // 10:00 in Athens in January is 08:00 UTC.
    assert_eq!(trades["trades"][1]["open_time"], "2024-01-02T08:00:00Z");
    let mine = world.get("/api/accounts").await.expect(200);
    assert_eq!(mine["items"][0]["name"], "My old account");
    assert_eq!(mine["items"][0]["kind"], "imported");
    let statistics = world
        .get(&format!("/api/account/{id}/statistics"))
        .await
        .expect(200);
    assert_eq!(statistics["net_profit"], json!(400.65));
    assert_eq!(statistics["withdrawals"], json!(-400.65));
    let workbook = world.get(&format!("/api/account/{id}/export.xlsx")).await;
    assert_eq!(workbook.status, 200);
    // The shop cannot judge what a trader has imported.
    let reset = world
        .post(&format!("/api/s2s/accounts/{id}/reset"), &json!({}))
        .await;
    assert_eq!(reset.status, 409);
}

#[tokio::test]
async fn a_bad_row_is_named_by_its_line_and_stops_nothing() {
    let world = World::new().await;
    let bad = "2024.01.05 10:00:00;9;EURUSD;buy;in;much;1.1;9;0.00;0.00;0.00;0.00;9 998.00;\r\n";
    let answer = imported(&world, format!("{}{bad}", report()))
        .await
        .expect(201);
    assert_eq!(answer["skipped"], 1);
    assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1));
    assert_eq!(answer["errors"][0]["line"], 10);
    assert_eq!(answer["totals"]["balance"], json!(9998));
}

#[tokio::test]
async fn what_is_no_history_is_refused() {
    let world = World::new().await;
    let open_positions = "Symbol;Ticket;Time;Type;Volume;Price;S / L;T / P;Price;Swap;Profit\r\n\
        EURUSD;1;2024.01.02 10:00:00;buy;1.00;1.10000;;;1.10100;0.00;100.00\r\n";
    for file in [
        "hello".to_owned(),
        HEADING.to_owned(),
        open_positions.to_owned(),
        "<html><body><p>nothing</p></body></html>".to_owned(),
        "PK\u{3}\u{4} not really a package".to_owned(),
        "{\"deals\": []}".to_owned(),
        "\0\0\0\0".repeat(100),
    ] {
        let answer = imported(&world, file.clone()).await;
        assert_eq!(answer.status, 400, "{file:?}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    assert_eq!(imported(&world, String::new()).await.status, 400);
    let list = world.get("/api/accounts").await.expect(200);
    assert_eq!(list["items"], json!([]));
}

/// A file of UTF-16, with its byte order mark.
fn utf16(text: &str) -> Vec<u8> {
    let marked = format!("\u{feff}{text}");
    marked.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn assert_damaged(answer: Answer) {
    let problem = answer.expect(415);
    assert!(text(&problem["type"]).ends_with("/unsupported-media-type"));
    assert_eq!(
        problem["detail"],
        "The file is UTF-16 and was damaged on the way. Send it as \
         application/octet-stream, or use POST /api/accounts/imports."
    );
}

#[tokio::test]
async fn damaged_utf16_is_a_415() {
    let (world, id) = World::connected().await;
    let path = format!("/api/s2s/accounts/{id}/import?server_zone=UTC");
    let marked = String::from_utf8_lossy(&utf16(&report())).into_owned();
    // The mark became two characters; a client may have dropped them.
    let unmarked = marked.trim_start_matches('\u{fffd}').to_owned();
    assert!(marked.starts_with('\u{fffd}') && unmarked.starts_with("T\0i\0"));
    for file in [marked, unmarked] {
        assert_damaged(imported(&world, file.clone()).await);
        let shops = world.stack.shop.sign(&Method::POST, &path, file);
        assert_damaged(world.send(shops).await);
    }
}

#[tokio::test]
async fn whole_utf16_is_imported() {
    let world = World::new().await;
    for kind in ["application/octet-stream", "text/html"] {
        let mut call = import(&world, PATH, utf16(&report()));
        let kind = kind.parse().expect("a header");
        call.headers_mut().insert("content-type", kind);
        let answer = world.send(call).await.expect(201);
        assert_eq!(answer["imported"]["deals"], 6);
    }
}

#[tokio::test]
async fn the_query_is_checked_before_the_file() {
    let world = World::new().await;
    for (query, field) in [
        ("", "server_zone"),
        ("?server_zone=Europe/Nowhere", "server_zone"),
        (
            "?server_zone=Europe/Athens&initial_balance=-5",
            "initial_balance",
        ),
        (
            "?server_zone=Europe/Athens&initial_balance=lots",
            "initial_balance",
        ),
        ("?server_zone=Europe/Athens&name=", "name"),
    ] {
        let path = format!("/api/accounts/import{query}");
        let problem = world
            .send(import(&world, &path, report()))
            .await
            .expect(400);
        assert_eq!(fields(&problem), [field], "{query}");
    }
}

#[tokio::test]
async fn a_file_above_four_mebibytes_is_too_large_and_one_of_just_that_is_not() {
    let world = World::new().await;
    let over = world
        .send(import(&world, PATH, vec![b'x'; 4 * 1024 * 1024 + 1]))
        .await;
    let problem = over.expect(413);
    assert!(text(&problem["type"]).ends_with("/payload-too-large"));
    let just = world
        .send(import(&world, PATH, vec![b'x'; 4 * 1024 * 1024]))
        .await;
    assert_eq!(just.status, 400, "read, and no history");
}

#[tokio::test]
async fn page_one_thousand_costs_what_page_one_costs() {
    let world = World::new().await;
    let start: DateTime<chrono::Utc> = "2024-01-01T00:00:00Z".parse().expect("a time");
    let mut file = HEADING.to_owned();
    for index in 0..1000 {
        let time = |minutes: i64| {
            (start + TimeDelta::minutes(index * 10 + minutes)).format("%Y.%m.%d %H:%M:%S")
        };
        let deal = index * 2 + 1;
        let _ = writeln!(
            file,
            "{};{deal};EURUSD;buy;in;1;1.1;{deal};0;0;0;0;0;",
            time(0)
        );
        let close = deal + 1;
        let _ = writeln!(
            file,
            "{};{close};EURUSD;sell;out;1;1.1;{close};0;0;0;1;0;",
            time(5)
        );
    }
    let path = format!("{PATH}&initial_balance=5000");
    let answer = world.send(import(&world, &path, file)).await.expect(201);
    assert_eq!(answer["imported"]["positions"], 1000);
    let id = text(&answer["account_id"]);
    let mut costs = Vec::new();
    for page in [1, 500, 1000] {
        let before = world.app.store.table().units_tenths();
        let path = format!("/api/account/{id}/trades?page={page}&limit=1");
        let trades = world.get(&path).await.expect(200);
        costs.push(world.app.store.table().units_tenths() - before);
        assert_eq!(trades["total"], 1000);
        assert_eq!(trades["trades"][0]["number"], 1001 - page);
    }
    assert_eq!(costs[0], costs[2], "{costs:?}");
    assert_eq!(costs[0], costs[1], "{costs:?}");
}

#[tokio::test]
async fn a_shops_file_adds_to_a_judged_account_once() {
    let (mut world, id) = World::connected().await;
    let path = format!("/api/s2s/accounts/{id}/import?server_zone=UTC");
    let file = "\
Time;Deal;Symbol;Type;Direction;Volume;Price;Order;Commission;Fee;Swap;Profit;Balance;Comment\r
2024.01.02 10:00:00;900001;USDJPY;buy;in;1;150.0;900001;0.00;0.00;0.00;0.00;0.00;\r
2024.01.02 11:00:00;900002;USDJPY;sell;out;1;151.0;900002;0.00;0.00;0.00;25.00;25.00;\r
";
    let first = world
        .send(world.stack.shop.sign(&Method::POST, &path, file))
        .await;
    let first = first.expect(201);
    assert_eq!(text(&first["account_id"]), id);
    assert_eq!(
        (&first["imported"]["deals"], &first["skipped"]),
        (&json!(2), &json!(0))
    );
    world.stack.pump().await;
    let trades = |answer: Value| (answer["total"].clone(), answer["trades"].clone());
    let listing = format!("/api/account/{id}/trades");
    let (total, after) = trades(world.get(&listing).await.expect(200));
    assert_eq!(total, 3);
    assert_eq!(after[0]["symbol"], "USDJPY");
    let summary = world.summary(&id).await;
    assert_eq!(summary["win_rate"], json!(66.6667));
    // Deals tell what was traded; the balance is what the snapshots say.
    assert_eq!(summary["balance_current"], json!(100_046.5));

    let again = world
        .send(world.stack.shop.sign(&Method::POST, &path, file))
        .await;
    assert_eq!(again.expect(201)["skipped"], 2);
    world.stack.pump().await;
    let (total, _) = trades(world.get(&listing).await.expect(200));
    assert_eq!(total, 3);
    assert_eq!(world.summary(&id).await["win_rate"], json!(66.6667));

    let other = world.stack.other_shop.sign(&Method::POST, &path, file);
    assert_eq!(world.send(other).await.status, 404);
    let trader = import(&world, &path, file);
    assert_eq!(
        world.send(trader).await.status,
        401,
        "only the shop adds to it"
    );
}
