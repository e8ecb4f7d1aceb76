//! Where a challenge starts, and with what.

use super::*;
use crate::domain::rules::Source;

const TARGET: &str = r#"{"profit_target_pct":8}"#;

#[test]
fn challenge_waits_for_the_deposit_of_its_initial_balance() {
    let mut account = Account::new("{}", Some(100_000));
    account.snapshot(1, "0", "0");
    assert_eq!(account.phase(), Phase::AwaitingFunds);
    account.money(10, 100_000);
    assert_eq!(account.snapshot(30, "100000", "100000"), Phase::Active);
    assert_eq!(account.daily().used, Decimal::ZERO);
    assert_eq!(
        (account.daily().limit, account.max().limit),
        (dec("5000"), dec("10000"))
    );
    assert_eq!(
        account
            .state
            .rules()
            .map(crate::domain::rules::State::started_at),
        Some(at(10))
    );
}

#[test]
fn deposits_before_the_first_trade_make_the_initial_balance() {
    let mut account = Account::new("{}", None);
    account.money(10, 60_000);
    account.snapshot(30, "60000", "60000");
    assert_eq!(
        account
            .state
            .rules()
            .map(crate::domain::rules::State::initial_balance),
        Some(dec("60000"))
    );
    account.money(100, 40_000);
    account.snapshot(130, "100000", "100000");
    let rules = account.state.rules().expect("a start");
    assert_eq!(rules.initial_balance(), dec("100000"));
    assert_eq!(account.daily().used, Decimal::ZERO);
    account.trade(200, 300, "-1000");
    account.money(400, 5_000);
    account.snapshot(500, "104000", "104000");
    let rules = account.state.rules().expect("a start");
    assert_eq!(
        rules.initial_balance(),
        dec("100000"),
        "a trade has been seen"
    );
    assert_eq!(account.daily().used, dec("1000"));
}

#[test]
fn unfunded_account_without_initial_balance_never_passes() {
    let mut account = Account::new(TARGET, None);
    account.snapshot(1, "0", "0");
    assert_eq!(account.phase(), Phase::AwaitingFunds);
    account.money(10, 100_000);
    assert_eq!(account.snapshot(30, "100000", "100000"), Phase::Active);
    assert_eq!(account.gain(), Decimal::ZERO);
}

#[test]
fn deposit_of_before_the_connection_is_no_gain() {
    let mut account = Account::new(TARGET, None);
    account.money(-9_000, 100_000);
    account.trade(-8_000, -7_000, "500");
    account.money(-6_000, 50_000);
    assert_eq!(account.snapshot(10, "150500", "150500"), Phase::Active);
    assert_eq!(account.gain(), dec("500"));
}

#[test]
fn challenge_starts_at_the_deposit_that_deals_prove() {
    let mut account = Account::new("{}", Some(100_000));
    account.money(60, 100_000);
    account.trade(100, 360, "-6000");
    account.snapshot(1_260, "94000", "94000");
    assert_eq!(account.phase(), Phase::Breached);
    let rules = account.state.rules().expect("a start");
    assert_eq!(rules.started_at(), at(60));
    assert_eq!(account.daily().reference, dec("100000"));
    assert_eq!(account.daily().source, Source::Exact);
    let breach = account.violations.last().expect("a violation");
    assert!(
        account
            .crossed()
            .contains(&"daily_drawdown breach 6000".to_owned())
    );
    assert_eq!(breach.detected_at, at(360));
}

#[test]
fn history_that_arrives_25_seconds_late_makes_the_start() {
    let mut account = Account::new("{}", None);
    account.snapshot(1, "93000", "93000");
    assert_eq!(account.phase(), Phase::AwaitingFunds);
    account.money(-9_000, 100_000);
    account.trade(-8_000, -7_000, "-7000");
    account.snapshot(66, "93000", "93000");
    let rules = account.state.rules().expect("a start");
    assert_eq!(rules.initial_balance(), dec("100000"));
    assert_eq!(account.daily().limit, dec("5000"));
    assert_eq!(account.daily().used, Decimal::ZERO);
    assert_eq!(account.max().used, dec("7000"));
}

