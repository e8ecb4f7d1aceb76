//! `/api/firebridge/force-sync`

use axum::extract::State;
use axum::response::Response;
use kernel::id::{CommandId, DeviceId};
use kernel::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use web::caller::{Acting, Writing};
use web::extract::{CurrentRequest, accepted};
use web::problem::ProblemBody;

use crate::App;

/// What was asked of the terminals.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForceSyncAnswer {
    /// A command for each terminal that has room for one.
    commands: Vec<SyncCommand>,
}

/// A command to sync.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SyncCommand {
    id: CommandId,
    device_id: DeviceId,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Asks each of the caller's terminals to sync now. One that was asked and has
/// not heard it yet is not asked again.
#[utoipa::path(
    post,
    path = "/api/firebridge/force-sync",
    tag = "firebridge",
    security(("jwt" = [])),
    responses(
        (status = 202, description = "They are asked", body = ForceSyncAnswer),
        (status = 409, description = "No terminal is paired", body = ProblemBody),
    )
)]
pub(crate) async fn force_sync(
    State(app): State<App>,
    caller: Acting<Writing>,
    CurrentRequest(id): CurrentRequest,
) -> web::Result<Response> {
    let commands = app
        .trading
        .force_sync(&caller.owner(), app.platform.request(&id))
        .await?;
    let commands = commands.into_iter().map(|command| SyncCommand {
        id: command.id,
        device_id: command.device,
        expires_at: command.expires_at,
    });
    Ok(accepted(ForceSyncAnswer {
        commands: commands.collect(),
    }))
}
