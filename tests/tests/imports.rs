//! Histories out of files, through the API: the file's own totals, to the cent.

use std::path::PathBuf;

use rust_decimal::Decimal;
use serde_json::{Value, json};
use stack_tests::Stack;

const ZONE: &str = "server_zone=Europe/Athens";

fn amount(value: &Value) -> Decimal {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.parse::<Decimal>()
        .unwrap_or_else(|_| panic!("no amount: {text}"))
        .normalize()
}

/// Deals of one account in three forms that terminals and spreadsheets write.
fn own_layouts() -> Vec<(&'static str, String)> {
    let rows = [
        [
            "2026.02.02 09:00:00",
            "101",
            "",
            "balance",
            "",
            "",
            "",
            "",
            "0.00",
            "0.00",
            "0.00",
            "10000.00",
            "10000.00",
            "Deposit",
        ],
        [
            "2026.02.02 10:00:00",
            "102",
            "EURUSD",
            "buy",
            "in",
            "1.00",
            "1.10000",
            "201",
            "-3.50",
            "0.00",
            "0.00",
            "0.00",
            "9996.50",
            "",
        ],
        [
            "2026.02.02 12:30:00",
            "103",
            "EURUSD",
            "sell",
            "out",
            "0.40",
            "1.10500",
            "202",
            "-1.40",
            "0.00",
            "0.00",
            "200.00",
            "10195.10",
            "",
        ],
        [
            "2026.02.03 09:15:00",
            "104",
            "EURUSD",
            "sell",
            "out",
            "0.60",
            "1.09000",
            "203",
            "-2.10",
            "0.00",
            "-1.25",
            "-600.00",
            "9591.75",
            "",
        ],
        [
            "2026.02.03 10:00:00",
            "105",
            "XAUUSD",
            "sell",
            "in",
            "0.10",
            "2000.00",
            "204",
            "-0.70",
            "0.00",
            "0.00",
            "0.00",
            "9591.05",
            "",
        ],
        [
            "2026.02.03 11:00:00",
            "106",
            "XAUUSD",
            "buy",
            "out",
            "0.10",
            "1987.66",
            "205",
            "-0.70",
            "0.00",
            "0.00",
            "1234.00",
            "10824.35",
            "",
        ],
        [
            "2026.02.04 08:00:00",
            "107",
            "",
            "balance",
            "",
            "",
            "",
            "",
            "0.00",
            "0.00",
            "0.00",
            "-824.35",
            "10000.00",
            "Payout",
        ],
    ];
    let head = [
        "Time",
        "Deal",
        "Symbol",
        "Type",
        "Direction",
        "Volume",
        "Price",
        "Order",
        "Commission",
        "Fee",
        "Swap",
        "Profit",
        "Balance",
        "Comment",
    ];
    let table = |separator: &str, localize: &dyn Fn(usize, &str) -> String| {
        let mut text = head.join(separator);
        for row in &rows {
            text.push('\n');
            let cells: Vec<String> = row
                .iter()
                .enumerate()
                .map(|(column, cell)| localize(column, cell))
                .collect();
            text.push_str(&cells.join(separator));
        }
        text.push('\n');
        text
    };
    let is_number = |column: usize| (5..=6).contains(&column) || (8..=12).contains(&column);
    let comma = |column: usize, cell: &str| {
        if is_number(column) {
            cell.replace('.', ",")
        } else {
            cell.to_owned()
        }
    };
    let spaced = |column: usize, cell: &str| {
        let (whole, rest) = cell.split_once('.').unwrap_or((cell, ""));
        if (11..=12).contains(&column) && whole.trim_start_matches('-').len() > 3 {
            let split = whole.len() - 3;
            format!("{}\u{a0}{},{rest}", &whole[..split], &whole[split..])
        } else {
            comma(column, cell)
        }
    };
    vec![
        ("comma", table(",", &|_, cell| cell.to_owned())),
        ("semicolon", table(";", &comma)),
        ("tab", table("\t", &spaced)),
    ]
}

