//! Tables of closed positions that a person saved without the deals.

use super::build::{ENGLISH, LANGUAGES, Style, numbered, workbook};
use super::story::{ACCOUNT, POSITIONS, decimal};
use crate::{Format, History, NotHistory, ParseError, Side, link, parse};

const NAMES: &str =
    "Time;Position;Symbol;Type;Volume;Price;S / L;T / P;Time;Price;Commission;Swap;Profit";
const ROW: &str =
    "2024.03.04 10:00:00;11;EURUSD;buy;0.5;1.08;1.07;;2024.03.04 11:00:00;1.09;-2;-0.5;500";

fn table(rows: &[&str]) -> String {
    rows.join("\n") + "\n"
}

fn refusal(rows: &[&str]) -> NotHistory {
    match parse(table(rows).as_bytes()) {
        Err(ParseError::NotHistory(what)) => what,
        other => panic!("{other:?}"),
    }
}

/// Asserts the figures of the story's positions.
fn assert_positions(history: &mut History, form: &str) {
    assert_eq!(history.issues, [], "{form}");
    assert_eq!(history.format, Format::PositionsTable, "{form}");
    assert_eq!(history.deals, [], "{form}");
    assert_eq!(link(history).linked, 0, "{form}");
    let totals = history.totals();
    let sum = |column: usize| {
        let cells = POSITIONS.iter().map(|row| row[column].replace(' ', ""));
        cells
            .map(|cell| decimal(&cell))
            .sum::<rust_decimal::Decimal>()
    };
    assert_eq!((totals.deals, totals.closed_positions), (0, 3), "{form}");
    assert_eq!(totals.commission, sum(10), "{form}");
    assert_eq!(totals.swap, sum(11), "{form}");
    assert_eq!(totals.profit, sum(12), "{form}");
    assert_eq!(totals.net_profit, sum(10) + sum(11) + sum(12), "{form}");
    assert_eq!(totals.balance, totals.net_profit, "{form}");
}

#[test]
fn positions_alone_give_their_figures_in_every_language() {
    for language in LANGUAGES {
        let mut lines = vec!["Qtitle".to_owned(), language.positions().join("\t")];
        lines.extend(POSITIONS.iter().map(|row| row.join("\t")));
        let text = lines.join("\r\n");
        let mut history = parse(text.as_bytes()).expect("positions");
        assert_positions(&mut history, language.code);

        let mut rows = vec![language.positions().map(str::to_owned).to_vec()];
        let columns = [1, 5, 6, 7, 9, 10, 11, 12];
        rows.extend(POSITIONS.iter().map(|row| numbered(row, &columns)));
        let bytes = workbook(std::slice::from_ref(&rows), Style::Spreadsheet);
        assert_positions(&mut parse(&bytes).expect("positions"), language.code);

        let cells = |row: &[&str]| format!("<tr><td>{}</td></tr>", row.join("</td><td>"));
        let mut html = format!("<table>{}", cells(&language.positions()));
        html.extend(POSITIONS.iter().map(|row| cells(row)));
        let mut history = parse(html.as_bytes()).expect("positions");
        assert_positions(&mut history, language.code);
    }
}

#[test]
fn positions_may_have_decimal_commas_and_blank_columns() {
    let text = "\u{feff}Report Cronistorico;;;;;;;;;;;;;;\n\
        Ora;Posizione;Simbolo;Tipo;Volume;Prezzo;S / L;T / P;Ora;Prezzo;Commissioni;Swap;Profitto;;\n\
        2024.03.04 10:00:00;11;XAUUSD;buy;0.25;2 100,50;2 090,00;2 120,00;2024.03.04 11:00:00;2 110,50;0,00;0,00; 250,00;;\n\
        2024.03.04 12:00:00;12;XAUUSD;sell;1.5;2 110,00;;2 100,00;2024.03.04 13:00:00;2 117,00;-1,50;-0,25;-1 050,00;;\n";
    let history = parse(text.as_bytes()).expect("positions");
    assert_eq!(history.issues, []);
    let positions = history.positions.as_ref().expect("positions");
    assert_eq!(positions[0].open_price, decimal("2100.50"));
    assert_eq!(positions[0].stop_loss, Some(decimal("2090")));
    assert_eq!(
        (positions[1].side, positions[1].stop_loss),
        (Side::Sell, None)
    );
    assert_eq!(positions[1].take_profit, Some(decimal("2100")));
    assert_eq!(positions[1].net(), decimal("-1051.75"));
    assert_eq!(history.totals().net_profit, decimal("-801.75"));
}

