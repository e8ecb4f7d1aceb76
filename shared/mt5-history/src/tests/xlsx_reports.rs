//! Reports as XLSX.

use super::build::{ENGLISH, LANGUAGES, Style, report_rows, workbook};
use super::story::assert_report;
use crate::{Format, parse};

#[test]
fn reports_of_every_language_and_writer_give_the_same_figures() {
    for language in LANGUAGES {
        for style in [Style::Terminal, Style::Spreadsheet, Style::Inline] {
            let form = format!("{} {style:?}", language.code);
            let bytes = workbook(&[report_rows(language)], style);
            let mut history = parse(&bytes).unwrap_or_else(|error| panic!("{form}: {error}"));
            assert_eq!(history.format, Format::XlsxReport, "{form}");
            assert_report(&mut history, &form);
        }
    }
}

#[test]
fn times_may_have_become_serial_dates() {
    let rows: Vec<Vec<String>> = report_rows(&ENGLISH)
        .into_iter()
        .map(|row| {
            row.into_iter()
                .map(|cell| serial(&cell).unwrap_or(cell))
                .collect()
        })
        .collect();
    let mut history = parse(&workbook(&[rows], Style::Spreadsheet)).expect("a report");
    assert_report(&mut history, "serial dates");
}

/// `2024.03.04 10:05:00` as days since the end of 1899.
fn serial(cell: &str) -> Option<String> {
    let (date, time) = cell.split_once(' ')?;
    let day = date.strip_prefix("2024.03.")?.parse::<u32>().ok()?;
    let parts: Vec<u32> = time
        .split(':')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let [hour, minute, second] = parts[..] else {
        return None;
    };
    let ten_billionths = u64::from(hour * 3_600 + minute * 60 + second) * 10_000_000_000 / 86_400;
    Some(format!("={}.{ten_billionths:010}", 45_351 + day))
}

#[test]
fn sections_may_stand_on_sheets_of_their_own() {
    let rows = report_rows(&ENGLISH);
    let starts: Vec<usize> = ["Positions", "Orders", "Deals", "Open Positions"]
        .iter()
        .map(|title| {
            rows.iter()
                .position(|row| row[0] == *title)
                .expect("a section")
        })
        .collect();
    let mut sheets = vec![rows[..starts[1]].to_vec()];
    sheets.extend(
        starts[1..]
            .windows(2)
            .map(|pair| rows[pair[0]..pair[1]].to_vec()),
    );
    sheets.push(rows[starts[3]..].to_vec());
    assert_report(
        &mut parse(&workbook(&sheets, Style::Spreadsheet)).expect("a report"),
        "sheets",
    );
}

#[test]
fn a_bad_row_is_reported_by_its_number_in_the_sheet() {
    let mut rows = report_rows(&ENGLISH);
    let at = rows
        .iter()
        .position(|row| row.get(1).is_some_and(|cell| cell == "=9006"))
        .expect("the deal");
    rows[at][5] = "much".to_owned();
    let history = parse(&workbook(&[rows], Style::Terminal)).expect("a report");
    assert_eq!(history.issues.len(), 1);
    assert_eq!(
        usize::try_from(history.issues[0].line).expect("small"),
        at + 1
    );
    assert_eq!(
        history.issues[0].message,
        "the volume cannot be read: \"much\""
    );
}
