use proptest::prelude::*;

use super::*;
use crate::domain::dec;
use crate::domain::outcome::gain;
use crate::domain::values::{Direction, OrderType};

/// Candles a minute apart, each as open, high, low, close.
fn candles(prices: &[[Decimal; 4]]) -> Vec<Candle> {
    let of = |(minute, [open, high, low, close]): (i64, &[Decimal; 4])| Candle {
        time: at(minute),
        open: *open,
        high: *high,
        low: *low,
        close: *close,
    };
    (0..).zip(prices).map(of).collect()
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_timestamp(1_800_000_000 + 60 * minute, 0).expect("a time")
}

fn setup(direction: Direction, order_type: OrderType, entries: &[Decimal]) -> Setup {
    Setup {
        symbol: "XAUUSD".to_owned(),
        direction,
        order_type,
        entries: entries.to_vec(),
        entry_weights: None,
        is_zone: false,
        stop_loss: None,
        stop_loss_pips: None,
        take_profits: Vec::new(),
        take_profit_weights: None,
        take_profit_pips: Vec::new(),
        runner: false,
        leverage: None,
        risk_percent: None,
    }
}

fn run(setup: &Setup, prices: &[[Decimal; 4]]) -> Simulated {
    simulate(setup, Management::default(), &candles(prices)).expect("can be simulated")
}

/// Price, weight and reason of each exit.
fn exits(simulated: &Simulated) -> Vec<(Decimal, Decimal, ExitReason)> {
    let exits = simulated.exits.iter();
    exits
        .map(|exit| (exit.price, exit.weight, exit.reason))
        .collect()
}

use ExitReason::{Breakeven, StopLoss, TakeProfit};
use SimulationStatus::{Completed, NotFilled, Open, Stopped};

#[test]
fn a_market_buy_enters_at_the_first_open_and_leaves_at_its_targets() {
    let signal = Setup {
        stop_loss: Some(dec("1990")),
        take_profits: vec![dec("2010"), dec("2020")],
        take_profit_weights: Some(vec![dec("75"), dec("25")]),
        ..setup(Direction::Buy, OrderType::Market, &[])
    };
    let done = run(
        &signal,
        &[
            [dec("2000"), dec("2005"), dec("1996"), dec("2004")],
            [dec("2004"), dec("2011"), dec("2003"), dec("2009")],
            [dec("2009"), dec("2021"), dec("2008"), dec("2020")],
        ],
    );
    assert_eq!(done.status, Completed);
    assert_eq!(
        (done.entry_price, done.filled),
        (Some(dec("2000")), dec("1"))
    );
    let parts = [
        (dec("2010"), dec("0.75"), TakeProfit),
        (dec("2020"), dec("0.25"), TakeProfit),
    ];
    assert_eq!(exits(&done), parts);
    assert_eq!((done.exits[0].time, done.exits[1].time), (at(1), at(2)));
    // 0.75 × 10 + 0.25 × 20 = 12.5 of 2000, at a risk of 10.
    assert_eq!(done.pnl_percent, Some(dec("0.625")));
    assert_eq!(done.r_multiple, Some(dec("1.25")));
    assert_eq!(done.adverse_percent, Some(dec("0.2")));
    assert_eq!(done.favourable_percent, Some(dec("1")));
}

#[test]
fn a_candle_that_touches_stop_and_target_counts_as_the_stop() {
    let signal = Setup {
        stop_loss: Some(dec("1990")),
        take_profits: vec![dec("2010")],
        ..setup(Direction::Buy, OrderType::Market, &[dec("2000")])
    };
    let done = run(
        &signal,
        &[[dec("2000"), dec("2015"), dec("1985"), dec("2012")]],
    );
    assert_eq!(done.status, Stopped);
    assert_eq!(exits(&done), [(dec("1990"), dec("1"), StopLoss)]);
    assert_eq!(done.pnl_percent, Some(dec("-0.5")));
    assert_eq!(done.r_multiple, Some(dec("-1")));
    assert_eq!(done.favourable_percent, Some(dec("0")));
}

