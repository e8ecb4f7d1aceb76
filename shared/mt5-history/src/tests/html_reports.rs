//! Reports as HTML.

use super::build::{ENGLISH, LANGUAGES, NOWHERE, Shape, WHOLE, encodings, html_report};
use super::story::{assert_report, assert_story, decimal};
use crate::{Format, link, parse};

#[test]
fn reports_of_every_language_and_encoding_give_the_same_figures() {
    for language in LANGUAGES {
        for (encoding, bytes) in encodings(&html_report(language, WHOLE)) {
            let form = format!("{} in {encoding}", language.code);
            let mut history = parse(&bytes).unwrap_or_else(|error| panic!("{form}: {error}"));
            assert_eq!(history.format, Format::HtmlReport, "{form}");
            assert_report(&mut history, &form);
        }
    }
}

#[test]
fn a_cost_column_may_be_shown() {
    for language in [&ENGLISH, &NOWHERE] {
        let html = html_report(
            language,
            Shape {
                cost_shown: true,
                ..WHOLE
            },
        );
        assert_report(
            &mut parse(html.as_bytes()).expect("a report"),
            language.code,
        );
    }
}

#[test]
fn older_builds_have_no_fee() {
    for language in LANGUAGES.iter().filter(|language| language.code != "ja") {
        let html = html_report(
            language,
            Shape {
                fee: false,
                ..WHOLE
            },
        );
        let mut history = parse(html.as_bytes()).expect("a report");
        assert_eq!(history.issues, [], "{}", language.code);
        link(&mut history);
        let totals = history.totals();
        assert_eq!(totals.fee, decimal("0"), "{}", language.code);
        assert_eq!(totals.net_profit, decimal("498.05"), "{}", language.code);
        assert_eq!(totals.balance, decimal("9489.30"), "{}", language.code);
        assert_eq!(totals.closed_positions, 3, "{}", language.code);
    }
}

#[test]
fn oldest_builds_have_no_positions_and_their_closes_are_found_by_deals() {
    for language in LANGUAGES {
        let html = html_report(
            language,
            Shape {
                positions: false,
                ..WHOLE
            },
        );
        let mut history = parse(html.as_bytes()).expect("a report");
        assert_eq!(history.positions, None, "{}", language.code);
        assert_story(&mut history, language.code);
    }
}

#[test]
fn a_browser_writes_upper_case_bare_attributes_and_one_line() {
    let html = html_report(&ENGLISH, WHOLE)
        .replace("\r\n", "")
        .replace("<td", "<TD")
        .replace("<tr", "<TR")
        .replace("</td>", "</TD>")
        .replace("</tr>", "")
        .replace("colspan=\"8\"", "COLSPAN=8")
        .replace("class=\"hidden\"", "style=\"height: 1px; DISPLAY: none\"");
    assert_report(&mut parse(html.as_bytes()).expect("a report"), "browser");
}

#[test]
fn a_spreadsheet_writes_its_own_dates_and_numbers() {
    let mut html = html_report(&ENGLISH, WHOLE).replace("class=\"hidden\"", "class=xl65");
    html = html.replace(".hidden {", ".xl65\r\n {mso-style-parent:style0;");
    for day in ["04", "05"] {
        html = html.replace(&format!("2024.03.{day} "), &format!("{day}/03/2024 "));
    }
    // Decimal commas and points between thousands in every number.
    let html: String = html
        .split("<td")
        .map(|part| match part.split_once('>') {
            Some((tag, rest)) => {
                let (cell, tail) = rest.split_once("</td>").unwrap_or((rest, ""));
                let amount = cell.replace("<b>", "").replace("</b>", "");
                let is_number = !amount.is_empty()
                    && amount
                        .chars()
                        .all(|c| c.is_ascii_digit() || " .-".contains(c));
                let cell = if is_number {
                    amount.replace('.', ",").replace(' ', ".")
                } else {
                    cell.to_owned()
                };
                format!("{tag}>{cell}</td>{tail}")
            }
            None => part.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("<td");
    // 13/03 decides that the day comes first; without it the file could be read both ways.
    let html = html.replace("04/03/2024 11:30:00", "13/03/2024 11:30:00");
    assert_report(
        &mut parse(html.as_bytes()).expect("a report"),
        "spreadsheet",
    );
}

#[test]
fn a_bad_row_is_reported_by_its_line_and_stops_nothing() {
    let html = html_report(&ENGLISH, WHOLE)
        .replace("<td nowrap>9 490.00</td>", "<td nowrap>9 49o.00</td>")
        .replace(
            "<td nowrap>2024.03.05 11:00:00</td>",
            "<td nowrap>2024.13.05 11:00:00</td>",
        )
        .replace("<td class=\"\">1.08260</td>", "<td class=\"\">one</td>");
    let history = parse(html.as_bytes()).expect("a report");
    let line_of = |needle: &str| {
        let at = html.find(needle).expect("in the report");
        let row = html[..at].rfind("<tr").expect("a row");
        u32::try_from(html[..row].matches('\n').count() + 1).expect("few lines")
    };
    let issues: Vec<(u32, &str)> = history
        .issues
        .iter()
        .map(|i| (i.line, i.message.as_str()))
        .collect();
    assert_eq!(
        issues,
        [
            (line_of(">one<"), "the close price cannot be read: \"one\""),
            (
                line_of("2024.13.05"),
                "the time cannot be read: \"2024.13.05 11:00:00\""
            ),
            (line_of("49o"), "the balance cannot be read: \"9 49o.00\""),
        ]
    );
    assert_eq!((history.issues_total, history.skipped), (3, 3));
    assert_eq!(history.deals.len(), 10);
    assert_eq!(history.positions.map(|p| p.len()), Some(2));
}

#[test]
fn a_report_without_any_deal_is_an_empty_history() {
    let html = html_report(&ENGLISH, WHOLE);
    let cut = html.find("2024.03.04 09:00:00").expect("the first deal");
    let start = html[..cut].rfind("<tr").expect("its row");
    let history = parse(&html.as_bytes()[..start]).expect("a report");
    assert_eq!(history.deals, []);
    assert_eq!(history.issues, []);
}

#[test]
fn a_minus_may_be_an_entity_and_scripts_are_no_rows() {
    let script = "<script data-edge='>' type=\"text/plain\">var row = \"<tr><td>2024.03.04 00:00:00</td></tr>\";</script>";
    let html = html_report(&ENGLISH, WHOLE)
        .replace("<style", &format!("{script}<style"))
        .replace(">-", ">&minus;");
    for (encoding, bytes) in encodings(&html) {
        assert_report(&mut parse(&bytes).expect("a report"), encoding);
    }
}
