//! Signs of a terminal: it is there, and what it says of its account.

use chrono::TimeDelta;
use kernel::{Error, Number};
use platform::devices::Device;
use platform::dynamo::{StoreError, Transaction};
use platform::live::News;
use platform::outbox;
use platform::queue::Queue;
use platform::race::{Failure, until_undisturbed};
use rust_decimal::Decimal;
use serde::Serialize;

use super::watch::Watch;
use super::{Request, Trading};
use crate::domain::presence::THERE_FOR;
use crate::model::{Owner, Terminal};
use crate::store::{TERMINAL, keys};

/// How long after it is due a look is taken for lost.
pub(super) const LOST_AFTER: TimeDelta = TimeDelta::seconds(30);

/// What a terminal says of its account; what it does not say stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Whether it has a connection to its broker.
    pub is_connected: Option<bool>,
    /// The account's balance.
    pub balance: Option<Decimal>,
    /// The account's equity.
    pub equity: Option<Decimal>,
}

/// What the dashboard is told of a terminal.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusUpdate<'a> {
    device_id: &'a str,
    terminal_id: &'a str,
    connected: bool,
    balance: Option<Number>,
    equity: Option<Number>,
}

/// The news of how a terminal is.
pub(super) fn status_update(owner: &Owner, terminal: &Terminal) -> Result<News, StoreError> {
    let update = StatusUpdate {
        device_id: terminal.id.as_str(),
        terminal_id: &terminal.terminal_id,
        // A terminal that is there and never said otherwise is connected.
        connected: terminal.is_online && terminal.is_connected.unwrap_or(true),
        balance: terminal.balance.map(Number::exact),
        equity: terminal.equity.map(Number::exact),
    };
    News::new(owner.log(), "mt5_status_update", &update)
}

impl Trading {
    /// Takes a sign of a terminal. The dashboard is told where it was away, or
    /// says something new.
    ///
    /// # Errors
    /// `Unauthenticated` where it was revoked meanwhile.
    pub async fn hear(
        &self,
        device: &Device,
        said: Said,
        request: Request<'_>,
    ) -> kernel::Result<()> {
        until_undisturbed(|| self.try_hear(device, said, request)).await
    }

    async fn try_hear(
        &self,
        device: &Device,
        said: Said,
        request: Request<'_>,
    ) -> Result<(), Failure> {
        let owner = Owner::of(device);
        let before = self.store.terminal(&owner, &device.id).await?;
        let before = before.ok_or(Error::Unauthenticated)?;
        let mut after = Terminal {
            is_connected: said.is_connected.or(before.is_connected),
            balance: said.balance.or(before.balance),
            equity: said.equity.or(before.equity),
            ..before.clone()
        };
        if before.is_online && after == before {
            let is_paired = self
                .store
                .see_terminal(&owner, &device.id, request.now)
                .await?;
            return match is_paired {
                true => Ok(()),
                false => Err(Error::Unauthenticated.into()),
            };
        }
        after.last_seen_ms = Some(request.now.timestamp_millis());
        let mut change = Transaction::new();
        if !before.is_online {
            after.is_online = true;
            after.watch += 1;
            let look_at = request.now + THERE_FOR;
            after.due_shard = Some(keys::due_shard(&device.id));
            after.due_at = Some((look_at + LOST_AFTER).timestamp_millis());
            let watch = Watch::new(&owner, &after, look_at);
            let table = self.store.table();
            outbox::enqueue(
                &mut change,
                table,
                Queue::Terminals,
                &watch,
                None,
                request.id,
                request.now,
            )?;
        }
        self.store
            .change_terminal(&mut change, &owner, &before, &after)?;
        let news = status_update(&owner, &after)?;
        self.commit(&change, &[news], request)
            .await
            .map_err(|error| Failure::of(error, &[TERMINAL]))
    }
}
