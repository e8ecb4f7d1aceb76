//! The start of a challenge and its initial balance.

use crate::support::{Case, DEFAULT, dec, end, gain, pair, time, used};
use mt5_sim::oracle::verdict::{Challenge, Phase};

fn initial(challenge: &Challenge) -> String {
    let initial = challenge.initial_balance.expect("started");
    initial.0.to_string()
}

#[test]
fn challenge_waits_for_its_first_deposit() {
    let connected = || {
        Case::new(DEFAULT, "10T09:00")
            .given("100000")
            .seen("10T09:00:01", "0", "0")
            .balance("10T09:00:10", "100000")
            .seen("10T09:00:20", "100000", "100000")
    };
    let waiting = connected().until("10T09:00:05").only();
    assert_eq!(waiting.phase, Phase::AwaitingFunds);
    assert_eq!(waiting.started_at, None);
    let started = connected().only();
    assert_eq!(started.started_at, Some(time("10T09:00:10")));
    assert_eq!(used(&started), pair("0", "0"));
    let figures = started.figures.as_ref().expect("figures");
    assert_eq!(figures.daily.expect("daily").limit.0, dec("5000"));
    assert_eq!(figures.max.expect("max").limit.0, dec("10000"));
}

#[test]
fn deposits_before_the_first_trade_are_the_initial() {
    let connected = || {
        Case::new(DEFAULT, "10T09:00")
            .balance("10T09:01", "60000")
            .seen("10T09:02", "60000", "60000")
            .balance("10T10:00", "40000")
            .seen("10T10:01", "100000", "100000")
            .trade("10T11:00", "10T11:30", "0")
    };
    assert_eq!(initial(&connected().until("10T09:30").only()), "60000");
    let started = connected().only();
    assert_eq!(initial(&started), "100000");
    assert_eq!(started.started_at, Some(time("10T10:00")));
    assert_eq!(used(&started), pair("0", "0"));
}

