//! One account's history, as the rows of a report: hedging, partial closes, a close by an
//! opposite position, costs, and operations of every sort.

use rust_decimal::Decimal;

use crate::{AccountMode, DealTime, Entry, History, link};

pub(super) const ACCOUNT: &str = "10000001 (USD, Example-Server 2, real, Hedge)";

/// Time, deal, symbol, type, direction, volume, price, order, commission, fee, swap, profit,
/// balance, comment.
pub(super) const DEALS: [[&str; 14]; 12] = [
    [
        "2024.03.04 09:00:00",
        "9001",
        "",
        "balance",
        "",
        "",
        "",
        "",
        "0.00",
        "0.00",
        "0.00",
        "10 000.00",
        "10 000.00",
        "Deposit",
    ],
    [
        "2024.03.04 10:00:00",
        "9002",
        "EURUSD",
        "buy",
        "in",
        "1",
        "1.08000",
        "5001",
        "-3.50",
        "0.00",
        "0.00",
        "0.00",
        "9 996.50",
        "",
    ],
    [
        "2024.03.04 10:05:00",
        "9003",
        "GBPUSD",
        "sell",
        "in",
        "0.5",
        "1.26000",
        "5002",
        "-1.75",
        "0.00",
        "0.00",
        "0.00",
        "9 994.75",
        "a, b; c",
    ],
    [
        "2024.03.04 12:00:00",
        "9004",
        "EURUSD",
        "sell",
        "out",
        "0.4",
        "1.08200",
        "5003",
        "-1.40",
        "-0.10",
        "-0.25",
        "80.00",
        "10 073.00",
        "[tp 1.08200]",
    ],
    [
        "2024.03.05 08:00:00",
        "9005",
        "",
        "credit",
        "",
        "",
        "",
        "",
        "0.00",
        "0.00",
        "0.00",
        "500.00",
        "10 073.00",
        "Bonus",
    ],
    [
        "2024.03.05 09:00:00",
        "9006",
        "EURUSD",
        "sell",
        "out",
        "0.6",
        "1.08300",
        "5004",
        "-2.10",
        "-0.10",
        "-0.50",
        "180.00",
        "10 250.30",
        "",
    ],
    [
        "2024.03.05 09:30:00",
        "9007",
        "GBPUSD",
        "buy",
        "in",
        "0.5",
        "1.25500",
        "5005",
        "-1.75",
        "0.00",
        "0.00",
        "0.00",
        "10 248.55",
        "",
    ],
    [
        "2024.03.05 10:00:00",
        "9008",
        "GBPUSD",
        "buy",
        "out by",
        "0.5",
        "1.25500",
        "5006",
        "0.00",
        "0.00",
        "0.00",
        "250.00",
        "10 498.55",
        "close #5002 by #5005",
    ],
    [
        "2024.03.05 10:00:00",
        "9009",
        "GBPUSD",
        "sell",
        "out by",
        "0.5",
        "1.25500",
        "5006",
        "0.00",
        "0.00",
        "0.00",
        "0.00",
        "10 498.55",
        "",
    ],
    [
        "2024.03.05 11:00:00",
        "9010",
        "",
        "balance",
        "",
        "",
        "",
        "",
        "0.00",
        "0.00",
        "0.00",
        "-1 000.00",
        "9 498.55",
        "Withdrawal",
    ],
    [
        "2024.03.05 12:00:00",
        "9011",
        "",
        "correction",
        "",
        "",
        "",
        "",
        "0.00",
        "0.00",
        "0.00",
        "-8.55",
        "9 490.00",
        "",
    ],
    [
        "2024.03.05 13:00:00",
        "9012",
        "XAUUSD",
        "buy",
        "in",
        "0.1",
        "2 110.50",
        "5007",
        "-0.70",
        "0.00",
        "0.00",
        "0.00",
        "9 489.30",
        "",
    ],
];

/// Time, position, symbol, type, volume, price, S/L, T/P, time, price, commission, swap, profit.
pub(super) const POSITIONS: [[&str; 13]; 3] = [
    [
        "2024.03.04 10:00:00",
        "5001",
        "EURUSD",
        "buy",
        "1",
        "1.08000",
        "1.07000",
        "",
        "2024.03.05 09:00:00",
        "1.08260",
        "-7.00",
        "-0.75",
        "260.00",
    ],
    [
        "2024.03.04 10:05:00",
        "5002",
        "GBPUSD",
        "sell",
        "0.5",
        "1.26000",
        "",
        "",
        "2024.03.05 10:00:00",
        "1.25500",
        "-1.75",
        "0.00",
        "250.00",
    ],
    [
        "2024.03.05 09:30:00",
        "5005",
        "GBPUSD",
        "buy",
        "0.5",
        "1.25500",
        "",
        "",
        "2024.03.05 10:00:00",
        "1.25500",
        "-1.75",
        "0.00",
        "0.00",
    ],
];

