//! How long the import of great histories takes.

use std::fmt::Write as _;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use mt5_history::{link, parse};

fn main() {
    divan::main();
}

/// `count` deals, each second one closing the one before, as delimited text.
fn deals_csv(count: u32) -> String {
    let mut text = String::from(
        "Time;Deal;Symbol;Type;Direction;Volume;Price;Order;Commission;Fee;Swap;Profit;Balance;Comment\n",
    );
    for at in 0..count {
        let (kind, entry) = if at % 2 == 0 {
            ("buy", "in")
        } else {
            ("sell", "out")
        };
        let _ = writeln!(
            text,
            "{};{};EURUSD;{kind};{entry};0.1;1.10000;{};-0.35;0.00;0.00;1.20;10 000.00;robot",
            time(at),
            100 + at,
            7_000_000 + at
        );
    }
    text
}

/// A report of at least `bytes` bytes, as the terminal's HTML.
fn html_report(bytes: usize) -> String {
    let mut text = String::from(
        "<html><body><table><tr><td colspan=14><b>Trade History Report</b></td></tr>\n",
    );
    text.push_str("<tr><th colspan=4>Account:</th><th colspan=10><b>1000&nbsp;(USD,&nbsp;Demo,&nbsp;demo,&nbsp;Hedge)</b></th></tr>\n<tr>");
    for name in [
        "Time",
        "Deal",
        "Symbol",
        "Type",
        "Direction",
        "Volume",
        "Price",
        "Order",
        "Commission",
        "Fee",
        "Swap",
        "Profit",
        "Balance",
        "Comment",
    ] {
        let _ = write!(text, "<td nowrap><b>{name}</b></td>");
    }
    text.push_str("</tr>\n");
    let mut at = 0;
    while text.len() < bytes {
        let (kind, entry) = if at % 2 == 0 {
            ("buy", "in")
        } else {
            ("sell", "out")
        };
        let _ = write!(
            text,
            "<tr bgcolor=\"#FFFFFF\" align=\"right\"><td nowrap>{}</td><td nowrap>{}</td>",
            time(at),
            100 + at
        );
        for cell in ["EURUSD", kind, entry, "0.1", "1.10000"] {
            let _ = write!(text, "<td nowrap>{cell}</td>");
        }
        let _ = write!(
            text,
            "<td nowrap>{}</td><td nowrap class=\"hidden\"></td>",
            7_000_000 + at
        );
        for cell in ["-0.35", "0.00", "0.00", "1.20", "10 000.00", "robot"] {
            let _ = write!(text, "<td nowrap>{cell}</td>");
        }
        text.push_str("</tr>\n");
        at += 1;
    }
    text
}

/// A server time some seconds after the one before.
fn time(at: u32) -> String {
    format!(
        "2024.{:02}.{:02} {:02}:{:02}:{:02}",
        1 + at / 40_000,
        1 + at / 1_500 % 27,
        at / 60 % 24,
        at % 60,
        at % 60
    )
}

#[divan::bench]
fn csv_of_100_000_deals(bencher: Bencher<'_, '_>) {
    let text = deals_csv(100_000);
    assert_eq!(
        parse(text.as_bytes()).map(|history| history.deals.len()),
        Ok(100_000)
    );
    bencher
        .counter(ItemsCount::new(100_000_u32))
        .bench(|| parse(black_box(text.as_bytes())));
}

#[divan::bench]
fn csv_of_100_000_deals_linked_and_summed_up(bencher: Bencher<'_, '_>) {
    let history = parse(deals_csv(100_000).as_bytes()).expect("a history");
    bencher
        .counter(ItemsCount::new(100_000_u32))
        .with_inputs(|| history.clone())
        .bench_values(|mut history| {
            link(&mut history);
            history.totals()
        });
}

#[divan::bench]
fn html_of_4_mebibytes(bencher: Bencher<'_, '_>) {
    let text = html_report(4 * 1024 * 1024);
    assert!(parse(text.as_bytes()).is_ok());
    bencher
        .counter(BytesCount::new(text.len()))
        .bench(|| parse(black_box(text.as_bytes())));
}
