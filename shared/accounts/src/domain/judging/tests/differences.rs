//! Snapshots that deals do not explain.

use super::*;
use crate::domain::rules::Severity;

const TARGET: &str = r#"{"profit_target_pct":8}"#;

/// 22:00 UTC, the reset of the default plan.
const RESET: i64 = 14 * 3_600;

/// An account of 108,000 at the beginning of a day.
fn gained(plan: &str) -> Account {
    let mut account = Account::funded(plan);
    account.trade(100, 200, "8000");
    account.snapshot(300, "108000", "108000");
    account.snapshot(RESET, "108000", "108000");
    account
}

/// Snapshots of one balance at 2, 20, 100 and 120 s after the first.
fn steps(account: &mut Account, from: i64, balance: &str) -> Phase {
    for after in [0, 2, 20, 100, 120] {
        account.snapshot(from + after, balance, balance);
    }
    account.phase()
}

#[test]
fn payout_whose_deal_lags_12_seconds_is_no_loss() {
    let mut account = gained("{}");
    let paid = RESET + 400;
    account.snapshot(paid, "100000", "100000");
    account.snapshot(paid + 2, "100000", "100000");
    assert_eq!(account.daily().used, Decimal::ZERO, "held, not judged");
    assert_eq!(account.state.reconciliation.held.len(), 2);
    account.money(paid, -8_000);
    account.snapshot(paid + 20, "100000", "100000");
    assert_eq!(account.phase(), Phase::Active);
    assert_eq!(account.daily().used, Decimal::ZERO);
    assert_eq!(account.gain(), dec("8000"));
    assert_eq!(account.crossed(), [""; 0]);
    assert!(account.state.reconciliation.held.is_empty());
}

#[test]
fn payout_whose_deal_lags_5_minutes_is_pending_then_lifted() {
    let mut account = gained("{}");
    let paid = RESET + 400;
    for after in [0, 2, 20, 100] {
        account.snapshot(paid + after, "100000", "100000");
        assert_eq!(account.phase(), Phase::Active, "{after}");
    }
    account.snapshot(paid + 120, "100000", "100000");
    assert_eq!(account.phase(), Phase::Pending);
    assert_eq!(account.unexplained(), dec("-8000"));
    let breach = account
        .violations
        .iter()
        .find(|violation| violation.severity == Severity::Breach)
        .expect("a breach");
    assert_eq!(breach.current_value, dec("8000"));
    assert!(breach.flagged);
    assert_eq!(breach.detected_at, at(paid));
    account.money(paid, -8_000);
    assert_eq!(
        account.snapshot(paid + 300, "100000", "100000"),
        Phase::Active
    );
    assert_eq!(account.daily().used, Decimal::ZERO);
    assert_eq!(account.daily().reference, dec("100000"));
    assert_eq!(account.unexplained(), Decimal::ZERO);
    assert_eq!(account.crossed(), [""; 0]);
    assert_eq!(account.gain(), dec("8000"));
}

#[test]
fn deposit_without_a_deal_never_passes() {
    let mut account = Account::funded(TARGET);
    assert_eq!(steps(&mut account, 100, "109000"), Phase::Active);
    assert_eq!(account.unexplained(), dec("9000"));
    assert_eq!(account.gain(), Decimal::ZERO);
    for after in [300, 3_600, 80_000] {
        account.snapshot(after, "109000", "109000");
        assert_eq!(account.phase(), Phase::Active, "{after}");
        assert_eq!(account.gain(), Decimal::ZERO, "{after}");
    }
    account.state.settle(at(87_000));
    assert_eq!(account.gain(), Decimal::ZERO);
    assert_eq!(account.snapshot(87_100, "109000", "109000"), Phase::Active);
    assert_eq!(account.gain(), Decimal::ZERO);
}

