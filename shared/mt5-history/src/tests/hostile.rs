//! Bytes that nobody meant to be a history: [`crate::parse`] is total.

use proptest::prelude::*;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::build::{ENGLISH, Style, WHOLE, encodings, html_report, package, report_rows, workbook};
use crate::limits::{FILE_BYTES_MAX, HIDDEN_CLASSES_MAX, ISSUES_KEPT_MAX, PARSE_STEPS_MAX};
use crate::link::link_within;
use crate::number::{self, DecimalMark};
use crate::steps::Steps;
use crate::{History, ParseError, link, parse, parse_within, try_link};

/// The time that a test with linear work never takes, on a slow machine and without optimization.
/// Quadratic work on the same files takes many minutes.
const WALL_MAX: Duration = Duration::from_secs(60);

/// Reads, links and sums up whatever comes out.
fn swallow(bytes: &[u8]) {
    if let Ok(mut history) = parse(bytes) {
        let summary = link(&mut history);
        let totals = history.totals();
        assert_eq!(summary.linked + summary.unlinked, totals.trades);
        assert!(history.issues.len() <= ISSUES_KEPT_MAX);
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let html = html_report(&ENGLISH, WHOLE);
    let mut seeds: Vec<Vec<u8>> = encodings(&html)
        .into_iter()
        .map(|(_, bytes)| bytes)
        .collect();
    let rows = report_rows(&ENGLISH);
    let csv: String = rows
        .iter()
        .map(|row| row.join(";").replace('=', "") + "\n")
        .collect();
    seeds.push(csv.into_bytes());
    seeds.push(workbook(std::slice::from_ref(&rows), Style::Terminal));
    seeds.push(workbook(&[rows], Style::Inline));
    seeds
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        swallow(&bytes);
    }

    #[test]
    fn arbitrary_text_never_panics(text in "(?s)[<>/=\"';,.\\-0-9 \ta-z\r\n&;é取\u{a0}]{0,600}") {
        swallow(text.as_bytes());
        swallow(format!("<table><tr><td>{text}").as_bytes());
    }

    #[test]
    fn damaged_reports_never_panic(
        seed in 0_usize..10,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        cut in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
    ) {
        let seeds = seeds();
        let mut bytes = seeds[seed % seeds.len()].clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        swallow(&bytes);
    }

    #[test]
    fn damaged_sheets_never_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), "[<>/\"rcvst A-Z0-9=&;#]"), 1..20),
    ) {
        let xml: String = "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>Time &#x41;</t></is></c><c r=\"B1\"><v>1</v></c></row></sheetData></worksheet>".to_owned();
        let mut chars: Vec<char> = xml.chars().collect();
        for (at, text) in changes {
            let at = at.index(chars.len());
            chars[at] = text.chars().next().unwrap_or(' ');
        }
        let parts = [
            ("xl/workbook.xml".to_owned(), "<workbook/>".to_owned()),
            ("xl/worksheets/sheet1.xml".to_owned(), chars.into_iter().collect()),
        ];
        swallow(&super::build::package(&parts, false));
    }

    #[test]
    fn numbers_read_back_in_every_locale(
        cents in -999_999_999_999_i64..999_999_999_999,
        thousands in prop::sample::select(vec!["", " ", "\u{a0}", "\u{202f}", "'", "\u{2019}", ".", ","]),
        mark in prop::sample::select(vec![".", ","]),
    ) {
        prop_assume!(thousands != mark);
        let whole = (cents.abs() / 100).to_string();
        let mut grouped = String::new();
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                grouped.push_str(thousands);
            }
            grouped.push(digit);
        }
        let sign = if cents < 0 { "-" } else { "" };
        let text = format!("{sign}{grouped}{mark}{:02}", cents.abs() % 100);
        let expected = rust_decimal::Decimal::new(cents, 2);
        for default in [DecimalMark::Dot, DecimalMark::Comma] {
            prop_assert_eq!(number::parse(&text, default), Some(expected), "{}", text);
        }
    }
}

#[test]
fn deals_that_all_look_alike_are_linked_in_linear_time() {
    // Forty thousand positions opened and closed in the same second at the same price.
    let mut text = String::from(
        "Time;Position;Symbol;Type;Volume;Price;S / L;T / P;Time;Price;Commission;Swap;Profit\n",
    );
    let time = "2024.03.04 10:00:00";
    for at in 0..40_000 {
        text += &format!("{time};{at}1;EURUSD;buy;1;1.1;;;{time};1.2;0;0;10\n");
    }
    text += "Deals\nTime;Deal;Symbol;Type;Direction;Volume;Price;Order;Commission;Fee;Swap;Profit;Balance;Comment\n";
    for at in 0..40_000 {
        text += &format!(
            "{time};{at}2;EURUSD;buy;in;1;1.1;{at}1;0;0;0;0;0;\n{time};{at}3;EURUSD;sell;out;1;1.3;{at}4;0;0;0;10;0;\n"
        );
    }
    let mut history = parse(text.as_bytes()).expect("a report");
    assert_eq!(link(&mut history).unlinked, 0);
}

/// Returns the steps that reading takes.
fn parse_steps(bytes: &[u8]) -> u64 {
    let start = Instant::now();
    let mut steps = Steps::new(PARSE_STEPS_MAX);
    let _ = parse_within(bytes, &mut steps);
    assert!(start.elapsed() < WALL_MAX, "{:?}", start.elapsed());
    steps.taken()
}

