//! What is no history.

use super::build::{ENGLISH, NOWHERE, Style, WHOLE, html_report, package, workbook};
use crate::limits::{FILE_BYTES_MAX, PART_BYTES_MAX};
use crate::{NotHistory, ParseError, parse};

fn refusal(bytes: &[u8]) -> ParseError {
    parse(bytes).expect_err("no history")
}

fn not(what: NotHistory) -> ParseError {
    ParseError::NotHistory(what)
}

#[test]
fn nothing_is_empty() {
    for bytes in [&b""[..], b"  \r\n", b"\xef\xbb\xbf", b"\xff\xfe"] {
        assert_eq!(refusal(bytes), ParseError::Empty);
    }
}

#[test]
fn a_greater_file_is_not_read() {
    let bytes = vec![b'x'; FILE_BYTES_MAX + 1];
    assert!(matches!(refusal(&bytes), ParseError::TooLarge { .. }));
}

#[test]
fn binary_files_are_of_unknown_format() {
    let mut image = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    image.extend(0..=255);
    assert_eq!(refusal(&image), ParseError::UnknownFormat);
    let old_sheet: Vec<u8> = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]
        .into_iter()
        .chain([0; 512])
        .collect();
    assert_eq!(refusal(&old_sheet), ParseError::UnknownFormat);
}

#[test]
fn other_packages_and_broken_ones_are_damaged() {
    assert!(matches!(
        refusal(b"PK\x03\x04 and then nothing"),
        ParseError::Corrupt(_)
    ));
    let other = package(
        &[("word/document.xml".to_owned(), "<d/>".to_owned())],
        false,
    );
    assert!(matches!(refusal(&other), ParseError::Corrupt(_)));
    let whole = workbook(&[vec![vec!["x".to_owned()]]], Style::Terminal);
    assert!(matches!(
        refusal(&whole[..whole.len() / 2]),
        ParseError::Corrupt(_)
    ));
}

#[test]
fn a_statement_of_metatrader_4_is_named() {
    let statement = "<html><head><title>Statement: 123</title></head><body><table>\
        <tr><td colspan=2><b>Account: 123</b></td><td><b>Name: A</b></td><td>Currency: USD</td></tr>\
        <tr><td colspan=13><b>Closed Transactions:</b></td></tr>\
        <tr><td>Ticket</td><td>Open Time</td><td>Type</td><td>Size</td><td>Item</td><td>Price</td><td>S / L</td><td>T / P</td>\
        <td>Close Time</td><td>Price</td><td>Commission</td><td>Taxes</td><td>Swap</td><td>Profit</td></tr>\
        <tr><td>1</td><td>2024.03.04 10:00:00</td><td>balance</td><td colspan=10>Deposit</td><td>100.00</td></tr>\
        <tr><td>2</td><td>2024.03.04 10:00:00</td><td>buy</td><td>0.10</td><td>eurusd</td><td>1.1</td><td>0</td><td>0</td>\
        <td>2024.03.04 11:00:00</td><td>1.2</td><td>0.00</td><td>0.00</td><td>0.00</td><td>10.00</td></tr>\
        <tr><td colspan=12>Closed P/L:</td><td>10.00</td></tr></table></body></html>";
    assert_eq!(refusal(statement.as_bytes()), not(NotHistory::Mt4Statement));
}

/// Leaves out the sections from the title at `from` up to the one at `to`.
fn without(html: &str, from: &str, to: &str) -> String {
    let at = |title: &str| {
        let title = html
            .find(&format!("<b>{title}</b></div></th>"))
            .expect("a section");
        html[..title].rfind("<tr").expect("its row")
    };
    format!("{}{}", &html[..at(from)], &html[at(to)..])
}

#[test]
fn reports_without_deals_are_refused() {
    let html = html_report(&ENGLISH, WHOLE);
    let open_only = without(&html, "Positions", "Open Positions");
    assert_eq!(
        refusal(open_only.as_bytes()),
        not(NotHistory::OpenPositionsReport)
    );
    let no_deals = without(&html, "Deals", "Open Positions");
    assert_eq!(refusal(no_deals.as_bytes()), not(NotHistory::NoDeals));
    let html = html_report(&NOWHERE, WHOLE);
    let open_only = without(&html, "Qwc", "Qwf");
    assert_eq!(
        refusal(open_only.as_bytes()),
        not(NotHistory::OpenPositionsReport)
    );
    let no_deals = without(&html, "Qwe", "Qwf");
    assert_eq!(refusal(no_deals.as_bytes()), not(NotHistory::NoDeals));
}

