//! Gain, trading days and the conditions of passing.

use std::collections::{BTreeMap, BTreeSet};

use kernel::time::Timestamp;
use rust_decimal::Decimal;

use super::challenge::Begin;
use super::ledger::{Class, Ledger, Point};
use super::moments::{Moment, Source};
use super::plan::Plan;
use super::reference::Known;
use super::start::Start;

/// Returns the result of trading at a moment.
pub(crate) fn gain(ledger: &Ledger, begin: &Begin, start: &Start, moment: &Moment) -> Decimal {
    moment.balance - start.initial - adjusted(ledger, begin, start, moment.at)
}

/// Returns what is no gain and no loss, beyond the initial balance.
pub(crate) fn adjusted(ledger: &Ledger, begin: &Begin, start: &Start, at: Timestamp) -> Decimal {
    let deals = ledger.adjustments(start.at, at).map(|deal| deal.amount);
    let canceled = ledger.canceled_apart(begin.counts_from(), start.at, at);
    start.adjusted + deals.sum::<Decimal>() + canceled
}

/// Returns the number of days on which a position was opened.
pub(crate) fn trading_days(plan: &Plan, ledger: &Ledger, begin: &Begin, at: Timestamp) -> usize {
    let openings = ledger.openings().into_iter();
    let counted = openings.filter(|deal| begin.counts_from() < deal.at && deal.at <= at);
    let days: BTreeSet<Timestamp> = counted.map(|deal| plan.reset.last(deal.at)).collect();
    days.len()
}

/// Returns the best day's profit, never below zero, and that of all days.
pub(crate) fn profits(
    plan: &Plan,
    ledger: &Ledger,
    begin: &Begin,
    at: Timestamp,
) -> (Decimal, Decimal) {
    let counts = |moment: Timestamp| begin.counts_from() < moment && moment <= at;
    let mut days: BTreeMap<Timestamp, Decimal> = BTreeMap::new();
    let mut add = |moment: Timestamp, amount: Decimal| {
        *days.entry(plan.reset.last(moment)).or_default() += amount;
    };
    for deal in &ledger.deals {
        if deal.class == Class::Trading && counts(deal.at) {
            add(deal.at, deal.amount);
        }
    }
    // A cancelled profit leaves the day on which it was made.
    for gone in &ledger.cancellations {
        if gone.at <= at && counts(gone.deal_at) {
            add(gone.deal_at, -gone.profit);
        }
    }
    let best = days.values().copied().max().unwrap_or_default();
    (best.max(Decimal::ZERO), days.values().sum())
}

/// Returns the gain and its target if all conditions of passing are met.
pub(crate) fn passes(
    plan: &Plan,
    known: Known<'_>,
    begin: &Begin,
    start: &Start,
    moment: &Moment,
) -> Option<(Decimal, Decimal)> {
    let target = start.initial * plan.profit_target_pct? / Decimal::ONE_HUNDRED;
    let gain = gain(known.ledger, begin, start, moment);
    let is_flat = Point::at(known.points, moment.at).is_flat;
    if moment.source != Source::Snapshot || gain < target || !is_flat {
        return None;
    }
    let days = trading_days(plan, known.ledger, begin, moment.at);
    if days < plan.min_trading_days.unwrap_or(0) {
        return None;
    }
    let (best, total) = profits(plan, known.ledger, begin, moment.at);
    let is_consistent = plan
        .consistency_pct
        .is_none_or(|share| best * Decimal::ONE_HUNDRED <= total * share);
    is_consistent.then_some((gain, target))
}
