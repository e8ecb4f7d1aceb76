//! Real reports, where this machine has them.

use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use serde_json::Value;

use crate::{NotHistory, ParseError, link, parse};

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/mt5");
    let Ok(entries) = std::fs::read_dir(root) else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.expect("a readable folder").path())
        .collect()
}

fn decimal(value: &Value) -> Decimal {
    value
        .as_str()
        .expect("a figure")
        .parse()
        .expect("a decimal")
}

fn count(value: &Value) -> usize {
    usize::try_from(value.as_u64().expect("a count")).expect("a small count")
}

#[test]
fn real_files_give_their_own_figures() {
    for folder in folders() {
        let text = std::fs::read_to_string(folder.join("expected.json")).expect("the figures");
        let expected: Value = serde_json::from_str(&text).expect("JSON");
        let file = expected["file"].as_str().expect("a name");
        let bytes = std::fs::read(folder.join(file)).expect("the report");
        let name = folder.display();
        if expected["negative"] == Value::Bool(true) {
            assert_eq!(
                parse(&bytes),
                Err(ParseError::NotHistory(NotHistory::Mt4Statement)),
                "{name}"
            );
            continue;
        }
        let mut history = parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(history.issues, [], "{name}");
        let summary = link(&mut history);
        let totals = history.totals();
        let deals = &expected["computed"]["deals"];
        assert_eq!(totals.deals, count(&deals["count"]), "{name}");
        assert_eq!(totals.trades, count(&deals["trade"]), "{name}");
        assert_eq!(totals.entries_in, count(&deals["entries_in"]), "{name}");
        assert_eq!(totals.exits_out, count(&deals["exits_out"]), "{name}");
        assert_eq!(
            totals.balance_operations,
            count(&deals["non_trade"]),
            "{name}"
        );
        assert_eq!(
            totals.profit,
            decimal(&deals["sum_profit_trades"]),
            "{name}"
        );
        assert_eq!(
            totals.commission,
            decimal(&deals["sum_commission"]),
            "{name}"
        );
        assert_eq!(totals.fee, decimal(&deals["sum_fee"]), "{name}");
        assert_eq!(totals.swap, decimal(&deals["sum_swap"]), "{name}");
        assert_eq!(totals.deposits, decimal(&deals["deposits"]), "{name}");
        assert_eq!(totals.deposits_count, count(&deals["n_deposits"]), "{name}");
        assert_eq!(totals.withdrawals, decimal(&deals["withdrawals"]), "{name}");
        assert_eq!(
            totals.withdrawals_count,
            count(&deals["n_withdrawals"]),
            "{name}"
        );
        let positions = &expected["computed"]["positions"];
        if expected["printed"].is_null() {
            assert_eq!(
                totals.balance,
                decimal(&deals["running_balance_from_zero"]),
                "{name}"
            );
            assert_eq!(
                totals.net_profit,
                decimal(&positions["net_closed"]),
                "{name}"
            );
            assert_eq!(
                totals.closed_positions,
                count(&positions["closed"]),
                "{name}"
            );
            continue;
        }
        assert_eq!(
            totals.balance,
            decimal(&deals["last_deal_balance"]),
            "{name}"
        );
        assert_eq!(
            totals.opening_balance,
            decimal(&deals["opening_balance_before_first_deal"]),
            "{name}"
        );
        assert_eq!(totals.net_profit, decimal(&deals["net_trades"]), "{name}");
        assert_eq!(
            totals.closed_positions,
            count(&positions["count"]),
            "{name}"
        );
        let rows = history.positions.as_ref().expect("a report has positions");
        assert_eq!(
            rows.iter().map(|p| p.profit).sum::<Decimal>(),
            decimal(&positions["sum_profit"]),
            "{name}"
        );
        assert_eq!(
            rows.iter().map(|p| p.swap).sum::<Decimal>(),
            decimal(&positions["sum_swap"]),
            "{name}"
        );
        assert_eq!(
            history.open_positions,
            count(&expected["computed"]["open_positions"]),
            "{name}"
        );
        let orders =
            count(&expected["computed"]["orders"]) + count(&expected["computed"]["working_orders"]);
        assert_eq!(history.orders, orders, "{name}");
        let header = &expected["header"];
        assert_eq!(
            history.account.currency.as_deref(),
            header["currency"].as_str(),
            "{name}"
        );
        assert_eq!(history.account.login.as_deref(), Some("10000001"), "{name}");
        assert_eq!(
            history.account.name.as_deref(),
            Some("Test Trader"),
            "{name}"
        );
        assert!(history.account.company.is_some(), "{name}");
        assert_eq!(summary.unlinked, 0, "{name}");
    }
}

/// The cases of imports that went wrong elsewhere, each with its file.
fn cases() -> Vec<(Value, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/reports");
    let Ok(text) = std::fs::read_to_string(root.join("cases.jsonl")) else {
        return Vec::new();
    };
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .filter(|case| case["area"] == "b-imports")
        .map(|case| {
            let file = case["input"]["file"].as_str().expect("a file");
            let bytes = std::fs::read(root.join(file)).expect("the file");
            (case, bytes)
        })
        .collect()
}

/// Asserts that `found` is the figure of `expected`, where that has one.
fn assert_figure(expected: &Value, found: impl ToString, name: &str) {
    let found = found.to_string().parse::<Decimal>().expect("a decimal");
    let is_figure = |figure: &Value| figure.to_string().parse() == Ok(found);
    let agrees = match expected {
        Value::Null => true,
        Value::Array(any) => any.iter().any(is_figure),
        figure => is_figure(figure),
    };
    assert!(agrees, "{name}: {found} is not {expected}");
}

#[test]
fn reported_cases_give_their_figures() {
    for (case, bytes) in cases() {
        let (name, expected) = (case["id"].to_string(), &case["expected"]);
        let mut history = parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        link(&mut history);
        let (totals, imported) = (history.totals(), &expected["imported"]);
        assert_figure(&imported["positions"], totals.closed_positions, &name);
        assert_figure(&imported["deals"], totals.trades, &name);
        let operations = totals.balance_operations;
        assert_figure(&imported["balance_operations"], operations, &name);
        assert_figure(&expected["totals"]["net_profit"], totals.net_profit, &name);
        assert_figure(&expected["totals"]["balance"], totals.balance, &name);
        assert_figure(&expected["skipped"], history.skipped, &name);
        let errors = expected["errors"].as_array().expect("a list");
        assert_eq!(history.issues.len(), errors.len(), "{name}");
        for (issue, error) in history.issues.iter().zip(errors) {
            assert_figure(&error["line"], issue.line, &name);
        }
        let positions = expected["positions"].as_array().into_iter().flatten();
        for (position, expected) in history.positions.iter().flatten().zip(positions) {
            assert_figure(&expected["volume"], position.volume, &name);
            assert_figure(&expected["open_price"], position.open_price, &name);
            assert_figure(&expected["close_price"], position.close_price, &name);
            assert_figure(&expected["profit"], position.profit, &name);
        }
    }
}
