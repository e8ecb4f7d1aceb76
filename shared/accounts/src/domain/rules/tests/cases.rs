//! Severities, phases and the all-time modes.

use super::*;

/// Time, balance and equity; daily reference and its source, daily and
/// all-time use; what is newly crossed.
type Example = (
    &'static str,
    i64,
    i64,
    &'static str,
    Source,
    &'static str,
    &'static str,
    &'static [&'static str],
);

#[test]
fn the_worked_example_holds_figure_by_figure() {
    let mut run = Run::new("{}");
    let rows: [Example; 6] = [
        (
            "11-10 09:00",
            100_000,
            100_000,
            "100000",
            Source::After,
            "0",
            "0",
            &[],
        ),
        (
            "11-10 14:00",
            100_000,
            96_500,
            "100000",
            Source::After,
            "3500",
            "3500",
            &["daily_drawdown warning"],
        ),
        (
            "11-11 01:20",
            98_000,
            98_000,
            "100000",
            Source::After,
            "2000",
            "3500",
            &[],
        ),
        (
            "11-11 01:40",
            98_000,
            97_400,
            "98000",
            Source::Before,
            "600",
            "3500",
            &[],
        ),
        (
            "11-11 11:00",
            98_000,
            93_400,
            "98000",
            Source::Before,
            "4600",
            "6600",
            &["daily_drawdown warning", "daily_drawdown critical"],
        ),
        (
            "11-11 11:05",
            98_000,
            92_900,
            "98000",
            Source::Before,
            "5100",
            "7100",
            &["daily_drawdown breach", "max_drawdown warning"],
        ),
    ];
    for (time, balance, equity, reference, source, daily_used, used, crossed) in rows {
        assert_eq!(run.snapshot(time, balance, equity), crossed, "{time}");
        let (daily, max) = (run.daily(), run.max());
        assert_eq!(
            (daily.reference, daily.source),
            (dec(reference), source),
            "{time}"
        );
        assert_eq!(daily.used, dec(daily_used), "{time}");
        assert_eq!(daily.limit, dec("5000"), "{time}");
        assert_eq!(daily.floor, daily.reference - dec("5000"), "{time}");
        assert_eq!(max.used, dec(used), "{time}");
        assert_eq!(
            (max.limit, max.floor),
            (dec("10000"), dec("90000")),
            "{time}"
        );
    }
    assert_eq!(run.phase(), Phase::Breached);
    assert_eq!(run.max().use_pct, dec("71"));
    assert_eq!(run.max().used_pct_of_initial, dec("7.1"));
}

#[test]
fn a_violation_says_what_was_reached_when_and_on_what_ground() {
    let mut run = Run::new("{}");
    run.snapshot("11-10 09:00", 100_000, 100_000);
    let at = tehran("11-10 14:00");
    let outcome = run.apply(Input::Snapshot(Snapshot {
        flagged: true,
        ..Snapshot::of_balances(at, dec("100000"), dec("96400.50"))
    }));
    assert_eq!(
        outcome.violations,
        [Violation {
            rule: Rule::DailyDrawdown,
            severity: Severity::Warning,
            threshold_value: dec("3500"),
            current_value: dec("3599.50"),
            detected_at: tehran("11-10 14:00"),
            reset_at: Some(tehran("11-10 01:30")),
            round: 0,
            gap_max_ms: 5 * 3_600_000,
            flagged: true,
            coverage_pct: dec("100"),
        }]
    );
}

#[test]
fn one_snapshot_yields_every_threshold_that_it_crosses_and_the_next_none() {
    let mut run = Run::new("{}");
    let all = [
        "daily_drawdown warning",
        "daily_drawdown critical",
        "daily_drawdown breach",
        "max_drawdown warning",
        "max_drawdown critical",
        "max_drawdown breach",
    ];
    run.snapshot("11-10 09:00", 100_000, 100_000);
    assert_eq!(run.snapshot("11-10 10:00", 100_000, 90_000), all);
    assert_eq!(run.snapshot("11-10 10:01", 100_000, 80_000), [""; 0]);
}

#[test]
fn a_daily_severity_is_told_once_a_day_and_again_the_next() {
    let mut run = Run::new("{}");
    run.snapshot("11-10 09:00", 100_000, 100_000);
    assert_eq!(run.snapshot("11-10 10:00", 100_000, 96_500).len(), 1);
    assert_eq!(run.snapshot("11-10 11:00", 100_000, 100_000).len(), 0);
    assert_eq!(run.snapshot("11-10 12:00", 100_000, 96_500).len(), 0);
    run.snapshot("11-11 01:30", 100_000, 100_000);
    assert_eq!(
        run.snapshot("11-11 02:00", 100_000, 96_500),
        ["daily_drawdown warning"]
    );
}

