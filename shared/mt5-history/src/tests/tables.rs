//! Tables of the API's `history_deals_get`.

use super::build::{Style, workbook};
use super::story::decimal;
use crate::{DealKind, DealTime, Entry, Format, History, parse};

/// A time in the ways that tables have it: the column's text for 2024-03-04 10:00:00 and the
/// hours after it.
type Clock = fn(u32) -> String;

const CLOCKS: [(&str, Clock); 5] = [
    ("seconds", |hour| (1_709_546_400 + hour * 3_600).to_string()),
    ("milliseconds", |hour| {
        format!("{}000", 1_709_546_400 + hour * 3_600)
    }),
    ("floats", |hour| {
        format!("{}.0", 1_709_546_400 + hour * 3_600)
    }),
    ("text", |hour| format!("2024-03-04 {:02}:00:00", 10 + hour)),
    ("serial dates", |hour| {
        [
            "45355.4166666667",
            "45355.4583333333",
            "45355.5",
            "45355.5416666667",
            "45355.5833333333",
        ][usize::try_from(hour).expect("few hours")]
        .to_owned()
    }),
];

/// Ticket, order, hour, type, entry, position, volume, price, commission, swap, profit, fee,
/// symbol, comment. A deposit, a position closed in two parts, one that stays open, a bonus.
const ROWS: [[&str; 14]; 7] = [
    [
        "1", "0", "0", "2", "0", "0", "0.0", "0.0", "0.0", "0.0", "1000.0", "0.0", "", "Deposit",
    ],
    [
        "2", "71", "0", "0", "0", "71", "0.3", "2000.5", "-0.6", "0.0", "0.0", "0.0", "XAUUSD",
        "robot",
    ],
    [
        "3", "72", "1", "1", "1", "71", "0.1", "2001.5", "-0.2", "-0.1", "10.0", "-0.01", "XAUUSD",
        "",
    ],
    [
        "4",
        "73",
        "2",
        "1",
        "1",
        "71",
        "0.2",
        "2002.5",
        "-0.4",
        "-0.2",
        "39.99999999999999",
        "0.0",
        "XAUUSD",
        "[tp 2002.5]",
    ],
    [
        "5", "0", "2", "3", "0", "0", "0.0", "0.0", "0.0", "0.0", "200.0", "0.0", "", "Bonus",
    ],
    [
        "6", "74", "3", "1", "0", "74", "0.1", "2003.5", "-0.2", "0.0", "0.0", "0.0", "XAUUSD", "",
    ],
    [
        "7", "0", "4", "15", "0", "0", "0.0", "0.0", "0.0", "0.0", "1.5", "0.0", "", "",
    ],
];
const NAMES: [&str; 14] = [
    "ticket",
    "order",
    "time",
    "type",
    "entry",
    "position_id",
    "volume",
    "price",
    "commission",
    "swap",
    "profit",
    "fee",
    "symbol",
    "comment",
];

fn table(clock: Clock) -> Vec<Vec<String>> {
    ROWS.iter()
        .map(|row| {
            let mut cells: Vec<String> = row.iter().map(|cell| (*cell).to_owned()).collect();
            cells[2] = clock(row[2].parse().expect("an hour"));
            cells
        })
        .collect()
}

fn assert_table(history: &History, form: &str) {
    assert_eq!(history.issues, [], "{form}");
    assert_eq!(history.format, Format::DealsTable, "{form}");
    let totals = history.totals();
    assert_eq!((totals.deals, totals.trades), (7, 4), "{form}");
    assert_eq!((totals.entries_in, totals.exits_out), (2, 2), "{form}");
    assert_eq!(totals.net_profit, decimal("48.29"), "{form}");
    assert_eq!(totals.balance, decimal("1049.79"), "{form}");
    assert_eq!(
        (totals.credit, totals.adjustments),
        (decimal("200"), decimal("1.5")),
        "{form}"
    );
    assert_eq!(totals.closed_positions, 1, "{form}");
    let exit = &history.deals[2];
    assert_eq!(exit.entry, Some(Entry::Out), "{form}");
    assert_eq!(exit.position_id.as_deref(), Some("71"), "{form}");
    assert_eq!(exit.order.as_deref(), Some("72"), "{form}");
    assert_eq!(
        exit.time.clock().to_string(),
        "2024-03-04 11:00:00",
        "{form}"
    );
    assert_eq!(history.deals[0].order, None, "{form}");
    assert_eq!(history.deals[6].kind, DealKind::Dividend, "{form}");
}