#[test]
fn short_history_starts_after_10_minutes_and_is_answered() {
    let mut account = Account::new(TARGET, Some(100_000));
    account.trade(-8_000, -7_000, "500");
    for seconds in [0, 5, 66, 126, 300, 599] {
        account.snapshot(seconds, "103000", "103000");
        assert_eq!(account.phase(), Phase::AwaitingFunds, "{seconds}");
    }
    assert_eq!(account.snapshot(660, "103000", "103000"), Phase::Active);
    assert_eq!(account.unexplained(), dec("102500"));
    assert_eq!(account.gain(), dec("500"));
    assert!(account.answer(100_000, 2_500));
    assert_eq!(account.gain(), dec("3000"));
    assert_eq!(account.unexplained(), Decimal::ZERO);
    assert_eq!(account.phase(), Phase::Active);
}

#[test]
fn first_day_is_measured_from_the_start_or_the_initial_balance() {
    let used = |first_day: &str| {
        let plan = format!(r#"{{"daily":{{"first_day":"{first_day}"}}}}"#);
        let mut account = Account::new(&plan, Some(100_000));
        account.money(-9_000, 100_000);
        account.trade(-8_000, -7_000, "3000");
        account.snapshot(10, "103000", "103000");
        account.trade(100, 200, "-5500");
        account.snapshot(300, "97500", "97500");
        (account.daily().used, account.phase())
    };
    assert_eq!(used("start"), (dec("5500"), Phase::Breached));
    assert_eq!(used("initial"), (dec("2500"), Phase::Active));
}

fn restarted(balance: &str) -> Account {
    let mut account = Account::funded("{}");
    let loss = dec(balance) - dec("100000");
    if !loss.is_zero() {
        account.trade(100, 200, &loss.to_string());
    }
    account.snapshot(300, balance, balance);
    let reconciliation = account.state.reconciliation.clone();
    account.state = ChallengeState {
        stage: Stage::Awaiting(Awaiting::restarted(at(1_000), dec(balance), Decimal::ZERO)),
        reconciliation,
    };
    account.ledger = account.ledger.restarted(at(1_000));
    account.violations.clear();
    account
}

#[test]
fn restarted_challenge_starts_with_the_values_of_the_restart() {
    let mut account = restarted("100000");
    account.trade(1_100, 1_200, "-6000");
    account.snapshot(1_500, "94000", "94000");
    assert_eq!(account.phase(), Phase::Breached);
    assert!(
        account
            .crossed()
            .contains(&"daily_drawdown breach 6000".to_owned())
    );
    let rules = account.state.rules().expect("a start");
    assert_eq!(rules.started_at(), at(1_000));
}

#[test]
fn restarted_challenge_waits_for_its_restoring_deposit() {
    for (balance, deposit) in [("89900", 10_100), ("93000", 7_000)] {
        let mut account = restarted(balance);
        account.snapshot(1_010, balance, balance);
        assert_eq!(account.phase(), Phase::AwaitingFunds, "{balance}");
        account.money(1_050, deposit);
        assert_eq!(account.snapshot(1_100, "100000", "100000"), Phase::Active);
        assert_eq!(account.daily().used, Decimal::ZERO, "{balance}");
        assert_eq!(account.gain(), Decimal::ZERO, "{balance}");
        assert_eq!(account.crossed(), [""; 0], "{balance}");
    }
}

#[test]
fn clock_half_a_minute_off_changes_nothing_of_a_restart() {
    for deposit_at in [970, 1_000, 1_030] {
        let mut account = restarted("93000");
        account.money(deposit_at, 7_000);
        account.snapshot(1_035, "100000", "100000");
        assert_eq!(account.phase(), Phase::Active, "{deposit_at}");
        assert_eq!(account.daily().used, Decimal::ZERO, "{deposit_at}");
        assert_eq!(account.gain(), Decimal::ZERO, "{deposit_at}");
    }
}

#[test]
fn deals_of_before_a_restart_count_for_nothing_after_it() {
    let mut account = restarted("100000");
    account.trade(997, 998, "900");
    account.snapshot(1_100, "100900", "100900");
    let standing = account.ledger.standing();
    assert_eq!(
        (standing.trading_days, standing.best_day_profit),
        (0, Decimal::ZERO)
    );
    assert_eq!(account.ledger.statistics().closed, 0);
    assert_eq!(account.gain(), Decimal::ZERO);
    assert_eq!(account.figures().trading_days, 0);
}
