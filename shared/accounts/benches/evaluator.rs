//! Snapshots a second through the evaluator, on one core.

use std::hint::black_box;

use accounts::domain::ledger::{Holdings, Ledger};
use accounts::domain::plan::{MaxMode, MaxRule, Plan};
use accounts::domain::rules::{ChallengeStart, DealEffect, Input, PriorHistory, Snapshot, State};
use accounts::domain::simulate::{SimSnapshot, simulate};
use chrono::Duration;
use divan::Bencher;
use divan::counter::ItemsCount;
use kernel::time::Timestamp;
use rust_decimal::Decimal;

fn main() {
    divan::main();
}

const SNAPSHOTS: usize = 100_000;

fn start() -> Timestamp {
    Timestamp::UNIX_EPOCH + Duration::days(20_000)
}

/// Ten seconds apart, to the cent, wandering within the limits: eleven and a
/// half days, so resets are part of it.
fn snapshots() -> Vec<Input> {
    let mut random: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        i64::try_from(random % 400_001).unwrap_or(0) - 200_000
    };
    (0..SNAPSHOTS)
        .map(|index| {
            let balance = Decimal::new(10_000_000 + next() / 10, 2);
            let at = start() + Duration::seconds(10 * i64::try_from(index).unwrap_or(0));
            let equity = balance + Decimal::new(next(), 2);
            Input::Snapshot(Snapshot::of_balances(at, balance, equity))
        })
        .collect()
}

fn run(plan: &Plan, inputs: &[Input]) -> State {
    let begin = ChallengeStart::fresh(Decimal::from(100_000), start());
    let mut state = State::start(plan, &begin, &PriorHistory::default());
    for input in inputs {
        black_box(state.apply(plan, input));
    }
    state
}

#[divan::bench(args = [
    MaxMode::Static, MaxMode::TrailingIntraday, MaxMode::TrailingClosed, MaxMode::TrailingEod,
])]
fn snapshots_judged(bencher: Bencher, mode: MaxMode) {
    let plan = Plan {
        max: Some(MaxRule {
            mode,
            ..MaxRule::default()
        }),
        ..Plan::default()
    };
    let inputs = snapshots();
    bencher
        .counter(ItemsCount::new(inputs.len()))
        .bench(|| run(black_box(&plan), black_box(&inputs)));
}

#[divan::bench]
fn snapshots_judged_by_every_rule(bencher: Bencher) {
    let plan = Plan {
        profit_target_pct: Some(Decimal::TEN),
        min_trading_days: Some(5),
        consistency_pct: Some(Decimal::from(40)),
        max_lots: Some(Decimal::TEN),
        inactivity_days: Some(30),
        ..Plan::default()
    };
    let inputs = snapshots();
    bencher
        .counter(ItemsCount::new(inputs.len()))
        .bench(|| run(black_box(&plan), black_box(&inputs)));
}

#[divan::bench]
fn adjustments_taken(bencher: Bencher) {
    let plan = Plan::default();
    let inputs: Vec<_> = (0..10_000_i64)
        .map(|index| {
            let at = start() + Duration::seconds(10 * (index + 1));
            let amount = Decimal::from(if index % 2 == 0 { 100 } else { -100 });
            Input::Deal(DealEffect::movement(at, amount, Decimal::ZERO))
        })
        .collect();
    bencher
        .counter(ItemsCount::new(inputs.len()))
        .bench(|| run(black_box(&plan), black_box(&inputs)));
}

#[divan::bench]
fn simulation_of_ten_thousand_snapshots(bencher: Bencher) {
    let rows: Vec<_> = snapshots()
        .into_iter()
        .filter_map(|input| match input {
            Input::Snapshot(snapshot) => Some(SimSnapshot {
                recorded_at: snapshot.recorded_at,
                balance: snapshot.balance,
                equity: snapshot.equity,
                adjustment: None,
            }),
            _ => None,
        })
        .take(10_000)
        .collect();
    let plan = Plan::default();
    bencher
        .counter(ItemsCount::new(rows.len()))
        .bench(|| simulate(black_box(&plan), Decimal::from(100_000), black_box(&rows)));
}

#[divan::bench]
fn deals_through_the_ledger(bencher: Bencher) {
    let deals: Vec<_> = (0..50_000_i64).flat_map(round_trip).collect();
    let reset = Plan::default().reset;
    bencher.counter(ItemsCount::new(deals.len())).bench(|| {
        let mut ledger = Ledger::default();
        let mut holdings = Holdings::new(100);
        for deal in &deals {
            black_box(holdings.apply(&mut ledger, black_box(deal), &reset));
        }
        ledger
    });
}

/// A position opened and closed.
fn round_trip(index: i64) -> [accounts::domain::deal::Deal; 2] {
    use accounts::domain::deal::{Deal, DealKind, Entry};
    let opened = Deal {
        entry: Some(Entry::In),
        symbol: Some("EURUSD".to_owned()),
        position_id: Some(index.to_string()),
        volume: Decimal::new(10, 2),
        price: Decimal::new(108_123, 5),
        commission: Decimal::new(-35, 2),
        ..Deal::empty(
            format!("{index}-in"),
            start() + Duration::minutes(10 * index),
            DealKind::Buy,
        )
    };
    let closed = Deal {
        id: format!("{index}-out"),
        time: opened.time + Duration::minutes(5),
        kind: DealKind::Sell,
        entry: Some(Entry::Out),
        profit: Decimal::new(index % 2_000 - 900, 2),
        ..opened.clone()
    };
    [opened, closed]
}