#[test]
fn deposits_before_the_connection_are_no_gain() {
    let challenge = Case::new(r#"{"profit_target_pct":8}"#, "10T09:00")
        .balance("09T09:00", "100000")
        .trade("09T10:00", "09T11:00", "500")
        .balance("09T12:00", "50000")
        .seen("10T09:00:01", "150500", "150500")
        .only();
    assert_eq!(initial(&challenge), "100000");
    assert_eq!(gain(&challenge), "500");
    assert_eq!(challenge.phase, Phase::Active);
}

#[test]
fn start_lies_before_the_first_snapshot() {
    let challenge = Case::new(DEFAULT, "10T09:59")
        .given("100000")
        .balance("10T10:00", "100000")
        .trade("10T10:02", "10T10:05", "-6000")
        .seen("10T10:20", "94000", "94000")
        .only();
    assert_eq!(challenge.started_at, Some(time("10T10:00")));
    assert_eq!(challenge.days[0].reference.0, dec("100000"));
    assert_eq!(
        end(&challenge).as_deref(),
        Some("breached daily_drawdown 2026-11-10 10:05:00 6000/5000")
    );
}

#[test]
fn first_snapshot_after_a_loss_keeps_the_initial() {
    let challenge = Case::new(DEFAULT, "10T09:00")
        .balance("09T09:00", "100000")
        .trade("09T10:00", "09T11:00", "-7000")
        .seen("10T09:00:01", "93000", "93000")
        .only();
    assert_eq!(initial(&challenge), "100000");
    assert_eq!(used(&challenge), pair("0", "7000"));
    let daily = challenge.figures.and_then(|figures| figures.daily);
    assert_eq!(daily.expect("daily").limit.0, dec("5000"));
}

#[test]
fn reset_of_idle_account_sees_next_loss() {
    let challenge = Case::new(DEFAULT, "09T09:00")
        .balance("09T08:00", "100000")
        .seen("09T09:00:01", "100000", "100000")
        .reset("10T09:00", "100000")
        .trade("10T09:05", "10T09:10", "-6000")
        .seen("10T09:30", "94000", "94000")
        .last();
    assert_eq!(challenge.started_at, Some(time("10T09:00")));
    assert_eq!(
        end(&challenge).as_deref(),
        Some("breached daily_drawdown 2026-11-10 09:10:00 6000/5000")
    );
}

#[test]
fn reset_waits_for_the_restoring_deposit() {
    for (lost, restored) in [("-10100", "10100"), ("-7000", "7000")] {
        let case = || {
            Case::new(DEFAULT, "09T09:00")
                .balance("09T08:00", "100000")
                .trade("09T09:10", "09T09:20", lost)
                .reset("10T09:00", "100000")
                .balance("10T09:01", restored)
        };
        let waiting = case().until("10T09:00:30").last();
        assert_eq!(waiting.phase, Phase::AwaitingFunds, "{lost}");
        let restarted = case().last();
        assert_eq!(restarted.started_at, Some(time("10T09:01")), "{lost}");
        assert_eq!(used(&restarted), pair("0", "0"), "{lost}");
        assert_eq!(gain(&restarted), "0", "{lost}");
    }
}

#[test]
fn nothing_counts_that_lies_before_a_reset() {
    let mut case = Case::new(DEFAULT, "01T09:00").balance("01T08:00", "100000");
    for day in 3..9 {
        let (open, close) = (format!("0{day}T10:00"), format!("0{day}T11:00"));
        case = case.trade(&open, &close, "250");
    }
    let challenge = case
        .balance("09T10:00", "-1500")
        .trade("10T08:59:57", "10T08:59:58", "900")
        .reset("10T09:00", "100000")
        .seen("10T09:05", "100900", "100900")
        .deal("10T10:00", mt5_sim::oracle::ledger::Class::Trading, "-7")
        .cost_of_last_trade()
        .seen("10T10:01", "100893", "100893")
        .last();
    let figures = challenge.figures.as_ref().expect("figures");
    assert_eq!(figures.trading_days, 0);
    assert_eq!(figures.best_day_profit.0, dec("0"));
    // 900 above the initial balance at the reset, and the cost.
    assert_eq!(figures.adjusted.0, dec("893"));
    assert_eq!(figures.gain.0, dec("0"));
    assert_eq!(used(&challenge), pair("0", "0"));
}

#[test]
fn start_needs_a_value_above_the_floors() {
    let challenge = Case::new(DEFAULT, "10T09:00")
        .given("100000")
        .balance("09T09:00", "100000")
        .trade("09T10:00", "09T11:00", "-10000")
        .seen("10T09:00:01", "90000", "90000")
        .only();
    assert_eq!(challenge.phase, Phase::AwaitingFunds);
}

#[test]
fn shop_starts_at_the_newest_snapshot() {
    let challenge = Case::new(DEFAULT, "10T09:00")
        .given("100000")
        .balance("09T09:00", "60000")
        .seen("10T09:00:01", "60000", "60000")
        .seen("10T09:30", "60000", "60000")
        .start("10T09:40")
        .seen("10T10:00", "60000", "60000")
        .only();
    assert_eq!(challenge.started_at, Some(time("10T09:30")));
    // The floor is at 90,000.
    assert_eq!(
        end(&challenge).as_deref(),
        Some("breached max_drawdown 2026-11-10 09:30:00 40000/10000")
    );
}

#[test]
fn reset_keeps_the_initial_balance() {
    let mut challenges = Case::new(DEFAULT, "09T09:00")
        .balance("09T08:00", "100000")
        .seen("09T09:01", "100000", "100000")
        .trade("09T09:10", "09T09:20", "-3000")
        .plain_reset("10T09:00")
        .balance("10T09:01", "3000")
        .judge();
    let second = challenges.pop().expect("a challenge");
    assert_eq!(initial(&second), "100000");
    assert_eq!(second.started_at, Some(time("10T09:01")));
    assert_eq!(challenges.len(), 1);
}

#[test]
fn past_peaks_raise_the_floor_of_the_start() {
    let plan = r#"{"max":{"limit_pct":10,"mode":"trailing_closed"}}"#;
    let challenge = Case::new(plan, "10T09:00")
        .balance("08T09:00", "100000")
        .trade("08T10:00", "08T11:00", "8000")
        .trade("09T10:00", "09T11:00", "-11000")
        .seen("10T09:00:01", "97000", "97000")
        .only();
    assert_eq!(challenge.phase, Phase::AwaitingFunds);
}
