//! Positions, statistics and days out of deals, in any order.

use std::collections::HashMap;

use chrono::Duration;
use kernel::time::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::domain::deal::Entry;

fn dec(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

fn at(minutes: i64) -> Timestamp {
    "2025-11-10T05:00:00Z".parse::<Timestamp>().expect("a time") + Duration::minutes(minutes)
}

/// `minutes kind entry position volume price profit`, with a commission of
/// -1 on each trade.
fn deal(id: usize, text: &str) -> Deal {
    let parts: Vec<_> = text.split(' ').collect();
    let [minutes, kind, entry, position, volume, price, profit] = parts[..] else {
        panic!("not a deal: {text}");
    };
    let kind = DealKind::parse(kind);
    let some = |text: &str| (text != "-").then(|| text.to_owned());
    Deal {
        entry: entry.parse().ok(),
        symbol: kind.is_trade().then(|| "EURUSD".to_owned()),
        position_id: some(position),
        volume: dec(volume),
        price: dec(price),
        commission: if kind.is_trade() { dec("-1") } else { dec("0") },
        profit: dec(profit),
        ..Deal::empty(id.to_string(), at(minutes.parse().expect("minutes")), kind)
    }
}

fn deals(lines: &[&str]) -> Vec<Deal> {
    lines
        .iter()
        .enumerate()
        .map(|(id, line)| deal(id, line))
        .collect()
}

/// A ledger, and the positions and trades that a store would hold beside it.
#[derive(Default)]
struct Book {
    ledger: Ledger,
    open: HashMap<String, Position>,
    trades: HashMap<String, ClosedPosition>,
}

impl Book {
    fn of(deals: &[Deal]) -> Self {
        let mut book = Self::default();
        for deal in deals {
            book.apply(deal);
        }
        book
    }

    fn known(&self, deal: &Deal) -> Option<KnownPosition> {
        let key = position_key(deal)?;
        let open = self.open.get(&key).cloned().map(KnownPosition::Open);
        open.or_else(|| self.trades.get(&key).cloned().map(KnownPosition::Closed))
    }

    fn apply(&mut self, deal: &Deal) -> LedgerChange {
        let known = self.known(deal);
        let change = self.ledger.apply(deal, &ResetRule::default(), known);
        self.take(&change);
        change
    }

    fn take(&mut self, change: &LedgerChange) {
        if let Some(dropped) = &change.dropped {
            self.open.remove(dropped);
        }
        if let Some(number) = change.reopened {
            self.trades.retain(|_, trade| trade.number != number);
        }
        if let Some(key) = &change.key {
            match &change.held {
                Some(position) => {
                    self.open.insert(key.clone(), position.clone());
                }
                None => {
                    self.open.remove(key);
                }
            }
        }
        for trade in change.closed.iter().chain(&change.corrected) {
            self.trades.insert(trade.position.id.clone(), trade.clone());
        }
    }

    fn trade(&self, id: &str) -> &ClosedPosition {
        self.trades.get(id).expect("a closed trade")
    }
}

#[test]
fn partial_closes_are_one_trade_that_closes_with_the_last() {
    let book = Book::of(&deals(&[
        "0 BUY IN 7 1.0 1.1000 0",
        "10 BUY IN 7 1.0 1.1020 0",
        "20 SELL OUT 7 0.5 1.1030 10",
        "30 SELL OUT 7 1.5 1.1050 40",
    ]));
    let trade = book.trade("7");
    let position = &trade.position;
    assert_eq!((trade.number, position.side()), (1, Side::Buy));
    assert_eq!(position.volume(), dec("2"));
    assert_eq!(position.open_price(), Some(dec("1.101")));
    assert_eq!(position.close_price(), Some(dec("1.1045")));
    assert_eq!(
        (position.opened_at(), trade.closed_at()),
        (Some(at(0)), at(30))
    );
    assert_eq!((position.profit, position.net()), (dec("50"), dec("46")));
    assert_eq!(position.deals, 4);
    assert_eq!(book.ledger.standing().open_positions, 0);
    assert_eq!(book.ledger.statistics().win_rate(), Some(dec("100")));
}

#[test]
fn an_open_position_counts_with_its_volume_until_it_closes() {
    let mut book = Book::of(&deals(&["0 SELL IN 7 1.5 1.1 0", "1 BUY IN 8 0.5 1.1 0"]));
    assert_eq!(book.ledger.standing().open_positions, 2);
    assert_eq!(book.ledger.standing().open_volume, dec("2"));
    book.apply(&deal(9, "2 BUY OUT 7 1 1.1 5"));
    assert_eq!(book.ledger.standing().open_volume, dec("1"));
    assert_eq!(book.ledger.closed_count(), 0);
}

#[test]
fn a_win_is_a_net_above_zero_after_all_costs() {
    let book = Book::of(&deals(&[
        "0 BUY IN 1 1 1.1 0",
        "1 SELL OUT 1 1 1.1 2",
        "2 BUY IN 2 1 1.1 0",
        "3 SELL OUT 2 1 1.1 2.01",
        "4 BUY IN 3 1 1.1 0",
        "5 SELL OUT 3 1 1.1 -5",
    ]));
    let statistics = book.ledger.statistics();
    assert_eq!(
        (statistics.closed, statistics.winners, statistics.losers),
        (3, 1, 1)
    );
    assert_eq!(statistics.gross_profit, dec("0.01"));
    assert_eq!(statistics.gross_loss, dec("-7"));
    assert_eq!(statistics.net(), dec("-6.99"));
    assert_eq!(statistics.expectancy(), Some(dec("-2.33")));
    assert_eq!(statistics.streaks.current, -1);
    assert_eq!(statistics.loss_largest, dec("-7"));
}

#[test]
fn a_reversed_netting_position_is_one_trade() {
    let mut book = Book::of(&deals(&["0 BUY IN 7 1 1.1 0", "5 SELL INOUT 7 3 1.2 100"]));
    assert_eq!(book.ledger.standing().open_volume, dec("2"));
    assert_eq!(book.ledger.closed_count(), 0);
    let change = book.apply(&deal(9, "9 BUY OUT 7 2 1.15 50"));
    assert!(change.closed.is_some());
    assert_eq!(book.trade("7").position.volume(), dec("3"));
    assert_eq!(book.trade("7").position.net(), dec("147"));
}

#[test]
fn closing_by_an_opposite_position_closes_both() {
    let book = Book::of(&deals(&[
        "0 BUY IN 1 1 1.1 0",
        "1 SELL IN 2 1 1.2 0",
        "2 SELL OUT_BY 1 1 1.2 100",
        "2 BUY OUT_BY 2 1 1.1 0",
    ]));
    assert_eq!(book.ledger.closed_count(), 2);
    assert_eq!(book.ledger.standing().open_positions, 0);
}

#[test]
fn deals_without_a_position_id_net_by_symbol() {
    let mut book = Book::of(&deals(&[
        "0 BUY - - 1 1.1 0",
        "1 SELL - - 1 1.2 10",
        "2 SELL - - 2 1.2 0",
        "3 BUY - - 1 1.1 10",
    ]));
    assert_eq!(book.ledger.closed_count(), 1);
    assert_eq!(book.ledger.standing().open_volume, dec("1"));
    let change = book.apply(&deal(9, "4 BUY - - 1 1.1 10"));
    let second = change.closed.expect("closed").position;
    assert_eq!((second.side(), second.deals), (Side::Sell, 3));
    assert_eq!(book.trades.len(), 2);
}

#[test]
fn the_exits_of_a_history_that_starts_in_mid_account_are_no_open_positions() {
    let book = Book::of(&deals(&["0 SELL OUT 7 1 1.1 25", "1 SELL OUT 8 1 1.1 -5"]));
    assert_eq!(book.ledger.standing().open_positions, 0);
    assert_eq!(book.ledger.standing().open_volume, Decimal::ZERO);
    assert_eq!(book.ledger.closed_count(), 0);
    assert_eq!(book.ledger.standing().total_profit, dec("18"));
}

#[test]
fn remnants_are_bounded_and_open_positions_are_never_dropped() {
    let mut book = Book::default();
    book.apply(&deal(0, "0 BUY IN open 1 1.1 0"));
    for index in 1..(REMNANTS_MAX + 50) {
        book.apply(&deal(index, &format!("{index} SELL OUT p{index} 1 1.1 1")));
    }
    assert_eq!(book.open.len(), REMNANTS_MAX + 1);
    assert_eq!(book.ledger.standing().open_positions, 1);
}

#[test]
fn a_late_commission_corrects_its_trade_under_the_same_number() {
    let mut book = Book::of(&deals(&[
        "0 BUY IN 7 1 1.1 0",
        "1 SELL OUT 7 1 1.1 5",
        "2 BUY IN 8 1 1.1 0",
        "3 SELL OUT 8 1 1.1 5",
    ]));
    assert_eq!(book.ledger.statistics().winners, 2);
    let change = book.apply(&deal(9, "4 COMMISSION - 7 0 0 -4"));
    let corrected = change.corrected.expect("corrected");
    assert_eq!((corrected.number, corrected.position.net()), (1, dec("-1")));
    let statistics = book.ledger.statistics();
    assert_eq!(
        (statistics.closed, statistics.winners, statistics.losers),
        (2, 1, 1)
    );
    assert_eq!(statistics.net(), dec("2"));
    assert_eq!(statistics.corrections, 1);
    assert_eq!(book.ledger.standing().total_profit, dec("2"));
}

#[test]
fn a_late_entry_opens_its_trade_again_and_it_keeps_its_number() {
    let mut book = Book::of(&deals(&["0 BUY IN 7 1 1.1 0", "9 SELL OUT 7 1 1.1 5"]));
    let change = book.apply(&deal(8, "5 BUY IN 7 1 1.1 0"));
    assert_eq!(change.reopened, Some(1));
    assert_eq!(book.ledger.statistics().closed, 0);
    assert_eq!(book.ledger.standing().open_positions, 1);
    let change = book.apply(&deal(9, "10 SELL OUT 7 1 1.1 5"));
    assert_eq!(change.closed.map(|trade| trade.number), Some(1));
    assert_eq!(book.ledger.closed_count(), 1);
}

#[test]
fn trading_days_are_reset_to_reset_days_with_a_position_opened() {
    // 22:00 UTC is 01:30 in Tehran; minute 0 is 05:00 UTC.
    let book = Book::of(&deals(&[
        "0 BUY IN 1 1 1.1 0",
        "1019 BUY IN 2 1 1.1 0",
        "1020 SELL OUT 1 1 1.1 5",
        "2460 BUY IN 3 1 1.1 0",
        "3900 BALANCE - - 0 0 500",
    ]));
    assert_eq!(book.ledger.standing().trading_days, 2);
}

#[test]
fn the_best_day_is_told_by_its_deals() {
    let mut book = Book::of(&deals(&[
        "0 BUY IN 1 1 1.1 0",
        "1 SELL OUT 1 1 1.1 102",
        "1500 BUY IN 2 1 1.1 0",
        "1501 SELL OUT 2 1 1.1 52",
        "1502 BALANCE - - 0 0 9000",
    ]));
    let standing = book.ledger.standing();
    assert_eq!(
        (standing.best_day_profit, standing.total_profit),
        (dec("100"), dec("150"))
    );
    book.apply(&deal(9, "2 CHARGE - - 0 0 -70"));
    let standing = book.ledger.standing();
    assert_eq!(
        (standing.best_day_profit, standing.total_profit),
        (dec("50"), dec("80"))
    );
    let statistics = book.ledger.statistics();
    assert_eq!(
        (statistics.deposits, statistics.result),
        (dec("9000"), dec("80"))
    );
}

#[test]
fn years_of_days_stay_bounded_and_keep_their_sums() {
    let mut book = Book::default();
    for day in 0..1_000_i64 {
        let minutes = day * 1440;
        let id = usize::try_from(day).expect("a day");
        book.apply(&deal(id, &format!("{minutes} BUY IN p{day} 1 1.1 0")));
        book.apply(&deal(
            id,
            &format!("{} SELL OUT p{day} 1 1.1 {day}", minutes + 1),
        ));
    }
    let standing = book.ledger.standing();
    assert_eq!(standing.trading_days, 1_000);
    assert_eq!(standing.best_day_profit, dec("997"));
    assert_eq!(standing.total_profit, dec("497500"));
    assert_eq!(book.ledger.days().recent().len(), 400);
    let size = serde_json::to_string(&book.ledger).expect("writes").len();
    assert!(size < 60_000, "{size} bytes");
}

#[test]
fn closes_are_counted_by_weekday_and_hour_in_the_plans_zone() {
    // Monday 23:00 UTC is Tuesday 02:30 in Tehran.
    let book = Book::of(&deals(&["0 BUY IN 7 1 1.1 0", "1080 SELL OUT 7 1 1.1 5"]));
    let statistics = book.ledger.statistics();
    assert_eq!(statistics.weekdays[1].closed, 1);
    assert_eq!(statistics.hours[2].closed, 1);
    assert_eq!(statistics.symbols["EURUSD"].net, dec("3"));
}

#[test]
fn symbols_beyond_the_bound_are_counted_together() {
    let mut book = Book::default();
    for index in 0..250 {
        for line in ["0 BUY IN p 1 1.1 0", "1 SELL OUT p 1 1.1 5"] {
            let mut deal = deal(index, line);
            deal.position_id = Some(format!("p{index}"));
            deal.symbol = Some(format!("S{index}"));
            book.apply(&deal);
        }
    }
    let statistics = book.ledger.statistics();
    assert_eq!(statistics.symbols.len(), 200);
    assert_eq!(statistics.symbols_other.closed, 50);
}

#[test]
fn a_deal_beyond_reason_is_left_out() {
    let mut book = Book::default();
    let mut huge = deal(1, "0 BUY IN 7 1 1.1 0");
    huge.profit = Decimal::MAX;
    assert!(book.apply(&huge).out_of_range);
    assert_eq!(book.ledger, Ledger::default());
}

/// Positions with several entries, partial exits, reversals and costs apart.
fn histories() -> impl Strategy<Value = Vec<Deal>> {
    let position = (
        prop::collection::vec((1_i64..5, 0_i64..4_000), 1..4),
        prop::collection::vec(0_i64..4_000, 1..4),
        any::<bool>(),
        prop::option::of((-900_i64..900, 0_i64..5_000)),
        -500_i64..500,
    );
    prop::collection::vec(position, 1..5).prop_map(|positions| {
        let mut deals = Vec::new();
        for (index, (entries, exits, is_buy, cost, profit)) in positions.into_iter().enumerate() {
            let (opens, closes) = if is_buy {
                ("BUY", "SELL")
            } else {
                ("SELL", "BUY")
            };
            let mut left: i64 = entries.iter().map(|(lots, _)| lots).sum();
            for (lots, minutes) in &entries {
                deals.push(format!(
                    "{minutes} {opens} IN p{index} {lots} 1.{minutes} 0"
                ));
            }
            for (part, minutes) in exits.iter().enumerate() {
                let minutes = 4_000 + minutes;
                let lots = if part + 1 == exits.len() {
                    left
                } else {
                    left / 2
                };
                left -= lots;
                if lots > 0 {
                    deals.push(format!(
                        "{minutes} {closes} OUT p{index} {lots} 2.1 {profit}"
                    ));
                }
            }
            if let Some((amount, minutes)) = cost {
                deals.push(format!("{minutes} COMMISSION - p{index} 0 0 {amount}"));
            }
        }
        let lines: Vec<_> = deals.iter().map(String::as_str).collect();
        super::tests::deals(&lines)
    })
}

/// What the order of arrival leaves no trace in.
fn ordered(book: &Book) -> (Vec<Position>, Standing, Statistics, Vec<DayResult>) {
    let mut trades: Vec<_> = book
        .trades
        .values()
        .map(|trade| {
            let mut position = trade.position.clone();
            position.set_number(0);
            position
        })
        .collect();
    trades.sort_by(|one, other| one.id.cmp(&other.id));
    let statistics = Statistics {
        streaks: Streaks::default(),
        win_largest: Decimal::ZERO,
        loss_largest: Decimal::ZERO,
        corrections: 0,
        ..book.ledger.statistics().clone()
    };
    let days = book.ledger.days().recent();
    let days = days
        .iter()
        .filter(|day| day.opened > 0 || !day.profit.is_zero())
        .cloned()
        .collect();
    (trades, book.ledger.standing(), statistics, days)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_order_of_arrival_comes_to_the_same(
        (deals, shuffled) in histories()
            .prop_flat_map(|deals| (Just(deals.clone()), Just(deals).prop_shuffle())),
    ) {
        let mut in_order = deals;
        in_order.sort_by_key(|deal| deal.time);
        let (one, other) = (Book::of(&in_order), Book::of(&shuffled));
        prop_assert_eq!(ordered(&one), ordered(&other));
    }

    #[test]
    fn results_add_up_to_the_balance(deals in histories()) {
        let book = Book::of(&deals);
        let sum: Decimal = deals.iter().map(Deal::balance_effect).sum();
        let statistics = book.ledger.statistics();
        prop_assert_eq!(statistics.result + statistics.deposits + statistics.withdrawals, sum);
        let by_days: Decimal = book.ledger.days().recent().iter().map(|day| day.profit).sum();
        prop_assert_eq!(by_days, statistics.result);
        // Every position of these histories closes.
        prop_assert_eq!(statistics.net(), statistics.result);
        prop_assert_eq!(book.ledger.standing().open_positions, 0);
    }

    #[test]
    fn a_ledger_read_back_from_storage_goes_on_as_if_nothing_had_happened(
        deals in histories(), cut: prop::sample::Index,
    ) {
        let cut = cut.index(deals.len());
        let mut book = Book::of(&deals[..cut]);
        let text = serde_json::to_string(&book.ledger).expect("writes");
        book.ledger = serde_json::from_str(&text).expect("reads");
        for deal in &deals[cut..] {
            book.apply(deal);
        }
        prop_assert_eq!(ordered(&book), ordered(&Book::of(&deals)));
        prop_assert_eq!(book.ledger, Book::of(&deals).ledger);
    }
}

#[test]
fn an_entry_is_told_from_the_position_where_the_source_does_not_say() {
    let mut book = Book::default();
    for (id, line) in ["0 BUY - 7 1 1.1 0", "1 SELL - 7 1 1.1 9"]
        .iter()
        .enumerate()
    {
        let deal = deal(id, line);
        assert_eq!(deal.entry, None::<Entry>);
        book.apply(&deal);
    }
    assert_eq!(book.trade("7").position.net(), dec("7"));
}
