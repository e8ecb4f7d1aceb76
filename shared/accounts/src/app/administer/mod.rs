//! What a shop may do to a challenge.
//!
//! Each change is one transaction under the account's revision, as judging is,
//! so none can be lost between two inputs; and each is written to the account's
//! log with the key that asked.
//!
//! - `restart`: another challenge; the start of one that awaits funds.
//! - `ends`: annulments, and decisions on verdicts.
//! - `plan`: another version of the plan, another initial balance.
//! - `difference`: what a standing difference was.
//! - `announce`: money movements to come.
//! - `classify`: the class of a deal.

/// Makes a change and writes it, again where another writer was first. Gives
/// what the block gives, and the account's state after the change.
macro_rules! change {
    ($self:ident, $reason:expr, $lifted_by:expr, |$draft:ident| $make:block) => {{
        let mut attempts = 0;
        loop {
            let mut made_on = $self.draft($reason, $lifted_by).await?;
            let made: kernel::Result<_> = {
                let $draft = &mut made_on;
                $make
            };
            let made = made?;
            if let Some(after) = $self.write(made_on, &mut attempts).await? {
                break (made, after);
            }
        }
    }};
}

mod announce;
mod classify;
mod difference;
mod ends;
mod plan;
mod restart;

pub use announce::{Announce, EXPECTED_MAX};
pub use ends::Decision;

use kernel::Error;
use kernel::id::{AccountId, ShopId};
use kernel::time::Timestamp;
use platform::dynamo::CommitError;

use super::judge::Judge;
use super::judge::change::{Cause, Change, KeptChange};
use crate::domain::judging::ChallengeState;
use crate::model::{Account, AccountState, Kind};
use crate::store::Store;

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
    /// The key that asks.
    pub actor: &'a str,
    /// The request.
    pub request_id: &'a str,
    /// When.
    pub now: Timestamp,
}

/// What a change is made of.
struct Draft {
    account: Account,
    change: Change,
}

impl Administration<'_> {
    /// Writes a change. Returns the account's state after it, or `None` if
    /// another writer was first and it is to be made again.
    async fn write(
        &self,
        Draft { account, change }: Draft,
        attempts: &mut u32,
    ) -> kernel::Result<Option<AccountState>> {
        match self.judge(&account).commit(change).await {
            Ok((account_state, _)) => Ok(Some(account_state)),
            Err(CommitError::Refused(_)) => {
                *attempts += 1;
                if *attempts < ATTEMPTS_MAX {
                    return Ok(None);
                }
                Err(Error::Conflict("the account is busy; try again".to_owned()))
            }
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }

    fn judge<'a>(&'a self, account: &'a Account) -> Judge<'a> {
        Judge {
            store: self.store,
            account,
            watchers: None,
            request_id: self.request_id,
            now: self.now,
        }
    }

    async fn draft(&self, reason: &str, lifted_by: &'static str) -> kernel::Result<Draft> {
        let account = self.store.account(self.shop, self.account).await?;
        let account_state = self
            .store
            .account_state(self.shop, self.account, true)
            .await?;
        let (Some(account), Some(account_state)) = (account, account_state) else {
            return Err(Error::NotFound("account"));
        };
        if account.kind == Kind::Imported {
            return Err(Error::Conflict(
                "an imported account is not judged".to_owned(),
            ));
        }
        let ledger = self.store.ledger(self.shop, self.account).await?;
        let cause = Cause::Shop {
            actor: self.actor.to_owned(),
            reason: reason.to_owned(),
            lifted_by,
        };
        Ok(Draft {
            change: Change::of(&account_state, ledger, cause),
            account,
        })
    }

    /// Applies a change to the challenge's state, and to the state that is
    /// kept from before a difference.
    async fn apply_to_both(
        &self,
        change: &mut Change,
        apply: impl Fn(&mut ChallengeState) + Send + Sync,
    ) -> kernel::Result<()> {
        let Some(state) = &mut change.after.challenge_state else {
            return Ok(());
        };
        apply(state);
        if state.reconciliation.kept_at.is_some()
            && let Some(mut kept) = self.store.kept(self.shop, self.account).await?
        {
            apply(&mut kept.state);
            change.kept = KeptChange::Put(Box::new(kept));
        }
        Ok(())
    }

    async fn record(&self, event: &str, detail: &str) {
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
