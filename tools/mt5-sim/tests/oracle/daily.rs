//! Daily drawdown: references at the reset, first days, movements of deals.

use crate::support::{Case, DEFAULT, dec, end, pair, used, violations};
use mt5_sim::oracle::verdict::Phase;
use mt5_sim::oracle::verdict::ValueSource;

fn funded(plan: &str) -> Case {
    Case::new(plan, "10T05:00").balance("10T04:00", "100000")
}

#[test]
fn losses_around_a_reset_fall_on_their_days() {
    // R is 22:00Z.
    let challenge = funded(DEFAULT)
        .seen("10T21:56:14", "100000", "100000")
        .trade("10T21:50", "10T21:59:20", "-3000")
        .trade("10T22:00:05", "10T22:00:15", "-2500")
        .seen("10T22:00:43", "94500", "94500")
        .only();
    assert_eq!(challenge.days[0].used_max.0, dec("3000"));
    assert_eq!(challenge.days[1].reference.0, dec("97000"));
    assert_eq!(challenge.days[1].source, ValueSource::Exact);
    assert_eq!(used(&challenge), pair("2500", "5500"));
    let figures = challenge.figures.as_ref().expect("figures");
    assert_eq!(figures.trading_days, 2);
    assert_eq!(challenge.phase, Phase::Active);
    let breaches = violations(&challenge).join(" ").contains("breach");
    assert!(!breaches);
}

#[test]
fn losses_of_a_night_keep_their_times() {
    let challenge = funded(DEFAULT)
        .seen("10T20:00", "100000", "100000")
        .trade("10T20:30", "10T21:00", "-4500")
        .trade("10T23:00", "10T23:30", "-1000")
        .seen("11T06:00", "94500", "94500")
        .only();
    assert_eq!(
        violations(&challenge),
        [
            "daily_drawdown warning 2026-11-10 21:00:00 4500/5000",
            "daily_drawdown critical 2026-11-10 21:00:00 4500/5000",
        ]
    );
    assert_eq!(challenge.days[1].reference.0, dec("95500"));
    assert_eq!(used(&challenge), pair("1000", "5500"));
}

