//! The daily reference and its sources.

use super::*;

const FLOATING: &str = r#"{"max":null}"#;

#[test]
fn a_snapshot_at_the_reset_is_exact() {
    let mut run = Run::new(FLOATING);
    run.snapshot("11-11 01:29", 100_000, 99_000);
    run.snapshot("11-11 01:30", 100_000, 98_000);
    run.snapshot("11-11 09:00", 100_000, 97_000);
    assert_eq!(run.reference(), (dec("98000"), Source::Exact));
    assert_eq!(run.daily().used, dec("1000"));
}

#[test]
fn a_snapshot_of_thirty_minutes_stands_for_the_reset_and_an_older_one_does_not() {
    let mut run = Run::new(FLOATING);
    run.snapshot("11-11 01:00", 100_000, 99_000);
    run.snapshot("11-11 02:00", 100_000, 98_000);
    assert_eq!(run.reference(), (dec("99000"), Source::Before));

    let mut run = Run::new(FLOATING);
    run.snapshot("11-11 00:59", 100_000, 99_000);
    run.snapshot("11-11 02:01", 100_000, 98_000);
    assert_eq!(run.reference(), (dec("98500"), Source::Interpolated));
}

#[test]
fn without_a_snapshot_before_the_reset_the_first_after_it_counts() {
    let mut run = Run::new(FLOATING);
    run.snapshot("11-10 09:00", 100_500, 100_200);
    assert_eq!(run.reference(), (dec("100200"), Source::After));
}

#[test]
fn without_any_snapshot_the_initial_balance_stands_in() {
    let run = Run::new(FLOATING);
    assert_eq!(run.reference(), (dec("100000"), Source::Initial));
    assert_eq!(run.daily().used, Decimal::ZERO);
    assert_eq!(run.daily().floor, dec("95000"));
}

#[test]
fn until_the_later_neighbour_exists_the_earlier_stands_in_as_stale() {
    let mut run = Run::new(FLOATING);
    run.snapshot("11-10 21:30", 100_000, 99_000);
    run.tick("11-11 05:30");
    assert_eq!(run.reference(), (dec("99000"), Source::Stale));
    run.snapshot("11-11 05:30", 100_000, 97_000);
    assert_eq!(run.reference(), (dec("98000"), Source::Interpolated));
    run.snapshot("11-11 05:31", 100_000, 90_000);
    assert_eq!(run.reference(), (dec("98000"), Source::Interpolated));
}

#[test]
fn a_fresh_snapshot_before_the_reset_is_no_provisional_reference() {
    let mut run = Run::new(FLOATING);
    run.snapshot("11-11 01:10", 100_000, 99_000);
    run.tick("11-11 01:31");
    assert_eq!(run.reference(), (dec("99000"), Source::Before));
}

#[test]
fn interpolation_leaves_adjustments_out_and_then_moves_by_them() {
    let mut run = Run::new(FLOATING);
    run.snapshot("11-10 21:30", 100_000, 100_000);
    run.adjust("11-11 03:00", 5_000);
    run.tick("11-11 03:01");
    assert_eq!(run.reference(), (dec("105000"), Source::Stale));
    // 105000 less the deposit is no change over the reset: no loss, no gain.
    run.snapshot("11-11 05:30", 105_000, 105_000);
    assert_eq!(run.reference(), (dec("105000"), Source::Interpolated));
    assert_eq!(run.daily().used, Decimal::ZERO);

    let mut run = Run::new(FLOATING);
    run.snapshot("11-10 21:30", 100_000, 100_000);
    run.adjust("11-10 22:00", -4_000);
    run.snapshot("11-11 05:30", 96_000, 94_000);
    assert_eq!(run.reference(), (dec("95000"), Source::Interpolated));
}

