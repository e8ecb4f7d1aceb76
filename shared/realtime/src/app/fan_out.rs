//! New events of a log to those who listen.
//!
//! Messages of one log come one after the other. What was sent is noted after
//! it was sent: of a run that is killed, the next sends the last events again.
//! Of listeners there may be more than one run can serve: it notes how far it
//! came, and the next goes on there before anything newer is sent.

use std::collections::HashMap;
use std::time::Duration;

use futures::StreamExt;
use kernel::access::Tier;
use kernel::time::{Clock, Timestamp};
use platform::clock::SystemClock;
use platform::live::{Cursor, Event, Log, Round};
use serde_json::value::RawValue;

use super::courier::Courier;
use crate::domain::frame::{self, Place};
use crate::domain::grant::Grant;
use crate::gateway::GatewayError;
use crate::logs;
use crate::messages::{FanoutMessage, Release};
use crate::store::{Seated, State};

/// Events that are sent in one round.
const ROUND_EVENTS_MAX: u32 = 25;
/// Listeners that are read at once.
const PAGE: u32 = 128;
/// Listeners that are sent to at once.
const SENT_TO_AT_ONCE: usize = 64;
/// Bound for what one listener is sent in a round: who takes longer is ended,
/// and connects anew.
const LISTENER_TIME_MAX: Duration = Duration::from_secs(5);
/// A hold this old has lost the message that was to end it, in seconds.
const HELD_S_MAX: i64 = 60;

/// A message as it is sent, and the lowest tier that gets it.
pub(super) type Addressed = (Option<Tier>, String);

impl Courier {
    /// Does what the messages of one log ask for. No new page of listeners is
    /// begun after `turn_ends`; what is left then is handed on.
    ///
    /// # Errors
    /// Where the store, a queue or the gateway as a whole fails; the messages
    /// are to come again.
    pub async fn fan_out(
        &self,
        messages: Vec<FanoutMessage>,
        turn_ends: Timestamp,
    ) -> kernel::Result<()> {
        let Some(log) = messages.first().map(|message| message.log.clone()) else {
            return Ok(());
        };
        self.restrictions.refresh().await?;
        let is_done = self.send_new(&log, turn_ends).await?;
        let mut releases: HashMap<String, Vec<Release>> = HashMap::new();
        for release in messages.into_iter().filter_map(|message| message.release) {
            if !is_done {
                let log = log.clone();
                let release = Some(release);
                self.hand_on(&FanoutMessage { log, release }).await?;
                continue;
            }
            let of_connection = releases.entry(release.connection.clone()).or_default();
            if !of_connection.contains(&release) {
                of_connection.push(release);
            }
        }
        if !is_done {
            self.look_again(&log).await?;
        }
        let log = &log;
        let done: Vec<kernel::Result<()>> = futures::stream::iter(releases.into_values())
            .map(|of_connection| async move {
                for release in of_connection {
                    self.release(log, &release).await?;
                }
                Ok(())
            })
            .buffer_unordered(SENT_TO_AT_ONCE)
            .collect()
            .await;
        done.into_iter().collect()
    }

    /// Sends what is new in a log. Answers whether that was all.
    async fn send_new(&self, log: &Log, turn_ends: Timestamp) -> kernel::Result<bool> {
        loop {
            let cursor = self.live.cursor(log).await?;
            let events = self.next_round(log, &cursor).await?;
            let Some(last) = events.last() else {
                return Ok(true);
            };
            let upto = last.number;
            // A round that was begun before has no newer ones.
            let is_last = cursor.round.is_none() && events.len() < ROUND_EVENTS_MAX as usize;
            let mut after = cursor.round.map(|round| round.after);
            let messages = messages(log, &events)?;
            loop {
                let now = SystemClock.now();
                let (page, next) = self.store.listeners(log, PAGE, after, now).await?;
                self.deliver(log, &messages, page).await?;
                let Some(seat) = next else { break };
                if SystemClock.now() >= turn_ends {
                    let round = Some(Round { upto, after: seat });
                    let sent = cursor.sent;
                    self.live.set_cursor(log, &Cursor { sent, round }).await?;
                    return Ok(false);
                }
                after = Some(seat);
            }
            let done = Cursor {
                sent: upto,
                round: None,
            };
            self.live.set_cursor(log, &done).await?;
            if is_last {
                return Ok(true);
            }
            if SystemClock.now() >= turn_ends {
                return Ok(false);
            }
        }
    }

    /// The events to be sent next: those of the round that was begun, or new
    /// ones.
    async fn next_round(&self, log: &Log, cursor: &Cursor) -> kernel::Result<Vec<Event>> {
        let sent = cursor.sent;
        if let Some(round) = &cursor.round {
            let count = u32::try_from(round.upto - sent).unwrap_or(ROUND_EVENTS_MAX);
            return Ok(self.live.after(log, sent, count).await?);
        }
        let events = self.live.after(log, sent, ROUND_EVENTS_MAX).await?;
        if !events.is_empty() {
            return Ok(events);
        }
        let last = self.live.last(log).await?;
        if last <= sent {
            return Ok(events);
        }
        // Either it was written just now, or nobody could be sent anything
        // for so long that the next events are gone.
        let events = self.live.after(log, sent, ROUND_EVENTS_MAX).await?;
        if !events.is_empty() {
            return Ok(events);
        }
        let reachable = last.saturating_sub(u64::from(ROUND_EVENTS_MAX)).max(sent);
        tracing::error!(%log, sent, last, "events of {log} are gone unsent");
        Ok(self.live.after(log, reachable, ROUND_EVENTS_MAX).await?)
    }

