//! Which position a trade belongs to, in layouts that do not say it.

use super::story::decimal;
use crate::{AccountMode, History, link, parse};

const NAMES: &str = "Time;Deal;Symbol;Type;Direction;Volume;Price;Order;Commission;Fee;Swap;Profit;Balance;Comment\n";

/// Deals of one symbol from `minute type direction volume order profit`.
fn deals(rows: &[&str]) -> History {
    let mut text = NAMES.to_owned();
    for (at, row) in rows.iter().enumerate() {
        let [minute, kind, entry, volume, order, profit] =
            row.split_whitespace().collect::<Vec<_>>()[..]
        else {
            panic!("six words: {row}");
        };
        let entry = entry.replace('_', " ");
        text += &format!(
            "2024.03.04 10:{minute}:00;{};EURUSD;{kind};{entry};{volume};1.1;{order};0;0;0;{profit};;\n",
            at + 1
        );
    }
    let history = parse(text.as_bytes()).expect("deals");
    assert_eq!(history.issues, []);
    history
}

fn ids(history: &mut History) -> Vec<&str> {
    link(history);
    history
        .deals
        .iter()
        .map(|deal| deal.position_id.as_deref().unwrap_or("?"))
        .collect()
}

#[test]
fn netting_keeps_one_position_over_adds_partial_closes_and_reversals() {
    let mut history = deals(&[
        "01 buy in 1 11 0",
        "02 buy in 1 12 0",
        "03 sell out 0.5 13 5",
        "04 sell in/out 2.5 14 20",
        "05 buy out 1 15 3",
        "06 sell in 2 16 0",
        "07 buy out 2 17 -4",
    ]);
    assert_eq!(
        ids(&mut history),
        ["11", "11", "11", "11", "11", "16", "16"]
    );
    let totals = history.totals();
    assert_eq!(
        (totals.in_out, totals.closed_positions, totals.net_profit),
        (1, 2, decimal("24"))
    );
}

#[test]
fn an_exit_over_several_entries_shows_netting() {
    let mut history = deals(&["01 buy in 1 11 0", "02 buy in 1 12 0", "03 sell out 2 13 5"]);
    assert_eq!(ids(&mut history), ["11", "11", "11"]);
}

#[test]
fn an_exit_that_two_positions_could_be_the_one_of_belongs_to_none() {
    let mut history = deals(&[
        "01 buy in 1 11 0",
        "02 buy in 1 12 0",
        "03 sell out 1 13 5",
        "04 sell out 1 14 6",
    ]);
    history.account.mode = Some(AccountMode::Hedging);
    assert_eq!(ids(&mut history), ["11", "12", "?", "?"]);
    assert_eq!(link(&mut history).unlinked, 2);
}

#[test]
fn an_order_filled_in_parts_is_one_position() {
    let mut history = deals(&[
        "01 buy in 0.4 11 0",
        "01 buy in 0.6 11 0",
        "02 sell in 1 12 0",
        "03 sell out 1 13 5",
        "04 buy out 1 14 5",
    ]);
    assert_eq!(ids(&mut history), ["11", "11", "12", "11", "12"]);
    assert_eq!(history.totals().closed_positions, 2);
}

#[test]
fn exits_before_any_entry_belong_to_what_the_file_does_not_show() {
    for mode in [AccountMode::Hedging, AccountMode::Netting] {
        let mut history = deals(&[
            "01 sell out 1 10 5",
            "02 buy in 1 11 0",
            "03 sell out 1 12 5",
        ]);
        history.account.mode = Some(mode);
        assert_eq!(ids(&mut history), ["?", "11", "11"]);
        assert_eq!(history.totals().closed_positions, 1);
    }
}

#[test]
fn partial_closes_of_alike_positions_are_told_apart_by_volume_and_profit() {
    let report = format!(
        "Time;Position;Symbol;Type;Volume;Price;S / L;T / P;Time;Price;Commission;Swap;Profit\n\
         2024.03.04 10:01:00;11;EURUSD;buy;1;1.1;;;2024.03.04 10:06:00;1.1;0;0;30\n\
         2024.03.04 10:02:00;12;EURUSD;buy;1;1.1;;;2024.03.04 10:05:00;1.1;0;0;70\n\
         2024.03.04 10:02:00;13;EURUSD;buy;1;1.1;;;2024.03.04 10:05:00;1.1;0;0;9\n\
         Deals\n{NAMES}\
         2024.03.04 10:01:00;1;EURUSD;buy;in;1;1.1;11;0;0;0;0;0;\n\
         2024.03.04 10:02:00;2;EURUSD;buy;in;1;1.1;12;0;0;0;0;0;\n\
         2024.03.04 10:02:00;3;EURUSD;buy;in;1;1.1;13;0;0;0;0;0;\n\
         2024.03.04 10:03:00;4;EURUSD;sell;out;0.5;1.1;21;0;0;0;10;10;\n\
         2024.03.04 10:04:00;5;EURUSD;sell;out;0.5;1.1;22;0;0;0;30;40;\n\
         2024.03.04 10:05:00;6;EURUSD;sell;out;0.5;1.1;23;0;0;0;40;80;\n\
         2024.03.04 10:05:00;7;EURUSD;sell;out;1;1.1;24;0;0;0;9;89;\n\
         2024.03.04 10:06:00;8;EURUSD;sell;out;0.5;1.1;25;0;0;0;20;109;\n"
    );
    let mut history = parse(report.as_bytes()).expect("a report");
    assert_eq!(
        ids(&mut history),
        ["11", "12", "13", "11", "12", "12", "13", "11"]
    );
    assert_eq!(history.totals().closed_positions, 3);
}

#[test]
fn exits_in_a_repeated_hour_follow_their_entries() {
    let rows = [
        ("03:50", "buy;in", 11),
        ("03:05", "sell;out", 12),
        ("03:20", "buy;in", 13),
        ("03:40", "sell;out", 14),
    ];
    let mut text = NAMES.to_owned();
    for (ticket, (clock, deal, order)) in rows.iter().enumerate() {
        text += &format!("2026.10.25 {clock}:00;{ticket};BTCUSD;{deal};1;1.1;{order};0;0;0;0;;\n");
    }
    let mut history = parse(text.as_bytes()).expect("deals");
    assert_eq!(ids(&mut history), ["11", "11", "13", "13"]);
}
