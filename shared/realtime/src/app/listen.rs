//! Channels, and asking for what was missed.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use futures::StreamExt;
use kernel::time::Timestamp;
use kernel::{Error, Result};
use platform::live::Log;

use super::courier::Courier;
use crate::domain::channel::Channel;
use crate::domain::grant::Grant;
use crate::domain::life::CHANNELS_MAX;
use crate::logs;
use crate::messages::{FanoutMessage, Release};
use crate::store::{Connection, Held, Listener, State};

/// Channels that are written at once.
const WRITTEN_AT_ONCE: usize = 10;
/// How long after its listener's token has ended an account's events are still
/// written: for the listener who comes back.
const WATCHED_BEYOND: TimeDelta = TimeDelta::minutes(10);

impl Courier {
    /// Has a connection listen to channels; those it listens to already stay
    /// as they are. Of the price of one symbol it is sent the last at once.
    ///
    /// # Errors
    /// [`Error::Conflict`] where they are too many.
    pub async fn subscribe(
        &self,
        (connection, grant): (&Connection, &Grant),
        channels: &[Channel],
        now: Timestamp,
    ) -> Result<()> {
        self.join(connection, channels).await?;
        let done: Vec<Result<()>> = futures::stream::iter(channels)
            .map(|channel| async move {
                let log = logs::of_channel(channel, grant);
                let last = match channel {
                    Channel::Ticker(_) => self.live.last(&log).await?.checked_sub(1),
                    _ => None,
                };
                let is_new = self.seat(&log, (connection, grant), last, now).await?;
                if let Channel::Account(_) = channel {
                    self.watch(channel, grant).await?;
                }
                match last {
                    Some(after) if is_new => self.ask(log, &connection.id, after).await,
                    _ => Ok(()),
                }
            })
            .buffer_unordered(WRITTEN_AT_ONCE)
            .collect()
            .await;
        done.into_iter().collect::<Result<()>>()?;
        self.still_open(connection, channels, grant).await
    }

    /// Has a connection listen to channels no more.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn unsubscribe(
        &self,
        (connection, grant): (&Connection, &Grant),
        channels: &[Channel],
    ) -> Result<()> {
        let logs = logs_of(channels, grant);
        self.store.unlisten(&logs, &connection.id).await?;
        let names = names(channels);
        self.store.remove_channels(&connection.id, &names).await?;
        Ok(())
    }

    /// Has a connection be sent its own events after a number, or a channel's,
    /// to which it then listens.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the channel has no past.
    pub async fn resume(
        &self,
        (connection, grant): (&Connection, &Grant),
        channel: Option<&Channel>,
        after: u64,
        now: Timestamp,
    ) -> Result<()> {
        let Some(channel) = channel else {
            return self.ask(logs::own(grant), &connection.id, after).await;
        };
        if !channel.has_history() {
            return Err(Error::field("channel", "has its last value only"));
        }
        let channels = std::slice::from_ref(channel);
        self.join(connection, channels).await?;
        let log = logs::of_channel(channel, grant);
        self.seat(&log, (connection, grant), Some(after), now)
            .await?;
        if let Channel::Account(_) = channel {
            self.watch(channel, grant).await?;
        }
        self.still_open(connection, channels, grant).await?;
        self.ask(log, &connection.id, after).await
    }

    /// Has what happens to an account be written while a grant is good.
    pub(super) async fn watch(&self, channel: &Channel, grant: &Grant) -> Result<()> {
        let log = logs::of_channel(channel, grant);
        let until = grant.ends_at() + WATCHED_BEYOND;
        self.live.watch(&log, until).await?;
        Ok(())
    }

    async fn join(&self, connection: &Connection, channels: &[Channel]) -> Result<()> {
        match self
            .store
            .add_channels(connection, &names(channels))
            .await?
        {
            true => Ok(()),
            false => Err(Error::Conflict(format!(
                "a connection listens to at most {CHANNELS_MAX} channels"
            ))),
        }
    }

    /// Answers whether the connection did not listen before.
    async fn seat(
        &self,
        log: &Log,
        (connection, grant): (&Connection, &Grant),
        held_after: Option<u64>,
        now: Timestamp,
    ) -> Result<bool> {
        let listener = Listener {
            connection: connection.id.clone(),
            grant: grant.clone(),
            held: held_after.map(|after| Held {
                after,
                since_s: now.timestamp(),
            }),
            ttl: connection.life().kept_until().timestamp(),
        };
        Ok(self.store.listen(log, &listener, now).await?)
    }

    /// A connection that ended meanwhile leaves nothing.
    async fn still_open(
        &self,
        connection: &Connection,
        channels: &[Channel],
        grant: &Grant,
    ) -> Result<()> {
        let found = self.store.connection(&connection.id).await?;
        if found.is_some_and(|found| found.state == State::Open) {
            return Ok(());
        }
        let logs = logs_of(channels, grant);
        self.store.unlisten(&logs, &connection.id).await?;
        Ok(())
    }

    async fn ask(&self, log: Log, connection: &str, after: u64) -> Result<()> {
        let release = Some(Release {
            connection: connection.to_owned(),
            after,
            is_asked: true,
        });
        self.hand_on(&FanoutMessage { log, release }).await?;
        Ok(())
    }
}

fn names(channels: &[Channel]) -> BTreeSet<String> {
    channels.iter().map(Channel::to_string).collect()
}

fn logs_of(channels: &[Channel], grant: &Grant) -> Vec<Log> {
    let logs: BTreeSet<String> = channels
        .iter()
        .map(|channel| channel.log_name(&grant.org, &grant.sub))
        .collect();
    logs.into_iter().map(Log::Channel).collect()
}
