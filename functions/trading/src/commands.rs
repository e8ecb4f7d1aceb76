//! `/api/trading/commands`

use axum::extract::State;
use kernel::Error;
use kernel::id::{CommandId, DeviceId, TradeId};
use kernel::page::Page;
use kernel::time::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use trading::domain::{Kind, Status};
use trading::model::Command;
use utoipa::ToSchema;
use web::caller::{Acting, Reading};
use web::extract::{Json, Query};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;

/// A command to a terminal, and how far it has come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommandAnswer {
    id: CommandId,
    device_id: DeviceId,
    #[serde(rename = "type")]
    kind: Kind,
    status: Status,
    /// The trade it is about.
    trade_id: Option<TradeId>,
    /// What the terminal is told.
    #[schema(value_type = Object)]
    payload: Box<RawValue>,
    /// Why it failed, as the terminal said.
    error: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    issued_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    done_at: Option<Timestamp>,
}

impl CommandAnswer {
    /// As it stands after so many emergency stops.
    pub(crate) fn of(command: Command, epoch: u64, now: Timestamp) -> Result<Self, Error> {
        Ok(Self {
            status: command.status_at(epoch, now),
            id: command.id,
            device_id: command.device,
            kind: command.kind,
            trade_id: command.trade,
            payload: RawValue::from_string(command.payload).map_err(Error::internal)?,
            error: command.error,
            issued_at: command.issued_at,
            expires_at: command.expires_at,
            done_at: command.done_at,
        })
    }
}

/// The commands to the caller's terminals: those that are not done first, by
/// terminal; then the others of the last 30 days, the newest first.
#[utoipa::path(
    get,
    path = "/api/trading/commands",
    tag = "trading",
    security(("jwt" = [])),
    params(Paging),
    responses(
        (status = 200, description = "A page of them", body = Page<CommandAnswer>),
        (status = 401, description = "No good token", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Acting<Reading>,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Page<CommandAnswer>>> {
    let owner = caller.owner();
    let query = format!("commands of {} in {}", owner.user, owner.org);
    let after = paging.position(&query)?;
    let store = &app.trading.store;
    let limit = paging.limit().get();
    let (commands, next) = store.commands(&owner, limit, after).await?;
    let epoch = store.control(&owner).await?.switches.epoch;
    let now = app.platform.real_now();
    let answers = commands
        .into_iter()
        .map(|command| CommandAnswer::of(command, epoch, now));
    Ok(Json(Page {
        items: answers.collect::<Result<_, Error>>()?,
        next_cursor: next.map(|position| cursor(&position, &query)),
    }))
}