#[test]
fn a_strategy_tester_report_is_named_by_its_title_or_its_period() {
    let html = html_report(&ENGLISH, WHOLE);
    let html = without(&html, "Positions", "Orders");
    let titled = html.replace("Trade History Report", "Strategy Tester Report");
    assert_eq!(refusal(titled.as_bytes()), not(NotHistory::StrategyTester));
    let row = "<tr><td>Period:</td><td>H1 (2023.01.01 - 2024.01.01)</td></tr><tr align=\"center\"><th colspan=\"14\"><div><b>Orders";
    let dated = html.replace(
        "<tr align=\"center\"><th colspan=\"14\"><div><b>Orders",
        row,
    );
    assert_eq!(refusal(dated.as_bytes()), not(NotHistory::StrategyTester));
}

#[test]
fn other_tables_are_not_recognized() {
    let files = [
        "a,b,c,d,e,f\n1,2,3,4,5,6\n",
        "just some words",
        "{\"json\": [1, 2, 3]}",
        "<html><body><p>Hello</p><table><tr><td>Name</td><td>Price</td></tr></table></body></html>",
        "<?xml version=\"1.0\"?><rss><item>x</item></rss>",
        "Date,Open,High,Low,Close,Volume,Adj Close\n2024-03-04,1,2,3,4,5,6\n",
        "date;time;type;amount;price;fee;profit;balance;status;a;b;c;d;e\n2024-03-04;10:00;buy;1;2;0;0;1;ok;1;2;3;4;5\n",
        "id,name,mail,phone,street,city,zip,state,country,note,a,b,c,d\n1,2,3,4,5,6,7,8,9,10,11,12,13,14\n",
    ];
    for file in files {
        let error = refusal(file.as_bytes());
        assert!(
            matches!(
                error,
                ParseError::NotHistory(NotHistory::Unrecognized | NotHistory::NoDeals)
            ),
            "{file}: {error}"
        );
    }
    // Positions and orders as the API gives them.
    let positions = "ticket,time,time_msc,time_update,type,magic,identifier,reason,volume,price_open,sl,tp,price_current,swap,profit,symbol,comment\n\
        1,1709546400,1709546400388,1709546400,0,0,1,0,0.1,1.1,0,0,1.2,0,10,EURUSD,\n";
    assert_eq!(
        refusal(positions.as_bytes()),
        not(NotHistory::OpenPositionsReport)
    );
    let orders = "ticket,time_setup,time_done,type,state,magic,position_id,volume_initial,volume_current,price_open,sl,tp,price_current,symbol,comment\n\
        1,1709546400,1709546400,0,4,0,1,0.1,0,1.1,0,0,1.2,EURUSD,\n";
    assert_eq!(refusal(orders.as_bytes()), not(NotHistory::NoDeals));
}

#[test]
fn a_part_that_grows_without_end_is_refused() {
    let length = usize::try_from(PART_BYTES_MAX).expect("fits") + 1024;
    let filler = " ".repeat(length);
    let bomb = package(
        &[
            ("xl/workbook.xml".to_owned(), "<workbook/>".to_owned()),
            (
                "xl/worksheets/sheet1.xml".to_owned(),
                format!("<worksheet>{filler}</worksheet>"),
            ),
        ],
        false,
    );
    assert!(bomb.len() < FILE_BYTES_MAX);
    assert!(matches!(refusal(&bomb), ParseError::TooMuch { .. }));
}

#[test]
fn references_beyond_a_sheet_are_damage_and_far_dimensions_cost_nothing() {
    let sheet = |cell: &str| {
        package(
            &[
                ("xl/workbook.xml".to_owned(), "<workbook/>".to_owned()),
                (
                    "xl/worksheets/sheet1.xml".to_owned(),
                    format!(
                        "<worksheet><dimension ref=\"A1:ZZZZZZ99999999999\"/><sheetData>{cell}</sheetData></worksheet>"
                    ),
                ),
            ],
            false,
        )
    };
    assert!(matches!(
        refusal(&sheet("<row><c r=\"XFE1\"><v>1</v></c></row>")),
        ParseError::Corrupt(_)
    ));
    assert!(matches!(
        refusal(&sheet("<row r=\"1048577\"/>")),
        ParseError::Corrupt(_)
    ));
    assert_eq!(
        refusal(&sheet(
            "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>"
        )),
        not(NotHistory::Unrecognized)
    );
}

#[test]
fn more_rows_than_the_bound_are_refused() {
    let rows = "<tr>".repeat(500_001);
    assert!(matches!(
        refusal(format!("<table>{rows}</table>").as_bytes()),
        ParseError::TooMuch { what: "rows", .. }
    ));
    let lines = "a,b,c,d,e,f\n".repeat(500_001);
    assert!(matches!(
        refusal(lines.as_bytes()),
        ParseError::TooMuch { what: "rows", .. }
    ));
}
