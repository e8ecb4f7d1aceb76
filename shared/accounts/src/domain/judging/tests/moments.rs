//! What deals prove between two snapshots.

use super::*;
use crate::domain::rules::{Severity, Source};

/// 22:00 UTC, the reset of the default plan.
const RESET: i64 = 14 * 3_600;

#[test]
fn losses_of_two_days_count_in_their_own_day() {
    let mut account = Account::funded("{}");
    account.snapshot(RESET - 226, "100000", "100000");
    account.trade(RESET - 100, RESET - 40, "-3000");
    account.trade(RESET + 5, RESET + 15, "-2500");
    account.snapshot(RESET + 43, "94500", "94500");
    let daily = account.daily();
    assert_eq!(
        (daily.reference, daily.source),
        (dec("97000"), Source::Exact)
    );
    assert_eq!(daily.used, dec("2500"));
    assert_eq!(account.figures().trading_days, 2);
    assert_eq!(account.crossed(), [""; 0]);
    assert_eq!(account.max().used, dec("5500"));
}

#[test]
fn outage_over_a_reset_keeps_both_days_apart() {
    let mut account = Account::funded("{}");
    account.snapshot(12 * 3_600, "100000", "100000");
    account.trade(12 * 3_600 + 60, 13 * 3_600, "-4500");
    account.trade(15 * 3_600, 15 * 3_600 + 1_800, "-1000");
    account.snapshot(22 * 3_600, "94500", "94500");
    assert_eq!(
        account.crossed(),
        [
            "daily_drawdown warning 4500",
            "daily_drawdown critical 4500"
        ]
    );
    let times: Vec<_> = account
        .violations
        .iter()
        .map(|found| found.detected_at)
        .collect();
    assert_eq!(times, [at(13 * 3_600); 2]);
    let daily = account.daily();
    assert_eq!((daily.reference, daily.used), (dec("95500"), dec("1000")));
    assert_eq!(account.max().used, dec("5500"));
    assert_eq!(account.phase(), Phase::Active);
}

#[test]
fn closed_only_plan_judges_each_movement() {
    let mut account = Account::funded(r#"{"basis":"closed_only"}"#);
    let kept_open = account.open(1_000, "1");
    account.trade(2_000, 7_200, "-6000");
    account.trade(7_300, 8_400, "6000");
    account.shown(9_000, "100000", "100000", 1);
    assert_eq!(account.phase(), Phase::Breached);
    let breach = account.violations.last().expect("a breach");
    assert_eq!(
        (breach.severity, breach.detected_at),
        (Severity::Breach, at(7_200))
    );
    assert_eq!(breach.current_value, dec("6000"));
    account.close(&kept_open, 9_500, "0");
}

#[test]
fn closed_only_peak_between_snapshots_counts() {
    let plan = r#"{"basis":"closed_only","daily":null,"max":{"mode":"trailing_closed"}}"#;
    let mut account = Account::funded(plan);
    account.trade(1_000, 2_000, "6000");
    account.trade(3_000, 4_000, "-6000");
    account.snapshot(5_000, "100000", "100000");
    assert_eq!(account.max().reference, dec("106000"));
    assert_eq!(account.max().used, dec("6000"));
}

#[test]
fn hedges_closed_in_one_second_are_one_movement() {
    for basis in ["floating", "closed_only"] {
        let mut account = Account::funded(&format!(r#"{{"basis":"{basis}"}}"#));
        let (one, other) = (account.open(100, "1"), account.open(100, "1"));
        account.close(&one, 500, "-7000");
        account.close(&other, 501, "6500");
        account.snapshot(600, "99500", "99500");
        assert_eq!(account.daily().used, dec("500"), "{basis}");
        assert_eq!(account.crossed(), [""; 0], "{basis}");
    }
}

#[test]
fn floating_plan_judges_no_moment_with_an_open_position() {
    let mut account = Account::funded("{}");
    account.open(100, "1");
    account.trade(200, 300, "-6000");
    account.trade(400, 500, "6000");
    account.shown(600, "100000", "100200", 1);
    assert_eq!(account.crossed(), [""; 0]);
    assert_eq!(account.phase(), Phase::Active);
}

#[test]
fn open_position_at_the_reset_interpolates_the_equity() {
    let mut account = Account::funded("{}");
    account.open(1_000, "1");
    account.shown(RESET - 3_600, "100000", "99000", 1);
    account.shown(RESET + 3_600, "100000", "97000", 1);
    let daily = account.daily();
    assert_eq!(
        (daily.reference, daily.source),
        (dec("98000"), Source::Interpolated)
    );
    assert_eq!(daily.used, dec("1000"));
}

#[test]
fn coverage_counts_a_minute_after_each_moment() {
    let mut account = Account::funded("{}");
    // A day from reset to reset, a position held from 09:00 to 12:00 of it.
    account.snapshot(RESET, "100000", "100000");
    let from = RESET + 9 * 3_600;
    let position = account.open(from, "1");
    for seconds in (from..=from + 3_600).step_by(60) {
        account.shown(seconds, "100000", "100000", 1);
    }
    for seconds in (from + 3_600 + 1_200..from + 3 * 3_600).step_by(60) {
        account.shown(seconds, "100000", "100000", 1);
    }
    account.close(&position, from + 3 * 3_600 - 30, "0");
    account.snapshot(from + 3 * 3_600, "100000", "100000");
    account.snapshot(RESET + 86_399, "100000", "100000");
    let rules = account.state.rules().expect("a start");
    assert_eq!(rules.coverage_pct(at(RESET + 86_400)), dec("98.6806"));
}
