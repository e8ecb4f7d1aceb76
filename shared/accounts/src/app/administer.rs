//! What a shop may do to a challenge: begin another, annul a breach, move to a
//! newer plan, correct the initial balance.
//!
//! Each changes the judgement under its revision, as judging does, so none can
//! be lost between two inputs; and each is told in the account's log.

use kernel::Error;
use kernel::id::{AccountId, ChallengeId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::{CommitError, Transaction};
use rust_decimal::Decimal;

use super::events::{Event, Teller};
use crate::domain::rules::{PriorHistory, Rule, State};
use crate::model::{Account, BalanceSource, Challenge, InitialBalance, Kind, PlanVersion};
use crate::store::{Judged, Judgement, JudgementChange, Store};

/// Times that a change that came second looks again.
const ATTEMPTS_MAX: u32 = 5;

/// Who changes which account, and when.
#[derive(Clone, Copy, Debug)]
pub struct Administration<'a> {
    /// The store.
    pub store: &'a Store,
    /// The tenant.
    pub shop: &'a ShopId,
    /// The account.
    pub account: &'a AccountId,
    /// The key that asked.
    pub actor: &'a str,
    /// The request.
    pub request_id: &'a str,
    /// When.
    pub now: Timestamp,
}

/// A change in the making.
struct Draft {
    account: Account,
    account_after: Account,
    before: Judgement,
    after: Judgement,
    ledger: Option<Judged>,
    challenge: Option<Challenge>,
    event: Option<Event>,
}

