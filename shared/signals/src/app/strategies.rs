//! Strategies: made, changed, deleted. Exactly one of a person's is active: the desk
//! names it, and the first one that is made.

use kernel::Error;
use kernel::id::StrategyId;
use platform::race::{Failure, until_undisturbed};

use super::{Change, Request, Signals, Terminals};
use crate::domain::Refusal;
use crate::domain::strategy::{STRATEGIES_MAX, Strategy, StrategyTerms};
use crate::model::{Desk, Owner};

/// What a strategy is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrategyChange {
    /// What is set of it; it has no faults.
    pub terms: StrategyTerms,
    /// Whether terminals are to trade by it; as it is where left out.
    pub active: Option<bool>,
}

impl<T: Terminals> Signals<T> {
    /// Makes a strategy. Answers it, and whether it is the active one: the
    /// first always is.
    ///
    /// # Errors
    /// `Conflict` where there are as many as there can be.
    pub async fn add_strategy(
        &self,
        owner: &Owner,
        change: &StrategyChange,
        request: Request<'_>,
    ) -> kernel::Result<(Strategy, bool)> {
        until_undisturbed(|| async {
            let desk = self.store.desk(owner).await?;
            if desk.strategies >= STRATEGIES_MAX {
                return Err(Refusal::TooManyStrategies.into());
            }
            let strategy = Strategy {
                id: StrategyId::generate(request.now),
                terms: change.terms.clone(),
                version: 1,
                created_at: request.now,
                updated_at: request.now,
            };
            let is_active = desk.active.is_none() || change.active == Some(true);
            let next = Desk {
                strategies: desk.strategies + 1,
                ..desk
            };
            self.write_strategy(owner, None, &strategy, (next, is_active), request)
                .await?;
            Ok((strategy, is_active))
        })
        .await
    }

    /// Changes a strategy, where `wanted`, if given, is its version. Answers
    /// it, and whether it is the active one.
    ///
    /// # Errors
    /// `NotFound`, `StaleVersion`; `Conflict` where it is the active one and
    /// is not to be.
    pub async fn change_strategy(
        &self,
        owner: &Owner,
        id: &StrategyId,
        change: &StrategyChange,
        wanted: Option<u64>,
        request: Request<'_>,
    ) -> kernel::Result<(Strategy, bool)> {
        until_undisturbed(|| async {
            let desk = self.store.desk(owner).await?;
            let before = self.store.strategy(owner, id).await?;
            let before = before.ok_or(Error::NotFound("strategy"))?;
            if wanted.is_some_and(|wanted| wanted != before.version) {
                return Err(Error::StaleVersion.into());
            }
            let was_active = desk.active.as_ref() == Some(id);
            if was_active && change.active == Some(false) {
                return Err(Refusal::LastActive.into());
            }
            let is_active = change.active.unwrap_or(was_active);
            let after = Strategy {
                terms: change.terms.clone(),
                version: before.version + 1,
                updated_at: request.now,
                ..before.clone()
            };
            let version = Some(before.version);
            self.write_strategy(owner, version, &after, (desk, is_active), request)
                .await?;
            Ok((after, is_active))
        })
        .await
    }

    /// Deletes a strategy. What terminals trade by stays what it is.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` where it is the active one, or a channel's
    /// signals are traded by it.
    pub async fn delete_strategy(
        &self,
        owner: &Owner,
        id: &StrategyId,
        request: Request<'_>,
    ) -> kernel::Result<()> {
        until_undisturbed(|| self.try_delete_strategy(owner, id, request)).await
    }

    async fn try_delete_strategy(
        &self,
        owner: &Owner,
        id: &StrategyId,
        request: Request<'_>,
    ) -> Result<(), Failure> {
        let desk = self.store.desk(owner).await?;
        let strategy = self.store.strategy(owner, id).await?;
        let strategy = strategy.ok_or(Error::NotFound("strategy"))?;
        if desk.active.as_ref() == Some(id) {
            return Err(Refusal::LastActive.into());
        }
        if self.store.is_traded_by(owner, id).await? {
            return Err(Refusal::StrategyInUse.into());
        }
        let mut change = Change::default();
        let transaction = &mut change.transaction;
        self.store.delete_strategy(transaction, owner, &strategy)?;
        // The desk that was read: nobody made it active, or had a channel name
        // it, meanwhile.
        let next = Desk {
            strategies: desk.strategies.saturating_sub(1),
            ..desk
        };
        self.store.put_desk(transaction, owner, next)?;
        self.commit(&change, request).await
    }

    /// Writes a strategy with the desk, which every change of what is active
    /// passes; an active one is put in force with it.
    async fn write_strategy(
        &self,
        owner: &Owner,
        before: Option<u64>,
        strategy: &Strategy,
        (desk, is_active): (Desk, bool),
        request: Request<'_>,
    ) -> Result<(), Failure> {
        let mut change = Change::default();
        let mut desk = desk;
        if is_active {
            desk.active = Some(strategy.id.clone());
            let revision = desk.revision + 1;
            self.terminals
                .follow(&mut change, owner, strategy, revision)?;
        }
        let transaction = &mut change.transaction;
        self.store
            .put_strategy(transaction, owner, before, strategy)?;
        self.store.put_desk(transaction, owner, desk)?;
        self.commit(&change, request).await
    }
}
