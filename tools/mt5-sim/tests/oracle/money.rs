//! Movements, classes of deals and cancellations: what is a gain and what not.

use crate::support::{Case, end, gain, pair, used};
use mt5_sim::oracle::ledger::{Class, Withdrawn};
use mt5_sim::oracle::verdict::Phase;

const TARGET: &str = r#"{"profit_target_pct":8}"#;

/// 100,000 deposited and 8,000 won on the day before.
fn won() -> Case {
    Case::new(r#"{"profit_target_pct":20}"#, "09T05:00")
        .balance("09T04:00", "100000")
        .seen("09T05:01", "100000", "100000")
        .trade("09T06:00", "09T07:00", "8000")
        .seen("09T07:01", "108000", "108000")
}

#[test]
fn payout_uses_nothing() {
    let challenge = won()
        .balance("10T09:00", "-8000")
        .seen("10T09:00:30", "100000", "100000")
        .only();
    assert_eq!(used(&challenge), pair("0", "0"));
    assert_eq!(gain(&challenge), "8000");
    assert!(challenge.violations.is_empty());
}

#[test]
fn deposit_is_no_gain() {
    let challenge = Case::new(TARGET, "10T05:00")
        .given("100000")
        .balance("10T04:00", "100000")
        .seen("10T05:01", "100000", "100000")
        .balance("10T06:00", "9000")
        .seen("11T06:00", "109000", "109000")
        .only();
    assert_eq!(gain(&challenge), "0");
    assert_eq!(challenge.phase, Phase::Active);
}

#[test]
fn loss_of_an_announced_size_is_a_loss() {
    let challenge = won()
        .trade("10T08:00", "10T09:00", "-8000")
        .seen("10T09:02", "100000", "100000")
        .only();
    assert_eq!(
        end(&challenge).as_deref(),
        Some("breached daily_drawdown 2026-11-10 09:00:00 8000/5000")
    );
}

#[test]
fn small_charge_and_payout_leave_7987_60() {
    let paid = || {
        won()
            .deal("10T08:00", Class::Trading, "-12.40")
            .balance("10T09:00", "-8000")
            .seen("10T09:05", "99987.60", "99987.60")
    };
    let challenge = paid().only();
    assert_eq!(gain(&challenge), "7987.6");
    let breached = paid().trade("11T08:00", "11T09:00", "-6000").only();
    assert_eq!(
        end(&breached).as_deref(),
        Some("breached daily_drawdown 2026-11-11 09:00:00 6000/5000")
    );
}

#[test]
fn swap_by_balance_counts_by_its_class() {
    for (class, used_at_end, gained) in [
        (Class::Trading, pair("12.4", "12.4"), "-12.4"),
        (Class::Adjustment, pair("0", "12.4"), "0"),
    ] {
        let challenge = Case::new(TARGET, "10T05:00")
            .given("100000")
            .balance("10T04:00", "100000")
            .seen("10T05:01", "100000", "100000")
            .deal("10T08:00", class, "-12.40")
            .seen("10T09:00", "99987.60", "99987.60")
            .only();
        assert_eq!(used(&challenge), used_at_end, "{class:?}");
        assert_eq!(gain(&challenge), gained, "{class:?}");
    }
}

#[test]
fn cancelled_win_of_monday_leaves_no_gain() {
    // 9 November 2026 is a Monday.
    let cancelled = |withdrawn, booked_back: bool| {
        let case = Case::new(TARGET, "09T05:00")
            .given("100000")
            .balance("09T04:00", "100000")
            .seen("09T05:01", "100000", "100000")
            .open("09T05:30", 2, "0.01")
            .trade("09T06:00", "09T07:00", "8000")
            .cancel("10T09:00", withdrawn);
        let case = match booked_back {
            true => case.balance("10T09:00", "-8000"),
            false => case,
        };
        case.close("10T09:30", 2, "0.01", "0")
            .seen("10T10:00", "100000", "100000")
            .only()
    };
    for (withdrawn, booked_back) in [(Withdrawn::Apart, true), (Withdrawn::InPlace, false)] {
        let challenge = cancelled(withdrawn, booked_back);
        let figures = challenge.figures.as_ref().expect("figures");
        assert_eq!(gain(&challenge), "0", "{withdrawn:?}");
        assert_eq!(figures.best_day_profit.0.to_string(), "0", "{withdrawn:?}");
        assert_eq!(used(&challenge), pair("0", "0"), "{withdrawn:?}");
        assert_eq!(challenge.phase, Phase::Active, "{withdrawn:?}");
    }
}

#[test]
fn stop_out_compensation_is_no_gain() {
    let challenge = Case::new(TARGET, "10T05:00")
        .balance("10T04:00", "100000")
        .seen("10T05:01", "100000", "100000")
        .trade("10T06:00", "10T07:00", "-100037.20")
        .balance("10T07:00:02", "37.20")
        .seen("10T07:01", "0", "0")
        .only();
    assert_eq!(gain(&challenge), "-100037.2");
}
