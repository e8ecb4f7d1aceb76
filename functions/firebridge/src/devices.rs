//! `/api/firebridge/devices` and `/api/firebridge/devices/{id}`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use http::StatusCode;
use kernel::id::DeviceId;
use kernel::page::Page;
use kernel::time::Timestamp;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use trading::Terminal;
use utoipa::ToSchema;
use web::CarriesSecret;
use web::audit::Audited;
use web::caller::{Acting, Reading, Writing};
use web::extract::{CurrentRequest, Json, Path, created};
use web::fields::called;
use web::problem::ProblemBody;

use crate::App;

/// A terminal that is to be paired.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct NewDeviceBody {
    /// How people call it, 1 to 100 characters.
    #[garde(custom(called))]
    name: String,
}

/// A code to type into the terminal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PairingAnswer {
    /// Three groups of four characters; good once.
    #[schema(example = "7K3M-Q9ZD-4WXT")]
    pairing_code: String,
    /// Until when it is good: five minutes.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// A paired terminal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeviceAnswer {
    id: DeviceId,
    /// How people call it.
    name: String,
    /// What it called itself when it was paired.
    terminal_id: String,
    #[schema(value_type = String, format = DateTime)]
    paired_at: Timestamp,
    /// `null` where it has never been heard of.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_seen_at: Option<Timestamp>,
    /// Whether it gave a sign within the last 60 seconds.
    online: bool,
    /// Whether it has a connection to its broker, as it last said.
    connected: Option<bool>,
}

impl DeviceAnswer {
    fn of(terminal: Terminal, now: Timestamp) -> Self {
        Self {
            last_seen_at: terminal.last_seen_at(),
            online: terminal.is_there(now),
            id: terminal.id,
            name: terminal.name,
            terminal_id: terminal.terminal_id,
            paired_at: terminal.paired_at,
            connected: terminal.is_connected,
        }
    }
}

/// Makes a code that pairs a terminal with the caller.
#[utoipa::path(
    post,
    path = "/api/firebridge/devices",
    tag = "firebridge",
    security(("jwt" = [])),
    request_body = NewDeviceBody,
    responses(
        (status = 201, description = "The code, which is told once", body = PairingAnswer),
        (status = 400, description = "The name cannot be", body = ProblemBody),
        (status = 409, description = "The caller has as many terminals as one person can", body = ProblemBody),
    )
)]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Acting<Writing>,
    Json(body): Json<NewDeviceBody>,
) -> web::Result<Response> {
    let now = app.platform.real_now();
    let (code, expires_at) = app
        .trading
        .start_pairing(&caller.owner(), body.name.trim(), now)
        .await?;
    let mut response = created(PairingAnswer {
        pairing_code: code.expose_secret().to_owned(),
        expires_at,
    });
    response.extensions_mut().insert(CarriesSecret);
    Ok(response)
}

/// The caller's terminals.
#[utoipa::path(
    get,
    path = "/api/firebridge/devices",
    tag = "firebridge",
    security(("jwt" = [])),
    responses(
        (status = 200, description = "All of them, at most 20", body = Page<DeviceAnswer>),
        (status = 401, description = "No good token", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Acting<Reading>,
) -> web::Result<Json<Page<DeviceAnswer>>> {
    let terminals = app.trading.store.terminals(&caller.owner()).await?;
    let now = app.platform.real_now();
    let answer = |terminal| DeviceAnswer::of(terminal, now);
    Ok(Json(Page {
        items: terminals.into_iter().map(answer).collect(),
        next_cursor: None,
    }))
}

/// Revokes a terminal: its token is refused at once.
#[utoipa::path(
    delete,
    path = "/api/firebridge/devices/{id}",
    tag = "firebridge",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The terminal")),
    responses(
        (status = 204, description = "It is revoked"),
        (status = 404, description = "The caller has no such terminal", body = ProblemBody),
    )
)]
pub(crate) async fn revoke(
    State(app): State<App>,
    caller: Acting<Writing>,
    Path(device): Path<DeviceId>,
    CurrentRequest(id): CurrentRequest,
) -> web::Result<Response> {
    app.trading
        .revoke(&caller.owner(), &device, app.platform.request(&id))
        .await?;
    let audited = Audited {
        action: "terminal.revoked",
        target: Some(device.to_string()),
        ..Audited::default()
    };
    Ok((audited, StatusCode::NO_CONTENT).into_response())
}
