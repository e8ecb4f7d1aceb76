//! What terminals say of the commands they were sent.

use kernel::id::CommandId;
use platform::devices::Device;
use platform::dynamo::Transaction;
use platform::race::{Failure, until_undisturbed};

use super::{Notification, Request, Trading};
use crate::domain::{Kind, Status};
use crate::model::{Command, Owner};
use crate::store::COMMAND;

/// What became of a command, as its terminal says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The command.
    pub command: CommandId,
    /// Why it failed; none where it was done.
    pub error: Option<String>,
}

impl Trading {
    /// Notes that a terminal has commands: they are not delivered again. Ids
    /// that are no commands of it are passed over.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn acknowledge(
        &self,
        device: &Device,
        ids: &[CommandId],
        request: Request<'_>,
    ) -> kernel::Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let owner = Owner::of(device);
        let found = self.store.commands_of(&owner, &device.id, ids).await?;
        for (command, is_queued) in found {
            let next = command.status.advanced(Status::Acknowledged);
            let (Some(next), true) = (next, is_queued) else {
                continue;
            };
            if command.kind == Kind::Sync {
                // Whoever says so is syncing.
                let done = command.done(Status::Executed, None, request.now);
                self.move_out(&owner, &[done]).await?;
            } else {
                // Where somebody made another step meanwhile, that one counts.
                self.store.step_command(&owner, &command, next).await?;
            }
        }
        Ok(())
    }

    /// Notes what became of commands. The dashboard is told of those that
    /// failed.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn settle(
        &self,
        device: &Device,
        said: &[Done],
        request: Request<'_>,
    ) -> kernel::Result<()> {
        for done in said {
            until_undisturbed(|| self.try_settle(device, done, request)).await?;
        }
        Ok(())
    }

    async fn try_settle(
        &self,
        device: &Device,
        said: &Done,
        request: Request<'_>,
    ) -> Result<(), Failure> {
        let owner = Owner::of(device);
        let ids = std::slice::from_ref(&said.command);
        let found = self.store.commands_of(&owner, &device.id, ids).await?;
        let Some((command, was_queued)) = found.into_iter().next() else {
            return Ok(());
        };
        let next = match said.error {
            None => Status::Executed,
            Some(_) => Status::Failed,
        };
        if command.status.advanced(next).is_none() {
            return Ok(());
        }
        let done = command.done(next, said.error.clone(), request.now);
        let mut change = Transaction::new();
        self.store
            .end_command(&mut change, &owner, (&done, was_queued))?;
        let news = match failure(&done) {
            Some(message) => vec![
                Notification {
                    kind: "command_failed",
                    title: "A terminal could not do what it was told",
                    message: &message,
                }
                .to(&owner)?,
            ],
            None => Vec::new(),
        };
        self.commit(&change, &news, request)
            .await
            .map_err(|error| Failure::of(error, &[COMMAND]))
    }
}

fn failure(command: &Command) -> Option<String> {
    let error = command.error.as_deref()?;
    Some(format!("{}: {error}", command.kind.as_str()))
}
