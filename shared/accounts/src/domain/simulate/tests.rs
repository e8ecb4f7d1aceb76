//! Simulations as a client sees them.

use chrono::Duration;
use kernel::currency::Currency;

use super::*;
use crate::domain::deal::{Deal, DealKind, Entry};
use crate::domain::snapshot::AccountSnapshot;
use serde_json::{Value, json};

fn plan(text: &str) -> Plan {
    serde_json::from_str(text).expect("a plan")
}

fn snapshots(rows: &[(&str, i64, i64)]) -> Vec<SimSnapshot> {
    rows.iter()
        .map(|(time, balance, equity)| SimSnapshot {
            recorded_at: format!("2025-{}:00+03:30", time.replace(' ', "T"))
                .parse()
                .expect("a time"),
            balance: (*balance).into(),
            equity: (*equity).into(),
            adjustment: None,
        })
        .collect()
}

const EXAMPLE: [(&str, i64, i64); 6] = [
    ("11-10 09:00", 100_000, 100_000),
    ("11-10 14:00", 100_000, 96_500),
    ("11-11 01:20", 98_000, 98_000),
    ("11-11 01:40", 98_000, 97_400),
    ("11-11 11:00", 98_000, 93_400),
    ("11-11 11:05", 98_000, 92_900),
];

fn run(plan_text: &str, rows: &[(&str, i64, i64)]) -> Value {
    let simulation = simulate(&plan(plan_text), 100_000.into(), &snapshots(rows)).expect("runs");
    serde_json::to_value(simulation).expect("writes")
}

#[test]
fn the_worked_example_is_answered_as_the_contract_has_it() {
    let answer = run("{}", &EXAMPLE);
    let crossed = |rule: &str, severity: &str| json!({"rule": rule, "severity": severity});
    assert_eq!(
        answer["timeline"][5],
        json!({
            "recorded_at": "2025-11-11T07:35:00Z",
            "daily": {
                "reference": 98000, "source": "before", "used": 5100, "limit": 5000,
                "floor": 93000, "use_pct": 102, "reset_at": "2025-11-11T22:00:00Z"
            },
            "max": {
                "reference": 100000, "used": 7100, "current": 7100, "limit": 10000,
                "floor": 90000, "use_pct": 71
            },
            "phase": "breached",
            "violations": [
                crossed("daily_drawdown", "breach"),
                crossed("max_drawdown", "warning")
            ]
        })
    );
    let told: Vec<_> = answer["violations"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|found| (found["rule"].as_str(), found["severity"].as_str()))
        .collect();
    let daily = Some("daily_drawdown");
    assert_eq!(
        told,
        [
            (daily, Some("warning")),
            (daily, Some("warning")),
            (daily, Some("critical")),
            (daily, Some("breach")),
            (Some("max_drawdown"), Some("warning"))
        ]
    );
    assert_eq!(answer["phase"], "breached");
    assert_eq!(answer["breached_at"], "2025-11-11T07:35:00Z");
    assert_eq!(answer["not_evaluated"], json!([]));
    let phases: Vec<_> = (0..6)
        .map(|row| &answer["timeline"][row]["phase"])
        .collect();
    assert_eq!(
        phases,
        ["active", "active", "active", "active", "active", "breached"]
    );
}

#[test]
fn an_adjustment_explains_a_change_of_balance() {
    let mut rows = snapshots(&[
        ("11-11 01:20", 108_000, 108_000),
        ("11-11 09:00", 100_000, 100_000),
        ("11-11 09:01", 100_000, 96_500),
    ]);
    rows[1].adjustment = Some((-8_000).into());
    let simulation = simulate(&plan("{}"), 100_000.into(), &rows).expect("runs");
    let daily = |row: usize| {
        simulation.timeline[row]
            .daily
            .clone()
            .expect("a daily rule")
    };
    assert_eq!(daily(1).reference, Number(100_000.into()));
    assert_eq!(daily(1).used, Number(0.into()));
    assert_eq!(daily(2).used, Number(3_500.into()));
    assert_eq!(
        simulation.timeline[2].violations,
        [Crossing {
            rule: Rule::DailyDrawdown,
            severity: Severity::Warning
        }]
    );
}

