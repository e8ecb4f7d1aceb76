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
fn a_late_balance_operation_moves_the_references_on_arrival_if_it_is_of_the_challenge() {
    let mut run = Run::new(r#"{"max":{"mode":"trailing_closed"}}"#);
    run.snapshot("11-10 09:00", 100_000, 100_000);
    run.snapshot("11-10 12:00", 100_000, 100_000);
    run.adjust("11-10 11:00", 3_000);
    assert_eq!(run.daily().reference, dec("103000"));
    assert_eq!(run.max().reference, dec("103000"));
    run.adjust("11-10 08:00", 7_000);
    run.adjust("11-09 11:00", 7_000);
    assert_eq!(run.daily().reference, dec("103000"));
    assert_eq!(run.max().reference, dec("103000"));
}

#[test]
fn a_payout_that_a_flagged_snapshot_shows_already_does_not_count_twice() {
    let mut run = Run::new(r#"{"max":{"mode":"trailing_closed"}}"#);
    run.snapshot("11-11 01:20", 108_000, 108_000);
    // The payout's deal is missing: the snapshot is judged as a loss.
    run.flagged("11-11 01:40", 104_000, 104_000);
    assert_eq!(run.daily().used, dec("4000"));
    run.adjust("11-11 01:35", -4_000);
    assert_eq!(run.reference(), (dec("104000"), Source::Before));
    assert_eq!(run.daily().used, Decimal::ZERO);
    assert_eq!(run.max().reference, dec("104000"));
    assert_eq!(run.max().current, Decimal::ZERO);
    // The reference of the next day comes from the flagged snapshot, which
    // contains a second late payout as well.
    run.flagged("11-12 01:31", 102_000, 102_000);
    run.snapshot("11-13 01:40", 102_000, 102_000);
    run.adjust("11-12 01:30", -2_000);
    assert_eq!(run.daily().used, Decimal::ZERO);
    assert_eq!(run.max().current, Decimal::ZERO);
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
