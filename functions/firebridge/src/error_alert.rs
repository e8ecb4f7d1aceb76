//! `/api/firebridge/error-alert` and `/api/firebridge/alerts`

use axum::extract::State;
use garde::Validate;
use kernel::id::{AlertId, DeviceId};
use kernel::page::Page;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};
use trading::app::{Done, Fault};
use trading::model::{Alert, Severity};
use utoipa::ToSchema;
use web::caller::{Acting, Reading};
use web::extract::{CurrentRequest, Json, Query};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;
use crate::fields::{CamelJson, is_of, optional_word, sentence};
use crate::standing::Terminal;

/// What went wrong at a terminal.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorAlertBody {
    /// Whose terminal it is, where it says so.
    #[garde(custom(optional_word))]
    user_id: Option<String>,
    /// What it was paired as, where it says so.
    #[garde(custom(optional_word))]
    terminal_id: Option<String>,
    /// The terminal's word for it; `terminal_error` where it has none.
    #[serde(alias = "errorCode")]
    #[garde(custom(optional_word))]
    code: Option<String>,
    /// What happened, for a person; 1 to 1000 characters.
    #[garde(custom(sentence))]
    message: String,
    #[serde(default)]
    #[garde(skip)]
    severity: Severity,
    /// The command that failed by it.
    #[garde(custom(optional_word))]
    command_id: Option<String>,
}

/// What became of a report.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorAlertAnswer {
    success: bool,
    /// The alert that counts it.
    alert_id: AlertId,
    /// Times that the same was reported within ten minutes.
    count: u32,
    /// Whether it was reported before.
    duplicate: bool,
}

/// What a terminal reported as wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertAnswer {
    id: AlertId,
    device_id: DeviceId,
    code: String,
    message: String,
    severity: Severity,
    count: u32,
    #[schema(value_type = String, format = DateTime)]
    first_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_at: Timestamp,
}

impl From<Alert> for AlertAnswer {
    fn from(alert: Alert) -> Self {
        Self {
            last_at: alert.last_at(),
            id: alert.id,
            device_id: alert.device,
            code: alert.code,
            message: alert.message,
            severity: alert.severity,
            count: alert.count,
            first_at: alert.first_at,
        }
    }
}

/// Stores what went wrong and tells the dashboard, once in ten minutes.
#[utoipa::path(
    post,
    path = "/api/firebridge/error-alert",
    tag = "firebridge",
    security(("device" = [])),
    request_body = ErrorAlertBody,
    responses(
        (status = 200, description = "It is stored", body = ErrorAlertAnswer),
        (status = 400, description = "A text is too long", body = ProblemBody),
        (status = 401, description = "No good device token", body = ProblemBody),
        (status = 403, description = "The body names somebody else", body = ProblemBody),
    )
)]
pub(crate) async fn report(
    State(app): State<App>,
    Terminal(device): Terminal,
    CurrentRequest(id): CurrentRequest,
    CamelJson(body): CamelJson<ErrorAlertBody>,
) -> web::Result<Json<ErrorAlertAnswer>> {
    is_of(
        &device,
        body.user_id.as_deref(),
        body.terminal_id.as_deref(),
    )?;
    let request = app.platform.request(&id);
    // One that cannot be a command's is of none.
    if let Some(command) = body.command_id.and_then(|id| id.parse().ok()) {
        let failed = Done {
            command,
            error: Some(body.message.clone()),
        };
        app.trading.settle(&device, &[failed], request).await?;
    }
    let fault = Fault {
        code: body.code.unwrap_or_else(|| "terminal_error".to_owned()),
        message: body.message,
        severity: body.severity,
    };
    let reported = app.trading.report(&device, &fault, request).await?;
    Ok(Json(ErrorAlertAnswer {
        success: true,
        alert_id: reported.alert,
        count: reported.count,
        duplicate: reported.count > 1,
    }))
}

/// What the caller's terminals reported as wrong, the newest first; 30 days.
#[utoipa::path(
    get,
    path = "/api/firebridge/alerts",
    tag = "firebridge",
    security(("jwt" = [])),
    params(Paging),
    responses(
        (status = 200, description = "A page of them", body = Page<AlertAnswer>),
        (status = 401, description = "No good token", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Acting<Reading>,
    Query(paging): Query<Paging>,
) -> web::Result<Json<Page<AlertAnswer>>> {
    let owner = caller.owner();
    let query = format!("alerts of {} in {}", owner.user, owner.org);
    let after = paging.position(&query)?;
    let limit = paging.limit().get();
    let (alerts, next) = app.trading.store.alerts(&owner, limit, after).await?;
    Ok(Json(Page {
        items: alerts.into_iter().map(Into::into).collect(),
        next_cursor: next.map(|position| cursor(&position, &query)),
    }))
}
