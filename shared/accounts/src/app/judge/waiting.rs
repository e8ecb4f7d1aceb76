//! Deals that no snapshot has placed, and snapshots that are held: read from
//! their inputs.

use std::collections::{HashMap, HashSet, VecDeque};

use platform::dynamo::StoreError;

use super::Judge;
use super::change::Change;
use crate::domain::deal::{Deal, DealKind};
use crate::domain::judging::{Exposure, HeldSnapshot, Stage, WaitingRange};
use crate::domain::ledger::{Ledger, position_key};
use crate::model::{AccountSnapshot, AccountState};

/// Waiting deals in order of time and id, each with its input's number.
#[derive(Debug, Default)]
pub(super) struct WaitingDeals {
    pub(super) deals: Vec<Deal>,
    inputs: Vec<u64>,
}

impl WaitingDeals {
    pub(super) fn of(mut deals: Vec<(u64, Deal)>) -> Self {
        deals.sort_by(|(_, one), (_, other)| (one.time, &one.id).cmp(&(other.time, &other.id)));
        let (inputs, deals) = deals.into_iter().unzip();
        Self { deals, inputs }
    }

    /// Returns the ranges that wait once the first so many deals are placed.
    pub(super) fn ranges_after(&self, ranges: &[WaitingRange], placed: usize) -> Vec<WaitingRange> {
        let left: HashSet<u64> = self.inputs.iter().skip(placed).copied().collect();
        let last = placed
            .checked_sub(1)
            .and_then(|index| self.deals.get(index))
            .map(|deal| (deal.time, deal.id.clone()));
        ranges
            .iter()
            .filter(|range| {
                left.iter()
                    .any(|input| (range.from..=range.to).contains(input))
            })
            .map(|range| WaitingRange {
                placed: range.placed.clone().max(last.clone()),
                ..range.clone()
            })
            .collect()
    }
}

impl Judge<'_> {
    /// The deals of ranges of inputs that are not placed yet.
    pub(super) async fn waiting_deals(
        &self,
        ranges: &[WaitingRange],
    ) -> Result<WaitingDeals, StoreError> {
        let (shop, id) = (&self.account.shop, &self.account.id);
        let mut found = Vec::new();
        for range in ranges {
            let inputs = self
                .store
                .inputs_between(shop, id, range.from, range.to)
                .await?;
            for numbered in inputs {
                for deal in numbered.input.deals {
                    let is_placed = range
                        .placed
                        .as_ref()
                        .is_some_and(|(time, id)| (deal.time, &deal.id) <= (*time, id));
                    if !is_placed && !numbered.input.is_history {
                        found.push((numbered.number, deal));
                    }
                }
            }
        }
        self.take_classes(&mut found).await?;
        Ok(WaitingDeals::of(found))
    }

    /// Gives deals the class that they have now: a shop may have changed it.
    async fn take_classes(&self, deals: &mut [(u64, Deal)]) -> Result<(), StoreError> {
        let (shop, id) = (&self.account.shop, &self.account.id);
        for (_, deal) in deals.iter_mut() {
            if deal.kind.is_trade() || deal.kind == DealKind::Credit {
                continue;
            }
            if let Some(stored) = self.store.deal(shop, id, &deal.id).await? {
                deal.class = stored.class;
            }
        }
        Ok(())
    }

    /// Whether a snapshot has placed a deal.
    pub(crate) async fn is_placed(&self, change: &Change, deal: &Deal) -> Result<bool, StoreError> {
        let Some(state) = &change.after.challenge_state else {
            return Ok(false);
        };
        let waiting = self.waiting_deals(&state.reconciliation.waiting).await?;
        Ok(waiting.deals.iter().all(|waiting| waiting.id != deal.id))
    }

    /// The snapshots that are held.
    pub(super) async fn held(
        &self,
        held: &[HeldSnapshot],
    ) -> Result<VecDeque<AccountSnapshot>, StoreError> {
        let (shop, id) = (&self.account.shop, &self.account.id);
        let (Some(first), Some(last)) = (held.first(), held.last()) else {
            return Ok(VecDeque::new());
        };
        let inputs = self
            .store
            .inputs_between(shop, id, first.input, last.input)
            .await?;
        let by_number: HashMap<u64, AccountSnapshot> = inputs
            .into_iter()
            .filter_map(|numbered| Some((numbered.number, numbered.input.reading?)))
            .collect();
        Ok(held
            .iter()
            .filter_map(|snapshot| by_number.get(&snapshot.input).cloned())
            .collect())
    }

    /// Open positions and days before some deals.
    pub(super) async fn exposure(
        &self,
        ledger: &Ledger,
        account_state: &AccountState,
        deals: &[Deal],
    ) -> Result<Exposure, StoreError> {
        let (shop, id) = (&self.account.shop, &self.account.id);
        let keys: HashSet<String> = deals.iter().filter_map(position_key).collect();
        let open = self.store.open_positions(shop, id, keys).await?;
        let reset = account_state.plan.reset;
        Ok(Exposure::before(ledger, &open, deals, reset))
    }

    /// Positions that had closed before a restarted challenge began, of those
    /// that costs among some deals name.
    pub(super) async fn closed_before(
        &self,
        account_state: &AccountState,
        deals: &[Deal],
    ) -> Result<HashSet<String>, StoreError> {
        let from = match account_state
            .challenge_state
            .as_ref()
            .map(|state| &state.stage)
        {
            Some(Stage::Running(running)) if !running.is_first => running.rules.started_at(),
            Some(Stage::Awaiting(awaiting)) if !awaiting.is_first => awaiting.since,
            _ => return Ok(HashSet::new()),
        };
        let (shop, id) = (&self.account.shop, &self.account.id);
        let named: HashSet<&String> = deals
            .iter()
            .filter(|deal| !deal.kind.is_trade())
            .filter_map(|deal| deal.position_id.as_ref())
            .collect();
        let trades = self.store.trades_of_positions(shop, id, named).await?;
        Ok(trades
            .into_iter()
            .filter(|trade| trade.closed_at() <= from)
            .map(|trade| trade.position.id)
            .collect())
    }
}