/// Returns the steps that linking takes.
fn link_steps(history: &mut History) -> u64 {
    let start = Instant::now();
    let mut steps = Steps::new(u64::MAX);
    link_within(history, &mut steps).expect("no bound");
    assert!(start.elapsed() < WALL_MAX, "{:?}", start.elapsed());
    steps.taken()
}

/// A document whose style sheets hide `count` classes and whose cells bear many others.
fn html_of_classes(count: usize, bytes: usize) -> String {
    let mut html = String::from("<html><head>");
    for class in 0..count {
        let _ = write!(html, "<style>.c{class}{{display:none}}</style>");
    }
    html.push_str("</head><table>");
    let cell = format!("<td class=\"{}c7\">1</td>", "x ".repeat(500));
    while html.len() < bytes {
        html.push_str("<tr>");
        html.push_str(&cell);
        html.push_str("<td>2</td>");
    }
    html
}

#[test]
fn hidden_classes_in_4_mebibytes_take_linear_steps() {
    let html = html_of_classes(HIDDEN_CLASSES_MAX - 1, 4 * 1024 * 1024);
    let steps = parse_steps(html.as_bytes());
    assert!(steps < html.len() as u64 / 10, "{steps}");
}

#[test]
fn documents_that_hide_too_many_classes_are_refused() {
    let html = html_of_classes(HIDDEN_CLASSES_MAX + 1, 0);
    let refusal = ParseError::TooMuch {
        what: "classes that hide cells",
        max: 4_096,
    };
    assert_eq!(parse(html.as_bytes()), Err(refusal));
}

/// One position after the other opened, then as many exits.
fn crowd(count: usize, position_of_exit: impl Fn(usize) -> Option<String>) -> History {
    let text = "Time;Deal;Symbol;Type;Direction;Volume;Profit;Order\n\
        2024.03.04 10:00:00;1;EURUSD;buy;in;1;0;1\n\
        2024.03.04 11:00:00;2;EURUSD;sell;out;1;0;2\n";
    let mut history = parse(text.as_bytes()).expect("deals");
    let (exit, entry) = (history.deals.remove(1), history.deals.remove(0));
    for at in 0..count {
        let mut deal = entry.clone();
        deal.order = Some(at.to_string());
        history.deals.push(deal);
    }
    for at in 0..count {
        let mut deal = exit.clone();
        deal.position_id = position_of_exit(at);
        history.deals.push(deal);
    }
    history
}

#[test]
fn exits_without_position_take_linear_steps() {
    let mut history = crowd(160_000, |_| None);
    assert!(link_steps(&mut history) <= 6 * 320_000);
    let summary = try_link(&mut history).expect("few steps");
    assert_eq!((summary.linked, summary.unlinked), (160_000, 160_000));
}

#[test]
fn exits_of_the_newest_position_take_linear_steps() {
    let count = 160_000;
    let mut history = crowd(count, |at| Some((count - 1 - at).to_string()));
    assert!(link_steps(&mut history) <= 6 * 320_000);
    assert_eq!(history.totals().closed_positions, count);
}

#[test]
fn an_only_candidate_is_found_among_thousands() {
    let mut history = crowd(1_000, |_| None);
    history.deals[500].volume = rust_decimal::Decimal::TWO;
    history.deals[1_000].volume = rust_decimal::Decimal::TWO;
    link(&mut history);
    assert_eq!(history.deals[1_000].position_id.as_deref(), Some("500"));
    assert_eq!(history.deals[1_001].position_id, None);
}

#[test]
fn histories_beyond_the_link_budget_are_refused() {
    let mut history = crowd(10, |_| None);
    let refusal = link_within(&mut history, &mut Steps::new(60));
    assert_eq!(refusal, Err(ParseError::TooCostly { steps_max: 60 }));
}

/// A workbook of one sheet whose rows refer to one shared string in each cell.
fn workbook_of_one_string(text: &str, rows: usize) -> Vec<u8> {
    let row = format!("<row>{}</row>", "<c t=\"s\"><v>0</v></c>".repeat(250));
    let sheet = format!(
        "<worksheet><sheetData>{}</sheetData></worksheet>",
        row.repeat(rows)
    );
    let parts = [
        ("xl/workbook.xml".to_owned(), "<workbook/>".to_owned()),
        ("xl/worksheets/sheet1.xml".to_owned(), sheet),
        (
            "xl/sharedStrings.xml".to_owned(),
            format!("<sst><si><t>{text}</t></si></sst>"),
        ),
    ];
    package(&parts, false)
}

#[test]
fn workbooks_that_repeat_one_long_string_are_refused() {
    let bytes = workbook_of_one_string(&"a".repeat(4_000), 200);
    assert!(bytes.len() < FILE_BYTES_MAX / 1_000);
    let refusal = ParseError::TooCostly {
        steps_max: PARSE_STEPS_MAX,
    };
    let start = Instant::now();
    assert_eq!(parse(&bytes), Err(refusal));
    assert!(start.elapsed() < WALL_MAX, "{:?}", start.elapsed());
}

#[test]
fn spanned_cells_count_as_steps() {
    let html = "<tr><td colspan=256>x".repeat(1_000);
    let steps_max = 500_000;
    assert_eq!(
        parse_within(html.as_bytes(), &mut Steps::new(steps_max)),
        Err(ParseError::TooCostly { steps_max })
    );
}
