//! `GET` and `PUT /api/account/{id}/settings`

use accounts::store::Settings;
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use kernel::Error;
use platform::dynamo::CommitError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::extract::{IfMatch, Json, tagged};
use web::problem::ProblemBody;

use crate::App;
use crate::access::OwnAccount;

/// Alerts and preferences of a trader for one account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingsAnswer {
    alert_warning: bool,
    alert_critical: bool,
    alert_breach: bool,
    /// IANA zone that dashboards show times in.
    time_zone: Option<String>,
    display_name: Option<String>,
    /// For `If-Match`; also in `ETag`.
    version: u64,
}

/// All of the settings: what is left out takes its default.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct SettingsBody {
    #[serde(default = "on")]
    #[garde(skip)]
    alert_warning: bool,
    #[serde(default = "on")]
    #[garde(skip)]
    alert_critical: bool,
    #[serde(default = "on")]
    #[garde(skip)]
    alert_breach: bool,
    #[garde(inner(custom(is_zone)))]
    time_zone: Option<String>,
    #[garde(inner(length(chars, min = 1, max = 100)))]
    display_name: Option<String>,
}

fn on() -> bool {
    true
}

#[expect(clippy::ptr_arg, reason = "garde hands an inner value over as it is")]
fn is_zone(zone: &String, _: &()) -> garde::Result {
    match zone.parse::<chrono_tz::Tz>() {
        Ok(_) => Ok(()),
        Err(_) => Err(garde::Error::new("must be an IANA time zone")),
    }
}

fn answer(settings: Settings) -> Response {
    let version = settings.version;
    let answer = SettingsAnswer {
        alert_warning: settings.alert_warning,
        alert_critical: settings.alert_critical,
        alert_breach: settings.alert_breach,
        time_zone: settings.time_zone,
        display_name: settings.display_name,
        version,
    };
    tagged(version, Json(answer))
}

/// The settings of an account.
#[utoipa::path(
    get,
    path = "/api/account/{id}/settings",
    tag = "accounts",
    security(("jwt" = [])),
    params(("id" = String, Path, description = "The account")),
    responses(
        (status = 200, description = "The settings", body = SettingsAnswer),
        (status = 404, description = "No such account of the caller", body = ProblemBody),
    )
)]
pub(crate) async fn show(State(app): State<App>, account: OwnAccount) -> web::Result<Response> {
    let settings = app.store.settings(&account.shop, &account.id).await?;
    Ok(answer(settings))
}

/// Writes the settings of an account.
#[utoipa::path(
    put,
    path = "/api/account/{id}/settings",
    tag = "accounts",
    security(("jwt" = [])),
    params(
        ("id" = String, Path, description = "The account"),
        ("If-Match" = Option<String>, Header, description = "The version to replace"),
    ),
    request_body = SettingsBody,
    responses(
        (status = 200, description = "The settings", body = SettingsAnswer),
        (status = 400, description = "The settings are not valid", body = ProblemBody),
        (status = 404, description = "No such account of the caller", body = ProblemBody),
        (status = 412, description = "The settings have changed", body = ProblemBody),
    )
)]
pub(crate) async fn put(
    State(app): State<App>,
    account: OwnAccount,
    IfMatch(wanted): IfMatch,
    Json(body): Json<SettingsBody>,
) -> web::Result<Response> {
    let before = app.store.settings(&account.shop, &account.id).await?;
    if wanted.is_some_and(|wanted| wanted != before.version) {
        return Err(Error::StaleVersion.into());
    }
    let settings = Settings {
        alert_warning: body.alert_warning,
        alert_critical: body.alert_critical,
        alert_breach: body.alert_breach,
        time_zone: body.time_zone,
        display_name: body.display_name,
        version: before.version + 1,
    };
    let written = app
        .store
        .put_settings(&account.shop, &account.id, before.version, &settings)
        .await;
    match written {
        Ok(()) => Ok(answer(settings)),
        Err(CommitError::Refused(_)) => Err(Error::StaleVersion.into()),
        Err(CommitError::Store(error)) => Err(error.into()),
    }
}
