//! `/api/firebridge/heartbeat`

use axum::extract::State;
use garde::Validate;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};
use trading::app::Said;
use trading::domain::presence::HEARTBEAT_S;
use utoipa::ToSchema;
use web::extract::{CurrentRequest, Json};
use web::problem::ProblemBody;

use crate::App;
use crate::fields::{CamelJson, is_of, optional_word};
use crate::standing::Terminal;

/// A sign of a terminal.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeartbeatBody {
    /// Whose terminal it is, where it says so.
    #[garde(custom(optional_word))]
    user_id: Option<String>,
    /// What it was paired as, where it says so.
    #[garde(custom(optional_word))]
    terminal_id: Option<String>,
}

/// When the next sign is wanted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeartbeatAnswer {
    success: bool,
    #[schema(value_type = String, format = DateTime)]
    server_time: Timestamp,
    /// Seconds until the next; after two of them without a sign the terminal
    /// is offline.
    next_in_seconds: u32,
}

/// Says that a terminal is there.
#[utoipa::path(
    post,
    path = "/api/firebridge/heartbeat",
    tag = "firebridge",
    security(("device" = [])),
    request_body = HeartbeatBody,
    responses(
        (status = 200, description = "It is online", body = HeartbeatAnswer),
        (status = 401, description = "No good device token", body = ProblemBody),
        (status = 403, description = "The body names somebody else", body = ProblemBody),
    )
)]
pub(crate) async fn heartbeat(
    State(app): State<App>,
    Terminal(device): Terminal,
    CurrentRequest(id): CurrentRequest,
    CamelJson(body): CamelJson<HeartbeatBody>,
) -> web::Result<Json<HeartbeatAnswer>> {
    is_of(
        &device,
        body.user_id.as_deref(),
        body.terminal_id.as_deref(),
    )?;
    let request = app.platform.request(&id);
    app.trading.hear(&device, Said::default(), request).await?;
    Ok(Json(HeartbeatAnswer {
        success: true,
        server_time: request.now,
        next_in_seconds: HEARTBEAT_S,
    }))
}
