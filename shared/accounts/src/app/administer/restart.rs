//! Another challenge on the same account, and the start of one that awaits
//! funds.

use kernel::Error;
use kernel::id::ChallengeId;
use rust_decimal::Decimal;

use super::Administration;
use crate::app::events::Event;
use crate::app::judge::change::KeptChange;
use crate::domain::judging::stage::StartMoment;
use crate::domain::judging::{Awaiting, ChallengeState, Reconciliation, Stage};
use crate::domain::rules::{Input, Phase, Snapshot};
use crate::model::{AccountState, BalanceSource, Challenge, InitialBalance};

impl Administration<'_> {
    /// Begins another challenge: statistics and days begin again, positions
    /// that are open stay open. Its plan is the newest of its type. It starts
    /// with the values of this moment where the account has what it needs; a
    /// step is due at once. What stands of the earlier one is settled, and a
    /// pending verdict lifted.
    ///
    /// # Errors
    /// Returns `NotFound` if the shop has no such account, and `Conflict` if it
    /// has not been synced yet.
    pub async fn restart(
        &self,
        initial_balance: Option<Decimal>,
        account_type: Option<String>,
        reason: &str,
    ) -> kernel::Result<(ChallengeId, AccountState)> {
        let id = ChallengeId::generate(self.now);
        let (_, after) = change!(self, reason, "reset", |draft| {
            let account_type = account_type
                .clone()
                .unwrap_or_else(|| draft.account.account_type.clone());
            let plan = self.store.newest_plan(self.shop, &account_type).await?;
            let change = &mut draft.change;
            let kept = change.before.initial_balance.as_ref();
            let judged = change.before.judged.as_ref();
            let value = initial_balance
                .or(kept.map(|initial| initial.value))
                .or(judged.map(|snapshot| snapshot.balance))
                .ok_or_else(not_synced)?;
            let source = match (kept.map(|initial| initial.source), initial_balance) {
                (Some(BalanceSource::OrderMeta), None) => BalanceSource::OrderMeta,
                _ => BalanceSource::Manual,
            };
            let credit = change.ledger.statistics().credit;
            let credit = judged
                .and_then(|snapshot| snapshot.credit)
                .unwrap_or(credit);
            let before = change
                .before
                .challenge_state
                .as_ref()
                .ok_or_else(not_synced)?;
            let reconciliation = Reconciliation {
                balance: before.reconciliation.balance,
                has_balance: before.reconciliation.has_balance,
                explained_at: before.reconciliation.explained_at,
                waiting: before.reconciliation.waiting.clone(),
                ..Reconciliation::default()
            };
            if before.reconciliation.kept_at.is_some() {
                change.kept = KeptChange::Delete;
            }
            let balance = reconciliation.balance;
            change.after.challenge_state = Some(ChallengeState {
                stage: Stage::Awaiting(Awaiting::restarted(self.now, balance, credit)),
                reconciliation,
            });
            change.after.challenge = Some(id.clone());
            change.after.plan_version = plan.version;
            change.after.plan = plan.plan;
            change.after.initial_balance = Some(InitialBalance {
                value,
                source,
                set_at: self.now,
            });
            change.after.judged = None;
            change.after.attention.clear();
            change.after.is_awaiting_told = false;
            change.ledger = change.ledger.restarted(self.now);
            change.has_ledger = true;
            change.refresh_figures();
            let mut account = draft.account.clone();
            account.challenge = Some(id.clone());
            account.account_type.clone_from(&account_type);
            change.account = Some(account);
            change.challenge = Some(Challenge {
                id: id.clone(),
                created_at: self.now,
                account_type,
                plan_version: change.after.plan_version,
            });
            change.events.push(Event::Updated("reset"));
            change.step_due = Some(self.now);
            Ok(())
        });
        self.record("challenge_reset", reason).await;
        Ok((id, after))
    }

    /// Starts a challenge that awaits funds as it is: at the newest snapshot,
    /// whatever its balance above 0.
    ///
    /// # Errors
    /// Returns `NotFound` if the shop has no such account, and `Conflict` if it
    /// does not await funds or has no snapshot of a balance above 0.
    pub async fn start(&self, reason: &str) -> kernel::Result<AccountState> {
        let (_, after) = change!(self, reason, "shop", |draft| {
            let change = &mut draft.change;
            if change.before.phase() != Some(Phase::AwaitingFunds) {
                return Err(Error::Conflict(
                    "the challenge does not await funds".to_owned(),
                ));
            }
            let plan = change.after.plan.clone();
            let given = change.after.initial_given();
            let standing = change.ledger.standing();
            let snapshot = change.after.judged.clone();
            let Some(state) = &mut change.after.challenge_state else {
                return Err(no_snapshot());
            };
            match &mut state.stage {
                Stage::Running(running) => {
                    running.rules.judge_below_floor(self.now);
                }
                Stage::Awaiting(awaiting) => {
                    let snapshot = snapshot
                        .filter(|snapshot| snapshot.balance > Decimal::ZERO)
                        .ok_or_else(no_snapshot)?;
                    let at = snapshot.recorded_at.max(awaiting.since);
                    let moment = StartMoment {
                        at,
                        balance: snapshot.balance,
                        equity: Some(snapshot.equity),
                        has_position: standing.open_positions > 0,
                        standing,
                    };
                    let mut running = awaiting
                        .start(&plan, given, &moment, true)
                        .ok_or_else(no_snapshot)?;
                    let mut judged = Snapshot::of_balances(at, snapshot.balance, snapshot.equity);
                    judged.positions = snapshot.positions;
                    judged.looks_back = true;
                    let outcome = running.rules.apply(&plan, &Input::Snapshot(judged));
                    change.findings.take(outcome);
                    state.stage = Stage::Running(Box::new(running));
                }
            }
            change.step_due = Some(self.now);
            Ok(())
        });
        self.record("challenge_started", reason).await;
        Ok(after)
    }
}

fn not_synced() -> Error {
    Error::Conflict("the account has not been synced yet".to_owned())
}

fn no_snapshot() -> Error {
    Error::Conflict("the account has no snapshot of a balance above 0".to_owned())
}