fn csv(names: &[&str], rows: &[Vec<String>], delimiter: &str, index: bool) -> String {
    let lead = |text: String| {
        if index {
            text + delimiter
        } else {
            String::new()
        }
    };
    let mut text = lead(String::new()) + &names.join(delimiter) + "\n";
    for (at, row) in rows.iter().enumerate() {
        text += &(lead(at.to_string()) + &row.join(delimiter) + "\n");
    }
    text
}

#[test]
fn tables_with_every_kind_of_time_with_and_without_index_give_the_same_figures() {
    for (name, clock) in CLOCKS {
        for delimiter in [",", ";", "\t"] {
            for index in [true, false] {
                let form = format!("{name} {delimiter:?} {index}");
                let text = csv(&NAMES, &table(clock), delimiter, index);
                assert_table(
                    &parse(text.as_bytes()).unwrap_or_else(|e| panic!("{form}: {e}")),
                    &form,
                );
            }
        }
    }
}

#[test]
fn tables_may_be_workbooks() {
    for (name, clock) in CLOCKS {
        for style in [Style::Spreadsheet, Style::Inline, Style::Terminal] {
            for index in [true, false] {
                let mut rows = vec![NAMES.map(str::to_owned).to_vec()];
                rows.extend(table(clock).into_iter().map(|row| {
                    row.into_iter()
                        .map(|cell| {
                            if cell.parse::<f64>().is_ok() {
                                format!("={cell}")
                            } else {
                                cell
                            }
                        })
                        .collect::<Vec<_>>()
                }));
                if index {
                    for (at, row) in rows.iter_mut().enumerate() {
                        row.insert(
                            0,
                            if at == 0 {
                                String::new()
                            } else {
                                format!("={}", at - 1)
                            },
                        );
                    }
                }
                let form = format!("{name} {style:?} {index}");
                assert_table(
                    &parse(&workbook(&[rows], style)).unwrap_or_else(|e| panic!("{form}: {e}")),
                    &form,
                );
            }
        }
    }
}

#[test]
fn types_may_be_enum_names_and_columns_in_any_order() {
    let names = [
        "PositionID",
        "Comment",
        "Symbol",
        "Profit",
        "Swap",
        "Fee",
        "Commission",
        "Price",
        "Volume",
        "Entry",
        "Type",
        "Time",
        "Order",
        "Ticket",
    ];
    let kinds = [
        ("0", "DEAL_TYPE_BUY"),
        ("1", "DEAL_TYPE_SELL"),
        ("2", "DEAL_TYPE_BALANCE"),
        ("3", "DEAL_TYPE_CREDIT"),
        ("15", "DEAL_TYPE_DIVIDEND"),
    ];
    let entries = [("0", "DEAL_ENTRY_IN"), ("1", "DEAL_ENTRY_OUT")];
    let word = |list: &[(&str, &str)], code: &str| {
        list.iter()
            .find(|(c, _)| *c == code)
            .expect("a code")
            .1
            .to_owned()
    };
    let rows: Vec<Vec<String>> = table(CLOCKS[3].1)
        .into_iter()
        .map(|r| {
            let (kind, entry) = (word(&kinds, &r[3]), word(&entries, &r[4]));
            let order = [5, 13, 12, 10, 9, 11, 8, 7, 6].map(|at| r[at].clone());
            order
                .into_iter()
                .chain([
                    entry,
                    kind,
                    r[2].replace(' ', "T"),
                    r[1].clone(),
                    r[0].clone(),
                ])
                .collect()
        })
        .collect();
    assert_table(
        &parse(csv(&names, &rows, ";", false).as_bytes()).expect("a table"),
        "enum names",
    );
}

