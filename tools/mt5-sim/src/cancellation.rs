//! Deals that the broker cancels: they keep their number, lose their profit,
//! and the amount is booked back.

use rust_decimal::Decimal;

use crate::ledger::{Canceled, Deal, DealKind, Entry, Stamp, State, deal};
use crate::scenario::{Booking, OperationKind};

/// The place among an action's numbers by which a release finds the
/// cancellation; no deal takes it.
const MARK: u64 = 2;

/// The deals that a step cancels.
#[derive(Clone, Debug)]
pub(crate) struct Cancellation {
    /// The first number of the deals, and how many numbers they may have.
    pub(crate) tickets: (u64, u64),
    pub(crate) booked: Booking,
    pub(crate) comment: String,
    /// The profits that the deals lose; known once the timeline is laid.
    profits: Vec<Decimal>,
}

impl Cancellation {
    pub(crate) fn new(tickets: (u64, u64), booked: Booking, comment: &str) -> Self {
        Self {
            tickets,
            booked,
            comment: comment.to_owned(),
            profits: Vec::new(),
        }
    }

    /// Finds the trades to cancel among the deals made so far.
    ///
    /// # Errors
    /// Returns a sentence if there is none, or if one is cancelled already.
    pub(crate) fn resolve<'a>(
        &self,
        known: impl Iterator<Item = &'a Deal>,
    ) -> Result<(Self, Vec<u64>), String> {
        let (first, count) = self.tickets;
        let trades: Vec<&Deal> = known
            .filter(|deal| (first..first + count).contains(&deal.id))
            .filter(|deal| matches!(deal.kind, DealKind::Trade(_)))
            .collect();
        if trades.is_empty() {
            return Err("no trade to cancel has happened yet".to_owned());
        }
        if trades.iter().any(|deal| deal.canceled.is_some()) {
            return Err("the deal is cancelled already".to_owned());
        }
        let resolved = Self {
            profits: trades.iter().map(|deal| deal.profit).collect(),
            ..self.clone()
        };
        Ok((resolved, trades.iter().map(|deal| deal.id).collect()))
    }

    /// Returns what the cancelled deals carry from then on.
    pub(crate) fn mark(&self, stamp: Stamp) -> Canceled {
        Canceled {
            booked: self.booked,
            at: stamp.at,
            visible_at: stamp.visible_at,
            ticket: stamp.ticket + MARK,
        }
    }

    /// Books the amounts back.
    pub(crate) fn apply(&self, state: &mut State, stamp: Stamp, deals: &mut Vec<Deal>) {
        let lost = self
            .profits
            .iter()
            .fold(Decimal::ZERO, |sum, profit| sum.saturating_add(*profit));
        match self.booked {
            Booking::Kept => {}
            Booking::InPlace => state.balance -= lost,
            Booking::Apart => {
                state.balance -= lost;
                let kind = DealKind::Operation(OperationKind::Balance);
                let mut back = deal(stamp, 0, kind, Entry::In);
                back.profit = -lost;
                back.comment.clone_from(&self.comment);
                deals.push(back);
            }
        }
    }
}
