//! Another version of the plan, or another initial balance.

use kernel::Error;
use rust_decimal::Decimal;

use super::Administration;
use crate::app::events::Event;
use crate::domain::rules::State;
use crate::model::{BalanceSource, InitialBalance, PlanVersion};

impl Administration<'_> {
    /// Moves the challenge to a version of its plan, by default the newest.
    ///
    /// # Errors
    /// Returns `NotFound` if there is no such account or version.
    pub async fn move_plan(&self, version: Option<u64>) -> kernel::Result<PlanVersion> {
        let (plan, _) = change!(self, "another version of the plan", "shop", |draft| {
            let account_type = draft.account.account_type.clone();
            let plan = match version {
                Some(version) => self
                    .store
                    .plan(self.shop, &account_type, version)
                    .await?
                    .ok_or(Error::NotFound("version of this plan"))?,
                None => self.store.newest_plan(self.shop, &account_type).await?,
            };
            let old = draft.change.before.plan.clone();
            self.apply_to_both(&mut draft.change, |state| {
                if let Some(rules) = state.rules_mut() {
                    let initial = rules.initial_balance();
                    let _ = rules.adopt(&old, &plan.plan, initial);
                }
            })
            .await?;
            draft.change.after.plan = plan.plan.clone();
            draft.change.after.plan_version = plan.version;
            draft.change.events.push(Event::Updated("plan"));
            Ok(plan)
        });
        let detail = format!("plan {} version {}", plan.account_type, plan.version);
        self.record("plan_moved", &detail).await;
        Ok(plan)
    }

    /// Corrects the initial balance; what follows from it is recomputed.
    ///
    /// # Errors
    /// Returns `NotFound` if the shop has no such account.
    pub async fn set_initial_balance(
        &self,
        value: Decimal,
        source: BalanceSource,
        metadata: Option<&str>,
    ) -> kernel::Result<InitialBalance> {
        let initial = InitialBalance {
            value,
            source,
            set_at: self.now,
        };
        change!(self, "another initial balance", "shop", |draft| {
            let plan = draft.change.before.plan.clone();
            let is_told = draft.change.before.rules().is_some();
            self.apply_to_both(&mut draft.change, |state| {
                if let crate::domain::judging::Stage::Running(running) = &mut state.stage {
                    running.prior = None;
                    let _ = State::adopt(&mut running.rules, &plan, &plan, value);
                }
            })
            .await?;
            draft.change.after.initial_balance = Some(initial.clone());
            if is_told {
                draft.change.events.push(Event::Updated("initial_balance"));
            } else {
                // The challenge may have been waiting for just this.
                draft.change.step_due = Some(self.now);
            }
            Ok(())
        });
        let detail = format!("{value} {}", metadata.unwrap_or_default());
        self.record("initial_balance_set", detail.trim_end()).await;
        Ok(initial)
    }
}