    async fn deliver(
        &self,
        log: &Log,
        messages: &[Addressed],
        page: Vec<Seated>,
    ) -> kernel::Result<()> {
        let done: Vec<kernel::Result<()>> = futures::stream::iter(page)
            .map(|seated| self.deliver_to(log, messages, seated))
            .buffer_unordered(SENT_TO_AT_ONCE)
            .collect()
            .await;
        done.into_iter().collect()
    }

    async fn deliver_to(
        &self,
        log: &Log,
        messages: &[Addressed],
        seated: Seated,
    ) -> kernel::Result<()> {
        let Some(held) = seated.listener.held else {
            self.send(log, &seated, messages).await?;
            return Ok(());
        };
        if SystemClock.now().timestamp() - held.since_s > HELD_S_MAX {
            let release = Some(Release {
                connection: seated.listener.connection,
                after: held.after,
                is_asked: false,
            });
            let log = log.clone();
            self.hand_on(&FanoutMessage { log, release }).await?;
        }
        Ok(())
    }

    /// Sends a listener messages, one after the other. One that is gone, is
    /// not to be served or takes too long is removed; answers whether it is
    /// still there.
    pub(super) async fn send(
        &self,
        log: &Log,
        seated: &Seated,
        messages: &[Addressed],
    ) -> kernel::Result<bool> {
        let connection = seated.listener.connection.as_str();
        let Some(tier) = self.served_tier(log, seated).await? else {
            return Ok(false);
        };
        let for_them = messages
            .iter()
            .filter(|(min_tier, _)| min_tier.is_none_or(|min_tier| tier >= min_tier));
        let sending = async {
            for (_, message) in for_them {
                match self.gateway.post(connection, message).await {
                    Ok(()) => {}
                    Err(GatewayError::TooLarge) => {
                        tracing::error!(%log, "an event of {log} is larger than the gateway takes");
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        };
        let why = match tokio::time::timeout(LISTENER_TIME_MAX, sending).await {
            Ok(Ok(())) => return Ok(true),
            Ok(Err(GatewayError::Gone)) => {
                self.remove(log, seated).await?;
                return Ok(false);
            }
            Ok(Err(error)) => kernel::error::chain(&error),
            Err(_) => "it took too long".to_owned(),
        };
        tracing::warn!(connection, why, "{connection} is too slow and is ended");
        // While it cannot be ended it must not be forgotten: all come again.
        self.gateway.end(connection).await?;
        self.remove(log, seated).await?;
        Ok(false)
    }

    /// The tier of a listener who is to be served; one who is not is ended.
    async fn served_tier(&self, log: &Log, seated: &Seated) -> kernel::Result<Option<Tier>> {
        let now = SystemClock.now();
        let listener = &seated.listener;
        if self.is_good(&listener.grant, now).await? {
            return Ok(Some(listener.grant.tier));
        }
        // A token that was extended meanwhile may not be written here yet.
        let id = listener.connection.as_str();
        let connection = self.store.connection(id).await?;
        let grant: Option<&Grant> = connection
            .as_ref()
            .filter(|connection| connection.state == State::Open)
            .and_then(|connection| connection.grant.as_ref());
        if let (Some(connection), Some(grant)) = (&connection, grant)
            && self.is_good(grant, now).await?
        {
            let seat = connection.seat(log);
            self.store.regrant(log, seat, id, grant).await?;
            return Ok(Some(grant.tier));
        }
        self.refuse(id, "the token is no longer good").await?;
        self.remove(log, seated).await?;
        Ok(None)
    }

    /// Removes a connection, and its seat here whatever else is known of it.
    async fn remove(&self, log: &Log, seated: &Seated) -> kernel::Result<()> {
        let connection = &seated.listener.connection;
        self.store.close(connection).await?;
        self.store.unseat(log, &seated.seat, connection).await?;
        Ok(())
    }
}

/// Events as they are sent. Of the price of one symbol only the newest counts.
pub(super) fn messages(log: &Log, events: &[Event]) -> kernel::Result<Vec<Addressed>> {
    let place = logs::place(log);
    let is_one_price = matches!(&place, Place::Passing(name) if name.contains(':'));
    let first = match is_one_price {
        true => events.len().saturating_sub(1),
        false => 0,
    };
    events
        .iter()
        .skip(first)
        .map(|event| {
            let data: &RawValue =
                serde_json::from_str(&event.data).map_err(kernel::Error::internal)?;
            let kind = (event.kind.as_str(), data);
            let number = (event.number, event.id.as_str(), event.at);
            Ok((event.min_tier, frame::event(&place, kind, number)))
        })
        .collect()
}
