//! What somebody has missed, before they hear what is new.
//!
//! A new connection's events are held. Its client asks for what it has missed,
//! or a moment later the check asks in its place for what came since the
//! opening; either is a message in the order of the log, so that between what
//! was missed and what is new there is neither a gap nor an overlap.

use kernel::time::Clock;
use platform::clock::SystemClock;
use platform::live::Log;

use super::courier::Courier;
use super::fan_out::{Addressed, messages};
use crate::domain::frame;
use crate::domain::replay::{self, Replay};
use crate::logs;
use crate::messages::{FanoutMessage, Release};
use crate::store::{Held, Seated};

/// Events that are sent again in one turn; more are sent in the next.
const TURN_EVENTS_MAX: u64 = 100;

impl Courier {
    /// Sends a connection what it has missed. Comes after everybody was sent
    /// what is new.
    pub(super) async fn release(&self, log: &Log, release: &Release) -> kernel::Result<()> {
        let Some(connection) = self.store.connection(&release.connection).await? else {
            return Ok(());
        };
        let Some(seated) = self.store.listener(log, &connection).await? else {
            return Ok(());
        };
        let held = seated.listener.held;
        let is_held = held.is_some();
        // A check ends the hold that it was made for, and no other.
        if !release.is_asked && held.map(|held| held.after) != Some(release.after) {
            return Ok(());
        }
        let sent = self.live.cursor(log).await?.sent;
        let last = self.live.last(log).await?;
        let (missed, rest) = match replay::plan(release.after, sent, last) {
            Replay::Nothing => (Vec::new(), None),
            Replay::Resync => (self.resync(log, sent), None),
            Replay::Events(missed) => {
                let count = missed.min(TURN_EVENTS_MAX);
                let rest = (missed > count).then_some(release.after + count);
                match self.again(log, release.after, count).await? {
                    Some(messages) => (messages, rest),
                    None => (self.resync(log, sent), None),
                }
            }
        };
        // Held before the first of them is sent, so that nothing new comes in
        // between: not before the rest, and not where this one is killed.
        let is_new_hold = !is_held && !missed.is_empty();
        if let Some(after) = rest.or(is_new_hold.then_some(release.after)) {
            self.hold(log, &seated, after).await?;
        }
        if !self.send(log, &seated, &missed).await? {
            return Ok(());
        }
        match rest {
            Some(after) => {
                let log = log.clone();
                let release = Some(Release {
                    connection: release.connection.clone(),
                    after,
                    is_asked: true,
                });
                self.hand_on(&FanoutMessage { log, release }).await?;
            }
            None if is_held || is_new_hold => {
                self.store.hold(log, &seated, None).await?;
            }
            None => {}
        }
        Ok(())
    }

    async fn hold(&self, log: &Log, seated: &Seated, after: u64) -> kernel::Result<()> {
        let since_s = SystemClock.now().timestamp();
        let held = Some(Held { after, since_s });
        self.store.hold(log, seated, held).await?;
        Ok(())
    }

    /// So many events after a number; `None` where not all are left.
    async fn again(
        &self,
        log: &Log,
        after: u64,
        count: u64,
    ) -> kernel::Result<Option<Vec<Addressed>>> {
        let limit = u32::try_from(count).unwrap_or(u32::MAX);
        let events = self.live.after(log, after, limit).await?;
        let numbers = events.iter().map(|event| event.number);
        match replay::is_whole(after, count, numbers) {
            true => messages(log, &events).map(Some),
            false => Ok(None),
        }
    }

    fn resync(&self, log: &Log, sent: u64) -> Vec<Addressed> {
        let message = frame::resync(&logs::place(log), sent, SystemClock.now());
        vec![(None, message)]
    }
}
