//! Another plan, another initial balance, and annulment.

use super::*;

fn breached() -> Run {
    let mut run = Run::new("{}");
    run.snapshot("11-10 09:00", 100_000, 100_000);
    run.snapshot("11-10 10:00", 100_000, 94_500);
    assert_eq!(run.phase(), Phase::Breached);
    run
}

fn annul(run: &mut Run, rule: Rule) -> Option<PhaseChange> {
    let now = run.state.clock;
    run.state.annul(&run.plan, rule, now)
}

#[test]
fn an_annulled_breach_makes_the_challenge_active_and_does_not_fire_by_itself() {
    let mut run = breached();
    assert_eq!(
        annul(&mut run, Rule::DailyDrawdown),
        Some(PhaseChange {
            from: Phase::Breached,
            to: Phase::Active
        })
    );
    assert_eq!(run.snapshot("11-10 10:01", 100_000, 94_500), [""; 0]);
    assert_eq!(run.snapshot("11-10 10:02", 100_000, 94_800), [""; 0]);
    assert_eq!(run.phase(), Phase::Active);
}

#[test]
fn after_an_annulment_a_deeper_use_breaches_again() {
    let mut run = breached();
    annul(&mut run, Rule::DailyDrawdown);
    let crossed = run.apply(Input::Snapshot(Snapshot::of_balances(
        tehran("11-10 10:01"),
        dec("100000"),
        dec("94499"),
    )));
    assert_eq!(names(&crossed), ["daily_drawdown breach"]);
    // The store must not take it for the one that was annulled.
    assert_eq!(crossed.violations.first().map(|found| found.round), Some(1));
    assert_eq!(run.phase(), Phase::Breached);
}

#[test]
fn after_an_annulment_a_new_breach_after_a_recovery_counts() {
    let mut run = breached();
    annul(&mut run, Rule::DailyDrawdown);
    assert_eq!(run.snapshot("11-10 10:01", 100_000, 99_000), [""; 0]);
    assert_eq!(
        run.snapshot("11-10 10:02", 100_000, 95_000),
        ["daily_drawdown breach"]
    );
}

#[test]
fn an_annulment_after_the_recovery_lets_every_severity_be_told_again() {
    let mut run = breached();
    run.snapshot("11-10 10:30", 100_000, 100_000);
    annul(&mut run, Rule::DailyDrawdown);
    assert_eq!(
        run.snapshot("11-10 10:31", 100_000, 95_400),
        ["daily_drawdown warning", "daily_drawdown critical"]
    );
}

#[test]
fn another_breach_keeps_the_challenge_breached() {
    let mut run = Run::new("{}");
    run.snapshot("11-10 09:00", 100_000, 100_000);
    run.snapshot("11-10 10:00", 100_000, 89_000);
    assert_eq!(
        run.state.breaches().collect::<Vec<_>>(),
        [Rule::DailyDrawdown, Rule::MaxDrawdown]
    );
    annul(&mut run, Rule::DailyDrawdown);
    assert_eq!(run.phase(), Phase::Breached);
    annul(&mut run, Rule::MaxDrawdown);
    assert_eq!(run.phase(), Phase::Active);
    assert_eq!(run.snapshot("11-10 10:01", 100_000, 89_000), [""; 0]);
    // Back in its limit, the all-time use starts again from there.
    run.snapshot("11-10 10:02", 100_000, 92_000);
    assert_eq!(run.max().used, dec("8000"));
    // The day's 11,000 are forgiven, and it has not been back in its limit.
    assert_eq!(
        run.snapshot("11-10 10:03", 100_000, 90_000),
        ["max_drawdown breach"]
    );
}

