//! Commands, issued with what caused them.
//!
//! Every command is written together with the person's control, where that is
//! still the one that was read. So commands and switches have one order: an
//! emergency stop comes before a command or after it, and never between a
//! check and the write that depends on it.

use chrono::TimeDelta;
use kernel::Error;
use kernel::id::DeviceId;
use platform::dynamo::Transaction;
use platform::live::News;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Request, Trading};
use crate::domain::{Order, Refusal, Status, command};
use crate::model::{Command, Control, Owner};

/// A change in the making, with the news of it.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) change: Transaction,
    pub(super) news: Vec<News>,
}

/// A command as terminals are told of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    payload: &'a RawValue,
    expires_at: kernel::time::Timestamp,
}

impl Trading {
    /// Adds a command to a draft. `good_for` is how long it may be carried
    /// out, where not as long as its kind.
    ///
    /// # Errors
    /// [`Refusal::QueueFull`].
    pub(super) async fn add_command(
        &self,
        draft: &mut Draft,
        owner: &Owner,
        control: &mut Control,
        (device, order): (&DeviceId, Order),
        good_for: Option<TimeDelta>,
        request: Request<'_>,
    ) -> kernel::Result<Command> {
        let kind = order.kind();
        let most = kind.pending_max();
        let epoch = control.switches.epoch;
        let waiting = self
            .waiting(owner, device, epoch, most, request.now)
            .await?;
        if waiting.len() >= most {
            return Err(Refusal::QueueFull.into());
        }
        let order = match order {
            Order::Open(open) => Order::Open(crate::domain::OpenTrade { epoch, ..open }),
            other => other,
        };
        control.last_command += 1;
        let number = control.last_command;
        let payload = order.payload().map_err(Error::internal)?;
        let command = Command {
            id: command::id(number, request.now),
            device: device.clone(),
            number,
            kind,
            payload: payload.get().to_owned(),
            status: Status::Pending,
            epoch,
            issued_at: request.now,
            expires_at: request.now + good_for.unwrap_or(kind.good_for()),
            trade: order.trade().cloned(),
            error: None,
            done_at: None,
            ttl: None,
        };
        self.store.add_command(&mut draft.change, owner, &command)?;
        let message = Message {
            id: command.id.as_str(),
            kind: kind.as_str(),
            payload: &payload,
            expires_at: command.expires_at,
        };
        draft
            .news
            .push(News::new(owner.log_of(device), "command", &message)?);
        Ok(command)
    }
}