#[test]
fn a_sell_limit_waits_for_its_price_and_a_target_in_the_candle_of_the_entry_does_not_count() {
    let signal = Setup {
        stop_loss: Some(dec("1.1050")),
        take_profits: vec![dec("1.0950")],
        ..setup(Direction::Sell, OrderType::Limit, &[dec("1.1000")])
    };
    let first = [
        [dec("1.0980"), dec("1.0990"), dec("1.0970"), dec("1.0985")],
        [dec("1.0985"), dec("1.1010"), dec("1.0940"), dec("1.0975")],
    ];
    let open = run(&signal, &first);
    assert_eq!((open.status, open.filled_at), (Open, Some(at(1))));
    assert_eq!(open.open, dec("1"));
    // Counted at the close: 0.0025 of 1.1, half the risk of 0.005.
    assert_eq!(open.r_multiple, Some(dec("0.5")));
    let [one, two] = first;
    let later = [dec("1.0975"), dec("1.0980"), dec("1.0950"), dec("1.0960")];
    let done = run(&signal, &[one, two, later]);
    assert_eq!(exits(&done), [(dec("1.0950"), dec("1"), TakeProfit)]);
    assert_eq!(done.r_multiple, Some(dec("1")));
    assert_eq!(
        done.adverse_percent.map(|percent| percent.round_dp(6)),
        Some(dec("0.090909"))
    );
}

#[test]
fn an_order_whose_price_is_not_reached_is_not_filled() {
    let signal = setup(Direction::Buy, OrderType::Stop, &[dec("2010")]);
    let done = run(
        &signal,
        &[[dec("2000"), dec("2009"), dec("1990"), dec("2001")]],
    );
    assert_eq!(
        (done.status, done.filled, done.entry_price),
        (NotFilled, dec("0"), None)
    );
    assert_eq!((done.pnl_percent, done.r_multiple), (None, None));
}

#[test]
fn gaps_fill_a_limit_better_a_stop_entry_worse_and_a_stop_at_the_open() {
    let limit = Setup {
        stop_loss: Some(dec("90")),
        ..setup(Direction::Buy, OrderType::Limit, &[dec("100")])
    };
    let prices = [
        [dec("105"), dec("106"), dec("104"), dec("104")],
        [dec("96"), dec("99"), dec("95"), dec("97")],
        [dec("80"), dec("85"), dec("79"), dec("84")],
    ];
    let done = run(&limit, &prices);
    assert_eq!(done.entry_price, Some(dec("96")));
    assert_eq!(exits(&done), [(dec("80"), dec("1"), StopLoss)]);
    // A loss of 16 at a risk of 6.
    assert_eq!(
        done.r_multiple.map(|multiple| multiple.round_dp(4)),
        Some(dec("-2.6667"))
    );
    let stop = Setup {
        take_profits: vec![dec("120")],
        ..setup(Direction::Buy, OrderType::Stop, &[dec("110")])
    };
    let prices = [
        [dec("105"), dec("106"), dec("104"), dec("104")],
        [dec("112"), dec("114"), dec("111"), dec("113")],
        [dec("125"), dec("126"), dec("124"), dec("125")],
    ];
    let done = run(&stop, &prices);
    assert_eq!(done.entry_price, Some(dec("112")));
    assert_eq!(exits(&done), [(dec("125"), dec("1"), TakeProfit)]);
}

#[test]
fn a_gap_through_entry_and_stop_costs_nothing_and_is_over() {
    let limit = Setup {
        stop_loss: Some(dec("90")),
        ..setup(Direction::Buy, OrderType::Limit, &[dec("100")])
    };
    let prices = [
        [dec("105"), dec("106"), dec("104"), dec("104")],
        [dec("85"), dec("120"), dec("84"), dec("118")],
    ];
    let done = run(&limit, &prices);
    assert_eq!(exits(&done), [(dec("85"), dec("1"), StopLoss)]);
    assert_eq!((done.pnl_percent, done.r_multiple), (Some(dec("0")), None));
}

#[test]
fn a_market_order_beyond_its_stop_or_its_nearest_target_is_not_filled() {
    let signal = Setup {
        stop_loss: Some(dec("1990")),
        take_profits: vec![dec("2020"), dec("2010")],
        ..setup(Direction::Buy, OrderType::Market, &[])
    };
    for open in [dec("1990"), dec("1980"), dec("2010"), dec("2015")] {
        let done = run(&signal, &[[open, dec("2030"), dec("1970"), dec("2000")]]);
        assert_eq!(done.status, NotFilled, "{open}");
    }
}

