//! Positions held in memory, for whoever has no store beside a ledger.

use std::collections::HashMap;

use super::{ClosedPosition, KnownPosition, Ledger, LedgerChange, Position, position_key};
use crate::domain::deal::Deal;
use crate::domain::reset::ResetRule;

/// The open positions of a ledger, and its newest closed ones.
#[derive(Clone, Debug)]
pub struct Holdings {
    open: HashMap<String, Position>,
    closed: HashMap<String, ClosedPosition>,
    /// Closed positions in the order of their closing, the oldest first.
    order: std::collections::VecDeque<String>,
    closed_max: usize,
}

impl Holdings {
    /// Returns holdings that remember so many closed positions for the deals
    /// that still come for them.
    #[must_use]
    pub fn new(closed_max: usize) -> Self {
        Self {
            open: HashMap::new(),
            closed: HashMap::new(),
            order: std::collections::VecDeque::new(),
            closed_max,
        }
    }

    /// Applies a deal to a ledger, and holds what it leaves.
    pub fn apply(&mut self, ledger: &mut Ledger, deal: &Deal, reset: &ResetRule) -> LedgerChange {
        let known = position_key(deal).and_then(|key| self.known(&key));
        let change = ledger.apply(deal, reset, known);
        self.take(&change);
        change
    }

    fn known(&self, key: &str) -> Option<KnownPosition> {
        let open = self.open.get(key).cloned().map(KnownPosition::Open);
        open.or_else(|| self.closed.get(key).cloned().map(KnownPosition::Closed))
    }

    fn take(&mut self, change: &LedgerChange) {
        if let Some(dropped) = &change.dropped {
            self.open.remove(dropped);
        }
        let Some(key) = &change.key else {
            return;
        };
        match &change.held {
            Some(position) => {
                self.closed.remove(key);
                self.open.insert(key.clone(), position.clone());
            }
            None => {
                self.open.remove(key);
            }
        }
        if let Some(trade) = change.closed.as_ref().or(change.corrected.as_ref()) {
            let id = trade.position.id.clone();
            if self.closed.insert(id.clone(), trade.clone()).is_none() {
                self.order.push_back(id);
            }
            while self.order.len() > self.closed_max {
                if let Some(oldest) = self.order.pop_front() {
                    self.closed.remove(&oldest);
                }
            }
        }
    }

    /// Returns the open positions, those of unknown openings included.
    pub fn open(&self) -> impl Iterator<Item = &Position> {
        self.open.values()
    }
}