#[test]
fn a_table_with_the_names_of_a_report_may_have_codes() {
    let text = "Time;Deal;Symbol;Type;Direction;Volume;Price;Order;Commission;Fee;Swap;Profit;Balance;Comment\n\
        1709546400;1;;2;0;0;0;0;0;0;0;1000;1000;\n\
        1709546460;2;EURUSD;0;0;10K / 20K;1.1;7;-1;0;0;0;999;\n\
        1709546520;3;EURUSD;1;1;10K;1.2;8;0;0;0;5;1004;\n";
    let mut history = parse(text.as_bytes()).expect("a table");
    assert_eq!(history.issues, []);
    crate::link(&mut history);
    let totals = history.totals();
    assert_eq!(
        (totals.deals, totals.trades, totals.closed_positions),
        (3, 2, 1)
    );
    assert_eq!(
        (totals.net_profit, totals.balance),
        (decimal("4"), decimal("1004"))
    );
    assert_eq!(history.deals[1].volume, decimal("10000"));
}

#[test]
fn milliseconds_are_taken_from_their_own_column_and_offsets_are_kept() {
    let text = "ticket,time,time_msc,type,entry,volume,price,profit,symbol,position_id\n\
        1,1709546400,1709546400388,0,0,0.1,1.1,0.0,EURUSD,5\n\
        2,2024-03-04T12:00:00+02:00,,1,1,0.1,1.2,10.0,EURUSD,5\n";
    let history = parse(text.as_bytes()).expect("a table");
    assert_eq!(history.issues, []);
    assert_eq!(
        history.deals[0].time.clock().to_string(),
        "2024-03-04 10:00:00"
    );
    let fine = history
        .deals
        .iter()
        .find(|deal| deal.ticket == "1")
        .expect("the first")
        .time;
    assert!(
        matches!(fine, DealTime::Server(time) if time.and_utc().timestamp_millis() == 1_709_546_400_388)
    );
    let exact = history
        .deals
        .iter()
        .find(|deal| deal.ticket == "2")
        .expect("the second")
        .time;
    assert!(matches!(exact, DealTime::Instant(time) if time.timestamp() == 1_709_546_400));
}

#[test]
fn bad_rows_of_a_table_are_reported() {
    let mut rows = table(CLOCKS[0].1);
    rows[1][6] = "x".to_owned();
    rows[2][2] = "never".to_owned();
    rows[3][3] = "99".to_owned();
    rows[5] = vec!["#".to_owned(); 14];
    let history = parse(csv(&NAMES, &rows, ",", true).as_bytes()).expect("a table");
    let lines: Vec<u32> = history.issues.iter().map(|issue| issue.line).collect();
    assert_eq!(lines, [3, 4, 5, 7]);
    assert_eq!(history.deals.len(), 3);
}

#[test]
fn reversals_and_closes_by_are_trades_and_charges_are_not() {
    // A sale that is reversed and closed, two positions that close each other, then operations.
    let text = "ticket,order,time,type,entry,position_id,volume,price,commission,swap,profit,fee,symbol\n\
        1,0,1709546400,2,0,0,0,0,0,0,500,0,\n\
        2,20,1709546401,1,0,20,0.3,1.1,-1,0,0,0,EURUSD\n\
        3,21,1709546402,0,2,20,0.5,1.09,0,-2,30,0,EURUSD\n\
        4,22,1709546403,1,1,20,0.2,1.08,-1,0,-20,0,EURUSD\n\
        5,30,1709546404,0,0,30,0.1,1.2,0,0,0,0,GBPUSD\n\
        6,31,1709546405,1,0,31,0.1,1.3,0,0,0,0,GBPUSD\n\
        7,32,1709546406,1,3,30,0.1,1.3,0,-0.5,100,0,GBPUSD\n\
        8,32,1709546406,0,3,31,0.1,1.3,0,0,0,0,GBPUSD\n\
        9,0,1709546407,15,0,0,0,0,0,0,4,0,\n\
        10,0,1709546408,7,0,0,0,0,0,0,-1.5,0,\n\
        11,0,1709546409,13,0,0,0.1,1.1,0,0,0,0,EURUSD\n\
        12,0,1709546410,14,0,0,0.1,1.1,0,0,0,0,EURUSD\n";
    let mut history = parse(text.as_bytes()).expect("a table");
    assert_eq!(history.issues, []);
    assert_eq!(crate::link(&mut history).unlinked, 0);
    let totals = history.totals();
    assert_eq!((totals.trades, totals.balance_operations), (7, 5));
    assert_eq!((totals.in_out, totals.out_by), (1, 2));
    assert_eq!(totals.closed_positions, 3);
    assert_eq!(totals.net_profit, decimal("105.5"));
    assert_eq!(totals.balance, decimal("608"));
}