#[test]
fn further_entries_are_taken_on_the_way_and_withdrawn_at_the_first_target() {
    let signal = Setup {
        entry_weights: Some(vec![dec("50"), dec("25"), dec("25")]),
        stop_loss: Some(dec("80")),
        take_profits: vec![dec("105")],
        ..setup(
            Direction::Buy,
            OrderType::Limit,
            &[dec("100"), dec("92"), dec("85")],
        )
    };
    let prices = [
        [dec("101"), dec("101"), dec("99"), dec("99")],
        [dec("99"), dec("99"), dec("91"), dec("95")],
        [dec("95"), dec("106"), dec("84"), dec("100")],
        [dec("100"), dec("100"), dec("84"), dec("90")],
    ];
    let done = run(&signal, &prices);
    assert_eq!((done.status, done.filled), (Completed, dec("0.75")));
    // (2 × 100 + 1 × 92) / 3.
    assert_eq!(
        done.entry_price.map(|price| price.round_dp(4)),
        Some(dec("97.3333"))
    );
    assert_eq!(exits(&done), [(dec("105"), dec("1"), TakeProfit)]);
}

#[test]
fn on_the_way_to_the_stop_every_entry_before_it_is_taken() {
    let signal = Setup {
        stop_loss: Some(dec("80")),
        ..setup(Direction::Buy, OrderType::Limit, &[dec("100"), dec("90")])
    };
    let prices = [
        [dec("101"), dec("101"), dec("99"), dec("99")],
        [dec("99"), dec("99"), dec("79"), dec("79")],
    ];
    let done = run(&signal, &prices);
    assert_eq!((done.filled, done.entry_price), (dec("1"), Some(dec("95"))));
    assert_eq!(done.r_multiple, Some(dec("-1")));
}

#[test]
fn the_stop_moves_to_the_entry_after_its_target_and_counts_from_the_next_candle() {
    let signal = Setup {
        stop_loss: Some(dec("90")),
        take_profits: vec![dec("110"), dec("120")],
        ..setup(Direction::Buy, OrderType::Market, &[])
    };
    let management = Management {
        breakeven_after: Some(1),
    };
    let prices = candles(&[
        [dec("100"), dec("112"), dec("99"), dec("108")],
        [dec("108"), dec("109"), dec("100"), dec("104")],
    ]);
    let done = simulate(&signal, management, &prices).expect("can be simulated");
    let parts = [
        (dec("110"), dec("0.5"), TakeProfit),
        (dec("100"), dec("0.5"), Breakeven),
    ];
    assert_eq!((done.status, exits(&done)), (Stopped, parts.to_vec()));
    // Measured by the risk at the entry, not by the moved stop.
    assert_eq!(done.r_multiple, Some(dec("0.5")));
    let left = simulate(&signal, Management::default(), &prices).expect("can be simulated");
    assert_eq!((left.status, left.open), (Open, dec("0.5")));
}

#[test]
fn a_runner_stays_open_beyond_the_last_target() {
    let signal = Setup {
        take_profits: vec![dec("110")],
        take_profit_weights: Some(vec![dec("60")]),
        runner: true,
        ..setup(Direction::Buy, OrderType::Market, &[])
    };
    let prices = [
        [dec("100"), dec("111"), dec("99"), dec("110")],
        [dec("110"), dec("130"), dec("109"), dec("120")],
    ];
    let done = run(&signal, &prices);
    assert_eq!((done.status, done.open), (Open, dec("0.4")));
    // 0.6 × 10 + 0.4 × 20.
    assert_eq!(done.pnl_percent, Some(dec("14")));
    let whole = run(
        &Setup {
            runner: false,
            ..signal
        },
        &prices,
    );
    assert_eq!(exits(&whole), [(dec("110"), dec("1"), TakeProfit)]);
}

#[test]
fn a_zone_is_entered_at_its_nearer_bound_or_inside_it_at_the_open() {
    let zone = Setup {
        is_zone: true,
        ..setup(
            Direction::Buy,
            OrderType::Market,
            &[dec("1335"), dec("1331")],
        )
    };
    let from_above = [dec("1340"), dec("1341"), dec("1333"), dec("1337")];
    assert_eq!(run(&zone, &[from_above]).entry_price, Some(dec("1335")));
    let from_below = [dec("1325"), dec("1332"), dec("1324"), dec("1331")];
    assert_eq!(run(&zone, &[from_below]).entry_price, Some(dec("1331")));
    let inside = [dec("1333"), dec("1340"), dec("1330"), dec("1334")];
    assert_eq!(run(&zone, &[inside]).entry_price, Some(dec("1333")));
    let above = [dec("1340"), dec("1341"), dec("1336"), dec("1337")];
    assert_eq!(run(&zone, &[above]).status, NotFilled);
}

