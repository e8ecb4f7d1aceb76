//! What is due by time alone.

use kernel::time::Timestamp;
use platform::dynamo::StoreError;

use super::Judge;
use super::change::{AWAITING_TOLD_AFTER, Cause, Change, KeptChange};
use crate::app::events::Event;
use crate::domain::judging::Stage;
use crate::domain::judging::reconciliation::SETTLED_AFTER;
use crate::domain::ledger::Ledger;
use crate::domain::rules::{CONFIRMED_AFTER, Input as RuleInput};
use crate::model::{AccountState, AttentionWord};

/// How far time may be taken to have passed: a breach for inactivity is final,
/// so for such plans no further than a step has brought the deals.
fn tick_until(account_state: &AccountState, now: Timestamp) -> Timestamp {
    match (&account_state.judged, account_state.plan.inactivity_days) {
        (Some(judged), Some(_)) => judged.recorded_at.min(now),
        (None, Some(_)) => Timestamp::UNIX_EPOCH,
        _ => now,
    }
}

impl Judge<'_> {
    /// Lets time pass where something is due by it.
    pub(super) async fn tick(
        &self,
        account_state: &AccountState,
        ledger: &Ledger,
    ) -> Result<Option<Change>, StoreError> {
        let mut change = Change::of(account_state, ledger.clone(), Cause::Time);
        let mut is_due = self.tick_rules(&mut change);
        is_due |= self.confirm_by_time(&mut change);
        is_due |= self.settle_kept(&mut change);
        is_due |= self.tell_awaiting(&mut change);
        Ok(is_due.then_some(change))
    }

    fn tick_rules(&self, change: &mut Change) -> bool {
        let until = tick_until(&change.after, self.now);
        let plan = change.after.plan.clone();
        let Some(rules) = change
            .after
            .challenge_state
            .as_mut()
            .and_then(crate::domain::judging::ChallengeState::rules_mut)
        else {
            return false;
        };
        if rules.next_due(&plan) > self.now {
            return false;
        }
        let outcome = rules.apply(&plan, &RuleInput::Tick(until));
        change.findings.take(outcome);
        true
    }

    /// Confirms a pending breach of which no step has decided for a day.
    fn confirm_by_time(&self, change: &mut Change) -> bool {
        let Some(verdict) = &change.after.verdict else {
            return false;
        };
        if self.now < verdict.since + CONFIRMED_AFTER {
            return false;
        }
        let state = change.after.challenge_state.as_mut();
        if let Some(rules) = state.and_then(crate::domain::judging::ChallengeState::rules_mut) {
            rules.confirm();
        }
        true
    }

    /// Settles what has stood for a day: it becomes an entry of its own. A
    /// fall stays in the gain, a rise leaves it.
    fn settle_kept(&self, change: &mut Change) -> bool {
        let Some(state) = &mut change.after.challenge_state else {
            return false;
        };
        let is_pending = state.rules().is_some_and(|rules| rules.pending().is_some());
        let is_over = state
            .reconciliation
            .kept_at
            .is_some_and(|kept_at| self.now >= kept_at + SETTLED_AFTER);
        if !is_over || is_pending {
            return false;
        }
        let mut stand_ins = state.reconciliation.stand_ins.iter();
        let is_missing = stand_ins.any(|stand_in| stand_in.announcement.is_some());
        state.settle(self.now);
        change.kept = KeptChange::Delete;
        if is_missing {
            let detail = "a movement that was announced and seen has no deal";
            change.raise(AttentionWord::MovementMissing, detail, self.now);
        }
        true
    }

    /// Tells the shop that a challenge has awaited its funds for an hour.
    fn tell_awaiting(&self, change: &mut Change) -> bool {
        let since = match change
            .after
            .challenge_state
            .as_ref()
            .map(|state| &state.stage)
        {
            Some(Stage::Awaiting(awaiting)) => awaiting.since,
            _ => return false,
        };
        if change.after.is_awaiting_told || self.now < since + AWAITING_TOLD_AFTER {
            return false;
        }
        let Some(reason) = change.after.waits_for() else {
            return false;
        };
        change.after.is_awaiting_told = true;
        change.events.push(Event::AwaitingFunds(reason.as_str()));
        true
    }
}
