//! Messages of real channels, where this machine has them.

use std::collections::BTreeSet;
use std::path::Path;

use rust_decimal::Decimal;
use serde_json::Value;
use signals::domain::parser::{Kind, Parsed};

use super::read;

/// The share of signals that must be right in every field, in percent.
const RIGHT_PERCENT_MIN: usize = 95;

fn messages() -> Option<Vec<Value>> {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/signals/dev.jsonl");
    let text = std::fs::read_to_string(file).ok()?;
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect(),
    )
}

fn price(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        number => number.to_string(),
    };
    Some(text.parse::<Decimal>().expect("a price").normalize())
}

fn prices(value: &Value) -> Vec<Decimal> {
    match value {
        Value::Array(list) => list.iter().filter_map(price).collect(),
        one => price(one).into_iter().collect(),
    }
}

/// Side, symbol, first entry, stop and targets, as every collection names them.
#[derive(Debug, PartialEq)]
struct Essence {
    direction: String,
    symbol: String,
    entries: BTreeSet<Decimal>,
    stop_loss: Option<Decimal>,
    take_profits: Vec<Decimal>,
}

fn direction(name: &str) -> String {
    match name.to_lowercase().as_str() {
        "buy" | "long" => "Buy".to_owned(),
        _ => "Sell".to_owned(),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// What a collection expects, where it says more than that it is a signal.
fn expected(case: &Value) -> Option<Essence> {
    let signal = &case["expected"];
    Some(match text(&case["set"]) {
        "sigpyparser-fx" => {
            let all = match &signal["signals"] {
                Value::Array(all) => all.as_slice(),
                _ => std::slice::from_ref(signal),
            };
            // A message of several setups is read as its first.
            let first = &all[0];
            Essence {
                direction: direction(text(&first["side"])),
                symbol: text(&first["symbol"]).to_owned(),
                entries: prices(&first["entry"]).into_iter().collect(),
                stop_loss: price(&first["sl"]),
                take_profits: all
                    .iter()
                    .filter(|other| other["side"] == first["side"])
                    .flat_map(|other| prices(&other["tp"]))
                    .collect(),
            }
        }
        "telegram-signal-test-corpus" => Essence {
            direction: direction(text(&signal["direction"])),
            symbol: text(&signal["symbol"]).to_owned(),
            entries: ["price", "low", "high"]
                .iter()
                .flat_map(|name| prices(&signal["entry"][name]))
                .collect(),
            stop_loss: price(&signal["stopLoss"]),
            take_profits: prices(&signal["takeProfits"]),
        },
        "telegram-signals-ru" => Essence {
            direction: direction(text(&signal["direction"])),
            symbol: text(&signal["pair"]).to_owned(),
            entries: prices(&signal["entry_range"]).into_iter().collect(),
            stop_loss: price(&signal["sl"]),
            take_profits: prices(&signal["take_profits"]),
        },
        _ => return None,
    })
}

fn essence(parsed: &Parsed, case: &Value) -> Essence {
    // One collection has the first price of a range alone.
    let takes_first = case["set"] == "sigpyparser-fx";
    Essence {
        direction: parsed
            .direction
            .map(|side| format!("{side:?}"))
            .unwrap_or_default(),
        symbol: parsed
            .symbol
            .as_ref()
            .map(|symbol| symbol.as_str().to_owned())
            .unwrap_or_default(),
        entries: parsed
            .entries
            .iter()
            .take(if takes_first { 1 } else { usize::MAX })
            .copied()
            .collect(),
        stop_loss: parsed.stop_loss,
        take_profits: parsed.take_profits.clone(),
    }
}

/// Whether a collection expects no signal, and for a reason that is not its own taste.
fn is_noise(case: &Value) -> Option<bool> {
    let kind = case["expected"]["type"].as_str().unwrap_or_default();
    let verdict = case["verdict"].as_str().unwrap_or_default();
    let reason = case["expected"]["reason"].as_str().unwrap_or_default();
    if reason.starts_with("Unsafe") {
        return None;
    }
    Some(kind == "noise" || verdict.starts_with("invalid"))
}

#[test]
fn messages_of_real_channels_are_read_right() {
    let Some(cases) = messages() else {
        println!("no messages of real channels on this machine: nothing measured");
        return;
    };
    let (mut signals, mut right, mut failures) = (0, 0, Vec::new());
    for case in &cases {
        let message = text(&case["message"]);
        let Some(is_noise) = is_noise(case) else {
            continue;
        };
        let kind = case["expected"]["type"].as_str();
        if matches!(kind, Some("update" | "modification")) {
            let parsed = read(message, Some("GOLD BUY 2345 SL 2338 TP 2360"));
            assert_eq!(parsed.kind, Kind::Update, "{message}");
            assert!(
                parsed
                    .actions
                    .iter()
                    .any(|action| action.code() == "breakeven"),
                "{message}: {:?}",
                parsed.actions
            );
            continue;
        }
        let parsed = read(message, None);
        if is_noise {
            if parsed.kind == Kind::Signal {
                failures.push(format!("not refused: {message}\n  {parsed:?}"));
            }
            continue;
        }
        signals += 1;
        let is_right = parsed.kind == Kind::Signal
            && expected(case).is_none_or(|expected| essence(&parsed, case) == expected);
        if is_right {
            right += 1;
        } else {
            println!(
                "wrong: {message}\n  {parsed:?}\n  expected {:?}\n",
                expected(case)
            );
        }
    }
    println!("{right} of {signals} signals are right in every field");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(
        signals > 0 && right * 100 >= signals * RIGHT_PERCENT_MIN,
        "{right} of {signals}"
    );
}