#[test]
fn distances_in_pips_count_from_the_fill() {
    let signal = Setup {
        symbol: "EURUSD".to_owned(),
        stop_loss_pips: Some(dec("20")),
        take_profit_pips: vec![dec("50")],
        ..setup(Direction::Sell, OrderType::Market, &[])
    };
    let prices = candles(&[
        [dec("1.1"), dec("1.1005"), dec("1.0990"), dec("1.0995")],
        [dec("1.0995"), dec("1.1"), dec("1.0949"), dec("1.0960")],
    ]);
    let done = simulate(&signal, Management::default(), &prices).expect("can be simulated");
    assert_eq!(exits(&done), [(dec("1.0950"), dec("1"), TakeProfit)]);
    assert_eq!(done.r_multiple, Some(dec("2.5")));
    let coin = Setup {
        symbol: "BTC/USDT".to_owned(),
        ..signal
    };
    let without = simulate(&coin, Management::default(), &prices).expect_err("no pip");
    assert_eq!(without[0].field, "symbol");
}

/// The mean of two fills of a third each at 527 is 527 and no hair less, so the
/// price is at the breakeven stop.
#[test]
fn breakeven_after_equal_fills_is_their_price() {
    let signal = Setup {
        take_profits: vec![dec("501"), dec("501")],
        runner: true,
        ..setup(
            Direction::Buy,
            OrderType::Limit,
            &[dec("1049"), dec("500"), dec("1049")],
        )
    };
    let management = Management {
        breakeven_after: Some(1),
    };
    for factor in ["1", "0.001"].map(dec) {
        let scaled = Setup {
            entries: signal.entries.iter().map(|price| price * factor).collect(),
            take_profits: signal
                .take_profits
                .iter()
                .map(|price| price * factor)
                .collect(),
            ..signal.clone()
        };
        let candle = candles(&[[dec("527") * factor; 4]]);
        let done = simulate(&scaled, management, &candle).expect("can be simulated");
        assert_eq!(
            (done.status, done.entry_price),
            (Stopped, Some(dec("527") * factor))
        );
    }
}

#[test]
fn candles_that_cannot_be_are_named() {
    let signal = setup(Direction::Buy, OrderType::Market, &[]);
    let mut odd = candles(&[
        [dec("100"), dec("101"), dec("99"), dec("100")],
        [dec("100"), dec("99"), dec("98"), dec("99")],
        [dec("0"), dec("1"), dec("0"), dec("1")],
        [dec("100"), dec("101"), dec("99"), dec("100")],
    ]);
    odd[3].time = odd[2].time;
    let faults = simulate(&signal, Management::default(), &odd).expect_err("odd candles");
    let fields: Vec<_> = faults.into_iter().map(|fault| fault.field).collect();
    assert_eq!(fields, ["candles[1]", "candles[2]", "candles[3]"]);
    let none = simulate(&signal, Management::default(), &[]).expect_err("no candles");
    assert_eq!(none[0].field, "candles");
}

fn any_candles() -> impl Strategy<Value = Vec<Candle>> {
    let steps = (500_i64..1_500, 0_i64..60, 0_i64..60, 0_i64..100);
    prop::collection::vec(steps, 1..40).prop_map(|steps| {
        let of = |(minute, (open, up, down, close)): (i64, (i64, i64, i64, i64))| {
            let (high, low) = (open + up, open - down);
            let close = low + (high - low) * close / 100;
            Candle {
                time: at(minute),
                open: Decimal::from(open),
                high: Decimal::from(high),
                low: Decimal::from(low),
                close: Decimal::from(close),
            }
        };
        (0..).zip(steps).map(of).collect()
    })
}

