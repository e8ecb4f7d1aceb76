//! Bytes that nobody meant to be a history: [`crate::parse`] is total.

use proptest::prelude::*;

use super::build::{ENGLISH, Style, WHOLE, encodings, html_report, report_rows, workbook};
use crate::limits::ISSUES_KEPT_MAX;
use crate::number::{self, DecimalMark};
use crate::{link, parse};

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
