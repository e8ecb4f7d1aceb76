//! Looks after a terminal: a minute after it was last heard of, somebody looks
//! whether it is still there.
//!
//! A chain of looks begins when a terminal comes and ends when it goes. Each
//! look carries the terminal's `watch` and raises it, so that of two looks one
//! dies. A chain whose message was lost is found in the due index.

use kernel::id::DeviceId;
use kernel::time::Timestamp;
use platform::dynamo::Transaction;
use platform::queue::{Queue, Queues};
use serde::{Deserialize, Serialize};

use super::presence::{LOST_AFTER, status_update};
use super::{Notification, Request, Trading};
use crate::domain::presence::THERE_FOR;
use crate::model::{Owner, Terminal};
use crate::store::TERMINAL;

/// Terminals whose chain was lost that one sweep takes up from each shard.
const LOST_MAX: u32 = 200;

/// A look that is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// Whose terminal.
    pub owner: Owner,
    /// Which.
    pub device: DeviceId,
    /// The terminal's own count of looks; another one's is none any more.
    pub watch: u64,
    /// When to look, in ms since the epoch.
    pub look_at_ms: i64,
}

impl Watch {
    /// A look after a terminal as it is now.
    #[must_use]
    pub fn new(owner: &Owner, terminal: &Terminal, look_at: Timestamp) -> Self {
        Self {
            owner: owner.clone(),
            device: terminal.id.clone(),
            watch: terminal.watch,
            look_at_ms: look_at.timestamp_millis(),
        }
    }

    /// Whole seconds until it is due.
    fn wait_s(&self, now: Timestamp) -> i64 {
        (self.look_at_ms - now.timestamp_millis() + 999).div_euclid(1000)
    }
}

impl Trading {
    /// Looks after a terminal where it is time, and sends the look on where it
    /// is not, or where the terminal gave a sign since.
    ///
    /// # Errors
    /// Where the store or the queue fails; the look comes again.
    pub async fn look(
        &self,
        watch: &Watch,
        queues: &Queues,
        request: Request<'_>,
    ) -> kernel::Result<()> {
        let wait_s = watch.wait_s(request.now);
        if wait_s > 0 {
            queues.send(Queue::Terminals, watch, wait_s).await?;
            return Ok(());
        }
        let owner = &watch.owner;
        let terminal = self.store.terminal(owner, &watch.device).await?;
        let Some(before) = terminal.filter(|terminal| terminal.watch == watch.watch) else {
            return Ok(());
        };
        let mut after = Terminal {
            watch: before.watch + 1,
            ..before.clone()
        };
        let mut change = Transaction::new();
        if !before.is_there(request.now) {
            after.is_online = false;
            after.due_shard = None;
            after.due_at = None;
            self.store
                .change_terminal(&mut change, owner, &before, &after)?;
            let told = Notification {
                kind: "terminal_offline",
                title: "A terminal is offline",
                message: &format!("{} was not heard of for a minute.", before.name),
            };
            let news = [status_update(owner, &after)?, told.to(owner)?];
            return match self.commit(&change, &news, request).await {
                // It came or went while this looked.
                Err(error) if error.refused(TERMINAL) => Ok(()),
                done => Ok(done?),
            };
        }
        let seen = before.last_seen_at().unwrap_or(request.now);
        let look_at = seen + THERE_FOR;
        after.due_at = Some((look_at + LOST_AFTER).timestamp_millis());
        self.store
            .change_terminal(&mut change, owner, &before, &after)?;
        match change.commit().await {
            Err(error) if error.refused(TERMINAL) => return Ok(()),
            done => done?,
        }
        let next = Watch::new(owner, &after, look_at);
        let wait_s = next.wait_s(request.now).max(1);
        queues.send(Queue::Terminals, &next, wait_s).await?;
        Ok(())
    }

    /// Looks after the terminals whose looks were lost. Answers how many.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn look_after_lost(
        &self,
        queues: &Queues,
        request: Request<'_>,
    ) -> kernel::Result<usize> {
        let due = self.store.due_terminals(request.now, LOST_MAX).await?;
        let mut looked = 0;
        for (owner, device) in due {
            let Some(terminal) = self.store.terminal(&owner, &device).await? else {
                continue;
            };
            let is_due = |due_ms| due_ms <= request.now.timestamp_millis();
            // The index may name one that has moved on.
            if terminal.due_at.is_some_and(is_due) {
                let watch = Watch::new(&owner, &terminal, request.now);
                self.look(&watch, queues, request).await?;
                looked += 1;
            }
        }
        Ok(looked)
    }
}