#[tokio::test]
async fn deals_in_each_csv_form_give_the_same_totals_and_a_readable_summary() {
    let stack = Stack::running();
    let token = stack.shop().exchange(7200).await;
    for (form, text) in own_layouts() {
        let answer = stack
            .upload(
                &format!("/api/accounts/import?{ZONE}"),
                &token,
                text.into_bytes(),
            )
            .await
            .expect(201);
        assert_eq!(answer["imported"]["deals"], json!(5), "{form}");
        assert_eq!(answer["imported"]["balance_operations"], json!(2), "{form}");
        assert_eq!(
            amount(&answer["totals"]["balance"]),
            Decimal::from(10_000),
            "{form}"
        );
        // 200 − 600 + 1,234 less 8.40 of commission and 1.25 of swap.
        assert_eq!(
            amount(&answer["totals"]["net_profit"]),
            Decimal::new(82_435, 2),
            "{form}"
        );
        assert_eq!(answer["errors"], json!([]), "{form}");
        let id = answer["account_id"].as_str().expect("an id");
        let summary = stack
            .get(&format!("/api/account/{id}/summary"), &token)
            .await
            .expect(200);
        assert_eq!(summary["status"], json!("imported"), "{form}");
        assert_eq!(summary["phase"], Value::Null, "{form}");
        assert_eq!(summary["trading_days"], json!(2), "{form}");
    }
}

#[tokio::test]
async fn a_bad_row_is_reported_by_line_and_stops_nothing() {
    let stack = Stack::running();
    let token = stack.shop().exchange(7201).await;
    let (_, text) = own_layouts().remove(0);
    let broken = text.replace("2026.02.03 10:00:00,105", "yesterday,105");
    let answer = stack
        .upload(
            &format!("/api/accounts/import?{ZONE}"),
            &token,
            broken.into_bytes(),
        )
        .await
        .expect(201);
    assert_eq!(answer["imported"]["deals"], json!(4));
    assert_eq!(answer["errors"][0]["line"], json!(6), "{answer}");
}

#[tokio::test]
async fn what_is_no_history_is_refused() {
    let stack = Stack::running();
    let token = stack.shop().exchange(7202).await;
    for (what, bytes) in [
        ("prose", b"Dear Sir or Madam".to_vec()),
        ("another table", b"name,age\nAnn,30\n".to_vec()),
        ("garbage", vec![0, 159, 146, 150, 255, 3]),
    ] {
        let answer = stack
            .upload(&format!("/api/accounts/import?{ZONE}"), &token, bytes)
            .await;
        assert_eq!(answer.status, 400, "{what}: {}", answer.body);
    }
    let (_, text) = own_layouts().remove(0);
    let answer = stack
        .upload("/api/accounts/import", &token, text.into_bytes())
        .await;
    assert_eq!(answer.status, 400, "the zone is asked for");
    assert_eq!(answer.body["details"][0]["field"], json!("server_zone"));
}

/// Real reports, where they are at hand beside the repository.
#[tokio::test]
async fn real_reports_give_their_own_totals() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures/mt5");
    let Ok(cases) = std::fs::read_dir(folder) else {
        return;
    };
    let stack = Stack::running();
    let token = stack.shop().exchange(7203).await;
    for case in cases.flatten() {
        let expected: Value = serde_json::from_slice(
            &std::fs::read(case.path().join("expected.json")).expect("figures"),
        )
        .expect("JSON");
        let name = expected["file"].as_str().expect("a name");
        let bytes = std::fs::read(case.path().join(name)).expect("the file");
        let place = case.path().display().to_string();
        let answer = stack
            .upload(&format!("/api/accounts/import?{ZONE}"), &token, bytes)
            .await;
        if expected["negative"] == json!(true) {
            assert_eq!(answer.status, 400, "{place}");
            continue;
        }
        let answer = answer.expect(201);
        let computed = &expected["computed"];
        let (balance, net, positions) = match computed["deals"].get("last_deal_balance") {
            Some(balance) => (
                amount(balance),
                amount(&computed["deals"]["net_trades"]),
                computed["positions"]["count"].clone(),
            ),
            None => (
                amount(&computed["deals"]["running_balance_from_zero"]),
                amount(&computed["positions"]["net_closed"]),
                computed["positions"]["closed"].clone(),
            ),
        };
        assert_eq!(amount(&answer["totals"]["balance"]), balance, "{place}");
        assert_eq!(amount(&answer["totals"]["net_profit"]), net, "{place}");
        assert_eq!(answer["imported"]["positions"], positions, "{place}");
        let id = answer["account_id"].as_str().expect("an id");
        let summary = stack
            .get(&format!("/api/account/{id}/summary"), &token)
            .await
            .expect(200);
        let rate = amount(&computed["positions"]["win_rate_pct"]).round_dp(3);
        assert_eq!(amount(&summary["win_rate"]).round_dp(3), rate, "{place}");
        let trades = stack
            .get(&format!("/api/account/{id}/trades?limit=200"), &token)
            .await
            .expect(200);
        assert_eq!(trades["total"], positions, "{place}");
    }
}