#[test]
fn the_balance_reference_is_the_last_known_of_whatever_age_and_never_interpolated() {
    let mut run = Run::new(r#"{"daily":{"reference":"balance"},"max":null}"#);
    run.snapshot("11-10 09:00", 101_000, 99_000);
    run.tick("11-13 12:00");
    assert_eq!(run.reference(), (dec("101000"), Source::Before));
    run.snapshot("11-13 12:00", 98_000, 98_500);
    assert_eq!(run.reference(), (dec("101000"), Source::Before));
    assert_eq!(run.daily().used, dec("2500"));
}

#[test]
fn the_larger_of_both_is_taken_once_and_with_its_own_source() {
    let mut run = Run::new(r#"{"daily":{"reference":"max"},"max":null}"#);
    run.snapshot("11-10 21:30", 100_000, 99_000);
    run.tick("11-11 02:00");
    // The equity may still turn out to be the larger one.
    assert_eq!(run.reference(), (dec("100000"), Source::Stale));
    run.snapshot("11-11 05:30", 100_000, 103_000);
    assert_eq!(run.reference(), (dec("101000"), Source::Interpolated));

    let mut run = Run::new(r#"{"daily":{"reference":"max"},"max":null}"#);
    run.snapshot("11-10 21:30", 100_000, 99_000);
    run.snapshot("11-11 05:30", 100_000, 99_500);
    assert_eq!(run.reference(), (dec("100000"), Source::Before));
}

#[test]
fn a_closed_only_plan_refers_to_the_balance_and_judges_the_balance() {
    let mut run = Run::new(r#"{"basis":"closed_only","max":null}"#);
    run.snapshot("11-10 21:30", 100_000, 110_000);
    assert_eq!(run.snapshot("11-11 05:30", 100_000, 10_000), [""; 0]);
    assert_eq!(run.reference(), (dec("100000"), Source::Before));
    assert_eq!(
        run.snapshot("11-11 05:31", 96_500, 120_000),
        ["daily_drawdown warning"]
    );
}

#[test]
fn a_weekend_without_snapshots_refers_to_the_latest_reset() {
    let mut run = Run::new(FLOATING);
    run.snapshot("11-10 09:30", 100_000, 100_000);
    let begins = run.apply(Input::Snapshot(Snapshot::of_balances(
        tehran("11-14 02:30"),
        dec("100000"),
        dec("95550"),
    )));
    assert_eq!(begins.day_began, Some(tehran("11-14 01:30")));
    // 88 of 89 hours along the way from 100000 down to 95550.
    assert_eq!(run.reference(), (dec("95600"), Source::Interpolated));
}

#[test]
fn with_of_reference_the_limit_is_of_the_reference_as_fixed() {
    let mut run = Run::new(r#"{"daily":{"of":"reference","limit_pct":10},"max":null}"#);
    run.snapshot("11-11 01:20", 80_000, 80_000);
    run.snapshot("11-11 01:40", 80_000, 80_000);
    assert_eq!(run.daily().limit, dec("8000"));
    run.adjust("11-11 02:00", 20_000);
    assert_eq!(run.daily().limit, dec("8000"));
    assert_eq!(run.daily().reference, dec("100000"));
    assert_eq!(run.daily().floor, dec("92000"));
}

#[test]
fn with_of_reference_what_came_before_the_reset_is_in_the_limit_and_what_came_after_is_not() {
    let of = r#"{"daily":{"of":"reference","limit_pct":10},"max":null}"#;
    let mut run = Run::new(of);
    run.snapshot("11-11 01:10", 80_000, 80_000);
    run.adjust("11-11 01:20", 10_000);
    run.adjust("11-11 01:35", 5_000);
    run.tick("11-11 01:36");
    assert_eq!(run.daily().limit, dec("9000"));
    run.snapshot("11-11 01:40", 95_000, 95_000);
    assert_eq!(run.reference(), (dec("95000"), Source::Before));
    assert_eq!(run.daily().limit, dec("9000"));
    assert_eq!(run.daily().used, Decimal::ZERO);
}

#[test]
fn a_snapshot_that_a_reference_is_taken_from_contains_its_adjustment() {
    let mut run = Run::new(FLOATING);
    run.adjust("11-10 08:30", 5_000);
    run.snapshot("11-10 09:00", 105_000, 105_000);
    assert_eq!(run.reference(), (dec("105000"), Source::After));
    run.adjust("11-10 10:00", -5_000);
    assert_eq!(run.reference(), (dec("100000"), Source::After));
    assert_eq!(run.snapshot("11-10 10:01", 100_000, 100_000), [""; 0]);
    assert_eq!(run.daily().used, Decimal::ZERO);
}

#[test]
fn the_next_reset_is_told_in_seconds() {
    let mut run = Run::new(FLOATING);
    run.snapshot("11-10 23:30", 100_000, 100_000);
    let figures = run.figures();
    assert_eq!(figures.reset_next_at, tehran("11-11 01:30"));
    assert_eq!(figures.reset_in_seconds, 7_200);
    let later = run.state.figures(&run.plan, tehran("11-11 01:30"));
    assert_eq!(later.reset_at, tehran("11-11 01:30"));
    assert_eq!(later.reset_in_seconds, 86_400);
}

#[test]
fn reset_lies_on_line_to_next_known_equity() {
    let plan = r#"{"basis":"closed_only","daily":{"reference":"equity"},"max":null}"#;
    let mut run = Run::new(plan);
    run.snapshot("11-11 00:30", 100_000, 99_000);
    run.apply(Input::Deal(DealEffect {
        result: dec("-1500"),
        deals_known: true,
        ..DealEffect::movement(tehran("11-11 02:00"), dec("0"), dec("0"))
    }));
    run.apply(Input::Proven(ProvenMoment {
        at: tehran("11-11 02:00"),
        balance: dec("98500"),
        equity: None,
        next_equity: Some((tehran("11-11 02:30"), dec("97000"))),
        flagged: false,
        is_certain: true,
    }));
    assert_eq!(run.reference(), (dec("98000"), Source::Interpolated));
}
