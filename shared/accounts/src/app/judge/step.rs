//! A snapshot, and what it lets the rules judge.

use platform::dynamo::StoreError;

use super::Judge;
use super::change::{Change, KeptChange};
use super::matching::{expected, settle_announcements};
use crate::domain::deal::Deal;
use crate::domain::judging::{NumberedSnapshot, Stage, Step, Waiting};
use crate::domain::rules::LIST_DECIDES_AFTER;
use crate::model::{AccountSnapshot, Announcement, AttentionWord};
use crate::store::{Kept, NumberedInput};

/// How soon the next step comes once a state is kept: a late deal may decide.
const STEPS_WHILE_KEPT: chrono::TimeDelta = chrono::TimeDelta::seconds(5);
/// A movement that was seen and has no deal is told of after this.
const MOVEMENT_MISSING_AFTER: chrono::TimeDelta = chrono::TimeDelta::hours(24);

impl Judge<'_> {
    /// Judges a snapshot, as far as deals explain it.
    pub(super) async fn apply_snapshot(
        &self,
        change: &mut Change,
        numbered: &NumberedInput,
    ) -> Result<(), StoreError> {
        let (Some(snapshot), Some(mut state)) = (
            numbered.input.reading.clone(),
            change.after.challenge_state.clone(),
        ) else {
            return Ok(());
        };
        let reconciliation = &mut state.reconciliation;
        if reconciliation.reads_whole.is_some()
            && reconciliation.reads_whole == numbered.input.whole_read
        {
            reconciliation.reads_whole = None;
        }
        let ranges = reconciliation.waiting.clone();
        let reads_whole = reconciliation.reads_whole.is_some();
        let waiting = self.waiting_deals(&ranges).await?;
        let held = self.held(&reconciliation.held).await?;
        let announcements = self.announcements(change).await?;
        let announced = expected(&announcements, self.now);
        let looks_back =
            reads_whole || has_unannounced(&state.stage, &waiting.deals, &announcements, self);
        let newest = NumberedSnapshot {
            number: numbered.number,
            snapshot: snapshot.clone(),
        };
        let step = Waiting {
            plan: &change.after.plan,
            currency: &change.after.currency,
            initial_given: change.after.initial_given(),
            exposure: self
                .exposure(&change.ledger, &change.after, &waiting.deals)
                .await?,
            closed_before: self.closed_before(&change.after, &waiting.deals).await?,
            state,
            held,
            deals: waiting.deals.clone(),
            announced,
            looks_back,
        }
        .step(&newest);
        let mut step = step;
        step.state.reconciliation.waiting = waiting.ranges_after(&ranges, step.placed);
        if let Some((kept, placed)) = &mut step.kept {
            kept.reconciliation.waiting = waiting.ranges_after(&ranges, *placed);
        }
        self.take_step(change, step, &announcements, &snapshot)
            .await
    }

    async fn take_step(
        &self,
        change: &mut Change,
        step: Step,
        announcements: &[Announcement],
        snapshot: &AccountSnapshot,
    ) -> Result<(), StoreError> {
        if step.wants_rerun
            && self
                .judge_again(change, &step.state, announcements, &[])
                .await?
        {
            self.note(change, snapshot);
            return Ok(());
        }
        let was_started = change.before.rules().is_some();
        let had_balance = change
            .before
            .challenge_state
            .as_ref()
            .is_some_and(|state| state.reconciliation.has_balance);
        for added in &step.added {
            tracing::error!(
                alarm = "balance_unexplained",
                account = self.account.id.as_str(),
                unexplained = %added,
                "the balance of {} is not explained by its deals",
                self.account.id,
            );
            let word = if had_balance {
                AttentionWord::Unexplained
            } else {
                AttentionWord::HistoryShort
            };
            let detail = format!("{added} of the balance is not explained by deals");
            change.raise(word, &detail, self.now);
        }
        if let Some((state, _)) = step.kept {
            change.kept = KeptChange::Put(Box::new(Kept {
                next_input: change.input + 1,
                state,
            }));
        }
        change.after.challenge_state = Some(step.state);
        change.findings = step.findings;
        let placed = change.findings.placed_money.clone();
        let (changed, left) =
            settle_announcements(announcements, &placed, (&step.seen, &[]), self.now);
        change.announcements = changed;
        self.ask_for_whole(change, &left, was_started);
        change.drop_kept_where_nothing_stands();
        self.note(change, snapshot);
        Ok(())
    }

    /// Has the whole challenge read again where money moved that nobody had
    /// announced.
    fn ask_for_whole(&self, change: &mut Change, money: &[Deal], was_started: bool) {
        let started_at = change
            .after
            .rules()
            .map(crate::domain::rules::State::started_at);
        let is_of_challenge =
            |deal: &Deal| was_started && started_at.is_some_and(|started| deal.time > started);
        if money.iter().any(is_of_challenge)
            && let Some(state) = &mut change.after.challenge_state
        {
            state.reconciliation.reads_whole = Some(self.now);
        }
    }

    /// Notes what a person should look at, and when the next step is due.
    fn note(&self, change: &mut Change, snapshot: &AccountSnapshot) {
        match snapshot.positions {
            None => change.raise(
                AttentionWord::PositionsUnknown,
                "the list of open positions cannot be read",
                self.now,
            ),
            Some(_) => change.after.clear(AttentionWord::PositionsUnknown),
        }
        let differ = change
            .after
            .rules()
            .and_then(crate::domain::rules::State::positions_differ_since);
        match differ {
            Some(since) if snapshot.recorded_at - since >= LIST_DECIDES_AFTER => change.raise(
                AttentionWord::PositionsDiffer,
                "deals and the list show different open positions",
                self.now,
            ),
            Some(_) => {}
            None => change.after.clear(AttentionWord::PositionsDiffer),
        }
        let Some(state) = &change.after.challenge_state else {
            return;
        };
        let was_kept = change.before.challenge_state.as_ref();
        let was_kept = was_kept.is_some_and(|state| state.reconciliation.kept_at.is_some());
        let reconciliation = &state.reconciliation;
        let missing = reconciliation
            .stand_ins
            .iter()
            .any(|stand_in| self.now - stand_in.at >= MOVEMENT_MISSING_AFTER);
        let stands = reconciliation.stands();
        let first = reconciliation.held.first();
        change.step_due = match (first, reconciliation.next_step_after()) {
            (Some(oldest), Some(after)) => Some(oldest.at + after),
            _ if reconciliation.is_rechecking => {
                Some(snapshot.recorded_at + chrono::TimeDelta::seconds(2))
            }
            _ if reconciliation.kept_at.is_some() && !was_kept => {
                Some(snapshot.recorded_at + STEPS_WHILE_KEPT)
            }
            _ => None,
        };
        if missing {
            change.raise(
                AttentionWord::MovementMissing,
                "a movement that was announced and seen has no deal",
                self.now,
            );
        } else if change.after.announced == 0 {
            change.after.clear(AttentionWord::MovementMissing);
        }
        if !stands {
            change.after.clear(AttentionWord::Unexplained);
            change.after.clear(AttentionWord::HistoryShort);
        }
        if change.after.rules().is_some() {
            change.after.clear(AttentionWord::TradingUnfunded);
        }
    }

    /// The account's announcements, where any is open.
    pub(crate) async fn announcements(
        &self,
        change: &Change,
    ) -> Result<Vec<Announcement>, StoreError> {
        if change.after.announced == 0 {
            return Ok(Vec::new());
        }
        let (shop, id) = (&self.account.shop, &self.account.id);
        self.store.announcements(shop, id).await
    }
}

/// Whether money among the deals that wait moved without an announcement.
fn has_unannounced(
    stage: &Stage,
    deals: &[Deal],
    announcements: &[Announcement],
    judge: &Judge<'_>,
) -> bool {
    let Stage::Running(running) = stage else {
        return false;
    };
    let started_at = running.rules.started_at();
    let money: Vec<Deal> = deals
        .iter()
        .filter(|deal| deal.adjustment().is_some() && deal.time > started_at)
        .cloned()
        .collect();
    let (_, left) = settle_announcements(announcements, &money, (&[], &[]), judge.now);
    !left.is_empty()
}
