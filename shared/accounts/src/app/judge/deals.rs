//! Deals enter the ledger as they arrive: trades, days and statistics go by
//! deals. For the rules they wait until a snapshot places them.

use std::collections::{HashMap, HashSet};

use platform::dynamo::StoreError;

use super::Judge;
use super::change::Change;
use crate::domain::deal::Deal;
use crate::domain::judging::Stage;
use crate::domain::ledger::{KnownPosition, LedgerChange, position_key};
use crate::model::AttentionWord;
use crate::store::NumberedInput;

/// Positions that the deals of one input touch, as they are known.
pub(super) struct Positions(HashMap<String, KnownPosition>);

impl Judge<'_> {
    /// Applies an input's deals, and changes of earlier ones, to the ledger.
    pub(super) async fn apply_deals(
        &self,
        change: &mut Change,
        numbered: &NumberedInput,
    ) -> Result<(), StoreError> {
        let input = &numbered.input;
        let before = input.changes.iter().map(|changed| &changed.before);
        let touched: Vec<&Deal> = input.deals.iter().chain(before).collect();
        let mut positions = self.positions(&touched).await?;
        let reset = change.after.plan.reset;
        let carried = carried_over(change, &input.deals);
        for deal in input.deals.iter().skip(carried) {
            let key = position_key(deal);
            let known = key.as_ref().and_then(|key| positions.0.remove(key));
            let applied = change.ledger.apply(deal, &reset, known);
            if applied.out_of_range {
                set_aside(change, self, &deal.id);
                continue;
            }
            positions.take(&applied);
            change.take_ledger(applied, self.now);
        }
        for changed in &input.changes {
            let key = position_key(&changed.before);
            let known = key.as_ref().and_then(|key| positions.0.remove(key));
            let both = (&changed.before, &changed.after);
            let applied = change.ledger.revise(both, &reset, known);
            positions.take(&applied);
            change.take_ledger(applied, self.now);
            if let Some(state) = &mut change.after.challenge_state {
                state.reconciliation.revised +=
                    changed.after.balance_effect() - changed.before.balance_effect();
            }
            let by = changed.after.balance_effect() - changed.before.balance_effect();
            change.contradict("deal_changed", by);
        }
        for id in &input.set_aside {
            set_aside(change, self, id);
        }
        self.wait(change, numbered, carried);
        change.refresh_figures();
        Ok(())
    }

    /// Lets an input's deals wait for a snapshot; older history waits for none.
    fn wait(&self, change: &mut Change, numbered: &NumberedInput, carried: usize) {
        let input = &numbered.input;
        if (input.deals.len() > carried || !input.changes.is_empty())
            && let Some(state) = &mut change.after.challenge_state
        {
            state.reconciliation.deals_at = numbered.number;
        }
        if input.deals.len() == carried {
            return;
        }
        change.has_ledger = true;
        let Some(state) = &mut change.after.challenge_state else {
            return;
        };
        if input.is_history {
            return;
        }
        let last = carried
            .checked_sub(1)
            .and_then(|index| input.deals.get(index));
        let placed = last.map(|deal| (deal.time, deal.id.clone()));
        state.reconciliation.wait(numbered.number, placed);
        let is_awaiting = matches!(state.stage, Stage::Awaiting(_));
        let trades = input
            .deals
            .iter()
            .any(|deal| deal.kind.is_trade() && deal.time > self.account.created_at);
        if is_awaiting && trades {
            let detail = "a trade before the challenge has the money that it needs";
            change.raise(AttentionWord::TradingUnfunded, detail, self.now);
        }
    }

    /// What is known of the position that a deal touches.
    pub(crate) async fn known_position(
        &self,
        deal: &Deal,
    ) -> Result<Option<KnownPosition>, StoreError> {
        let mut positions = self.positions(&[deal]).await?;
        Ok(position_key(deal).and_then(|key| positions.0.remove(&key)))
    }

    /// The positions that deals touch.
    pub(super) async fn positions(&self, deals: &[&Deal]) -> Result<Positions, StoreError> {
        let (shop, id) = (&self.account.shop, &self.account.id);
        let keys: HashSet<String> = deals.iter().filter_map(|deal| position_key(deal)).collect();
        if keys.is_empty() {
            return Ok(Positions(HashMap::new()));
        }
        let open = self.store.open_positions(shop, id, keys.clone()).await?;
        let by_id: HashSet<&String> = deals
            .iter()
            .filter(|deal| position_key(deal).is_some())
            .filter_map(|deal| deal.position_id.as_ref())
            .filter(|position| !open.contains_key(*position))
            .collect();
        let closed = self.store.trades_of_positions(shop, id, by_id).await?;
        let mut known: HashMap<String, KnownPosition> = open
            .into_iter()
            .map(|(key, position)| (key, KnownPosition::Open(position)))
            .collect();
        known.extend(
            closed
                .into_iter()
                .map(|trade| (trade.position.id.clone(), KnownPosition::Closed(trade))),
        );
        Ok(Positions(known))
    }
}

impl Positions {
    /// Remembers what a deal left, for the next deal of its position.
    fn take(&mut self, applied: &LedgerChange) {
        let Some(key) = &applied.key else {
            return;
        };
        let trade = applied.closed.as_ref().or(applied.corrected.as_ref());
        match (&applied.held, trade) {
            (Some(position), _) => {
                self.0
                    .insert(key.clone(), KnownPosition::Open(position.clone()));
            }
            (None, Some(trade)) => {
                self.0.insert(
                    trade.position.id.clone(),
                    KnownPosition::Closed(trade.clone()),
                );
            }
            (None, None) => {}
        }
    }
}

/// Takes what another trade server's deals carry over of the old balance.
/// Returns how many of them do: the first ones, since deals come in order of
/// time.
fn carried_over(change: &mut Change, deals: &[Deal]) -> usize {
    let state = change.after.challenge_state.as_mut();
    let carry = state.and_then(|state| state.reconciliation.carry.as_mut());
    carry.map_or(0, |carry| {
        deals.iter().take_while(|deal| carry.take(deal)).count()
    })
}

fn set_aside(change: &mut Change, judge: &Judge<'_>, deal: &str) {
    tracing::error!(
        alarm = "deal_set_aside",
        account = judge.account.id.as_str(),
        deal,
        "a deal of {} has figures beyond reason and does not count",
        judge.account.id,
    );
    let detail = format!("deal {deal} has figures beyond reason and does not count");
    change.raise(AttentionWord::DealSetAside, &detail, judge.now);
}
