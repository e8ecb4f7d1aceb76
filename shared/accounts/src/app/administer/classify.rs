//! Another class of a deal of the running challenge.

use kernel::Error;

use super::Administration;
use crate::app::events::Event;
use crate::domain::deal::{Deal, DealClass, DealKind};
use crate::domain::ledger::position_key;
use crate::domain::rules::State;

impl Administration<'_> {
    /// Changes the class of a deal: references, gain and days move as if it had
    /// been so on arrival. Nothing fires by itself. Returns the class before.
    ///
    /// # Errors
    /// Returns `NotFound` unless the deal is dated after the start of the
    /// running challenge, and `Conflict` if it is a purchase or a sale.
    pub async fn classify(
        &self,
        deal_id: &str,
        class: DealClass,
        reason: &str,
    ) -> kernel::Result<DealClass> {
        let (before, _) = change!(self, reason, "shop", |draft| {
            let not_found = || Error::NotFound("deal of the running challenge");
            let stored = self.store.deal(self.shop, self.account, deal_id).await?;
            let before = stored.ok_or_else(not_found)?;
            let started_at = draft.change.before.rules().map(State::started_at);
            if started_at.is_none_or(|started_at| before.time <= started_at) {
                return Err(not_found());
            }
            if before.kind.is_trade() || before.kind == DealKind::Credit {
                return Err(Error::Conflict(
                    "the class of a purchase, a sale or credit cannot be changed".to_owned(),
                ));
            }
            let after = Deal {
                class: Some(class),
                ..before.clone()
            };
            let change = &mut draft.change;
            let by =
                after.adjustment().unwrap_or_default() - before.adjustment().unwrap_or_default();
            let judge = self.judge(&draft.account);
            let is_placed = judge.is_placed(change, &before).await?;
            let plan = change.after.plan.clone();
            let time = before.time;
            if is_placed && !by.is_zero() {
                if let Some(rules) = change
                    .after
                    .challenge_state
                    .as_mut()
                    .and_then(crate::domain::judging::ChallengeState::rules_mut)
                {
                    rules.reclassify(&plan, by, time);
                }
                self.reclassify_kept(change, (by, time)).await?;
            }
            let known = match position_key(&before) {
                Some(_) => judge.known_position(&before).await?,
                None => None,
            };
            let reset = plan.reset;
            let applied = change.ledger.revise((&before, &after), &reset, known);
            change.take_ledger(applied, self.now);
            change.refresh_figures();
            change.contradict("class_changed", after.balance_effect());
            change.deal = Some(after.clone());
            change.events.push(Event::Updated("class"));
            Ok(before)
        });
        let detail = format!("{deal_id} {}: {reason}", class.as_str());
        self.record("deal_class_set", &detail).await;
        Ok(before.class())
    }

    /// Moves the kept state too, where the deal came before it.
    async fn reclassify_kept(
        &self,
        change: &mut crate::app::judge::change::Change,
        (by, time): (rust_decimal::Decimal, kernel::time::Timestamp),
    ) -> kernel::Result<()> {
        let plan = change.after.plan.clone();
        let after = change.after.challenge_state.clone();
        self.apply_to_both(change, |state| {
            if let Some(rules) = state.rules_mut()
                && rules.judged_at().is_some_and(|judged_at| time <= judged_at)
            {
                rules.reclassify(&plan, by, time);
            }
        })
        .await?;
        // The state itself is moved already.
        change.after.challenge_state = after;
        Ok(())
    }
}
