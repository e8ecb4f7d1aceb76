//! The true history of an account: every deal at its true time, and the
//! snapshots that were shown.

use std::collections::{BTreeMap, BTreeSet};

use kernel::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::challenge::Begin;

/// The class of a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A result of trading.
    Trading,
    /// Money that came in or went out.
    Adjustment,
    /// An adjustment that ends a payout cycle.
    Payout,
    /// Credit.
    Credit,
}

impl Class {
    /// Returns `true` for money that is no gain and no loss.
    #[must_use]
    pub fn is_adjustment(self) -> bool {
        matches!(self, Self::Adjustment | Self::Payout)
    }
}

/// The market side of a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The position.
    pub position: u64,
    /// The effect on the position.
    pub entry: FillEntry,
    /// Lots.
    pub volume: Decimal,
}

/// The effect of a deal on its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillEntry {
    /// It opens the position or adds to it.
    In,
    /// It closes the position, wholly or in part.
    Out,
    /// It turns the position to the other side.
    InOut,
}

/// A deal at its true time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    /// The ticket; orders deals of one moment.
    pub id: u64,
    /// The moment.
    pub at: Timestamp,
    /// The class.
    pub class: Class,
    /// The change of the balance.
    pub amount: Decimal,
    /// The change of the credit.
    pub credit: Decimal,
    /// The trade, for a purchase or a sale.
    pub fill: Option<Fill>,
    /// The position that a cost without a fill belongs to.
    pub cost_of: Option<u64>,
}

/// The way in which a cancelled deal's profit left the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// By a deal of its own, or not at all.
    Apart,
    /// By the balance alone, without a deal.
    InPlace,
}

/// A cancellation of a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// The moment.
    pub at: Timestamp,
    /// The deal.
    pub deal: u64,
    /// The moment of that deal.
    pub deal_at: Timestamp,
    /// The profit that it lost.
    pub profit: Decimal,
    /// The way in which the profit left.
    pub withdrawn: Withdrawn,
}

/// Balance and equity as they were shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The moment.
    pub at: Timestamp,
    /// The balance.
    pub balance: Decimal,
    /// The equity.
    pub equity: Decimal,
}

/// An account's history.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// All deals.
    pub deals: Vec<Deal>,
    /// All cancellations.
    pub cancellations: Vec<Cancellation>,
    /// Moments at which all positions are dropped: moves to another server.
    pub drops: Vec<Timestamp>,
    /// The snapshots that were shown.
    pub snapshots: Vec<Snapshot>,
}

/// The books after a deal, a cancellation or a drop.
#[derive(Clone, Debug, Default)]
struct Books {
    balance: Decimal,
    credit: Decimal,
    /// Lots by open position.
    open: BTreeMap<u64, Decimal>,
}

/// The figures after a change of the books.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) at: Timestamp,
    pub(crate) balance: Decimal,
    pub(crate) credit: Decimal,
    pub(crate) is_flat: bool,
    pub(crate) lots: Decimal,
    /// The deal that made the change.
    pub(crate) deal: Option<u64>,
}

impl Point {
    /// The figures before anything has happened.
    pub(crate) const NONE: Self = Self {
        at: Timestamp::MIN_UTC,
        balance: Decimal::ZERO,
        credit: Decimal::ZERO,
        is_flat: true,
        lots: Decimal::ZERO,
        deal: None,
    };

    /// Returns the figures at a moment.
    pub(crate) fn at(points: &[Self], moment: Timestamp) -> Self {
        let done = points.partition_point(|point| point.at <= moment);
        let last = done.checked_sub(1).and_then(|last| points.get(last));
        last.copied().unwrap_or(Self::NONE)
    }
}

impl Books {
    fn change(&mut self, change: Change<'_>) {
        match change {
            Change::Drop => self.open.clear(),
            Change::Deal(deal) => self.apply(deal),
            Change::Cancellation(gone) if gone.withdrawn == Withdrawn::InPlace => {
                self.balance -= gone.profit;
            }
            Change::Cancellation(_) => {}
        }
    }

    fn apply(&mut self, deal: &Deal) {
        self.balance += deal.amount;
        self.credit += deal.credit;
        let Some(fill) = deal.fill else { return };
        let before = self.open.get(&fill.position).copied().unwrap_or_default();
        let after = match fill.entry {
            FillEntry::In => before + fill.volume,
            FillEntry::Out => before - fill.volume,
            FillEntry::InOut => fill.volume - before,
        };
        if after > Decimal::ZERO {
            self.open.insert(fill.position, after);
        } else {
            self.open.remove(&fill.position);
        }
    }
}