/// Open time, order, symbol, type, volume, price, S/L, T/P, time, state, comment.
pub(super) const ORDERS: [[&str; 11]; 3] = [
    [
        "2024.03.04 10:00:00",
        "5001",
        "EURUSD",
        "buy",
        "1 / 1",
        "market",
        "1.07000",
        "",
        "2024.03.04 10:00:00",
        "filled",
        "",
    ],
    [
        "2024.03.04 10:00:00",
        "5002",
        "GBPUSD",
        "sell limit",
        "0.5 / 0.5",
        "1.26000",
        "",
        "",
        "2024.03.04 10:05:00",
        "filled",
        "",
    ],
    [
        "2024.03.04 11:00:00",
        "5099",
        "GBPUSD",
        "buy stop",
        "1 / 0",
        "1.27000",
        "",
        "",
        "2024.03.04 11:30:00",
        "canceled",
        "x",
    ],
];

/// Time, position, symbol, type, volume, price, S/L, T/P, market price, swap, profit, comment.
pub(super) const OPEN: [[&str; 12]; 1] = [[
    "2024.03.05 13:00:00",
    "5007",
    "XAUUSD",
    "buy",
    "0.1",
    "2 110.50",
    "",
    "",
    "2 111.50",
    "0.00",
    "10.00",
    "",
]];

/// Open time, order, symbol, type, volume, price, S/L, T/P, market price, state, comment.
pub(super) const WORKING: [[&str; 11]; 1] = [[
    "2024.03.05 14:00:00",
    "5100",
    "XAUUSD",
    "sell limit",
    "0.1 / 0",
    "2 200.00",
    "",
    "",
    "2 111.50",
    "placed",
    "",
]];

/// The deals' total row: eight blank columns, then sums.
pub(super) const TOTAL: [&str; 14] = [
    "", "", "", "", "", "", "", "", "-11.20", "-0.20", "-0.75", "9 501.45", "9 489.30", "",
];

pub(super) fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

/// What holds for the story in every form that has all its columns.
pub(super) fn assert_story(history: &mut History, form: &str) {
    assert_eq!(history.issues, [], "{form}");
    let summary = link(history);
    let totals = history.totals();
    assert_eq!(
        (totals.deals, totals.trades, totals.balance_operations),
        (12, 8, 4),
        "{form}"
    );
    assert_eq!(
        (totals.entries_in, totals.exits_out, totals.out_by),
        (4, 2, 2),
        "{form}"
    );
    assert_eq!(totals.net_profit, decimal("497.85"), "{form}");
    assert_eq!(totals.profit, decimal("510"), "{form}");
    assert_eq!(totals.commission, decimal("-11.20"), "{form}");
    assert_eq!(totals.fee, decimal("-0.20"), "{form}");
    assert_eq!(totals.swap, decimal("-0.75"), "{form}");
    assert_eq!(
        (totals.deposits, totals.deposits_count),
        (decimal("10000"), 1),
        "{form}"
    );
    assert_eq!(
        (totals.withdrawals, totals.withdrawals_count),
        (decimal("-1000"), 1),
        "{form}"
    );
    assert_eq!(
        (totals.credit, totals.adjustments),
        (decimal("500"), decimal("-8.55")),
        "{form}"
    );
    assert_eq!(totals.balance, decimal("9489.30"), "{form}");
    assert_eq!(totals.opening_balance, Decimal::ZERO, "{form}");
    assert_eq!(totals.closed_positions, 3, "{form}");
    assert_eq!((summary.linked, summary.unlinked), (8, 0), "{form}");
    let ids: Vec<_> = history
        .deals
        .iter()
        .filter_map(|deal| deal.position_id.as_deref())
        .collect();
    assert_eq!(
        ids,
        [
            "5001", "5002", "5001", "5001", "5005", "5002", "5005", "5007"
        ],
        "{form}"
    );
    let third = &history.deals[2];
    assert_eq!(
        (third.ticket.as_str(), third.entry),
        ("9003", Some(Entry::In)),
        "{form}"
    );
    assert_eq!(third.comment.as_deref(), Some("a, b; c"), "{form}");
    let time = match third.time {
        DealTime::Server(time) => time.to_string(),
        DealTime::Instant(_) => panic!("{form}: no offset was given"),
    };
    assert_eq!(time, "2024-03-04 10:05:00", "{form}");
    assert_eq!(history.deals[11].price, decimal("2110.50"), "{form}");
}

/// What holds besides where the file is a whole report.
pub(super) fn assert_report(history: &mut History, form: &str) {
    assert_story(history, form);
    assert_eq!(history.positions.as_ref().map(Vec::len), Some(3), "{form}");
    assert_eq!((history.open_positions, history.orders), (1, 4), "{form}");
    assert_eq!(history.account.login.as_deref(), Some("10000001"), "{form}");
    assert_eq!(
        history.account.name.as_deref(),
        Some("Test Trader"),
        "{form}"
    );
    assert_eq!(
        history.account.company.as_deref(),
        Some("Example Ltd"),
        "{form}"
    );
    assert_eq!(
        history.account.server.as_deref(),
        Some("Example-Server 2"),
        "{form}"
    );
    assert_eq!(history.account.mode, Some(AccountMode::Hedging), "{form}");
    let first = &history.positions.as_ref().expect("positions")[0];
    assert_eq!(first.stop_loss, Some(decimal("1.07")), "{form}");
    assert_eq!(first.take_profit, None, "{form}");
    assert_eq!(
        (first.commission, first.profit),
        (decimal("-7"), decimal("260")),
        "{form}"
    );
}