#[test]
fn announced_movement_is_seen_at_once_and_matched_later() {
    let mut account = Account::funded(TARGET);
    account.trade(100, 200, "7000");
    account.snapshot(300, "107000", "107000");
    account.announce(-7_000);
    account.snapshot(400, "100000", "100000");
    assert_eq!(account.seen.len(), 1);
    assert_eq!(account.phase(), Phase::Active);
    assert_eq!(account.daily().used, Decimal::ZERO);
    assert_eq!(account.gain(), dec("7000"));
    account.snapshot(1_000, "100000", "100000");
    account.money(400, -7_000);
    account.snapshot(4_000, "100000", "100000");
    assert!(account.state.reconciliation.stand_ins.is_empty());
    assert_eq!(account.daily().used, Decimal::ZERO);
    assert_eq!(account.gain(), dec("7000"));
    assert_eq!(account.figures().balance, Some(dec("100000")));
}

#[test]
fn two_announced_movements_together_explain_a_fall() {
    let mut account = Account::funded("{}");
    account.announce(-3_000);
    account.announce(-500);
    account.announce(-4_000);
    account.snapshot(100, "93000", "93000");
    assert_eq!(account.seen.len(), 2);
    assert_eq!(account.daily().used, Decimal::ZERO);
    assert_eq!(account.announced.len(), 1);
}

#[test]
fn announced_amount_lost_in_a_trade_is_a_loss() {
    let mut account = Account::funded("{}");
    account.announce(-8_000);
    account.snapshot(100, "92000", "92000");
    assert_eq!(account.daily().used, Decimal::ZERO, "seen");
    account.trade(50, 95, "-8000");
    account.snapshot(160, "92000", "92000");
    assert_eq!(account.phase(), Phase::Breached);
    assert!(account.state.reconciliation.stand_ins.is_empty());
    let breach = account.violations.last().expect("a breach");
    assert_eq!(breach.detected_at, at(95));
    assert!(
        account
            .crossed()
            .contains(&"daily_drawdown breach 8000".to_owned())
    );
}

#[test]
fn small_difference_stays_while_a_late_payout_is_lifted() {
    let mut account = gained("{}");
    steps(&mut account, RESET + 400, "107987.60");
    assert_eq!(account.unexplained(), dec("-12.40"));
    let paid = RESET + 600;
    assert_eq!(steps(&mut account, paid, "99987.60"), Phase::Pending);
    assert_eq!(account.unexplained(), dec("-8012.40"));
    account.money(paid, -8_000);
    account.snapshot(paid + 300, "99987.60", "99987.60");
    assert_eq!(account.phase(), Phase::Active);
    assert_eq!(account.unexplained(), dec("-12.40"));
    assert_eq!(account.daily().used, dec("12.40"));
    assert_eq!(account.gain(), dec("8000"), "what stands is left out");
    account.state.settle(at(RESET + 87_000));
    account.kept = None;
    assert_eq!(account.gain(), dec("7987.60"));
    account.trade(RESET + 87_100, RESET + 87_200, "-6000");
    account.snapshot(RESET + 87_300, "93987.60", "93987.60");
    assert_eq!(account.phase(), Phase::Breached);
}

#[test]
fn deals_every_5_seconds_each_10_seconds_late_leave_nothing_standing() {
    let mut account = Account::funded("{}");
    let mut balance = 100_000;
    // Deal k is dated 5 k and visible at 5 k + 10.
    for step in 1..200_i64 {
        balance += if step % 3 == 0 { -20 } else { 10 };
        if step > 2 {
            let visible = step - 2;
            let profit = if visible % 3 == 0 { "-20" } else { "10" };
            account.trade(5 * visible - 1, 5 * visible, profit);
        }
        if step % 7 == 0 {
            let balance = balance.to_string();
            account.snapshot(5 * step + 1, &balance, &balance);
        }
        assert!(!account.state.reconciliation.stands(), "{step}");
        assert_eq!(account.phase(), Phase::Active, "{step}");
    }
    let judged = account
        .state
        .rules()
        .and_then(crate::domain::rules::State::judged_at);
    assert!(judged.expect("a time") >= at(5 * 199 - 120));
}

#[test]
fn balance_with_noise_below_the_cent_is_explained() {
    let mut account = Account::funded("{}");
    account.trade(100, 200, "-36.86");
    account.snapshot(300, "99963.14000001", "99963.14");
    assert!(account.state.reconciliation.held.is_empty());
    assert_eq!(account.daily().used, dec("36.86"));
}

