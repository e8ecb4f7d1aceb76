//! The terminal's deals as delimited text.

use super::build::{ENGLISH, LANGUAGES, encodings, report_rows};
use super::story::{DEALS, assert_report, assert_story, decimal};
use crate::{Format, parse};

/// How a locale writes numbers: what stands between thousands, and the decimal mark.
type Locale = (&'static str, &'static str);

fn in_locale(cell: &str, (thousands, mark): Locale) -> String {
    let is_number = !cell.is_empty()
        && cell
            .chars()
            .all(|c| c.is_ascii_digit() || " .-".contains(c));
    if !is_number {
        return cell.to_owned();
    }
    cell.replace('.', "\u{1}")
        .replace(' ', thousands)
        .replace('\u{1}', mark)
}

fn quoted(cell: &str, delimiter: char) -> String {
    if cell.contains(delimiter) || cell.contains('"') {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

fn deals_csv(names: &[&str], delimiter: char, locale: Locale) -> String {
    let separator = delimiter.to_string();
    let mut lines = vec![names.join(&separator)];
    for row in DEALS {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            // The time stays as it is, and so do the numbers that name something.
            .map(|(at, cell)| {
                if matches!(at, 0 | 1 | 7) {
                    (*cell).to_owned()
                } else {
                    in_locale(cell, locale)
                }
            })
            .map(|cell| quoted(&cell, delimiter))
            .collect();
        lines.push(cells.join(&separator));
    }
    lines.join("\r\n") + "\r\n"
}

#[test]
fn deals_in_every_delimiter_locale_language_and_encoding_give_the_same_figures() {
    let locales: [Locale; 7] = [
        ("", "."),
        (" ", "."),
        ("\u{a0}", ","),
        ("\u{202f}", ","),
        (".", ","),
        (",", "."),
        ("\u{2019}", "."),
    ];
    for language in LANGUAGES {
        for delimiter in [',', ';', '\t'] {
            for locale in locales {
                let text = deals_csv(&language.deals(), delimiter, locale);
                for (encoding, bytes) in encodings(&text).into_iter().step_by(3) {
                    let form = format!("{} {delimiter:?} {locale:?} {encoding}", language.code);
                    let mut history =
                        parse(&bytes).unwrap_or_else(|error| panic!("{form}: {error}\n{text}"));
                    assert_eq!(history.format, Format::DealsCsv, "{form}");
                    assert_story(&mut history, &form);
                }
            }
        }
    }
}

#[test]
fn deals_with_the_newest_first_are_turned() {
    let text = deals_csv(&ENGLISH.deals(), ';', (" ", "."));
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    assert_story(
        &mut parse(lines.join("\n").as_bytes()).expect("deals"),
        "newest first",
    );
}

#[test]
fn deals_without_heading_are_known_by_their_shape() {
    let text = deals_csv(&ENGLISH.deals(), '\t', ("", "."));
    let rest = text.split_once("\r\n").expect("lines").1;
    // The first row, a deposit, has too little of a shape of its own to begin a table.
    let history = parse(rest.as_bytes()).expect("deals");
    assert_eq!(history.deals.len(), 11);
    assert_eq!(history.totals().balance, decimal("9489.30"));
    assert_eq!(history.totals().opening_balance, decimal("10000"));
}

#[test]
fn a_whole_report_may_be_delimited_text() {
    let rows = report_rows(&ENGLISH);
    let text: String = rows
        .iter()
        .map(|row| {
            let cells: Vec<String> = row
                .iter()
                .map(|c| quoted(c.trim_start_matches('='), ';'))
                .collect();
            cells.join(";") + "\n"
        })
        .collect();
    assert_report(
        &mut parse(text.as_bytes()).expect("a report"),
        "delimited report",
    );
}

#[test]
fn bad_lines_are_reported_by_number_and_stop_nothing() {
    let text = deals_csv(&ENGLISH.deals(), ';', ("", "."));
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines[2] = lines[2].replace("-3.50", "minus");
    lines[4] = "garbage".to_owned();
    lines[6] = lines[6].replace("sell", "swop");
    lines[7] = String::new();
    lines[8] = lines[8].replace(";0.5;", ";;");
    lines[10] = ";".repeat(300) + "x";
    lines[11] = lines[11].replace("2024.03.05", "yesterday");
    lines.push(lines[12].clone());
    let history = parse(lines.join("\n").as_bytes()).expect("deals");
    let issues: Vec<(u32, &str)> = history
        .issues
        .iter()
        .map(|i| (i.line, i.message.as_str()))
        .collect();
    assert_eq!(
        issues,
        [
            (3, "the commission cannot be read: \"minus\""),
            (5, "the row is no row of its table"),
            (7, "the deal type cannot be read: \"swop\""),
            (9, "the volume is missing"),
            (11, "the row has more than 256 cells"),
            (12, "the time cannot be read: \"yesterday 12:00:00\""),
            (14, "the deal 9012 is there twice"),
        ]
    );
    assert_eq!(history.deals.len(), 5);
}

#[test]
fn a_quote_that_is_never_closed_costs_no_other_row() {
    let text = deals_csv(&ENGLISH.deals(), '\t', ("", ".")).replace("Deposit", "\"Deposit");
    let history = parse(text.as_bytes()).expect("deals");
    assert_eq!(history.deals.len(), 12);
    assert_eq!(history.deals[0].comment.as_deref(), Some("Deposit"));
}

#[test]
fn a_history_may_begin_in_mid_account_and_balances_may_be_missing() {
    let text = "Time;Deal;Symbol;Type;Direction;Volume;Price;Order;Commission;Fee;Swap;Profit;Balance;Comment\n\
        2024.03.04 12:00:00;1;EURUSD;sell;out;0.1;1.1;7;-1;0;0;10;1 009;\n\
        2024.03.04 13:00:00;2;;bonus;;;;;0;0;0;50;;\n\
        2024.03.04 13:30:00;3;;credit;;;;;0;0;0;70;;\n\
        2024.03.04 14:00:00;4;EURUSD;sell canceled;out;0.1;1.1;9;0;0;0;0;;\n";
    let history = parse(text.as_bytes()).expect("deals");
    let totals = history.totals();
    assert_eq!(totals.opening_balance, decimal("1000"));
    assert_eq!(totals.balance, decimal("1059"));
    assert_eq!(
        (totals.trades, totals.credit, totals.adjustments),
        (1, decimal("70"), decimal("50"))
    );
    assert_eq!(totals.closed_positions, 0);
}