impl Administration<'_> {
    /// Begins another challenge: statistics and days begin anew, positions
    /// that are open stay open. Its plan is the newest of its type.
    ///
    /// # Errors
    /// `NotFound`, `Conflict`.
    pub async fn reset(
        &self,
        initial_balance: Option<Decimal>,
        account_type: Option<String>,
        reason: &str,
    ) -> kernel::Result<ChallengeId> {
        let id = ChallengeId::generate(self.now);
        for _ in 0..ATTEMPTS_MAX {
            let mut draft = self.draft().await?;
            let kept = draft.before.initial_balance.clone();
            let value = initial_balance
                .or(kept.as_ref().map(|initial| initial.value))
                .or(draft.before.judged.as_ref().map(|reading| reading.balance))
                .ok_or_else(|| Error::Conflict("the account has not been synced yet".to_owned()))?;
            let account_type = account_type
                .clone()
                .unwrap_or_else(|| draft.account.account_type.clone());
            let plan = self.store.newest_plan(self.shop, &account_type).await?;
            let ledger = self.store.ledger(self.shop, self.account).await?;
            let restarted = Judged {
                ledger: ledger.ledger.restarted(),
                has_traded: true,
                ..Judged::default()
            };
            let after = &mut draft.after;
            after.challenge = Some(id.clone());
            after.plan_version = plan.version;
            after.state = Some(State::start(
                &plan.plan,
                value,
                self.now,
                &PriorHistory::default(),
            ));
            after.plan = plan.plan;
            after.initial_balance = Some(InitialBalance {
                value,
                source: match (&kept, initial_balance) {
                    (Some(kept), None) => kept.source,
                    _ => BalanceSource::Manual,
                },
                set_at: self.now,
            });
            after.judged = None;
            (after.closed, after.winners, after.trading_days) = (0, 0, 0);
            draft.account_after.challenge = Some(id.clone());
            draft.account_after.account_type.clone_from(&account_type);
            draft.challenge = Some(Challenge {
                id: id.clone(),
                created_at: self.now,
                account_type,
                plan_version: draft.after.plan_version,
                has_history: false,
            });
            draft.ledger = Some(restarted);
            draft.event = draft
                .after
                .state
                .as_ref()
                .map(|state| Event::Phase(state.phase(), reason.to_owned()));
            if self.commit(draft).await? {
                self.audit("challenge_reset", reason).await;
                return Ok(id);
            }
        }
        Err(contended())
    }

    /// Annuls a breach.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` where no breach of the rule stands.
    pub async fn annul(&self, rule: Option<Rule>, reason: &str) -> kernel::Result<Judgement> {
        for _ in 0..ATTEMPTS_MAX {
            let mut draft = self.draft().await?;
            let plan = draft.after.plan.clone();
            let Some(state) = &mut draft.after.state else {
                return Err(nothing_to_annul());
            };
            let rules: Vec<Rule> = match rule {
                Some(rule) => vec![rule],
                None => state.breaches().collect(),
            };
            let mut lifted = false;
            for rule in rules {
                lifted |= state.annul(&plan, rule, self.now).is_some();
            }
            if !lifted {
                return Err(nothing_to_annul());
            }
            draft.event = Some(Event::Phase(state.phase(), reason.to_owned()));
            let after = draft.after.clone();
            if self.commit(draft).await? {
                self.audit("breach_annulled", reason).await;
                return Ok(after);
            }
        }
        Err(contended())
    }

    /// Moves the challenge to a version of its plan, by default the newest.
    ///
    /// # Errors
    /// `NotFound` where there is no such version.
    pub async fn move_plan(&self, version: Option<u64>) -> kernel::Result<PlanVersion> {
        for _ in 0..ATTEMPTS_MAX {
            let mut draft = self.draft().await?;
            let account_type = draft.account.account_type.clone();
            let plan = match version {
                Some(version) => self
                    .store
                    .plan(self.shop, &account_type, version)
                    .await?
                    .ok_or(Error::NotFound("version of this plan"))?,
                None => self.store.newest_plan(self.shop, &account_type).await?,
            };
            let old = draft.before.plan.clone();
            if let Some(state) = &mut draft.after.state {
                let initial = state.initial_balance();
                let _ = state.adopt(&old, &plan.plan, initial);
            }
            draft.after.plan = plan.plan.clone();
            draft.after.plan_version = plan.version;
            if self.commit(draft).await? {
                let detail = format!("plan {account_type} version {}", plan.version);
                self.audit("plan_moved", &detail).await;
                return Ok(plan);
            }
        }
        Err(contended())
    }

    /// Corrects the initial balance; what follows from it is recomputed.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn set_initial_balance(
        &self,
        value: Decimal,
        source: BalanceSource,
        metadata: Option<&str>,
    ) -> kernel::Result<InitialBalance> {
        for _ in 0..ATTEMPTS_MAX {
            let mut draft = self.draft().await?;
            let plan = draft.before.plan.clone();
            if let Some(state) = &mut draft.after.state {
                let _ = state.adopt(&plan, &plan, value);
            }
            let initial = InitialBalance {
                value,
                source,
                set_at: self.now,
            };
            draft.after.initial_balance = Some(initial.clone());
            if self.commit(draft).await? {
                let detail = format!("{value} {}", metadata.unwrap_or_default());
                self.audit("initial_balance_set", detail.trim_end()).await;
                return Ok(initial);
            }
        }
        Err(contended())
    }

    async fn draft(&self) -> kernel::Result<Draft> {
        let account = self.store.account(self.shop, self.account).await?;
        let judgement = self.store.judgement(self.shop, self.account, true).await?;
        let (Some(account), Some(judgement)) = (account, judgement) else {
            return Err(Error::NotFound("account"));
        };
        if account.kind == Kind::Imported {
            return Err(Error::Conflict(
                "an imported account is not judged".to_owned(),
            ));
        }
        Ok(Draft {
            account_after: account.clone(),
            account,
            after: judgement.clone(),
            before: judgement,
            ledger: None,
            challenge: None,
            event: None,
        })
    }

    /// Writes a draft. Answers `false` where somebody else was first.
    async fn commit(&self, draft: Draft) -> kernel::Result<bool> {
        let mut transaction = Transaction::new();
        let due = draft
            .after
            .state
            .as_ref()
            .map(|state| state.next_due(&draft.after.plan));
        let change = JudgementChange {
            before: &draft.before,
            after: &draft.after,
            due,
        };
        self.store
            .change_judgement(&mut transaction, self.shop, self.account, &change)?;
        if draft.account != draft.account_after {
            self.store
                .change_account(&mut transaction, &draft.account, draft.account_after)?;
        }
        if let Some(ledger) = &draft.ledger {
            self.store
                .put_ledger(&mut transaction, self.shop, self.account, ledger)?;
        }
        if let Some(challenge) = &draft.challenge {
            self.store
                .put_challenge(&mut transaction, &draft.account, challenge)?;
        }
        if let Some(event) = &draft.event {
            let teller = Teller {
                store: self.store,
                account: &draft.account,
                currency: &draft.after.currency,
                reading: draft.after.judged.as_ref(),
                phase: draft.after.state.as_ref().map(State::phase),
                request_id: self.request_id,
                now: self.now,
            };
            teller.tell(&mut transaction, event)?;
        }
        match transaction.commit().await {
            Ok(()) => Ok(true),
            Err(CommitError::Refused(_)) => Ok(false),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }

    async fn audit(&self, event: &str, detail: &str) {
        let detail = format!("{detail} (by {})", self.actor);
        self.store
            .log(
                self.shop,
                self.account,
                self.now,
                event,
                detail,
                self.request_id,
            )
            .await;
    }
}

fn contended() -> Error {
    Error::Conflict("the account is busy; try again".to_owned())
}

fn nothing_to_annul() -> Error {
    Error::Conflict("no breach of this account stands".to_owned())
}
