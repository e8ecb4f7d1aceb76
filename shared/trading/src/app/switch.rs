//! Trading is paused, resumed, hidden and stopped.

use kernel::id::{CommandId, DeviceId};
use kernel::time::Timestamp;
use platform::live::News;
use platform::race::{Failure, until_undisturbed};
use serde::Serialize;

use super::issue::Draft;
use super::{Request, Trading};
use crate::domain::switches::Switch;
use crate::domain::{Mode, Order, Refusal, Switches};
use crate::model::{Command, Control, Owner};
use crate::store::CONTROL;

/// Terminals that a stop is sent to in one transaction, which has a bound.
const STOPPED_AT_ONCE: usize = 15;

/// What using a switch did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switched {
    /// The switches now.
    pub switches: Switches,
    /// Commands that went out with it.
    pub commands: Vec<CommandId>,
}

/// How trading is switched, as dashboards and terminals are told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TradingState {
    mode: Mode,
    stealth: bool,
    version: u64,
    epoch: u64,
    changed_at: Option<Timestamp>,
}

impl From<Switches> for TradingState {
    fn from(switches: Switches) -> Self {
        Self {
            mode: switches.mode,
            stealth: switches.is_stealth,
            version: switches.version,
            epoch: switches.epoch,
            changed_at: switches.changed_at,
        }
    }
}

impl Trading {
    /// Uses a switch. Where nothing changes nobody is told.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn switch(
        &self,
        owner: &Owner,
        switch: Switch,
        request: Request<'_>,
    ) -> kernel::Result<Switched> {
        if switch == Switch::EmergencyStop {
            return self.stop(owner, request).await;
        }
        until_undisturbed(|| self.try_switch(owner, switch, request)).await
    }

    async fn try_switch(
        &self,
        owner: &Owner,
        switch: Switch,
        request: Request<'_>,
    ) -> Result<Switched, Failure> {
        let before = self.store.control(owner).await?;
        let switches = before.switches.after(switch, request.now);
        let switched = Switched {
            switches,
            commands: Vec::new(),
        };
        if switches == before.switches {
            return Ok(switched);
        }
        let mut after = Control {
            switches,
            ..before.clone()
        };
        if switches.mode != Mode::Stopped {
            after.stopped.clear();
        }
        let mut draft = Draft::default();
        self.store
            .put_control(&mut draft.change, owner, &before, &after)?;
        let state = TradingState::from(switches);
        draft
            .news
            .push(News::new(owner.log(), "trading_state", &state)?);
        for terminal in self.store.terminals(owner).await? {
            let log = owner.log_of(&terminal.id);
            draft.news.push(News::new(log, "trading_state", &state)?);
        }
        self.commit(&draft.change, &draft.news, request)
            .await
            .map_err(|error| Failure::of(error, &[CONTROL]))?;
        Ok(switched)
    }

    /// Stops trading, and tells every terminal to close everything. The first
    /// transaction stops; where there are more terminals than it has room
    /// for, others follow. To stop again tells those that were not told yet,
    /// such as after a crash between two of them, and nobody twice.
    async fn stop(&self, owner: &Owner, request: Request<'_>) -> kernel::Result<Switched> {
        let mut commands = Vec::new();
        loop {
            let (switches, issued, is_all) =
                until_undisturbed(|| self.try_stop(owner, request)).await?;
            commands.extend(issued.into_iter().map(|command| command.id));
            if is_all {
                return Ok(Switched { switches, commands });
            }
        }
    }

    async fn try_stop(
        &self,
        owner: &Owner,
        request: Request<'_>,
    ) -> Result<(Switches, Vec<Command>, bool), Failure> {
        let before = self.store.control(owner).await?;
        let switches = before.switches.after(Switch::EmergencyStop, request.now);
        let mut after = Control {
            switches,
            ..before.clone()
        };
        let mut draft = Draft::default();
        if switches != before.switches {
            after.stopped.clear();
            let state = TradingState::from(switches);
            draft
                .news
                .push(News::new(owner.log(), "trading_state", &state)?);
        }
        let terminals = self.store.terminals(owner).await?;
        let untold: Vec<DeviceId> = terminals
            .into_iter()
            .map(|terminal| terminal.id)
            .filter(|id| !after.stopped.contains(id))
            .collect();
        if untold.is_empty() && switches == before.switches {
            return Ok((switches, Vec::new(), true));
        }
        let mut issued = Vec::new();
        for device in untold.iter().take(STOPPED_AT_ONCE) {
            after.stopped.push(device.clone());
            let order = Order::EmergencyStop {
                epoch: switches.epoch,
            };
            let command = self
                .add_command(
                    &mut draft,
                    owner,
                    &mut after,
                    (device, order),
                    None,
                    request,
                )
                .await;
            match command {
                Ok(command) => issued.push(command),
                // One that has done nothing for so long reads of the stop in
                // its next sync; a stop is refused by nobody.
                Err(kernel::Error::Conflict(sentence))
                    if sentence == Refusal::QueueFull.to_string() =>
                {
                    tracing::warn!(device = device.as_str(), "a stop found the queue full");
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.store
            .put_control(&mut draft.change, owner, &before, &after)?;
        self.commit(&draft.change, &draft.news, request)
            .await
            .map_err(|error| Failure::of(error, &[CONTROL]))?;
        Ok((switches, issued, untold.len() <= STOPPED_AT_ONCE))
    }
}