fn any_signal() -> impl Strategy<Value = (Setup, Management)> {
    let prices = prop::collection::vec(500_i64..1_500, 0..5);
    let distances = prop::collection::vec(1_i64..400, 0..5);
    let kinds = (0_usize..3, any::<bool>(), any::<bool>(), 0_u8..4);
    (prices, distances, prop::option::of(1_i64..400), kinds).prop_map(
        |(prices, distances, stop, (kind, is_buy, runner, breakeven))| {
            let direction = match is_buy {
                true => Direction::Buy,
                false => Direction::Sell,
            };
            let entries: Vec<Decimal> = prices.into_iter().map(Decimal::from).collect();
            let order_type = match (kind, entries.is_empty()) {
                (_, true) | (0, _) => OrderType::Market,
                (1, _) => OrderType::Limit,
                _ => OrderType::Stop,
            };
            let sign = gain(direction, Decimal::ZERO, Decimal::ONE);
            let base = Decimal::ONE_THOUSAND;
            let nearest = entries.iter().copied().reduce(|one, other| {
                match gain(direction, one, other) < Decimal::ZERO {
                    true => other,
                    false => one,
                }
            });
            let from = nearest.unwrap_or(base);
            let setup = Setup {
                symbol: "BTC/USDT".to_owned(),
                order_type,
                stop_loss: stop.map(|distance| from - sign * Decimal::from(distance)),
                take_profits: distances
                    .into_iter()
                    .map(|distance| from + sign * Decimal::from(distance))
                    .collect(),
                runner,
                ..setup(direction, OrderType::Market, &entries)
            };
            let management = Management {
                breakeven_after: Some(breakeven),
            };
            (setup, management)
        },
    )
}

proptest! {
    #[test]
    fn parts_come_to_one_whole_and_results_lie_between_the_worst_and_the_best_price(
        (setup, management) in any_signal(),
        candles in any_candles(),
    ) {
        let done = simulate(&setup, management, &candles).expect("can be simulated");
        let closed: Decimal = done.exits.iter().map(|exit| exit.weight).sum();
        prop_assert!(done.exits.iter().all(|exit| exit.weight > Decimal::ZERO));
        let Some(entry) = done.entry_price else {
            prop_assert_eq!(done.status, NotFilled);
            prop_assert_eq!((closed, done.open), (Decimal::ZERO, Decimal::ZERO));
            return Ok(());
        };
        prop_assert_eq!(closed + done.open, Decimal::ONE);
        prop_assert_eq!(done.status == Open, done.open > Decimal::ZERO);
        let percent = |price| gain(setup.direction, entry, price) * dec("100") / entry;
        let bounds = candles.iter().flat_map(|candle| [percent(candle.low), percent(candle.high)]);
        let (worst, best) = bounds.fold((dec("0"), dec("0")), |(worst, best), percent| {
            (worst.min(percent), best.max(percent))
        });
        // The last digit of a quotient may round away from the bound.
        let hair = dec("0.000000000000000001");
        let earned = done.pnl_percent.expect("something was entered");
        prop_assert!(worst - hair <= earned && earned <= best + hair, "{worst} {earned} {best}");
        let adverse = done.adverse_percent.expect("something was entered");
        let favourable = done.favourable_percent.expect("something was entered");
        prop_assert!(adverse >= dec("0") && favourable >= dec("0"));
        let times: Vec<_> = done.exits.iter().map(|exit| exit.time).collect();
        prop_assert!(times.is_sorted() && times.first() >= done.filled_at.as_ref().filter(|_| !times.is_empty()));
    }

    #[test]
    fn no_scale_of_prices_changes_a_result((setup, management) in any_signal(), candles in any_candles()) {
        let factor = dec("0.001");
        let scaled = |price: Decimal| price * factor;
        let small = Setup {
            entries: setup.entries.iter().copied().map(scaled).collect(),
            stop_loss: setup.stop_loss.map(scaled),
            take_profits: setup.take_profits.iter().copied().map(scaled).collect(),
            ..setup.clone()
        };
        let small_candles: Vec<Candle> = candles
            .iter()
            .map(|candle| Candle {
                time: candle.time,
                open: scaled(candle.open),
                high: scaled(candle.high),
                low: scaled(candle.low),
                close: scaled(candle.close),
            })
            .collect();
        let one = simulate(&setup, management, &candles).expect("can be simulated");
        let other = simulate(&small, management, &small_candles).expect("can be simulated");
        let rounded = |percent: Option<Decimal>| percent.map(|percent| percent.round_dp(12));
        prop_assert_eq!(rounded(one.pnl_percent), rounded(other.pnl_percent));
        prop_assert_eq!((one.status, one.exits.len()), (other.status, other.exits.len()));
    }

    #[test]
    fn what_comes_after_the_end_changes_nothing(
        (setup, management) in any_signal(),
        candles in any_candles(),
        cut in 1_usize..40,
    ) {
        let first = simulate(&setup, management, &candles[..cut.min(candles.len())]);
        let first = first.expect("can be simulated");
        if matches!(first.status, Stopped | Completed) {
            let whole = simulate(&setup, management, &candles).expect("can be simulated");
            prop_assert_eq!(first, whole);
        }
    }
}