#[test]
fn a_breach_is_final_figures_go_on_and_new_violations_do_not() {
    let mut run = Run::new("{}");
    run.snapshot("11-10 09:00", 100_000, 100_000);
    run.snapshot("11-10 10:00", 100_000, 95_000);
    assert_eq!(run.phase(), Phase::Breached);
    assert_eq!(run.snapshot("11-10 10:30", 100_000, 100_000), [""; 0]);
    assert_eq!(run.phase(), Phase::Breached);
    assert_eq!(run.snapshot("11-12 10:00", 100_000, 80_000), [""; 0]);
    assert_eq!(run.max().used, dec("20000"));
    assert_eq!(run.phase(), Phase::Breached);
}

#[test]
fn thresholds_are_crossed_at_their_very_figure_and_not_a_cent_before() {
    let mut run = Run::new(r#"{"max":null}"#);
    run.snapshot("11-10 09:00", 100_000, 100_000);
    let mut at = |time: &str, equity: &str| {
        names(&run.apply(Input::Snapshot(Snapshot::of_balances(
            tehran(time),
            dec("100000"),
            dec(equity),
        ))))
    };
    assert_eq!(at("11-10 09:01", "96500.01"), [""; 0]);
    assert_eq!(at("11-10 09:02", "96500"), ["daily_drawdown warning"]);
    assert_eq!(at("11-10 09:03", "95500.01"), [""; 0]);
    assert_eq!(at("11-10 09:04", "95500.00"), ["daily_drawdown critical"]);
    assert_eq!(at("11-10 09:05", "95000.01"), [""; 0]);
    assert_eq!(at("11-10 09:06", "95000"), ["daily_drawdown breach"]);
}

#[test]
fn a_pause_lasts_until_the_next_reset_and_the_other_rules_go_on() {
    let mut run = Run::new(r#"{"daily":{"kind":"pause"}}"#);
    run.snapshot("11-10 09:00", 100_000, 100_000);
    let crossed = run.snapshot("11-10 10:00", 100_000, 94_000);
    assert_eq!(
        crossed.last().map(String::as_str),
        Some("daily_drawdown breach")
    );
    assert_eq!(run.phase(), Phase::Paused);
    assert_eq!(
        run.snapshot("11-10 11:00", 100_000, 92_500),
        ["max_drawdown warning"]
    );
    assert_eq!(run.tick("11-11 01:29").phase_change, None);
    let ended = run.tick("11-11 01:30").phase_change;
    assert_eq!(
        ended,
        Some(PhaseChange {
            from: Phase::Paused,
            to: Phase::Active
        })
    );
    assert_eq!(
        run.snapshot("11-11 02:00", 100_000, 89_000),
        ["max_drawdown critical", "max_drawdown breach"]
    );
    assert_eq!(run.phase(), Phase::Breached);
}

#[test]
fn a_late_snapshot_is_not_judged() {
    let mut run = Run::new("{}");
    run.snapshot("11-10 10:00", 100_000, 100_000);
    let before = run.state.clone();
    for late in ["11-10 09:59", "11-10 07:00"] {
        let outcome = run.apply(Input::Snapshot(Snapshot::of_balances(
            tehran(late),
            dec("1"),
            dec("1"),
        )));
        assert_eq!(outcome, Outcome::ignored(Reception::Late));
    }
    assert_eq!(run.state, before);
}

#[test]
fn an_amount_beyond_reason_is_not_judged() {
    let mut run = Run::new("{}");
    let before = run.state.clone();
    let outcome = run.apply(Input::Snapshot(Snapshot::of_balances(
        tehran("11-10 10:00"),
        Decimal::MAX,
        Decimal::MIN,
    )));
    assert_eq!(outcome.reception, Reception::OutOfRange);
    assert_eq!(run.state, before);
}

/// Reference, current and deepest use after each of a list of snapshots.
fn all_time(plan: &str, snapshots: &[(&str, i64, i64)]) -> Vec<[i64; 3]> {
    let mut run = Run::new(plan);
    snapshots
        .iter()
        .map(|(time, balance, equity)| {
            run.snapshot(time, *balance, *equity);
            let max = run.max();
            [max.reference, max.current, max.used]
                .map(|figure| i64::try_from(figure).expect("a whole amount"))
        })
        .collect()
}

const COURSE: [(&str, i64, i64); 5] = [
    ("11-10 09:00", 100_000, 103_000),
    ("11-10 12:00", 102_000, 101_000),
    ("11-10 13:00", 101_000, 101_000),
    ("11-11 09:00", 99_000, 98_000),
    ("11-12 01:30", 99_500, 99_500),
];

#[test]
fn a_static_reference_is_the_initial_balance() {
    assert_eq!(
        all_time(r#"{"daily":null}"#, &COURSE),
        [
            [100_000, 0, 0],
            [100_000, 0, 0],
            [100_000, 0, 0],
            [100_000, 2_000, 2_000],
            [100_000, 500, 2_000]
        ]
    );
}

#[test]
fn trailing_intraday_follows_the_highest_basis() {
    assert_eq!(
        all_time(
            r#"{"daily":null,"max":{"mode":"trailing_intraday"}}"#,
            &COURSE
        ),
        [
            [103_000, 0, 0],
            [103_000, 2_000, 2_000],
            [103_000, 2_000, 2_000],
            [103_000, 5_000, 5_000],
            [103_000, 3_500, 5_000]
        ]
    );
}

#[test]
fn trailing_closed_follows_the_highest_balance() {
    assert_eq!(
        all_time(
            r#"{"daily":null,"max":{"mode":"trailing_closed"}}"#,
            &COURSE
        ),
        [
            [100_000, 0, 0],
            [102_000, 1_000, 1_000],
            [102_000, 1_000, 1_000],
            [102_000, 4_000, 4_000],
            [102_000, 2_500, 4_000]
        ]
    );
}

#[test]
fn trailing_eod_follows_the_highest_balance_at_a_reset() {
    assert_eq!(
        all_time(r#"{"daily":null,"max":{"mode":"trailing_eod"}}"#, &COURSE),
        [
            [100_000, 0, 0],
            [100_000, 0, 0],
            [100_000, 0, 0],
            [101_000, 3_000, 3_000],
            [101_000, 1_500, 3_000]
        ]
    );
}

#[test]
fn every_reset_counts_for_trailing_eod_also_one_without_a_snapshot_near_it() {
    let mut run = Run::new(r#"{"daily":null,"max":{"mode":"trailing_eod"}}"#);
    run.snapshot("11-10 09:00", 104_000, 104_000);
    assert_eq!(run.max().reference, dec("100000"));
    run.tick("11-11 01:30");
    assert_eq!(run.max().reference, dec("104000"));
    run.snapshot("11-13 09:00", 103_000, 103_000);
    assert_eq!(run.max().reference, dec("104000"));
    // A snapshot at the reset is the balance at it, before the reset passes.
    run.snapshot("11-14 01:30", 108_000, 108_000);
    assert_eq!(run.max().reference, dec("108000"));
}

#[test]
fn a_lock_stops_the_floor_at_its_gain() {
    let mut run = Run::new(
        r#"{"daily":null,"max":{"mode":"trailing_intraday","limit_pct":10,"lock_at":500}}"#,
    );
    run.snapshot("11-10 09:00", 100_000, 108_000);
    assert_eq!(run.max().floor, dec("98000"));
    run.snapshot("11-10 10:00", 100_000, 130_000);
    assert_eq!(run.max().reference, dec("110500"));
    assert_eq!(run.max().floor, dec("100500"));
    assert_eq!(run.max().used, Decimal::ZERO);
    assert_eq!(
        run.snapshot("11-10 11:00", 100_000, 100_500),
        [
            "max_drawdown warning",
            "max_drawdown critical",
            "max_drawdown breach"
        ]
    );
}

#[test]
fn a_plan_without_drawdown_rules_judges_none() {
    let mut run = Run::new(r#"{"daily":null,"max":null}"#);
    assert_eq!(run.snapshot("11-10 09:00", 100_000, 1), [""; 0]);
    assert_eq!(run.snapshot("11-12 09:00", 1, 1), [""; 0]);
    assert_eq!((run.figures().daily, run.figures().all_time), (None, None));
    assert_eq!(run.figures().reset_next_at, tehran("11-13 01:30"));
}

#[test]
fn what_is_due_next_is_the_reset_or_the_inactivity_deadline() {
    let mut run = Run::new(r#"{"inactivity_days":2}"#);
    assert_eq!(run.state.next_due(&run.plan), tehran("11-11 01:30"));
    run.tick("11-11 01:30");
    assert_eq!(run.state.next_due(&run.plan), tehran("11-11 08:00"));
    run.tick("11-11 08:00");
    assert_eq!(run.state.next_due(&run.plan), tehran("11-12 01:30"));
}
