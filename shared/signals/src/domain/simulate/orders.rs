//! Orders that wait for their price.

use rust_decimal::Decimal;

use super::Candle;
use crate::domain::setup::{Setup, shares};
use crate::domain::values::{Direction, OrderType};

/// How an order is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// At the first open.
    Market,
    /// At this price or a better one.
    Limit(Decimal),
    /// At this price or a worse one.
    Stop(Decimal),
    /// As soon as the price is between these.
    Zone(Decimal, Decimal),
}

/// An order, and its share of the planned size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) kind: Kind,
    pub(super) share: Decimal,
}

/// The orders that a setup stands for.
pub(super) fn orders(setup: &Setup) -> Vec<Order> {
    let whole = |kind| {
        vec![Order {
            kind,
            share: Decimal::ONE,
        }]
    };
    if let Some((low, high)) = setup.zone() {
        return whole(Kind::Zone(low, high));
    }
    if setup.entries.is_empty() {
        return whole(Kind::Market);
    }
    let shares = shares(setup.entries.len(), setup.entry_weights.as_deref());
    let parts = setup.entries.iter().zip(shares).enumerate();
    let order = |(index, (price, share)): (usize, (&Decimal, Decimal))| {
        let kind = match setup.order_type {
            // The first is taken at once, the others as the price comes.
            OrderType::Market if index == 0 => Kind::Market,
            OrderType::Market | OrderType::Limit => Kind::Limit(*price),
            OrderType::Stop => Kind::Stop(*price),
        };
        Order { kind, share }
    };
    parts.map(order).collect()
}

impl Order {
    /// The price that a candle's open fills it at.
    pub(super) fn at_open(&self, direction: Direction, open: Decimal) -> Option<Decimal> {
        let is_filled = match self.kind {
            Kind::Market => true,
            Kind::Limit(price) => !direction.gains(price, open),
            Kind::Stop(price) => !direction.loses(price, open),
            Kind::Zone(low, high) => (low..=high).contains(&open),
        };
        is_filled.then_some(open)
    }

    /// The price that a candle fills it at after its open.
    pub(super) fn within(&self, candle: &Candle) -> Option<Decimal> {
        let touches = |price: Decimal| (candle.low..=candle.high).contains(&price);
        match self.kind {
            // It was filled at the first open, or refused.
            Kind::Market => None,
            Kind::Limit(price) | Kind::Stop(price) => touches(price).then_some(price),
            Kind::Zone(_, high) if candle.open > high => touches(high).then_some(high),
            Kind::Zone(low, _) => touches(low).then_some(low),
        }
    }
}
