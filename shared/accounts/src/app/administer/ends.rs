//! Annulments, and decisions on verdicts that are pending.

use kernel::Error;
use kernel::id::VerdictId;

use super::{Administration, Draft};
use crate::app::events::Event;
use crate::domain::judging::ChallengeState;
use crate::domain::rules::{Rule, State};
use crate::model::{AccountState, Verdict};

/// What a shop decides of a pending verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The breach is final.
    Confirm,
    /// The breach is forgiven.
    Lift,
}

impl Administration<'_> {
    /// Annuls breaches or, with [`Rule::ProfitTarget`], a pass.
    ///
    /// # Errors
    /// Returns `NotFound` if the shop has no such account, and `Conflict` if
    /// there is nothing to annul.
    pub async fn annul(&self, rule: Option<Rule>, reason: &str) -> kernel::Result<AccountState> {
        let (_, after) = change!(self, reason, "shop", |draft| {
            let rules = match rule {
                Some(rule) => vec![rule],
                None => breached(draft),
            };
            if !self.forgive(draft, &rules).await? {
                return Err(Error::Conflict("there is no such end to annul".to_owned()));
            }
            draft.change.events.push(Event::Updated("annulment"));
            Ok(())
        });
        self.record("breach_annulled", reason).await;
        Ok(after)
    }

    /// Decides a pending verdict.
    ///
    /// # Errors
    /// Returns `NotFound` if the account has no such verdict, and `Conflict` if
    /// it is not pending.
    pub async fn decide(
        &self,
        verdict: &VerdictId,
        decision: Decision,
        reason: &str,
    ) -> kernel::Result<(Verdict, AccountState)> {
        let not_found = || Error::NotFound("verdict");
        let stored = self.store.verdict(self.shop, self.account, verdict).await?;
        stored.ok_or_else(not_found)?;
        let (_, after) = change!(self, reason, "shop", |draft| {
            let open = draft.change.before.verdict.as_ref();
            if open.is_none_or(|open| open.id != *verdict) {
                return Err(Error::Conflict("the verdict is not pending".to_owned()));
            }
            match decision {
                Decision::Confirm => {
                    let state = draft.change.after.challenge_state.as_mut();
                    if let Some(rules) = state.and_then(ChallengeState::rules_mut) {
                        rules.confirm();
                    }
                }
                Decision::Lift => {
                    let rules = pending(draft);
                    self.forgive(draft, &rules).await?;
                }
            }
            Ok(())
        });
        let event = match decision {
            Decision::Confirm => "verdict_confirmed",
            Decision::Lift => "verdict_lifted",
        };
        self.record(event, reason).await;
        let decided = self.store.verdict(self.shop, self.account, verdict).await?;
        Ok((decided.ok_or_else(not_found)?, after))
    }

    /// Annuls the ends of some rules in both states. Returns whether there
    /// was any.
    async fn forgive(&self, draft: &mut Draft, rules: &[Rule]) -> kernel::Result<bool> {
        let change = &mut draft.change;
        let plan = change.after.plan.clone();
        let state = change.after.challenge_state.as_mut();
        let Some(now) = state.and_then(ChallengeState::rules_mut) else {
            return Ok(false);
        };
        let mut waived = Vec::new();
        let mut is_any = false;
        for rule in rules {
            if now.annul(&plan, *rule, self.now).is_some() {
                is_any = true;
                waived.extend(now.waiver(*rule).map(|depth| (*rule, depth)));
            }
        }
        let after = change.after.challenge_state.clone();
        self.apply_to_both(change, |state| {
            if let Some(rules) = state.rules_mut() {
                for (rule, depth) in &waived {
                    rules.waive(*rule, *depth, self.now);
                }
            }
        })
        .await?;
        // The state itself is annulled already; the kept one only waives.
        change.after.challenge_state = after;
        Ok(is_any)
    }
}

/// Returns the rules whose breach is final or pending.
fn breached(draft: &Draft) -> Vec<Rule> {
    let breaches = draft.change.before.rules().map(State::breaches);
    let mut rules: Vec<Rule> = breaches.into_iter().flatten().collect();
    rules.extend(pending(draft));
    rules
}

fn pending(draft: &Draft) -> Vec<Rule> {
    let pending = draft.change.before.rules().and_then(State::pending);
    pending
        .map(|pending| pending.rules().collect())
        .unwrap_or_default()
}