#[test]
fn closed_only_breaches_between_snapshots() {
    let challenge = funded(r#"{"basis":"closed_only"}"#)
        .seen("10T09:00", "100000", "100000")
        .trade("10T09:30", "10T10:00", "-6000")
        .trade("10T10:10", "10T10:20", "6000")
        .seen("10T11:00", "100000", "100000")
        .only();
    assert_eq!(
        end(&challenge).as_deref(),
        Some("breached daily_drawdown 2026-11-10 10:00:00 6000/5000")
    );
}

#[test]
fn hedges_of_one_second_are_one_movement() {
    let challenge = funded(DEFAULT)
        .seen("10T05:01", "100000", "100000")
        .open("10T09:00", 1, "1")
        .open("10T09:00", 2, "1")
        .close("10T10:00:00", 1, "1", "-7000")
        .close("10T10:00:01", 2, "1", "6500")
        .seen("10T10:05", "99500", "99500")
        .only();
    assert_eq!(used(&challenge), pair("500", "500"));
    assert!(violations(&challenge).is_empty());
}

#[test]
fn movement_lasts_ten_seconds_at_most() {
    let mut case = funded(r#"{"basis":"closed_only"}"#);
    for second in 0..12 {
        let at = format!("10T10:00:{second:02}");
        let profit = if second == 10 { "-5000" } else { "0" };
        case = case
            .open("10T09:00", 100 + second, "1")
            .close(&at, 100 + second, "1", profit);
    }
    let challenge = case.trade("10T10:00:12", "10T10:00:12", "5000").only();
    // Seconds 0 to 10 are the first movement.
    assert_eq!(
        end(&challenge).as_deref(),
        Some("breached daily_drawdown 2026-11-10 10:00:10 5000/5000")
    );
}

#[test]
fn snapshot_parts_a_movement() {
    let challenge = funded(DEFAULT)
        .seen("10T05:01", "100000", "100000")
        .open("10T09:00", 1, "1")
        .open("10T09:00", 2, "1")
        .close("10T10:00:00", 1, "1", "-7000")
        .seen("10T10:00:00", "93000", "99500")
        .close("10T10:00:01", 2, "1", "6500")
        .only();
    assert_eq!(used(&challenge), pair("500", "500"));
}

#[test]
fn first_day_begins_at_start_or_initial() {
    for (first_day, used_at_end, ended) in [("start", "5500", true), ("initial", "2500", false)] {
        let plan = format!(r#"{{"daily":{{"first_day":"{first_day}"}}}}"#);
        let challenge = Case::new(&plan, "10T05:00")
            .given("100000")
            .balance("10T04:00", "100000")
            .trade("10T04:10", "10T04:20", "3000")
            .seen("10T05:01", "103000", "103000")
            .trade("10T06:00", "10T07:00", "-5500")
            .seen("10T07:01", "97500", "97500")
            .only();
        assert_eq!(used(&challenge).0, used_at_end, "{first_day}");
        assert_eq!(challenge.end.is_some(), ended, "{first_day}");
    }
}

#[test]
fn credit_of_an_unknown_past_counts() {
    let challenge = funded(DEFAULT)
        .credit("10T04:00", "5000")
        .seen("10T05:01", "100000", "105000")
        .trade("10T06:00", "10T07:00", "-100")
        .only();
    assert_eq!(used(&challenge), pair("100", "0"));
}

#[test]
fn equity_at_reset_is_interpolated_after_an_hour() {
    // 21:00Z 100,000 and 23:00Z 98,000 with a position open: 99,000 at 22:00Z.
    let challenge = funded(DEFAULT)
        .open("10T20:00", 1, "1")
        .seen("10T21:00", "100000", "100000")
        .seen("10T23:00", "100000", "98000")
        .only();
    assert_eq!(challenge.days[1].reference.0, dec("99000"));
    assert_eq!(challenge.days[1].source, ValueSource::Interpolated);
    assert_eq!(used(&challenge).0, "1000");
}

#[test]
fn interpolation_leaves_deposits_out() {
    let challenge = funded(DEFAULT)
        .open("10T20:00", 1, "1")
        .seen("10T21:00", "100000", "100000")
        .balance("10T22:30", "5000")
        .seen("10T23:00", "105000", "103000")
        .only();
    assert_eq!(challenge.days[1].reference.0, dec("99000"));
    // The reference moves by the deposit: 104,000.
    assert_eq!(used(&challenge).0, "1000");
}

#[test]
fn reference_is_the_larger_of_both() {
    for (reference, expected) in [
        ("equity", "97000"),
        ("balance", "100000"),
        ("max", "100000"),
    ] {
        let plan = format!(r#"{{"daily":{{"reference":"{reference}"}}}}"#);
        let challenge = funded(&plan)
            .open("10T20:00", 1, "1")
            .seen("10T21:50", "100000", "97000")
            .seen("10T22:10", "100000", "97000")
            .only();
        assert_eq!(challenge.days[1].reference.0, dec(expected), "{reference}");
    }
}

#[test]
fn limit_of_the_reference_is_fixed_at_reset() {
    let challenge = funded(r#"{"daily":{"of":"reference"}}"#)
        .seen("10T09:00", "100000", "100000")
        .trade("10T09:30", "10T10:00", "10000")
        .balance("10T23:00", "-20000")
        .seen("10T23:30", "90000", "90000")
        .only();
    let daily = challenge
        .figures
        .and_then(|figures| figures.daily)
        .expect("daily");
    assert_eq!(daily.limit.0, dec("5500"));
    assert_eq!(daily.reference.0, dec("90000"));
    assert_eq!(daily.used.0, dec("0"));
}

#[test]
fn pause_ends_at_the_next_reset() {
    let plan = r#"{"daily":{"kind":"pause"}}"#;
    let lost = || {
        funded(plan)
            .seen("10T09:00", "100000", "100000")
            .trade("10T09:30", "10T10:00", "-5000")
            .seen("10T10:01", "95000", "95000")
    };
    let paused = lost().until("10T12:00").only();
    assert_eq!(paused.phase, Phase::Paused);
    assert!(violations(&paused)[2].starts_with("daily_drawdown breach"));
    let resumed = lost().seen("10T22:01", "95000", "95000").only();
    assert_eq!(resumed.phase, Phase::Active);
    assert_eq!(used(&resumed), pair("0", "5000"));
}
