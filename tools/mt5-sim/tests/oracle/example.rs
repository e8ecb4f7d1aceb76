//! The worked example: snapshots alone, with a position open throughout.

use crate::support::{Case, DEFAULT, dec, end, pair, used, violations};
use mt5_sim::oracle::verdict::ValueSource;

fn example() -> Case {
    // Times in UTC: 3:30 behind Tehran.
    Case::new(DEFAULT, "10T05:00")
        .balance("10T04:00", "100000")
        .open("10T04:10", 1, "1")
        .open("10T04:20", 2, "1")
        .seen("10T05:30", "100000", "100000")
        .seen("10T10:30", "100000", "96500")
        .close("10T21:40", 2, "1", "-2000")
        .seen("10T21:50", "98000", "98000")
        .seen("10T22:10", "98000", "97400")
        .seen("11T07:30", "98000", "93400")
        .seen("11T07:35", "98000", "92900")
}

#[test]
fn worked_example_ends_in_daily_breach() {
    let challenge = example().only();
    assert_eq!(
        violations(&challenge),
        [
            "daily_drawdown warning 2026-11-10 10:30:00 3500/5000",
            "daily_drawdown warning 2026-11-11 07:30:00 4600/5000",
            "daily_drawdown critical 2026-11-11 07:30:00 4600/5000",
            "daily_drawdown breach 2026-11-11 07:35:00 5100/5000",
            "max_drawdown warning 2026-11-11 07:35:00 7100/10000",
        ]
    );
    assert_eq!(
        end(&challenge).as_deref(),
        Some("breached daily_drawdown 2026-11-11 07:35:00 5100/5000")
    );
    let second = &challenge.days[1];
    assert_eq!(second.reference.0, dec("98000"));
    assert_eq!(second.source, ValueSource::Before);
}

#[test]
fn worked_example_shows_each_rows_use() {
    for (until, daily, all_time) in [
        ("10T05:30", "0", "0"),
        ("10T10:30", "3500", "3500"),
        ("10T21:50", "2000", "3500"),
        ("10T22:10", "600", "3500"),
        ("11T07:30", "4600", "6600"),
        ("11T07:35", "5100", "7100"),
    ] {
        let challenge = example().until(until).only();
        assert_eq!(used(&challenge), pair(daily, all_time), "{until}");
    }
}