#[test]
fn an_annulled_pause_ends_and_what_is_not_breached_is_not_annulled() {
    let mut run = Run::new(r#"{"daily":{"kind":"pause"}}"#);
    run.snapshot("11-10 09:00", 100_000, 100_000);
    run.snapshot("11-10 10:00", 100_000, 94_500);
    assert_eq!(run.phase(), Phase::Paused);
    let before = run.state.clone();
    assert_eq!(annul(&mut run, Rule::MaxDrawdown), None);
    assert_eq!(run.state, before);
    annul(&mut run, Rule::DailyDrawdown);
    assert_eq!(run.phase(), Phase::Active);
    assert_eq!(run.snapshot("11-10 10:01", 100_000, 94_500), [""; 0]);
}

#[test]
fn annulled_inactivity_counts_from_the_annulment() {
    let mut run = Run::new(r#"{"inactivity_days":2}"#);
    run.tick("11-13 08:00");
    assert_eq!(run.phase(), Phase::Breached);
    let now = tehran("11-14 08:00");
    run.state.annul(&run.plan, Rule::Inactivity, now);
    assert_eq!(run.phase(), Phase::Active);
    assert_eq!(names(&run.tick("11-15 07:59")), [""; 0]);
    assert_eq!(names(&run.tick("11-15 08:00")), ["inactivity warning"]);
}

#[test]
fn annulled_lots_are_forgiven_until_they_are_back_in_bounds() {
    let lots = |open: &str| Standing {
        open_volume: dec(open),
        ..Standing::default()
    };
    let mut run = Run::new(r#"{"max_lots":2}"#);
    run.trade("11-10 09:00", lots("3"));
    assert_eq!(run.phase(), Phase::Pending);
    annul(&mut run, Rule::MaxLots);
    assert_eq!(run.trade("11-10 09:01", lots("2.5")), [""; 0]);
    assert_eq!(run.trade("11-10 09:02", lots("1")), [""; 0]);
    assert_eq!(run.trade("11-10 09:03", lots("2.5")), ["max_lots breach"]);
}

#[test]
fn a_corrected_initial_balance_recomputes_the_deepest_use() {
    let mut run = Run::new(r#"{"daily":null}"#);
    run.snapshot("11-10 09:00", 50_000, 50_000);
    run.snapshot("11-10 10:00", 48_000, 47_000);
    run.snapshot("11-10 11:00", 49_000, 49_000);
    assert_eq!(run.phase(), Phase::Breached);
    let plan = run.plan.clone();
    let adoption = run.state.adopt(&plan, &plan, dec("50000"));
    assert!(adoption.is_depth_exact && adoption.is_reference_exact);
    assert_eq!(run.max().used, dec("3000"));
    assert_eq!(run.max().limit, dec("5000"));
    assert_eq!(run.phase(), Phase::Breached, "until it is annulled");
    annul(&mut run, Rule::MaxDrawdown);
    assert_eq!(run.max().used, dec("1000"));
    assert_eq!(
        run.snapshot("11-10 12:00", 46_000, 46_000),
        ["max_drawdown warning"]
    );
}

#[test]
fn a_corrected_initial_balance_is_as_if_it_had_been_right_from_the_start() {
    let modes = [
        "static",
        "trailing_intraday",
        "trailing_closed",
        "trailing_eod",
    ];
    for (mode, payout) in modes
        .iter()
        .flat_map(|mode| ["keep", "shift"].map(|payout| (mode, payout)))
    {
        let text = format!(r#"{{"payout":"{payout}","max":{{"mode":"{mode}"}}}}"#);
        let course = |run: &mut Run| {
            run.snapshot("11-10 09:00", 100_000, 101_000);
            run.adjust("11-10 09:30", 2_000);
            run.snapshot("11-10 10:00", 103_000, 99_500);
            run.snapshot("11-11 10:00", 103_500, 104_000);
            run.adjust("11-11 10:30", -3_000);
            run.snapshot("11-11 11:00", 100_000, 100_500);
        };
        let mut wrong = Run::new(&text);
        course(&mut wrong);
        let plan = wrong.plan.clone();
        wrong.state.adopt(&plan, &plan, dec("101500"));
        let mut right = Run::new(&text);
        let start = ChallengeStart {
            adjusted: dec("-1500"),
            ..ChallengeStart::fresh(dec("101500"), tehran("11-10 08:00"))
        };
        right.state = State::start(&plan, &start, &PriorHistory::default());
        course(&mut right);
        assert_eq!(wrong.figures(), right.figures(), "{mode} {payout}");
    }
}

#[test]
fn a_newer_plan_is_judged_from_the_next_snapshot_on() {
    let mut run = Run::new("{}");
    run.snapshot("11-10 09:00", 100_000, 100_000);
    run.snapshot("11-10 10:00", 100_000, 97_000);
    let newer = plan(r#"{"daily":{"limit_pct":3},"max":{"limit_pct":4}}"#);
    run.state.adopt(&run.plan, &newer, dec("100000"));
    run.plan = newer;
    assert_eq!(run.phase(), Phase::Active);
    assert_eq!(run.daily().limit, dec("3000"));
    assert_eq!(
        run.snapshot("11-10 10:01", 100_000, 97_000),
        [
            "daily_drawdown warning",
            "daily_drawdown critical",
            "daily_drawdown breach",
            "max_drawdown warning"
        ]
    );
}

#[test]
fn another_mode_starts_its_depth_from_the_present_and_says_so() {
    let mut run = Run::new(r#"{"daily":null}"#);
    run.snapshot("11-10 09:00", 100_000, 106_000);
    run.snapshot("11-10 10:00", 100_000, 95_000);
    run.snapshot("11-10 11:00", 100_000, 103_000);
    let newer = plan(r#"{"max":{"mode":"trailing_intraday"}}"#);
    let adoption = run.state.adopt(&run.plan, &newer, dec("100000"));
    run.plan = newer;
    assert_eq!(
        adoption,
        Adoption {
            is_depth_exact: false,
            is_reference_exact: false
        }
    );
    assert_eq!(run.max().reference, dec("106000"));
    assert_eq!(run.max().used, dec("3000"));
    assert_eq!(run.reference(), (dec("103000"), Source::After));
}

#[test]
fn another_reference_of_the_same_day_is_known() {
    let mut run = Run::new("{}");
    run.snapshot("11-11 01:20", 101_000, 99_000);
    run.snapshot("11-11 02:00", 101_000, 99_500);
    let newer = plan(r#"{"daily":{"reference":"balance","of":"reference"}}"#);
    let adoption = run.state.adopt(&run.plan, &newer, dec("100000"));
    run.plan = newer;
    assert!(adoption.is_reference_exact);
    assert_eq!(run.reference(), (dec("101000"), Source::Before));
    assert_eq!(run.daily().limit, dec("5050"));
}
