//! Rules that go by deals, and what went before a challenge.

use super::*;
use crate::domain::deal::{Deal, DealKind};

fn standing(open_positions: u32, lots: &str, days: u32) -> Standing {
    Standing {
        open_positions,
        open_volume: dec(lots),
        trading_days: days,
        best_day_profit: dec("3000"),
        total_profit: dec("8000"),
    }
}

#[test]
fn a_challenge_passes_when_every_condition_holds() {
    let conditions = r#"{"profit_target_pct":8,"min_trading_days":3,"consistency_pct":40}"#;
    let phase = |balance: i64, standing: Standing| {
        let mut run = Run::new(conditions);
        run.snapshot("11-10 09:00", 100_000, 100_000);
        run.trade("11-10 10:00", standing);
        run.snapshot("11-10 10:01", balance, balance);
        run.phase()
    };
    let good = standing(0, "0", 3);
    assert_eq!(phase(108_000, good), Phase::Passed);
    assert_eq!(phase(107_999, good), Phase::Active);
    assert_eq!(phase(108_000, standing(1, "1", 3)), Phase::Active);
    assert_eq!(phase(108_000, standing(0, "0", 2)), Phase::Active);
    let lucky = Standing {
        best_day_profit: dec("3200.01"),
        ..good
    };
    assert_eq!(phase(108_000, lucky), Phase::Active);
    let just_so = Standing {
        best_day_profit: dec("3200"),
        ..good
    };
    assert_eq!(phase(108_000, just_so), Phase::Passed);
}