#[test]
fn a_deal_keeps_its_levels() {
    let text = "ticket,time,type,entry,volume,price,sl,tp,profit,symbol\n\
        1,1709546400,0,0,0.1,1.1,1.05,0.0,0,EURUSD\n\
        2,1709546401,1,1,0.1,1.2,none,1.2,10,EURUSD\n";
    let history = parse(text.as_bytes()).expect("a table");
    assert_eq!(history.issues, []);
    let levels = |at: usize| (history.deals[at].stop_loss, history.deals[at].take_profit);
    assert_eq!(levels(0), (Some(decimal("1.05")), None));
    assert_eq!(levels(1), (None, Some(decimal("1.2"))));
}

#[test]
fn names_of_65_bytes_are_refused_rows() {
    let names = "ticket,order,time,type,entry,volume,price,profit,symbol,position_id\n";
    let row = |ticket: &str, order: &str, symbol: &str, position: &str| {
        format!("{ticket},{order},1709546400,0,0,0.1,1.1,0,{symbol},{position}\n")
    };
    let (longest, long) = ("9".repeat(64), "9".repeat(65));
    // Bytes count, not letters.
    let symbol = "é".repeat(33);
    let text = names.to_owned()
        + &row(&longest, &longest, &longest, &longest)
        + &row(&long, "1", "EURUSD", "1")
        + &row("3", &long, "EURUSD", "1")
        + &row("4", "1", &symbol, "1")
        + &row("5", "1", "EURUSD", &long)
        + &row("6", "1", "EURUSD", "1");
    let history = parse(text.as_bytes()).expect("a table");
    let issues: Vec<(u32, &str)> = history
        .issues
        .iter()
        .map(|issue| (issue.line, issue.message.as_str()))
        .collect();
    assert_eq!(
        issues,
        [
            (3, "the ticket has more than 64 bytes"),
            (4, "the order has more than 64 bytes"),
            (5, "the symbol has more than 64 bytes"),
            (6, "the position has more than 64 bytes"),
        ]
    );
    assert_eq!((history.deals.len(), history.skipped), (2, 4));
}

#[test]
fn years_outside_1990_to_2100_are_refused_rows() {
    let names = "ticket,time,type,entry,volume,price,profit,symbol\n";
    let row = |ticket: u32, time: &str| format!("{ticket},{time},0,0,0.1,1.1,0,EURUSD\n");
    let text = names.to_owned()
        + &row(1, "1990-01-01 00:00:00")
        + &row(2, "1989-12-31 23:59:59")
        + &row(3, "2100-01-01 00:00:00")
        + &row(4, "2099-12-31 23:59:59");
    let history = parse(text.as_bytes()).expect("a table");
    let issues: Vec<(u32, &str)> = history
        .issues
        .iter()
        .map(|issue| (issue.line, issue.message.as_str()))
        .collect();
    assert_eq!(
        issues,
        [
            (
                3,
                "the time is outside 1990 to 2100: \"1989-12-31 23:59:59\""
            ),
            (
                4,
                "the time is outside 1990 to 2100: \"2100-01-01 00:00:00\""
            ),
        ]
    );
    assert_eq!(history.deals.len(), 2);
}