#[test]
fn a_column_of_ones_own_moves_no_other() {
    let names = format!("\u{feff}{},Lote", NAMES.replace(';', ","));
    let row = format!("{},100 000.00", ROW.replace(';', ","));
    let history = parse(table(&[&names, &row]).as_bytes()).expect("positions");
    assert_eq!(history.issues, []);
    assert_eq!(history.totals().net_profit, decimal("497.5"));
}

#[test]
fn a_fee_column_counts() {
    let names = NAMES.replace("Swap", "Fee;Swap");
    let row = ROW.replace(";-0.5;", ";-0.25;-0.5;");
    let history = parse(table(&[&names, &row]).as_bytes()).expect("positions");
    let totals = history.totals();
    assert_eq!(totals.fee, decimal("-0.25"));
    assert_eq!(totals.net_profit, decimal("497.25"));
}

#[test]
fn levels_may_be_left_out() {
    let names = NAMES.replace("S / L;T / P;", "");
    let row = ROW.replace(";1.07;;", ";");
    let history = parse(table(&[&names, &row]).as_bytes()).expect("positions");
    let positions = history.positions.as_ref().expect("positions");
    assert_eq!(positions[0].stop_loss, None);
    assert_eq!(history.totals().net_profit, decimal("497.5"));
}

#[test]
fn a_row_of_sums_is_no_position() {
    let rows = [NAMES, ROW, ";;;;;;;;;;-2.00;-0.50;500.00"];
    let history = parse(table(&rows).as_bytes()).expect("positions");
    assert_eq!(history.issues, []);
    assert_eq!(history.totals().closed_positions, 1);
    assert_eq!(history.totals().net_profit, decimal("497.5"));
}

#[test]
fn bad_rows_of_positions_are_reported_by_line() {
    let bad = ROW.replace(";500", ";five").replace(";11;", ";12;");
    let history = parse(table(&[NAMES, ROW, &bad, ROW]).as_bytes()).expect("positions");
    let issues: Vec<(u32, &str)> = history
        .issues
        .iter()
        .map(|issue| (issue.line, issue.message.as_str()))
        .collect();
    assert_eq!(
        issues,
        [
            (3, "the profit cannot be read: \"five\""),
            (4, "the position 11 is there twice")
        ]
    );
    assert_eq!(history.skipped, 2);
    assert_eq!(history.totals().net_profit, decimal("497.5"));
}

#[test]
fn positions_without_certain_figures_are_refused() {
    let other = ROW.replace(";500", ";400");
    assert_eq!(refusal(&[NAMES, ROW, &other]), NotHistory::RepeatedPosition);
    let names = NAMES.replace("Commission;", "");
    let row = ROW.replace(";-2;", ";");
    assert_eq!(refusal(&[&names, &row]), NotHistory::IncompletePositions);
}

#[test]
fn reports_that_lost_their_deals_are_refused() {
    let account = format!("A:;;;{ACCOUNT}");
    assert_eq!(refusal(&[&account, NAMES, ROW]), NotHistory::NoDeals);
    let orders = ENGLISH.orders().join(";");
    assert_eq!(refusal(&[NAMES, ROW, &orders]), NotHistory::NoDeals);
    let open = ENGLISH.open().join(";");
    assert_eq!(refusal(&[NAMES, ROW, &open]), NotHistory::NoDeals);
}

#[test]
fn long_names_and_far_years_are_refused_rows() {
    let rows = [
        NAMES,
        &ROW.replace("EURUSD", &"E".repeat(65)),
        &ROW.replace(";11;", &format!(";{};", "1".repeat(65))),
        &ROW.replace("2024.03.04 11", "2104.03.04 11"),
        ROW,
    ];
    let history = parse(table(&rows).as_bytes()).expect("positions");
    let messages: Vec<&str> = history.issues.iter().map(|i| i.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "the symbol has more than 64 bytes",
            "the position has more than 64 bytes",
            "the close time is outside 1990 to 2100: \"2104.03.04 11:00:00\""
        ]
    );
    assert_eq!(history.totals().closed_positions, 1);
}
