//! What results make of a trade, in whatever order they come.

use proptest::prelude::*;

use super::*;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_timestamp(1_800_000_000 + 60 * minutes, 0).expect("a time")
}

fn device() -> DeviceId {
    "dev_01jd7bz8v6m3t9q2x4w7y0c1df".parse().expect("an id")
}

fn report(status: TradeStatus, volume: i64, profit: Option<i64>) -> Report {
    let realizes = status.realizes();
    Report {
        server: "Sim-Demo".to_owned(),
        login: "5000001".to_owned(),
        ticket: "77".to_owned(),
        symbol: "EURUSD".to_owned(),
        side: Side::Buy,
        status,
        volume: Decimal::new(volume, 2),
        open_price: Decimal::new(11_000, 4),
        close_price: realizes.then(|| Decimal::new(11_050, 4)),
        profit: profit.map(|cents| Decimal::new(cents, 2)),
        opened_at: at(0),
        closed_at: realizes.then(|| at(5)),
        signal_id: None,
        command: None,
        is_one_of_several: false,
    }
}

fn all(reports: &[Report]) -> (Trade, Vec<Outcome>) {
    let id = id("org", "usr", "Sim-Demo", "5000001", "77");
    let device = device();
    let holder = (&device, "MT5-1");
    let origin = || Origin {
        stop_loss: Some(Decimal::new(10_950, 4)),
        ..Origin::default()
    };
    let mut trade: Option<Trade> = None;
    let mut outcomes = Vec::new();
    for report in reports {
        let outcome = match &trade {
            None => Trade::first(id.clone(), holder, report, origin()),
            Some(trade) => trade.after(holder, report, origin()),
        };
        trade = Some(outcome.trade.clone());
        outcomes.push(outcome);
    }
    (trade.expect("a report"), outcomes)
}

#[test]
fn a_trade_is_opened_closed_in_parts_and_closed() {
    use TradeStatus::{Closed, Open, PartiallyClosed, Pending};
    let (trade, outcomes) = all(&[
        report(Pending, 100, None),
        report(Open, 100, Some(-300)),
        report(PartiallyClosed, 40, Some(2_000)),
        report(Closed, 60, Some(3_050)),
    ]);
    assert_eq!(trade.status, Closed);
    assert_eq!(trade.pnl, Decimal::new(5_050, 2));
    assert_eq!(trade.open_volume(), Decimal::ZERO);
    // Fifty points gained over fifty risked.
    assert_eq!(trade.r_multiple(), Some(Decimal::ONE));
    let opened: Vec<bool> = outcomes.iter().map(|one| one.has_opened).collect();
    assert_eq!(opened, [false, true, false, false]);
    let closed: Vec<bool> = outcomes.iter().map(|one| one.has_closed).collect();
    assert_eq!(closed, [false, false, false, true]);
    // What an open position would bring is nothing it has brought.
    assert_eq!(outcomes[1].realized, Decimal::ZERO);
}

#[test]
fn an_older_word_changes_nothing_and_a_second_end_does_not_count() {
    use TradeStatus::{Cancelled, Closed, Open};
    let (closed, _) = all(&[report(Open, 100, None), report(Closed, 100, Some(1_000))]);
    let (again, outcomes) = all(&[
        report(Open, 100, None),
        report(Closed, 100, Some(1_000)),
        report(Open, 100, Some(-9_999)),
        report(Closed, 100, Some(1_000)),
        report(Cancelled, 100, None),
    ]);
    assert_eq!(again.status, Closed);
    assert_eq!(
        (again.pnl, again.exit_value),
        (closed.pnl, closed.exit_value)
    );
    assert_eq!(outcomes[3].realized, Decimal::ZERO);
    assert!(!outcomes[3].has_closed);
}

#[test]
fn an_id_is_of_its_owner_and_position_alone() {
    let one = id("org", "usr", "Sim-Demo", "5000001", "77");
    assert_eq!(id("org", "usr", "SIM-DEMO", "5000001", "77"), one);
    let others = [
        id("org2", "usr", "Sim-Demo", "5000001", "77"),
        id("org", "usr2", "Sim-Demo", "5000001", "77"),
        id("org", "usr", "Sim-Live", "5000001", "77"),
        id("org", "usr", "Sim-Demo", "5000001", "78"),
        id("org", "usr", "Sim-Demo", "500000", "177"),
    ];
    assert!(others.iter().all(|other| *other != one));
}

#[test]
fn a_loss_to_the_stop_is_minus_one() {
    let mut lost = report(TradeStatus::Closed, 100, Some(-5_000));
    lost.close_price = Some(Decimal::new(10_950, 4));
    let (trade, _) = all(&[report(TradeStatus::Open, 100, None), lost]);
    assert_eq!(trade.r_multiple(), Some(Decimal::NEGATIVE_ONE));
}

proptest! {
    /// Each part is counted once and none is lost, in whatever order they come.
    #[test]
    fn the_sum_does_not_depend_on_the_order(
        parts in prop::collection::vec(-100_000_i64..100_000, 0..6),
        end in -100_000_i64..100_000,
        keys in prop::collection::vec(any::<u32>(), 8),
    ) {
        let mut reports = vec![report(TradeStatus::Open, 100, Some(7))];
        reports.extend(parts.iter().map(|profit| {
            report(TradeStatus::PartiallyClosed, 10, Some(*profit))
        }));
        reports.push(report(TradeStatus::Closed, 40, Some(end)));
        let sum = Decimal::new(parts.iter().sum::<i64>() + end, 2);
        let (in_order, _) = all(&reports);
        let mut shuffled: Vec<(u32, Report)> = keys.into_iter().zip(reports).collect();
        shuffled.sort_by_key(|(key, _)| *key);
        let shuffled: Vec<Report> = shuffled.into_iter().map(|(_, report)| report).collect();
        let (any_order, outcomes) = all(&shuffled);
        prop_assert_eq!(in_order.pnl, sum);
        prop_assert_eq!(any_order.pnl, sum);
        prop_assert_eq!(any_order.status, TradeStatus::Closed);
        let realized: Decimal = outcomes.iter().map(|one| one.realized).sum();
        prop_assert_eq!(realized, sum);
        prop_assert_eq!(outcomes.iter().filter(|one| one.has_opened).count(), 1);
        prop_assert_eq!(outcomes.iter().filter(|one| one.has_closed).count(), 1);
        prop_assert!(any_order.open_volume().is_zero());
    }

    #[test]
    fn a_status_never_moves_back(steps in prop::collection::vec(0_u8..6, 1..20)) {
        use TradeStatus::{Cancelled, Closed, Open, PartiallyClosed, Pending, Rejected};
        let all = [Pending, Open, PartiallyClosed, Closed, Cancelled, Rejected];
        let mut status = Pending;
        for step in steps {
            let next = status.forward(all[usize::from(step)]);
            prop_assert!(next.rank() >= status.rank());
            prop_assert!(!status.is_final() || next == status);
            status = next;
        }
    }
}