#[test]
fn an_adjustment_of_the_first_snapshot_is_since_the_initial_balance() {
    let mut rows = snapshots(&[("11-10 09:00", 105_000, 105_000)]);
    rows[0].adjustment = Some(5_000.into());
    let trailing = plan(r#"{"max":{"mode":"trailing_closed"},"daily":null}"#);
    let simulation = simulate(&trailing, 100_000.into(), &rows).expect("runs");
    let max = simulation.timeline[0]
        .max
        .clone()
        .expect("an all-time rule");
    assert_eq!(max.reference, Number(105_000.into()));
    assert_eq!(max.used, Number(0.into()));
}

#[test]
fn rules_that_snapshots_cannot_tell_of_are_listed_and_not_judged() {
    let answer = run(
        r#"{"profit_target_pct":1,"min_trading_days":1,"consistency_pct":50,"max_lots":1,
            "inactivity_days":1}"#,
        &[
            ("11-10 09:00", 100_000, 100_000),
            ("11-14 09:00", 109_000, 109_000),
        ],
    );
    assert_eq!(
        answer["not_evaluated"],
        json!([
            "profit_target",
            "min_trading_days",
            "consistency",
            "max_lots",
            "inactivity"
        ])
    );
    assert_eq!(
        (&answer["phase"], &answer["violations"]),
        (&json!("active"), &json!([]))
    );
    assert_eq!(answer["breached_at"], Value::Null);
}

#[test]
fn a_pause_is_no_breach() {
    let answer = run(
        r#"{"daily":{"kind":"pause"},"max":null}"#,
        &[
            ("11-10 09:00", 100_000, 100_000),
            ("11-10 10:00", 100_000, 94_000),
            ("11-11 02:00", 100_000, 94_000),
        ],
    );
    assert_eq!(answer["timeline"][1]["phase"], "paused");
    assert_eq!(answer["timeline"][1]["max"], Value::Null);
    assert_eq!(answer["timeline"][2]["phase"], "active");
    assert_eq!(answer["breached_at"], Value::Null);
}

#[test]
fn a_plan_in_prague_keeps_midnight_over_both_changes_of_the_clock() {
    let prague = r#"{"reset":{"time":"00:00","zone":"Europe/Prague"},"max":null}"#;
    // In UTC: midnight is 23:00 on 29 March and 22:00 on 30 March.
    let at = |text: &str| SimSnapshot {
        recorded_at: text.parse().expect("a time"),
        balance: 100_000.into(),
        equity: 99_000.into(),
        adjustment: None,
    };
    let rows = [
        at("2025-03-29T22:59:00Z"),
        at("2025-03-29T23:00:00Z"),
        at("2025-03-30T21:59:00Z"),
        at("2025-03-30T22:00:00Z"),
        at("2025-10-25T22:00:00Z"),
        at("2025-10-26T22:59:00Z"),
        at("2025-10-26T23:00:00Z"),
    ];
    let simulation = simulate(&plan(prague), 100_000.into(), &rows).expect("runs");
    let days: Vec<_> = simulation
        .timeline
        .iter()
        .map(|entry| {
            let daily = entry.daily.as_ref().expect("a daily rule");
            (daily.reset_at.format("%m-%d %H").to_string(), daily.source)
        })
        .collect();
    let day = |reset: &str, source| (reset.to_owned(), source);
    assert_eq!(
        days,
        [
            day("03-29 23", Source::After),
            day("03-30 22", Source::Exact),
            day("03-30 22", Source::Exact),
            day("03-31 22", Source::Exact),
            day("10-26 23", Source::Exact),
            day("10-26 23", Source::Exact),
            day("10-27 23", Source::Exact),
        ]
    );
}

fn fields(result: Result<Simulation, Vec<FieldError>>) -> Vec<String> {
    let faults = result.expect_err("not accepted");
    faults.into_iter().map(|fault| fault.field).collect()
}

#[test]
fn snapshots_out_of_order_are_refused_by_index() {
    let rows = snapshots(&[
        ("11-10 09:00", 1, 1),
        ("11-10 09:00", 1, 1),
        ("11-10 08:59", 1, 1),
    ]);
    assert_eq!(
        fields(simulate(&Plan::default(), 100_000.into(), &rows)),
        ["snapshots[2].recorded_at"]
    );
}

