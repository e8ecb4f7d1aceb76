//! All-time drawdown: its modes, locks and payments.

use crate::support::{Case, DEFAULT, dec, end, used};
use mt5_sim::oracle::ledger::Class;
use mt5_sim::oracle::verdict::{Challenge, Phase};

fn floor(challenge: &Challenge) -> String {
    let figures = challenge.figures.as_ref().expect("figures");
    figures.max.expect("a limit").floor.0.to_string()
}

/// 50,000 that grow to 55,000 before a reset, and a payout after it.
fn paid(payment: &str, lock_at: &str, payout: &str) -> Challenge {
    let plan = format!(
        r#"{{"daily":null,"payout":"{payment}",
            "max":{{"limit_pct":4,"mode":"trailing_eod","lock_at":{lock_at}}}}}"#
    );
    Case::new(&plan, "10T05:00")
        .balance("10T04:00", "50000")
        .seen("10T05:01", "50000", "50000")
        .trade("10T09:00", "10T10:00", "5000")
        .seen("10T22:30", "55000", "55000")
        .deal("11T09:00", Class::Payout, payout)
        .seen("11T09:01", "55000", "55000")
        .until("11T09:00:30")
        .only()
}

#[test]
fn payouts_shift_or_keep_a_trailing_floor() {
    assert_eq!(floor(&paid("shift", "null", "-1500")), "51500");
    assert_eq!(floor(&paid("shift", "null", "-4000")), "49000");
    assert_eq!(floor(&paid("keep", "null", "-1500")), "53000");
    let below = paid("keep", "null", "-4000");
    assert_eq!(below.phase, Phase::AwaitingFunds);
    assert!(below.violations.is_empty());
}

#[test]
fn locked_floor_stays_through_payouts() {
    for payment in ["shift", "keep"] {
        for payout in ["-1500", "-4000"] {
            let challenge = paid(payment, "0", payout);
            assert_eq!(floor(&challenge), "50000", "{payment} {payout}");
            assert_eq!(challenge.phase, Phase::Active);
        }
    }
}

#[test]
fn first_payout_locks_the_floor() {
    let plan = r#"{"daily":null,
        "max":{"limit_pct":4,"mode":"trailing_eod","lock_at":100,"lock_on_payout":true}}"#;
    let challenge = Case::new(plan, "10T05:00")
        .balance("10T04:00", "50000")
        .seen("10T05:01", "50000", "50000")
        .trade("10T09:00", "10T10:00", "1500")
        .deal("10T11:00", Class::Payout, "-500")
        .seen("10T11:01", "51000", "51000")
        .only();
    assert_eq!(floor(&challenge), "50100");
}

#[test]
fn intraday_peak_follows_equity() {
    let plan = r#"{"daily":null,"max":{"limit_pct":10,"mode":"trailing_intraday"}}"#;
    let challenge = Case::new(plan, "10T05:00")
        .balance("10T04:00", "100000")
        .open("10T05:00", 1, "1")
        .seen("10T05:01", "100000", "100000")
        .seen("10T06:00", "100000", "108000")
        .seen("10T07:00", "100000", "98000")
        .only();
    assert_eq!(
        end(&challenge).as_deref(),
        Some("breached max_drawdown 2026-11-10 07:00:00 10000/10000")
    );
}

#[test]
fn closed_peak_is_seen_between_snapshots() {
    let plan =
        r#"{"daily":null,"basis":"closed_only","max":{"limit_pct":10,"mode":"trailing_closed"}}"#;
    let challenge = Case::new(plan, "10T05:00")
        .balance("10T04:00", "100000")
        .seen("10T05:01", "100000", "100000")
        .trade("10T06:00", "10T07:00", "6000")
        .trade("10T07:10", "10T07:20", "-6000")
        .seen("10T08:00", "100000", "100000")
        .only();
    assert_eq!(used(&challenge).1, "6000");
}

#[test]
fn peaks_before_the_connection_count() {
    let plan = r#"{"daily":null,"max":{"limit_pct":10,"mode":"trailing_closed"}}"#;
    let challenge = Case::new(plan, "10T05:00")
        .given("100000")
        .balance("09T04:00", "100000")
        .trade("09T06:00", "09T07:00", "8000")
        .trade("09T08:00", "09T09:00", "-3000")
        .seen("10T05:01", "105000", "105000")
        .only();
    assert_eq!(floor(&challenge), "98000");
    assert_eq!(used(&challenge).1, "3000");
}

#[test]
fn withdrawal_never_breaches_but_a_loss_does() {
    let funded = || {
        Case::new(DEFAULT, "10T05:00")
            .given("100000")
            .balance("10T04:00", "100000")
            .seen("10T05:01", "100000", "100000")
            .balance("10T06:00", "-15000")
            .seen("10T06:01", "85000", "85000")
    };
    let below = funded().only();
    assert_eq!(below.phase, Phase::AwaitingFunds);
    assert_eq!(used(&below), crate::support::pair("0", "0"));
    // The daily rule goes on while the all-time rule waits.
    let lost = funded().trade("10T07:00", "10T08:00", "-5000").only();
    assert_eq!(
        end(&lost).as_deref(),
        Some("breached daily_drawdown 2026-11-10 08:00:00 5000/5000")
    );
    let refunded = funded()
        .balance("10T07:00", "10000")
        .seen("10T07:01", "95000", "95000")
        .only();
    assert_eq!(refunded.phase, Phase::Active);
    let max = refunded
        .figures
        .and_then(|figures| figures.max)
        .expect("max");
    assert_eq!(max.used.0, dec("5000"));
}
