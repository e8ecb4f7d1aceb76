//! What must not be final, and what must not be lost.

use super::*;
use crate::domain::rules::Rule;

const DAY: i64 = 86_400;

/// Snapshots of one balance at 2, 20, 100 and 120 s after the first.
fn steps(account: &mut Account, from: i64, balance: &str) -> Phase {
    for after in [0, 2, 20, 100, 120] {
        account.snapshot(from + after, balance, balance);
    }
    account.phase()
}

#[test]
fn late_payout_lifts_a_breach_while_other_deals_are_under_way() {
    let mut account = Account::funded("{}");
    assert_eq!(steps(&mut account, 100, "92000"), Phase::Pending);
    account.money(100, -8_000);
    // A trade has closed at +10, and its deals are not there yet.
    assert_eq!(account.snapshot(400, "92010", "92010"), Phase::Active);
    assert_eq!(account.unexplained(), Decimal::ZERO);
    assert_eq!(account.daily().used, Decimal::ZERO);
    assert_eq!(account.state.reconciliation.held.len(), 1);
    account.trade(380, 390, "10");
    assert_eq!(account.snapshot(402, "92010", "92010"), Phase::Active);
    assert_eq!(account.gain(), dec("10"));
    assert!(account.state.reconciliation.held.is_empty());
}

#[test]
fn breach_is_pending_before_time_confirms_it() {
    let mut account = Account::funded(r#"{"confirm_after_min":2}"#);
    assert_eq!(steps(&mut account, 100, "92000"), Phase::Pending);
    assert_eq!(account.snapshot(280, "92000", "92000"), Phase::Breached);
}

#[test]
fn lift_by_the_shop_outlasts_a_late_deal() {
    let mut account = Account::funded("{}");
    assert_eq!(steps(&mut account, 100, "99987.60"), Phase::Active);
    account.trade(300, 400, "-6000");
    assert_eq!(
        account.snapshot(500, "93987.60", "93987.60"),
        Phase::Pending
    );
    let plan = account.plan.clone();
    let rule = Rule::DailyDrawdown;
    let rules = account.state.rules_mut().expect("rules");
    rules.annul(&plan, rule, at(510)).expect("a breach");
    let depth = rules.waiver(rule).expect("a waiver");
    assert_eq!(depth, dec("6012.40"));
    let (kept, ..) = account.kept.as_mut().expect("a kept state");
    kept.rules_mut().expect("rules").waive(rule, depth, at(510));
    account.operation(90, DealKind::Charge, "-12.40");
    assert_eq!(account.snapshot(600, "93987.60", "93987.60"), Phase::Active);
    assert_eq!(account.unexplained(), Decimal::ZERO);
    // A deeper one counts again.
    account.trade(650, 660, "-100");
    assert_eq!(
        account.snapshot(700, "93887.60", "93887.60"),
        Phase::Breached
    );
}

#[test]
fn money_paid_back_is_not_the_deal_of_a_settled_difference() {
    let mut account = Account::funded(r#"{"profit_target_pct":8,"min_trading_days":1}"#);
    account.trade(100, 200, "8500");
    assert_eq!(steps(&mut account, 300, "104500"), Phase::Active);
    assert_eq!(account.unexplained(), dec("-4000"));
    account.state.settle(at(DAY));
    account.kept = None;
    assert_eq!(account.gain(), dec("4500"));
    assert_eq!(
        account.snapshot(DAY + 100, "108500", "108500"),
        Phase::Active
    );
    assert_eq!(account.gain(), dec("4500"), "held");
    account.money(DAY + 90, 4_000);
    assert_eq!(
        account.snapshot(DAY + 112, "108500", "108500"),
        Phase::Active
    );
    assert_eq!(account.gain(), dec("4500"));
}

#[test]
fn closing_a_part_of_what_is_above_the_limit_is_no_breach() {
    let mut account = Account::new(r#"{"max_lots":2}"#, Some(100_000));
    account.money(-3_600, 100_000);
    let position = account.open(-100, "4");
    account.shown(0, "100000", "100000", 1);
    account.close(&position, 100, "0");
    assert_eq!(account.shown(150, "100000", "100000", 1), Phase::Active);
    account.open(200, "0.5");
    assert_eq!(account.shown(250, "100000", "100000", 1), Phase::Pending);
}

#[test]
fn equity_that_contradicts_an_empty_list_is_asked_again_after_a_close() {
    let mut account = Account::funded("{}");
    account.trade(100, 200, "-1000");
    assert_eq!(account.snapshot(205, "99000", "94000"), Phase::Active);
    assert!(account.state.reconciliation.is_rechecking);
    assert_eq!(account.snapshot(207, "99000", "99000"), Phase::Active);
    assert_eq!(account.daily().used, dec("1000"));
    assert_eq!(account.snapshot(300, "99000", "94000"), Phase::Active);
    assert_eq!(
        account.snapshot(302, "99000", "94000"),
        Phase::Breached,
        "it lasts"
    );
}

#[test]
fn inactivity_is_not_final_while_a_difference_stands() {
    let mut account = Account::funded(r#"{"inactivity_days":30}"#);
    account.trade(100, 200, "10");
    account.snapshot(300, "100010", "100010");
    assert_eq!(steps(&mut account, 29 * DAY, "100130"), Phase::Active);
    assert_eq!(
        account.snapshot(30 * DAY + 300, "100130", "100130"),
        Phase::Pending
    );
    account.trade(29 * DAY - 200, 29 * DAY - 100, "120");
    assert_eq!(
        account.snapshot(30 * DAY + 400, "100130", "100130"),
        Phase::Active
    );
}

#[test]
fn days_without_a_trade_count_from_the_start_of_the_challenge() {
    let mut account = Account::new(r#"{"inactivity_days":30}"#, Some(100_000));
    account.money(-50 * DAY, 100_000);
    account.trade(-40 * DAY, -39 * DAY, "10");
    assert_eq!(account.snapshot(0, "100010", "100010"), Phase::Active);
    assert_eq!(
        account.snapshot(29 * DAY, "100010", "100010"),
        Phase::Active
    );
    assert_eq!(
        account.snapshot(30 * DAY, "100010", "100010"),
        Phase::Breached
    );
}

#[test]
fn credit_that_is_taken_back_before_its_deal_is_there_is_no_loss() {
    let mut account = Account::new("{}", Some(100_000));
    account.money(-3_600, 100_000);
    account.operation(-1_800, DealKind::Credit, "6000");
    let snapshot = |seconds: i64, credit: &str| AccountSnapshot {
        credit: Some(dec(credit)),
        positions: Some(OpenPositions {
            count: 0,
            lots: Decimal::ZERO,
            oldest_at: None,
        }),
        ..AccountSnapshot::of_balances(at(seconds), dec("100000"), dec("100000") + dec(credit))
    };
    assert_eq!(account.take(snapshot(0, "6000")), Phase::Active);
    let before = account.daily().reference;
    assert_eq!(account.take(snapshot(100, "0")), Phase::Active);
    assert_eq!(account.daily().used, Decimal::ZERO);
    assert_eq!(account.daily().reference, before - dec("6000"));
    account.operation(90, DealKind::Credit, "-6000");
    assert_eq!(account.take(snapshot(112, "0")), Phase::Active);
    assert_eq!(account.daily().used, Decimal::ZERO);
    assert_eq!(account.daily().reference, before - dec("6000"));
}
