//! `/api/trading/state`, `pause`, `resume`, `stealth-toggle` and
//! `emergency-stop`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use kernel::id::CommandId;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};
use trading::domain::switches::Switch;
use trading::domain::{Mode, Switches};
use utoipa::ToSchema;
use web::audit::Audited;
use web::caller::{Acting, Reading, Writing};
use web::extract::{CurrentRequest, Json};
use web::problem::ProblemBody;

use crate::App;

/// How trading is switched.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TradingStateAnswer {
    mode: Mode,
    /// Whether stop loss and take profit are hidden from the broker.
    stealth: bool,
    /// Rises with each change.
    version: u64,
    /// When it was last changed; `null` where it never was.
    #[schema(value_type = Option<String>, format = DateTime)]
    changed_at: Option<Timestamp>,
    /// Commands that went out with this call.
    commands: Vec<CommandId>,
}

impl TradingStateAnswer {
    fn of(switches: Switches, commands: Vec<CommandId>) -> Self {
        Self {
            mode: switches.mode,
            stealth: switches.is_stealth,
            version: switches.version,
            changed_at: switches.changed_at,
            commands,
        }
    }
}

/// Which way to toggle.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct StealthBody {
    /// Whether levels are to be hidden; the other way than now where it is
    /// absent.
    #[garde(skip)]
    enabled: Option<bool>,
}

/// How trading is switched.
#[utoipa::path(
    get,
    path = "/api/trading/state",
    tag = "trading",
    security(("jwt" = [])),
    responses(
        (status = 200, description = "The switches", body = TradingStateAnswer),
        (status = 401, description = "No good token", body = ProblemBody),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    caller: Acting<Reading>,
) -> web::Result<Json<TradingStateAnswer>> {
    let control = app.trading.store.control(&caller.owner()).await?;
    Ok(Json(TradingStateAnswer::of(control.switches, Vec::new())))
}

/// Stops acting on signals; open trades go on. After an emergency stop it
/// changes nothing.
#[utoipa::path(
    post,
    path = "/api/trading/pause",
    tag = "trading",
    security(("jwt" = [])),
    responses(
        (status = 200, description = "The switches", body = TradingStateAnswer),
        (status = 401, description = "No good token", body = ProblemBody),
    )
)]
pub(crate) async fn pause(
    State(app): State<App>,
    caller: Acting<Writing>,
    CurrentRequest(id): CurrentRequest,
) -> web::Result<Response> {
    switch(&app, &caller, Switch::Pause, "trading.paused", &id).await
}

/// Starts again, after a pause or an emergency stop.
#[utoipa::path(
    post,
    path = "/api/trading/resume",
    tag = "trading",
    security(("jwt" = [])),
    responses(
        (status = 200, description = "The switches", body = TradingStateAnswer),
        (status = 401, description = "No good token", body = ProblemBody),
    )
)]
pub(crate) async fn resume(
    State(app): State<App>,
    caller: Acting<Writing>,
    CurrentRequest(id): CurrentRequest,
) -> web::Result<Response> {
    switch(&app, &caller, Switch::Resume, "trading.resumed", &id).await
}

/// Hides stop loss and take profit from the broker, or shows them.
#[utoipa::path(
    post,
    path = "/api/trading/stealth-toggle",
    tag = "trading",
    security(("jwt" = [])),
    request_body = StealthBody,
    responses(
        (status = 200, description = "The switches", body = TradingStateAnswer),
        (status = 401, description = "No good token", body = ProblemBody),
    )
)]
pub(crate) async fn stealth_toggle(
    State(app): State<App>,
    caller: Acting<Writing>,
    CurrentRequest(id): CurrentRequest,
    Json(body): Json<StealthBody>,
) -> web::Result<Response> {
    let wanted = Switch::Stealth(body.enabled);
    switch(&app, &caller, wanted, "trading.stealth_toggled", &id).await
}

/// Closes everything and blocks new trades until somebody resumes. Orders to
/// open that no terminal has carried out are void for ever. To call it again
/// changes nothing.
#[utoipa::path(
    post,
    path = "/api/trading/emergency-stop",
    tag = "trading",
    security(("jwt" = [])),
    responses(
        (status = 200, description = "The switches, and a command for each terminal", body = TradingStateAnswer),
        (status = 401, description = "No good token", body = ProblemBody),
    )
)]
pub(crate) async fn emergency_stop(
    State(app): State<App>,
    caller: Acting<Writing>,
    CurrentRequest(id): CurrentRequest,
) -> web::Result<Response> {
    let stop = Switch::EmergencyStop;
    switch(&app, &caller, stop, "trading.stopped", &id).await
}

async fn switch(
    app: &App,
    caller: &Acting<Writing>,
    switch: Switch,
    action: &'static str,
    request_id: &str,
) -> web::Result<Response> {
    let switched = app
        .trading
        .switch(&caller.owner(), switch, app.platform.request(request_id))
        .await?;
    let answer = TradingStateAnswer::of(switched.switches, switched.commands);
    let audited = Audited {
        action,
        ..Audited::default()
    };
    Ok((audited, Json(answer)).into_response())
}
