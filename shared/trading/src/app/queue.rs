//! A terminal's queue, kept free of what ended by itself.

use kernel::id::DeviceId;
use kernel::time::Timestamp;
use platform::dynamo::Transaction;

use super::Trading;
use crate::model::{Command, Owner};
use crate::store::COMMAND;

/// Commands that are moved out of a queue in one transaction, of two writes
/// each.
const MOVED_AT_ONCE: usize = 40;

impl Trading {
    /// Commands of a terminal that still are to be done, the first issued
    /// first. Those that ended by time or by a stop are moved out.
    ///
    /// # Errors
    /// Where the store fails.
    pub(super) async fn waiting(
        &self,
        owner: &Owner,
        device: &DeviceId,
        epoch: u64,
        limit: usize,
        now: Timestamp,
    ) -> kernel::Result<Vec<Command>> {
        let queue = self.store.queue(owner, device, limit).await?;
        let (ended, waiting): (Vec<Command>, Vec<Command>) = queue
            .into_iter()
            .partition(|command| command.status_at(epoch, now).is_done());
        let ended: Vec<Command> = ended
            .iter()
            .map(|command| command.done(command.status_at(epoch, now), None, now))
            .collect();
        self.move_out(owner, &ended).await?;
        Ok(waiting)
    }

    /// Moves ended commands out of their queues. What somebody else ends at
    /// the same time stays for the next time.
    pub(super) async fn move_out(&self, owner: &Owner, ended: &[Command]) -> kernel::Result<()> {
        for chunk in ended.chunks(MOVED_AT_ONCE) {
            let mut change = Transaction::new();
            for command in chunk {
                self.store
                    .end_command(&mut change, owner, (command, true))?;
            }
            match change.commit().await {
                Err(error) if error.refused(COMMAND) => {}
                done => done?,
            }
        }
        Ok(())
    }
}
