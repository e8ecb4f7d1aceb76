//! Commands to terminals. One that is not done is in its terminal's queue; one
//! that is has moved out of it.

use kernel::id::{CommandId, DeviceId};
use platform::dynamo::{
    AttributeValue, Condition, Key, Query, Range, StoreError, Transaction, to_item,
};

use super::{Store, keys};
use crate::domain::{Status, command};
use crate::model::{Command, Owner};

/// Label of the end of a command: where it is refused, somebody else ended it.
pub(crate) const COMMAND: &str = "command";

impl Store {
    /// Commands of a terminal that are not done, the first issued first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn queue(
        &self,
        owner: &Owner,
        device: &DeviceId,
        limit: usize,
    ) -> Result<Vec<Command>, StoreError> {
        let prefix = Range::Prefix(keys::queue_prefix(device));
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let query = Query::new(keys::of(owner), prefix, limit).consistent();
        let page = self.table.query::<Command>(&query).await?;
        Ok(page.rows.into_iter().map(|(_, command)| command).collect())
    }

    /// A page of a person's commands: those that are not done first, by
    /// terminal; then the others, the newest first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn commands(
        &self,
        owner: &Owner,
        limit: u32,
        after: Option<String>,
    ) -> Result<(Vec<Command>, Option<String>), StoreError> {
        let prefix = Range::Prefix(keys::COMMAND_PREFIX.to_owned());
        let query = Query::new(keys::of(owner), prefix, limit)
            .consistent()
            .descending()
            .after(after);
        let page = self.table.query::<Command>(&query).await?;
        let commands = page.rows.into_iter().map(|(_, command)| command).collect();
        Ok((commands, page.next))
    }

    /// Those of some ids that are commands of a terminal, done or not, each
    /// with whether it still is in the queue.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn commands_of(
        &self,
        owner: &Owner,
        device: &DeviceId,
        ids: &[CommandId],
    ) -> Result<Vec<(Command, bool)>, StoreError> {
        let mut wanted: Vec<Key> = Vec::with_capacity(2 * ids.len());
        for id in ids {
            let number = command::number(id);
            for key in [
                keys::queued(owner, device, number),
                keys::done(owner, number),
            ] {
                if !wanted.contains(&key) {
                    wanted.push(key);
                }
            }
        }
        let found = self.table.get_many::<Command>(&wanted).await?;
        let is_wanted = |command: &Command| command.device == *device && ids.contains(&command.id);
        let mut found: Vec<(Command, bool)> = found
            .into_iter()
            .filter(|(_, command)| is_wanted(command))
            .map(|(key, command)| {
                let queued = keys::queued(owner, device, command.number);
                (command, key == queued)
            })
            .collect();
        found.sort_by_key(|(command, _)| command.number);
        Ok(found)
    }

    pub(crate) fn add_command(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        command: &Command,
    ) -> Result<(), StoreError> {
        let key = keys::queued(owner, &command.device, command.number);
        let absent = Some(Condition::absent());
        transaction.put(COMMAND, &self.table, &key, command, absent)?;
        Ok(())
    }

    /// Notes a step of a command that stays in its queue, where nobody made
    /// another meanwhile. Answers whether it was made.
    ///
    /// # Errors
    /// Where the store fails.
    pub(crate) async fn step_command(
        &self,
        owner: &Owner,
        command: &Command,
        next: Status,
    ) -> Result<bool, StoreError> {
        let key = keys::queued(owner, &command.device, command.number);
        let text = |status: Status| AttributeValue::S(status.as_str().to_owned());
        let stepped = self
            .table
            .update_where("step a command", &key, |update| {
                update
                    .update_expression("SET #status = :next")
                    .condition_expression("#status = :before")
                    .expression_attribute_names("#status", "status")
                    .expression_attribute_values(":next", text(next))
                    .expression_attribute_values(":before", text(command.status))
            })
            .await?;
        Ok(stepped.is_some())
    }

    /// Moves a command out of its queue, or changes one that was moved: what
    /// a terminal says counts whatever was thought before.
    pub(crate) fn end_command(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        (done, was_queued): (&Command, bool),
    ) -> Result<(), StoreError> {
        if was_queued {
            let queued = keys::queued(owner, &done.device, done.number);
            let present = Condition::present();
            transaction.delete_where(COMMAND, &self.table, &queued, present)?;
        }
        let item = to_item(&keys::done(owner, done.number), done)?;
        transaction.put_item("done command", &self.table, item, None)?;
        Ok(())
    }
}
