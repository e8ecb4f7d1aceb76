//! The inputs since a difference, judged again with all deals known now.

use std::collections::HashSet;

use kernel::time::Timestamp;
use platform::dynamo::StoreError;
use rust_decimal::Decimal;

use super::Judge;
use super::change::{Cause, Change, KeptChange};
use super::matching::settle_announcements;
use super::waiting::WaitingDeals;
use crate::domain::judging::{
    ChallengeState, NumberedSnapshot, RERUN_INPUTS_MAX, Reran, Rerun, StandIn, WaitingRange, rerun,
};
use crate::domain::rules::{Rule, Severity, Violation};
use crate::model::Announcement;
use crate::store::{Kept, StoredViolation};

/// Stored violations that are compared.
const VIOLATIONS_MAX: u32 = 200;

/// What makes two violations of one challenge the same.
type Identity = (Rule, Severity, Option<Timestamp>);

fn identity(violation: &Violation) -> Identity {
    (violation.rule, violation.severity, violation.reset_at)
}

/// The inputs since a kept state.
struct Since {
    snapshots: Vec<NumberedSnapshot>,
    waiting: WaitingDeals,
    ranges: Vec<WaitingRange>,
    revised: Decimal,
    inputs: usize,
}

impl Judge<'_> {
    /// Judges again what came after the kept state. Returns whether the result
    /// took the place of what was there.
    pub(crate) async fn judge_again(
        &self,
        change: &mut Change,
        now: &ChallengeState,
        announcements: &[Announcement],
        answers: &[StandIn],
    ) -> Result<bool, StoreError> {
        let (shop, id) = (&self.account.shop, &self.account.id);
        let Some(mut kept) = self.store.kept(shop, id).await? else {
            return Ok(false);
        };
        let since = self.since(&kept, change.input).await?;
        if since.inputs > RERUN_INPUTS_MAX {
            return Ok(false);
        }
        kept.state.reconciliation.revised += since.revised;
        let deals = &since.waiting.deals;
        let exposure = self.exposure(&change.ledger, &change.after, deals).await?;
        let closed_before = self.closed_before(&change.after, deals).await?;
        let mut stand_ins = now.reconciliation.stand_ins.clone();
        stand_ins.extend_from_slice(answers);
        let again = Rerun {
            plan: &change.after.plan,
            currency: &change.after.currency,
            initial_given: change.after.initial_given(),
            kept: &kept.state,
            snapshots: &since.snapshots,
            deals,
            exposure: &exposure,
            closed_before: &closed_before,
        };
        let Some(mut reran) = rerun(&again, now, &stand_ins) else {
            return Ok(false);
        };
        reran.state.reconciliation.reads_whole = now.reconciliation.reads_whole;
        reran.state.reconciliation.deals_at = now.reconciliation.deals_at;
        reran.state.reconciliation.deals_tried = now.reconciliation.deals_at;
        reran.state.reconciliation.waiting =
            since.waiting.ranges_after(&since.ranges, reran.placed);
        self.take_again(change, reran, &kept, announcements).await?;
        tracing::info!(
            account = self.account.id.as_str(),
            "the inputs of {} since a difference were judged again",
            self.account.id,
        );
        Ok(true)
    }

    /// Reads the inputs that a kept state does not know of.
    async fn since(&self, kept: &Kept, newest: u64) -> Result<Since, StoreError> {
        let (shop, id) = (&self.account.shop, &self.account.id);
        let reconciliation = &kept.state.reconciliation;
        let inputs = self
            .store
            .inputs_between(shop, id, kept.next_input, newest)
            .await?;
        let held = self.held(&reconciliation.held).await?;
        let mut snapshots: Vec<NumberedSnapshot> = reconciliation
            .held
            .iter()
            .zip(held)
            .map(|(held, snapshot)| NumberedSnapshot {
                number: held.input,
                snapshot,
            })
            .collect();
        let mut ranges = reconciliation.waiting.clone();
        ranges.push(WaitingRange {
            from: kept.next_input,
            to: newest,
            placed: None,
        });
        let mut revised = Decimal::ZERO;
        let count = inputs.len();
        for numbered in inputs {
            for changed in &numbered.input.changes {
                revised += changed.after.balance_effect() - changed.before.balance_effect();
            }
            if let Some(snapshot) = numbered.input.reading {
                snapshots.push(NumberedSnapshot {
                    number: numbered.number,
                    snapshot,
                });
            }
        }
        snapshots.sort_by_key(|numbered| (numbered.snapshot.recorded_at, numbered.number));
        Ok(Since {
            waiting: self.waiting_deals(&ranges).await?,
            snapshots,
            ranges,
            revised,
            inputs: count,
        })
    }

    /// Takes the result of a run again: violations that only the earlier run
    /// had are lifted, and an end that is final stays, doubtful.
    async fn take_again(
        &self,
        change: &mut Change,
        mut reran: Reran,
        kept: &Kept,
        announcements: &[Announcement],
    ) -> Result<(), StoreError> {
        let (shop, id) = (&self.account.shop, &self.account.id);
        let stored = self.store.violations(shop, id, VIOLATIONS_MAX).await?;
        let of_run = |stored: &StoredViolation| {
            Some(&stored.challenge) == change.before.challenge.as_ref()
                && !stored.lifted
                && stored.input + 1 >= kept.next_input
        };
        let of_run: Vec<StoredViolation> = stored.into_iter().filter(of_run).collect();
        let found: HashSet<Identity> = reran.findings.violations.iter().map(identity).collect();
        let known: HashSet<Identity> = of_run
            .iter()
            .map(|stored| identity(&stored.violation))
            .collect();
        change.lifted = of_run
            .into_iter()
            .filter(|stored| !found.contains(&identity(&stored.violation)))
            .map(|stored| StoredViolation {
                lifted: true,
                ..stored
            })
            .collect();
        if let (Some(before), Some(after)) = (change.before.rules(), reran.state.rules_mut())
            && before.is_final()
            && before.phase() != after.phase()
        {
            if after.pending().is_none() {
                change.doubt = Some("explained");
            }
            after.keep_end(before);
        }
        let stand_ins = &reran.state.reconciliation.stand_ins;
        let earlier = change.before.challenge_state.iter();
        let dropped: Vec<StandIn> = earlier
            .flat_map(|state| &state.reconciliation.stand_ins)
            .filter(|stand_in| !stand_ins.contains(stand_in))
            .cloned()
            .collect();
        let placed = reran.findings.placed_money.clone();
        let (changed, _) = settle_announcements(announcements, &placed, (&[], &dropped), self.now);
        change.announcements = changed;
        change.all_violations = reran.findings.violations.clone();
        reran
            .findings
            .violations
            .retain(|violation| !known.contains(&identity(violation)));
        change.findings = reran.findings;
        change.after.challenge_state = Some(reran.state);
        change.cause = Cause::Explained;
        change.kept = KeptChange::Keep;
        change.drop_kept_where_nothing_stands();
        Ok(())
    }
}
