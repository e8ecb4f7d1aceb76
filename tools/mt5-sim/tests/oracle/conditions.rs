//! Passing, open volume and inactivity.

use crate::support::{Case, end, violations};
use mt5_sim::oracle::verdict::Phase;

fn funded(plan: &str) -> Case {
    Case::new(plan, "01T05:00")
        .balance("01T04:00", "100000")
        .seen("01T05:01", "100000", "100000")
}

#[test]
fn target_is_met_at_a_snapshot_without_positions() {
    let plan = r#"{"profit_target_pct":8,"min_trading_days":2}"#;
    let open = || {
        funded(plan)
            .trade("02T06:00", "02T07:00", "5000")
            .trade("03T06:00", "03T07:00", "3000")
            .open("03T06:50", 7, "1")
            .seen("03T07:01", "108000", "108000")
    };
    assert_eq!(open().only().phase, Phase::Active);
    let passed = open()
        .close("03T08:00", 7, "1", "0")
        .seen("03T08:05", "108000", "108000")
        .only();
    assert_eq!(
        end(&passed).as_deref(),
        Some("passed profit_target 2026-11-03 08:05:00 8000/8000")
    );
}

#[test]
fn one_day_too_few_does_not_pass() {
    let plan = r#"{"profit_target_pct":8,"min_trading_days":2}"#;
    let challenge = funded(plan)
        .trade("02T06:00", "02T07:00", "9000")
        .seen("02T07:01", "109000", "109000")
        .only();
    assert_eq!(challenge.phase, Phase::Active);
}

#[test]
fn best_day_may_have_40_percent() {
    let plan = r#"{"profit_target_pct":8,"consistency_pct":40}"#;
    for (third, phase) in [("3200", Phase::Passed), ("3200.01", Phase::Active)] {
        let challenge = funded(plan)
            .trade("02T06:00", "02T07:00", "2400")
            .trade("03T06:00", "03T07:00", "2400")
            .trade("04T06:00", "04T07:00", third)
            .seen("04T07:01", "108000", "108000")
            .only();
        assert_eq!(challenge.phase, phase, "{third}");
    }
}

#[test]
fn opening_above_max_lots_breaches() {
    let challenge = funded(r#"{"max_lots":2.5}"#)
        .open("02T06:00", 1, "2.5")
        .open("02T07:00", 2, "0.01")
        .only();
    assert_eq!(
        end(&challenge).as_deref(),
        Some("breached max_lots 2026-11-02 07:00:00 2.51/2.5")
    );
}

#[test]
fn carried_volume_counts_at_the_next_opening() {
    let case = || {
        funded(r#"{"max_lots":2}"#)
            .open("02T06:00", 1, "3")
            .reset("03T06:00", "100000")
            .seen("03T06:01", "100000", "100000")
    };
    assert_eq!(case().last().phase, Phase::Active);
    let opened = case().open("03T07:00", 2, "0.1").last();
    assert_eq!(
        end(&opened).as_deref(),
        Some("breached max_lots 2026-11-03 07:00:00 3.1/2")
    );
}

#[test]
fn thirty_idle_days_breach_on_9_january() {
    let idle = |seen: &str| {
        funded(r#"{"inactivity_days":30}"#)
            .open("01T06:00", 1, "1")
            .close("2026-12-10T12:00:00Z", 1, "1", "0")
            .seen(seen, "100000", "100000")
            .only()
    };
    assert!(violations(&idle("2027-01-08T11:59:00Z")).is_empty());
    assert_eq!(
        violations(&idle("2027-01-08T12:05:00Z")),
        ["inactivity warning 2027-01-08 12:00:00 29/30"]
    );
    let breached = idle("2027-01-09T12:05:00Z");
    assert_eq!(
        end(&breached).as_deref(),
        Some("breached inactivity 2027-01-09 12:00:00 30/30")
    );
}