#[test]
fn late_deal_takes_the_place_of_a_settled_difference() {
    let mut account = Account::funded("{}");
    steps(&mut account, 100, "99987.60");
    account.state.settle(at(87_000));
    account.kept = None;
    assert_eq!(account.gain(), dec("-12.40"));
    account.operation(90, DealKind::Balance, "-12.40");
    account.snapshot(87_100, "99987.60", "99987.60");
    assert!(account.state.reconciliation.held.is_empty());
    assert!(account.state.reconciliation.entries.is_empty());
    assert_eq!(account.gain(), Decimal::ZERO, "the deal is an adjustment");
    assert_eq!(account.phase(), Phase::Active);
}

#[test]
fn swap_charge_is_a_loss_where_the_shop_classes_it_so() {
    let used = |class: Option<DealClass>| {
        let mut account = Account::funded("{}");
        let id = account.next_id();
        account.arrive(Deal {
            profit: dec("-12.40"),
            class,
            ..Deal::empty(id, at(100), DealKind::Balance)
        });
        account.snapshot(300, "99987.60", "99987.60");
        (account.daily().used, account.gain())
    };
    assert_eq!(
        used(Some(DealClass::Trading)),
        (dec("12.40"), dec("-12.40"))
    );
    assert_eq!(used(None), (Decimal::ZERO, Decimal::ZERO));
}

#[test]
fn stopped_out_account_is_compensated_without_a_gain() {
    let mut account = Account::funded("{}");
    account.trade(100, 200, "-100037.20");
    account.operation(210, DealKind::StopOutCompensation, "37.20");
    account.snapshot(300, "0", "0");
    assert_eq!(account.figures().balance, Some(Decimal::ZERO));
    assert_eq!(account.gain(), dec("-100037.20"));
    assert_eq!(account.phase(), Phase::Breached);
}

#[test]
fn unknown_credit_of_before_counts_by_the_snapshot() {
    let mut account = Account::new("{}", Some(100_000));
    account.money(-3_600, 100_000);
    let with_credit = |account: &mut Account, seconds: i64, balance: &str, equity: &str| {
        account.number += 1;
        account.take(AccountSnapshot {
            credit: Some(dec("5000")),
            positions: Some(OpenPositions {
                count: 0,
                lots: Decimal::ZERO,
                oldest_at: None,
            }),
            ..AccountSnapshot::of_balances(at(seconds), dec(balance), dec(equity))
        })
    };
    with_credit(&mut account, 0, "100000", "105000");
    account.trade(100, 200, "-100");
    with_credit(&mut account, 300, "99900", "104900");
    assert_eq!(account.daily().used, dec("100"));
}

#[test]
fn equity_that_contradicts_a_flat_account_is_asked_for_again() {
    let mut account = Account::funded("{}");
    assert_eq!(account.snapshot(100, "100000", "60000"), Phase::Active);
    assert!(account.state.reconciliation.is_rechecking);
    account.snapshot(102, "100000", "100000");
    assert_eq!(account.crossed(), [""; 0]);
    account.snapshot(200, "100000", "60000");
    assert_eq!(account.snapshot(202, "100000", "60000"), Phase::Breached);
}

#[test]
fn cancelled_trade_leaves_the_gain_and_never_passes() {
    let mut account = Account::funded(TARGET);
    account.trade(100, 200, "7000");
    account.snapshot(300, "107000", "107000");
    assert_eq!(account.gain(), dec("7000"));
    // The deal's profit becomes 0 in place, and the amount is booked apart.
    account.state.reconciliation.revised = dec("-7000");
    account.money(90_000, -7_000);
    account.snapshot(90_100, "100000", "100000");
    assert_eq!(account.gain(), Decimal::ZERO);
    assert_eq!(account.daily().used, Decimal::ZERO);
    assert_eq!(account.phase(), Phase::Active);
}

#[test]
fn changed_deal_that_moves_the_balance_moves_the_gain() {
    let mut account = Account::funded("{}");
    account.trade(100, 200, "1000");
    account.snapshot(300, "101000", "101000");
    account.state.reconciliation.revised = dec("-400");
    account.snapshot(400, "100600", "100600");
    assert_eq!(account.gain(), dec("600"));
    assert_eq!(account.daily().used, Decimal::ZERO);
    assert!(account.state.reconciliation.held.is_empty());
}