/// One change of the books.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change<'a> {
    /// All positions are dropped.
    Drop,
    /// A deal.
    Deal(&'a Deal),
    /// A cancellation.
    Cancellation(&'a Cancellation),
}

impl Ledger {
    /// Brings everything in order of time, and leaves out what lies after a
    /// moment.
    #[must_use]
    pub fn until(mut self, until: Timestamp) -> Self {
        self.deals.retain(|deal| deal.at <= until);
        self.cancellations.retain(|gone| gone.at <= until);
        self.drops.retain(|at| *at <= until);
        self.snapshots.retain(|seen| seen.at <= until);
        self.deals.sort_by_key(|deal| (deal.at, deal.id));
        self.cancellations.sort_by_key(|gone| gone.at);
        self.drops.sort_unstable();
        self.snapshots.sort_by_key(|seen| seen.at);
        self
    }

    /// Returns every change of the books, in order.
    pub(crate) fn changes(&self) -> Vec<(Timestamp, Change<'_>)> {
        let drops = self.drops.iter().map(|at| (*at, Change::Drop));
        let deals = self.deals.iter().map(|deal| (deal.at, Change::Deal(deal)));
        let gone = self.cancellations.iter();
        let gone = gone.map(|gone| (gone.at, Change::Cancellation(gone)));
        let mut changes: Vec<_> = drops.chain(deals).chain(gone).collect();
        changes.sort_by_key(|(at, _)| *at);
        changes
    }

    /// Returns the figures after every change of the books, in order.
    pub(crate) fn points(&self) -> Vec<Point> {
        let mut books = Books::default();
        let mut points = Vec::new();
        for (at, change) in self.changes() {
            books.change(change);
            points.push(Point {
                at,
                balance: books.balance,
                credit: books.credit,
                is_flat: books.open.is_empty(),
                lots: books.open.values().sum(),
                deal: match change {
                    Change::Deal(deal) => Some(deal.id),
                    _ => None,
                },
            });
        }
        points
    }

    /// Returns the adjustments after one moment up to another.
    pub(crate) fn adjustments(
        &self,
        after: Timestamp,
        until: Timestamp,
    ) -> impl Iterator<Item = &Deal> {
        let first = self.deals.partition_point(|deal| deal.at <= after);
        let end = self.deals.partition_point(|deal| deal.at <= until);
        let span = self.deals.get(first..end).unwrap_or_default();
        span.iter().filter(|deal| deal.class.is_adjustment())
    }

    /// Returns what references move by after one moment up to another:
    /// adjustments, and cancellations that the balance alone shows.
    pub(crate) fn movements(&self, after: Timestamp, until: Timestamp) -> Decimal {
        let deals: Decimal = self.adjustments(after, until).map(|deal| deal.amount).sum();
        let gone = self
            .cancellations
            .iter()
            .filter(|gone| gone.withdrawn == Withdrawn::InPlace)
            .filter(|gone| after < gone.at && gone.at <= until);
        deals - gone.map(|gone| gone.profit).sum::<Decimal>()
    }

    /// Returns the profits of deals of after `made` that were cancelled after
    /// one moment up to another, and that the balance has kept or has lost by
    /// a deal of its own.
    pub(crate) fn canceled_apart(
        &self,
        made: Timestamp,
        after: Timestamp,
        until: Timestamp,
    ) -> Decimal {
        self.cancellations
            .iter()
            .filter(|gone| gone.withdrawn == Withdrawn::Apart && gone.deal_at > made)
            .filter(|gone| after < gone.at && gone.at <= until)
            .map(|gone| gone.profit)
            .sum()
    }

    /// Returns the money that left after one moment up to another, as a
    /// positive amount.
    pub(crate) fn left(&self, after: Timestamp, until: Timestamp) -> Decimal {
        let out = self.adjustments(after, until).map(|deal| deal.amount);
        -out.filter(|amount| *amount < Decimal::ZERO)
            .sum::<Decimal>()
    }

    /// Returns the ledger as a challenge sees it: a cost of after its reset
    /// that belongs to a position closed before is an adjustment.
    pub(crate) fn with_late_costs(&self, begin: &Begin) -> Self {
        let mut ledger = self.clone();
        if begin.is_first {
            return ledger;
        }
        let mut open = Books::default();
        for deal in self.deals.iter().take_while(|deal| deal.at <= begin.at) {
            open.apply(deal);
        }
        let known = |position: u64| {
            let fills = self.deals.iter().filter(|deal| deal.at <= begin.at);
            let mut fills = fills.filter_map(|deal| deal.fill);
            fills.any(|fill| fill.position == position)
        };
        for deal in &mut ledger.deals {
            let closed = |position: u64| known(position) && !open.open.contains_key(&position);
            if deal.at > begin.at && deal.cost_of.is_some_and(closed) {
                deal.class = Class::Adjustment;
            }
        }
        ledger
    }

    /// Returns the deals that open a position.
    pub(crate) fn openings(&self) -> Vec<&Deal> {
        let mut known = BTreeSet::new();
        let mut openings = Vec::new();
        for deal in &self.deals {
            let Some(fill) = deal.fill else { continue };
            if known.insert(fill.position) && fill.entry == FillEntry::In {
                openings.push(deal);
            }
        }
        openings
    }
}
