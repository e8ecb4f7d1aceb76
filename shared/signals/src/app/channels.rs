//! Channels: made, changed, deleted.

use kernel::Error;
use kernel::id::SignalChannelId;
use platform::race::{Failure, until_undisturbed};

use super::{Change, Request, Signals};
use crate::domain::Refusal;
use crate::domain::channel::{CHANNELS_MAX, Channel, ChannelTerms};
use crate::model::{Desk, Owner};

impl<T> Signals<T> {
    /// Makes a channel.
    ///
    /// # Errors
    /// `Invalid` where it names a strategy that is not there, `Conflict` where
    /// there are as many as there can be.
    pub async fn add_channel(
        &self,
        owner: &Owner,
        terms: &ChannelTerms,
        request: Request<'_>,
    ) -> kernel::Result<Channel> {
        until_undisturbed(|| async {
            self.check_strategy(owner, terms).await?;
            let desk = self.store.desk(owner).await?;
            if desk.channels >= CHANNELS_MAX {
                return Err(Refusal::TooManyChannels.into());
            }
            let channel = Channel {
                id: SignalChannelId::generate(request.now),
                terms: terms.clone(),
                version: 1,
                created_at: request.now,
                updated_at: request.now,
            };
            let mut change = Change::default();
            let transaction = &mut change.transaction;
            self.store.put_channel(transaction, owner, None, &channel)?;
            let next = Desk {
                channels: desk.channels + 1,
                ..desk
            };
            self.store.put_desk(transaction, owner, next)?;
            self.commit(&change, request).await?;
            Ok(channel)
        })
        .await
    }

    /// Changes a channel, where `wanted`, if given, is its version.
    ///
    /// # Errors
    /// `NotFound`, `StaleVersion`; `Invalid` as [`Signals::add_channel`].
    pub async fn change_channel(
        &self,
        owner: &Owner,
        id: &SignalChannelId,
        terms: &ChannelTerms,
        wanted: Option<u64>,
        request: Request<'_>,
    ) -> kernel::Result<Channel> {
        until_undisturbed(|| async {
            let desk = self.store.desk(owner).await?;
            let before = self.store.channel(owner, id).await?;
            let before = before.ok_or(Error::NotFound("channel"))?;
            if wanted.is_some_and(|wanted| wanted != before.version) {
                return Err(Error::StaleVersion.into());
            }
            self.check_strategy(owner, terms).await?;
            let after = Channel {
                terms: terms.clone(),
                version: before.version + 1,
                updated_at: request.now,
                ..before.clone()
            };
            let mut change = Change::default();
            let version = Some(before.version);
            let transaction = &mut change.transaction;
            self.store
                .put_channel(transaction, owner, version, &after)?;
            // Whoever deletes the strategy has read which channels name it.
            if terms.strategy.is_some() && terms.strategy != before.terms.strategy {
                self.store.put_desk(transaction, owner, desk)?;
            }
            self.commit(&change, request).await?;
            Ok(after)
        })
        .await
    }

    /// Deletes a channel. Signals that came through it stay.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_channel(
        &self,
        owner: &Owner,
        id: &SignalChannelId,
        request: Request<'_>,
    ) -> kernel::Result<()> {
        until_undisturbed(|| self.try_delete_channel(owner, id, request)).await
    }

    async fn try_delete_channel(
        &self,
        owner: &Owner,
        id: &SignalChannelId,
        request: Request<'_>,
    ) -> Result<(), Failure> {
        let desk = self.store.desk(owner).await?;
        if self.store.channel(owner, id).await?.is_none() {
            return Err(Error::NotFound("channel").into());
        }
        let mut change = Change::default();
        let transaction = &mut change.transaction;
        self.store.delete_channel(transaction, owner, id)?;
        let next = Desk {
            channels: desk.channels.saturating_sub(1),
            ..desk
        };
        self.store.put_desk(transaction, owner, next)?;
        self.commit(&change, request).await
    }

    async fn check_strategy(&self, owner: &Owner, terms: &ChannelTerms) -> Result<(), Error> {
        let Some(id) = &terms.strategy else {
            return Ok(());
        };
        match self.store.strategy(owner, id).await? {
            Some(_) => Ok(()),
            None => Err(Error::field("strategy_id", "is no strategy of yours")),
        }
    }
}
