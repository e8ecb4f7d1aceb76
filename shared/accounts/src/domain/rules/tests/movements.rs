//! What deposits, payouts and credit move.

use super::*;

#[test]
fn a_payout_is_no_loss_of_the_day() {
    let mut run = Run::new("{}");
    run.snapshot("11-11 01:20", 108_000, 108_000);
    run.snapshot("11-11 01:40", 108_000, 108_000);
    run.adjust("11-11 09:00", -8_000);
    assert_eq!(run.daily().used, Decimal::ZERO);
    assert_eq!(run.snapshot("11-11 09:01", 100_000, 100_000), [""; 0]);
    assert_eq!(run.reference(), (dec("100000"), Source::Before));
    assert_eq!(run.daily().used, Decimal::ZERO);
}

#[test]
fn a_static_reference_stays_or_shifts_with_a_payout_as_the_plan_says() {
    let reference = |payout: &str| {
        let mut run = Run::new(&format!(r#"{{"daily":null,"payout":"{payout}"}}"#));
        run.snapshot("11-10 09:00", 108_000, 108_000);
        run.adjust("11-10 10:00", -8_000);
        run.snapshot("11-10 10:01", 100_000, 99_000);
        (run.max().reference, run.max().limit, run.max().used)
    };
    assert_eq!(
        reference("keep"),
        (dec("100000"), dec("10000"), dec("1000"))
    );
    assert_eq!(reference("shift"), (dec("92000"), dec("10000"), dec("0")));
}

#[test]
fn every_trailing_peak_moves_with_a_deposit() {
    for mode in ["trailing_intraday", "trailing_closed", "trailing_eod"] {
        let mut run = Run::new(&format!(r#"{{"daily":null,"max":{{"mode":"{mode}"}}}}"#));
        run.snapshot("11-10 09:00", 104_000, 104_000);
        run.snapshot("11-11 09:00", 103_000, 103_000);
        run.adjust("11-11 10:00", 5_000);
        assert_eq!(run.max().reference, dec("109000"), "{mode}");
        assert_eq!(run.max().current, dec("1000"), "{mode}");
        run.snapshot("11-11 10:01", 108_000, 108_000);
        assert_eq!(run.max().reference, dec("109000"), "{mode}");
        assert_eq!(run.max().used, dec("1000"), "{mode}");
    }
}

#[test]
fn a_trailing_peak_that_is_still_the_initial_balance_moves_too() {
    let mut run = Run::new(r#"{"daily":null,"max":{"mode":"trailing_eod"}}"#);
    run.snapshot("11-10 09:00", 99_000, 99_000);
    run.adjust("11-10 10:00", -2_000);
    run.snapshot("11-10 10:01", 97_000, 97_000);
    assert_eq!(run.max().reference, dec("98000"));
    assert_eq!(run.max().used, dec("1000"));
}

#[test]
fn a_deposit_between_the_last_snapshot_and_a_reset_is_in_the_balance_at_the_reset() {
    let mut run = Run::new(r#"{"daily":null,"max":{"mode":"trailing_eod"}}"#);
    run.snapshot("11-10 23:00", 101_000, 101_000);
    run.adjust("11-11 00:30", 4_000);
    run.snapshot("11-11 09:00", 105_000, 105_000);
    assert_eq!(run.max().reference, dec("105000"));
    assert_eq!(run.max().used, Decimal::ZERO);
}

#[test]
fn credit_moves_equity_figures_and_no_balance_figures() {
    let mut run =
        Run::new(r#"{"daily":{"reference":"equity"},"max":{"mode":"trailing_intraday"}}"#);
    run.snapshot("11-10 09:00", 100_000, 101_000);
    run.credit("11-10 10:00", 2_000);
    assert_eq!(run.daily().reference, dec("103000"));
    assert_eq!(run.max().reference, dec("103000"));
    run.snapshot("11-10 10:01", 100_000, 103_000);
    assert_eq!((run.daily().used, run.max().used), (dec("0"), dec("0")));

    let mut run = Run::new(r#"{"daily":{"reference":"balance"},"max":{"mode":"trailing_closed"}}"#);
    run.snapshot("11-10 09:00", 101_000, 101_000);
    run.credit("11-10 10:00", 2_000);
    assert_eq!(run.daily().reference, dec("101000"));
    assert_eq!(run.max().reference, dec("101000"));
}

#[test]
fn payout_moves_a_trailing_peak_only_where_the_plan_says() {
    let floor = |payout: &str, amount: i64| {
        let text = format!(
            r#"{{"daily":null,"payout":"{payout}","max":{{"mode":"trailing_eod","limit_pct":4}}}}"#
        );
        let mut run = Run::of(&text, 50_000);
        run.snapshot("11-10 09:00", 55_000, 55_000);
        run.snapshot("11-11 01:30", 55_000, 55_000);
        run.adjust("11-11 10:00", amount);
        run.snapshot("11-11 10:01", 55_000 + amount, 55_000 + amount);
        (run.max().floor, run.phase())
    };
    assert_eq!(floor("shift", -1_500), (dec("51500"), Phase::Active));
    assert_eq!(floor("shift", -4_000), (dec("49000"), Phase::Active));
    assert_eq!(floor("keep", -1_500), (dec("53000"), Phase::Active));
    assert_eq!(floor("keep", -4_000), (dec("53000"), Phase::AwaitingFunds));
}

#[test]
fn reached_lock_stays_whatever_is_paid_out() {
    for (payout, amount) in [
        ("shift", -1_500),
        ("shift", -4_000),
        ("keep", -1_500),
        ("keep", -4_000),
    ] {
        let text = format!(
            r#"{{"daily":null,"payout":"{payout}",
                "max":{{"mode":"trailing_eod","limit_pct":4,"lock_at":0}}}}"#
        );
        let mut run = Run::of(&text, 50_000);
        run.snapshot("11-10 09:00", 55_000, 55_000);
        run.snapshot("11-11 01:30", 55_000, 55_000);
        run.adjust("11-11 10:00", amount);
        run.snapshot("11-11 10:01", 55_000 + amount, 55_000 + amount);
        assert_eq!(run.max().floor, dec("50000"), "{payout} {amount}");
    }
}

#[test]
fn first_payout_locks_the_floor_where_the_plan_says() {
    let text = r#"{"daily":null,"max":{"mode":"trailing_eod","limit_pct":4,"lock_at":0,
                   "lock_on_payout":true}}"#;
    let mut run = Run::of(text, 50_000);
    run.snapshot("11-10 09:00", 51_000, 51_000);
    assert_eq!(run.max().floor, dec("48000"));
    run.apply(Input::Deal(DealEffect {
        is_payout: true,
        ..DealEffect::movement(tehran("11-10 10:00"), dec("-500"), dec("0"))
    }));
    assert_eq!(run.max().floor, dec("50000"));
    run.snapshot("11-10 10:01", 50_500, 50_500);
    assert_eq!(
        (run.max().floor, run.max().used),
        (dec("50000"), dec("1500"))
    );
}

#[test]
fn money_that_left_never_breaches_the_all_time_rule() {
    let mut run = Run::new(r#"{"daily":null}"#);
    run.snapshot("11-10 09:00", 98_000, 98_000);
    run.adjust("11-10 10:00", -8_000);
    assert_eq!(run.snapshot("11-10 10:01", 90_000, 90_000), [""; 0]);
    assert_eq!(run.phase(), Phase::AwaitingFunds);
    assert_eq!(run.snapshot("11-10 10:02", 89_000, 89_000), [""; 0]);
    assert_eq!(run.max().used, dec("2000"));
    run.adjust("11-10 11:00", 9_000);
    assert_eq!(
        run.snapshot("11-10 11:01", 98_000, 93_000),
        ["max_drawdown warning"]
    );
    assert_eq!(run.phase(), Phase::Active);
    assert_eq!(
        run.snapshot("11-10 11:02", 98_000, 90_000),
        ["max_drawdown critical", "max_drawdown breach"]
    );
}

#[test]
fn a_gain_leaves_adjustments_out() {
    let mut run = Run::new(r#"{"profit_target_pct":8}"#);
    run.snapshot("11-10 09:00", 100_000, 100_000);
    run.adjust("11-10 10:00", 9_000);
    run.snapshot("11-10 10:01", 109_000, 109_000);
    assert_eq!(run.figures().gain, Some(Decimal::ZERO));
    assert_eq!(run.phase(), Phase::Active);
    run.snapshot("11-10 10:02", 117_000, 117_000);
    assert_eq!(run.figures().gain, Some(dec("8000")));
    assert_eq!(run.figures().gain_target, Some(dec("8000")));
    assert_eq!(run.phase(), Phase::Passed);
}
