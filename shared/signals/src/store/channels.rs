//! Channels of a person.

use kernel::id::{SignalChannelId, StrategyId};
use platform::dynamo::{Condition, Query, Range, StoreError, Transaction};

use super::{CHANNEL, Store, keys};
use crate::domain::channel::{CHANNELS_MAX, Channel};
use crate::model::Owner;

impl Store {
    /// A channel of a person.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn channel(
        &self,
        owner: &Owner,
        id: &SignalChannelId,
    ) -> Result<Option<Channel>, StoreError> {
        self.table.get(&keys::channel(owner, id), true).await
    }

    /// A page of a person's channels, the oldest first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn channels(
        &self,
        owner: &Owner,
        limit: u32,
        after: Option<String>,
    ) -> Result<(Vec<Channel>, Option<String>), StoreError> {
        let prefix = Range::Prefix(keys::CHANNEL_PREFIX.to_owned());
        let query = Query::new(keys::of(owner), prefix, limit)
            .consistent()
            .after(after);
        let page = self.table.query::<Channel>(&query).await?;
        let channels = page.rows.into_iter().map(|(_, channel)| channel).collect();
        Ok((channels, page.next))
    }

    /// Whether a channel of a person names a strategy.
    pub(crate) async fn is_traded_by(
        &self,
        owner: &Owner,
        strategy: &StrategyId,
    ) -> Result<bool, StoreError> {
        let (channels, _) = self.channels(owner, CHANNELS_MAX, None).await?;
        let mut named = channels.iter().map(|channel| &channel.terms.strategy);
        Ok(named.any(|named| named.as_ref() == Some(strategy)))
    }

    pub(crate) fn put_channel(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        before: Option<u64>,
        channel: &Channel,
    ) -> Result<(), StoreError> {
        let unchanged = match before {
            Some(version) => Condition::number("version", version),
            None => Condition::absent(),
        };
        let key = keys::channel(owner, &channel.id);
        transaction.put(CHANNEL, &self.table, &key, channel, Some(unchanged))?;
        Ok(())
    }

    pub(crate) fn delete_channel(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        id: &SignalChannelId,
    ) -> Result<(), StoreError> {
        let key = keys::channel(owner, id);
        transaction.delete_where(CHANNEL, &self.table, &key, Condition::present())?;
        Ok(())
    }
}