#[test]
fn a_passed_challenge_records_no_violation_and_is_not_breached() {
    let mut run = Run::new(r#"{"profit_target_pct":5}"#);
    run.snapshot("11-10 09:00", 105_000, 105_000);
    assert_eq!(run.phase(), Phase::Passed);
    assert_eq!(run.snapshot("11-10 10:00", 80_000, 80_000), [""; 0]);
    assert_eq!(run.phase(), Phase::Passed);
    assert_eq!(run.max().used, dec("20000"));
}

#[test]
fn a_breach_in_the_same_snapshot_goes_before_passing() {
    let mut run = Run::new(r#"{"profit_target_pct":5}"#);
    run.snapshot("11-10 09:00", 100_000, 100_000);
    run.snapshot("11-10 10:00", 106_000, 94_000);
    assert_eq!(run.phase(), Phase::Breached);
}

#[test]
fn a_paused_challenge_passes_only_after_its_pause() {
    let mut run = Run::new(r#"{"daily":{"kind":"pause"},"max":null,"profit_target_pct":5}"#);
    run.snapshot("11-10 09:00", 112_000, 112_000);
    assert_eq!(run.phase(), Phase::Passed);
    let mut run = Run::new(r#"{"daily":{"kind":"pause"},"max":null,"profit_target_pct":5}"#);
    run.snapshot("11-10 09:00", 100_000, 120_000);
    run.snapshot("11-10 10:00", 106_000, 106_000);
    assert_eq!(run.phase(), Phase::Paused);
    run.snapshot("11-10 11:00", 106_000, 106_000);
    assert_eq!(run.phase(), Phase::Paused);
    run.snapshot("11-11 02:00", 106_000, 106_000);
    assert_eq!(run.phase(), Phase::Passed);
}

fn listed(count: u32, lots: &str) -> Option<OpenPositions> {
    Some(OpenPositions {
        count,
        lots: dec(lots),
        oldest_at: None,
    })
}

fn with_list(run: &mut Run, time: &str, positions: Option<OpenPositions>) -> Phase {
    run.apply(Input::Snapshot(Snapshot {
        positions,
        ..Snapshot::of_balances(tehran(time), dec("100000"), dec("100000"))
    }));
    run.phase()
}

#[test]
fn excess_lots_breach_once_where_the_list_agrees() {
    let mut run = Run::new(r#"{"max_lots":2}"#);
    run.snapshot("11-10 08:30", 100_000, 100_000);
    assert_eq!(run.trade("11-10 09:00", standing(1, "2.00", 1)), [""; 0]);
    assert_eq!(
        run.trade("11-10 09:01", standing(2, "2.01", 1)),
        ["max_lots breach"]
    );
    assert_eq!(run.phase(), Phase::Pending);
    assert_eq!(
        with_list(&mut run, "11-10 09:02", listed(2, "2.01")),
        Phase::Breached
    );
    assert_eq!(run.trade("11-10 09:03", standing(3, "9", 1)), [""; 0]);
}

#[test]
fn list_decides_of_excess_lots_after_ten_minutes() {
    let phases = |lots: &str| {
        let mut run = Run::new(r#"{"max_lots":2}"#);
        run.snapshot("11-10 08:30", 100_000, 100_000);
        run.trade("11-10 09:00", standing(2, "3", 1));
        let early = with_list(&mut run, "11-10 09:01", listed(1, lots));
        (early, with_list(&mut run, "11-10 09:10", listed(1, lots)))
    };
    assert_eq!(phases("1"), (Phase::Pending, Phase::Active));
    assert_eq!(phases("2.5"), (Phase::Pending, Phase::Breached));
}

#[test]
fn excess_lots_breach_where_the_list_is_unknown() {
    let mut run = Run::new(r#"{"max_lots":2}"#);
    run.snapshot("11-10 08:30", 100_000, 100_000);
    run.trade("11-10 09:00", standing(2, "3", 1));
    assert_eq!(with_list(&mut run, "11-10 09:01", None), Phase::Breached);
}

#[test]
fn pass_waits_until_the_list_shows_no_position() {
    let phase = |list: Option<OpenPositions>, open: u32| {
        let mut run = Run::new(r#"{"profit_target_pct":8}"#);
        run.snapshot("11-10 09:00", 100_000, 100_000);
        run.trade("11-10 10:00", standing(open, "0", 1));
        run.apply(Input::Snapshot(Snapshot {
            positions: list,
            ..Snapshot::of_balances(tehran("11-10 10:01"), dec("108000"), dec("108000"))
        }));
        run.phase()
    };
    assert_eq!(phase(listed(0, "0"), 0), Phase::Passed);
    assert_eq!(phase(listed(1, "1"), 0), Phase::Active);
    assert_eq!(phase(None, 0), Phase::Active);
    assert_eq!(phase(listed(0, "0"), 1), Phase::Active);
}

#[test]
fn position_that_only_the_ledger_has_counts_as_closed_after_ten_minutes() {
    let mut run = Run::new(r#"{"profit_target_pct":8}"#);
    run.trade("11-10 09:00", standing(1, "1", 1));
    run.snapshot("11-10 09:01", 108_000, 108_000);
    run.snapshot("11-10 09:10", 108_000, 108_000);
    assert_eq!(run.phase(), Phase::Active);
    run.snapshot("11-10 09:11", 108_000, 108_000);
    assert_eq!(run.phase(), Phase::Passed);
}

#[test]
fn annulled_pass_comes_again_after_a_closed_trade() {
    let mut run = Run::new(r#"{"profit_target_pct":8}"#);
    run.snapshot("11-10 09:00", 108_000, 108_000);
    assert_eq!(run.phase(), Phase::Passed);
    let now = run.state.clock;
    assert!(
        run.state
            .annul(&run.plan, Rule::ProfitTarget, now)
            .is_some()
    );
    run.snapshot("11-10 09:01", 108_000, 108_000);
    assert_eq!(run.phase(), Phase::Active);
    run.apply(Input::Deal(DealEffect {
        is_trade: true,
        closes_trade: true,
        ..DealEffect::movement(tehran("11-10 10:00"), dec("0"), dec("0"))
    }));
    run.snapshot("11-10 10:01", 108_000, 108_000);
    assert_eq!(run.phase(), Phase::Passed);
    assert_eq!(run.state.annul(&run.plan, Rule::MaxLots, now), None);
}

#[test]
fn flagged_snapshot_never_passes_and_its_breach_is_pending() {
    let mut run = Run::new(r#"{"profit_target_pct":8}"#);
    run.snapshot("11-10 09:00", 100_000, 100_000);
    run.flagged("11-10 09:01", 109_000, 109_000);
    assert_eq!(run.phase(), Phase::Active);
    run.flagged("11-10 09:02", 94_000, 94_000);
    assert_eq!(run.phase(), Phase::Pending);
    assert_eq!(run.state.breaches().count(), 0);
    run.state.confirm();
    assert_eq!(run.phase(), Phase::Breached);
}

#[test]
fn inactivity_waits_while_a_position_is_open() {
    let mut run = Run::new(r#"{"inactivity_days":30}"#);
    let at = |text: &str| format!("2025-{text}:00Z").parse().expect("a time");
    let trade = |run: &mut Run, text: &str, open: u32| {
        run.apply(Input::Deal(DealEffect {
            is_trade: true,
            standing: standing(open, "0", 1),
            ..DealEffect::movement(at(text), dec("0"), dec("0"))
        }));
    };
    trade(&mut run, "11-11T12:00", 1);
    assert_eq!(names(&run.apply(Input::Tick(at("12-12T12:00")))), [""; 0]);
    trade(&mut run, "12-20T12:00", 0);
    let due = |days: i64| at("12-20T12:00") + Duration::days(days);
    let tick = |run: &mut Run, at: Timestamp| names(&run.apply(Input::Tick(at)));
    assert_eq!(tick(&mut run, due(29) - Duration::seconds(1)), [""; 0]);
    assert_eq!(tick(&mut run, due(29)), ["inactivity warning"]);
    assert_eq!(tick(&mut run, due(30)), ["inactivity breach"]);
}

#[test]
fn inactivity_warns_a_day_before_and_breaches_on_the_day() {
    let mut run = Run::new(r#"{"inactivity_days":3}"#);
    assert_eq!(names(&run.tick("11-12 07:59")), [""; 0]);
    let warned = run.tick("11-12 09:00");
    assert_eq!(names(&warned), ["inactivity warning"]);
    let warning = warned.violations.first().expect("a warning");
    assert_eq!(warning.detected_at, tehran("11-12 08:00"));
    assert_eq!(warning.threshold_value, dec("2"));
    assert_eq!(names(&run.tick("11-13 07:59")), [""; 0]);
    assert_eq!(names(&run.tick("11-13 08:00")), ["inactivity breach"]);
    assert_eq!(run.phase(), Phase::Breached);
    assert_eq!(names(&run.tick("11-20 08:00")), [""; 0]);
}

#[test]
fn a_trade_begins_the_inactivity_anew_and_a_balance_operation_does_not() {
    let mut run = Run::new(r#"{"inactivity_days":3}"#);
    run.trade("11-12 07:00", Standing::default());
    run.adjust("11-13 07:00", 500);
    assert_eq!(names(&run.tick("11-14 06:59")), [""; 0]);
    assert_eq!(names(&run.tick("11-14 07:00")), ["inactivity warning"]);
    run.trade("11-14 08:00", Standing::default());
    assert_eq!(
        names(&run.tick("11-18 08:00")),
        ["inactivity warning", "inactivity breach"]
    );
}

#[test]
fn inactivity_is_judged_before_the_snapshot_that_tells_of_it() {
    let mut run = Run::new(r#"{"inactivity_days":2}"#);
    assert_eq!(
        run.snapshot("11-12 09:00", 100_000, 1),
        ["inactivity warning", "inactivity breach"]
    );
}

fn history(deals: &[(&str, DealKind, i64)]) -> Vec<Deal> {
    deals
        .iter()
        .map(|(time, kind, profit)| Deal {
            profit: (*profit).into(),
            ..Deal::empty((*time).to_owned(), tehran(time), *kind)
        })
        .collect()
}

#[test]
fn a_first_challenge_starts_from_the_balance_peak_of_the_history() {
    let deals = history(&[
        ("11-01 10:00", DealKind::Balance, 100_000),
        ("11-02 10:00", DealKind::Buy, 4_000),
        ("11-02 23:00", DealKind::Buy, 3_000),
        ("11-03 01:00", DealKind::Sell, -2_000),
        ("11-04 10:00", DealKind::Balance, -1_000),
        ("11-05 10:00", DealKind::Sell, -3_000),
    ]);
    let reference = |mode: &str| {
        let plan = plan(&format!(r#"{{"max":{{"mode":"{mode}"}}}}"#));
        let mut prior = PriorHistory::of(&plan, &deals);
        let at = tehran("11-10 08:00");
        prior.end(&plan, at);
        let state = State::start(&plan, &ChallengeStart::fresh(dec("100000"), at), &prior);
        let figures = state.figures(&plan, tehran("11-10 08:00"));
        figures.all_time.expect("an all-time rule").reference
    };
    // 107,000 at its highest and 105,000 at a reset; the payout of 1,000 has
    // moved both.
    assert_eq!(reference("trailing_closed"), dec("106000"));
    assert_eq!(reference("trailing_eod"), dec("104000"));
    assert_eq!(reference("static"), dec("100000"));
    assert_eq!(reference("trailing_intraday"), dec("100000"));
}