#[test]
fn what_is_out_of_bounds_is_refused_by_name() {
    let wrong = plan(r#"{"daily":{"limit_pct":101}}"#);
    let mut rows = snapshots(&[("11-10 09:00", 1, 1)]);
    rows[0].equity = Decimal::MAX;
    assert_eq!(
        fields(simulate(&wrong, Decimal::ZERO, &rows)),
        [
            "plan.daily.limit_pct",
            "initial_balance",
            "snapshots[0].equity"
        ]
    );
    let many = vec![rows[0].clone(); SNAPSHOTS_MAX + 1];
    assert_eq!(
        fields(simulate(&Plan::default(), Decimal::ONE, &many)),
        ["snapshots"]
    );
}

#[test]
fn the_largest_amounts_and_longest_gaps_do_not_overflow() {
    let amount = crate::domain::AMOUNT_MAX;
    let at = |text: &str, equity: Decimal| SimSnapshot {
        recorded_at: text.parse().expect("a time"),
        balance: amount,
        equity,
        adjustment: Some(amount),
    };
    let rows: Vec<_> = (0..SNAPSHOTS_MAX - 1)
        .map(|_| at("1970-01-01T00:00:00.123Z", -amount))
        .chain([at("2199-12-31T23:59:59.999Z", amount)])
        .collect();
    for mode in [
        "static",
        "trailing_intraday",
        "trailing_closed",
        "trailing_eod",
    ] {
        let text = format!(
            r#"{{"daily":{{"of":"reference"}},"max":{{"mode":"{mode}"}},"payout":"shift"}}"#
        );
        let simulation = simulate(&plan(&text), amount, &rows).expect("runs");
        assert_eq!(simulation.timeline.len(), SNAPSHOTS_MAX);
    }
}

/// An opening (a purchase) or closing deal: lots and profit.
fn deal(id: &str, time: Timestamp, kind: DealKind, (lots, profit): (i64, i64)) -> Deal {
    let is_opening = kind == DealKind::Buy;
    Deal {
        entry: Some(if is_opening { Entry::In } else { Entry::Out }),
        symbol: Some("EURUSD".to_owned()),
        position_id: Some(if id == "2" { "1" } else { id }.to_owned()),
        volume: lots.into(),
        price: Decimal::ONE,
        profit: profit.into(),
        ..Deal::empty(id.to_owned(), time, kind)
    }
}

#[test]
fn a_history_gives_one_entry_per_reset_and_the_violations() {
    let plan = plan(r#"{"max_lots":1}"#);
    let rows = snapshots(&EXAMPLE);
    let taken =
        |row: &SimSnapshot| AccountSnapshot::of_balances(row.recorded_at, row.balance, row.equity);
    let usd = Currency::usd();
    let mut run = HistorySimulation::start(&plan, &usd, 100_000.into(), &taken(&rows[0]), &[]);
    run.snapshot(&taken(&rows[1]));
    // A position that loses 2,000 and is closed ten minutes before 01:20.
    let lost_at = rows[2].recorded_at - Duration::minutes(10);
    run.deal(&deal(
        "1",
        lost_at - Duration::minutes(5),
        DealKind::Buy,
        (1, 0),
    ));
    run.deal(&deal("2", lost_at, DealKind::Sell, (1, -2_000)));
    for row in &rows[2..4] {
        run.snapshot(&taken(row));
    }
    let too_much = rows[4].recorded_at;
    run.deal(&deal("3", too_much, DealKind::Buy, (2, 0)));
    run.snapshot(&taken(&rows[4]));
    let end = rows[5].recorded_at + Duration::days(2);
    let simulation = run.finish(end);
    let entries: Vec<_> = simulation
        .timeline
        .iter()
        .map(|entry| {
            let used = entry.daily.as_ref().map(|daily| daily.used.0);
            (
                entry.recorded_at.format("%m-%d %H:%M").to_string(),
                used,
                entry.phase,
                entry.violations.len(),
            )
        })
        .collect();
    let entry = |time: &str, used: i64, phase, crossed| {
        (time.to_owned(), Some(Decimal::from(used)), phase, crossed)
    };
    assert_eq!(
        entries,
        [
            entry("11-10 22:00", 2_000, Phase::Active, 1),
            entry("11-11 22:00", 4_600, Phase::Breached, 3),
            entry("11-12 22:00", 0, Phase::Breached, 0),
        ]
    );
    assert_eq!(simulation.breached_at, Some(too_much));
    assert_eq!(simulation.violations.len(), 4);
}

#[test]
fn a_snapshot_is_read_as_the_contract_writes_it() {
    let row: SimSnapshot = serde_json::from_str(
        r#"{"recorded_at":"2025-11-10T09:00:00+03:30","balance":100000.10,"equity":99999}"#,
    )
    .expect("reads");
    assert_eq!(row.recorded_at.to_rfc3339(), "2025-11-10T05:30:00+00:00");
    assert_eq!(row.balance, Decimal::new(10_000_010, 2));
    assert_eq!(row.adjustment, None);
}
