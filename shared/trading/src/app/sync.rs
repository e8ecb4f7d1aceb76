//! A terminal's sync: what it sees comes in, and what it is to do goes out.

use kernel::Error;
use kernel::id::CommandId;
use platform::devices::Device;

use super::acknowledge::Done;
use super::presence::Said;
use super::{Request, Trading};
use crate::domain::command::{DELIVERED_AT_ONCE, STEERING_PENDING_MAX};
use crate::domain::{Status, Switches};
use crate::model::{Command, Owner, Positions, Strategy};

/// What a terminal tells.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// How its account is.
    pub said: Said,
    /// Its open positions, where it tells of them.
    pub positions: Option<Positions>,
    /// Commands that it has.
    pub acks: Vec<CommandId>,
    /// Commands that it has done, or could not do.
    pub done: Vec<Done>,
}

/// What a terminal is told.
#[derive(Clone, Debug)]
pub struct Synced {
    /// How trading is switched.
    pub switches: Switches,
    /// The strategy to follow.
    pub strategy: Option<Strategy>,
    /// What it is to do, the first issued first. What it does not acknowledge
    /// it is told again.
    pub commands: Vec<Command>,
}

impl Trading {
    /// Takes in what a terminal tells, and answers what it is to do.
    ///
    /// # Errors
    /// `Unauthenticated` where it was revoked meanwhile.
    pub async fn sync(
        &self,
        device: &Device,
        told: &Told,
        request: Request<'_>,
    ) -> kernel::Result<Synced> {
        let owner = Owner::of(device);
        self.hear(device, told.said, request).await?;
        if let Some(positions) = &told.positions {
            self.store
                .put_positions(&owner, &device.id, positions)
                .await?;
        }
        // What it did before what it has: a command that is acknowledged is not
        // sent again, and nobody would ask what became of it.
        self.settle(device, &told.done, request).await?;
        self.acknowledge(device, &told.acks, request).await?;
        // Read last: what a switch that was answered changed must be felt.
        let switches = self.store.control(&owner).await?.switches;
        let waiting = self
            .waiting(
                &owner,
                &device.id,
                switches.epoch,
                STEERING_PENDING_MAX,
                request.now,
            )
            .await?;
        let commands: Vec<Command> = waiting
            .into_iter()
            .filter(|command| command.status.is_to_be_sent())
            .take(DELIVERED_AT_ONCE)
            .collect();
        for command in &commands {
            if command.status == Status::Pending {
                self.store
                    .step_command(&owner, command, Status::Delivered)
                    .await?;
            }
        }
        Ok(Synced {
            switches,
            strategy: self.store.strategy(&owner).await?,
            commands,
        })
    }

    /// The strategy that a person's terminals follow.
    ///
    /// # Errors
    /// `NotFound` where there is none.
    pub async fn strategy(&self, owner: &Owner) -> kernel::Result<Strategy> {
        let strategy = self.store.strategy(owner).await?;
        strategy.ok_or(Error::NotFound("strategy"))
    }
}
