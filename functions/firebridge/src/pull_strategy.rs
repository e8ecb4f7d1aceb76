//! `/api/firebridge/pull-strategy/{userId}`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::IF_NONE_MATCH;
use http::{HeaderMap, StatusCode};
use kernel::Error;
use kernel::id::UserId;
use kernel::time::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use trading::Owner;
use utoipa::ToSchema;
use web::extract::{Json, Path, tagged};
use web::problem::ProblemBody;

use crate::App;
use crate::fields::same_person;
use crate::standing::Terminal;

/// The strategy that the terminal follows.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StrategyAnswer {
    id: String,
    name: String,
    version: u64,
    /// What the strategy says.
    #[schema(value_type = Object)]
    content: Box<RawValue>,
    #[schema(value_type = String, format = DateTime)]
    published_at: Timestamp,
}

/// The active strategy.
#[utoipa::path(
    get,
    path = "/api/firebridge/pull-strategy/{userId}",
    tag = "firebridge",
    security(("device" = [])),
    params(
        ("userId" = String, Path, description = "Whose terminal it is"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` that the terminal has"),
    ),
    responses(
        (status = 200, description = "The strategy; its version is the ETag", body = StrategyAnswer),
        (status = 304, description = "The terminal has it"),
        (status = 401, description = "No good device token", body = ProblemBody),
        (status = 403, description = "Not whom the terminal belongs to", body = ProblemBody),
        (status = 404, description = "No strategy is active", body = ProblemBody),
    )
)]
pub(crate) async fn pull(
    State(app): State<App>,
    Terminal(device): Terminal,
    Path(user): Path<UserId>,
    headers: HeaderMap,
) -> web::Result<Response> {
    same_person(&device, &user)?;
    let strategy = app.trading.strategy(&Owner::of(&device)).await?;
    let version = strategy.version;
    if has(&headers, version) {
        return Ok(tagged(version, StatusCode::NOT_MODIFIED.into_response()));
    }
    let content = RawValue::from_string(strategy.content).map_err(Error::internal)?;
    let answer = StrategyAnswer {
        id: strategy.id,
        name: strategy.name,
        version,
        content,
        published_at: strategy.published_at,
    };
    Ok(tagged(version, Json(answer)))
}

/// Whether the caller has a version already; weak tags count too (RFC 9110).
fn has(headers: &HeaderMap, version: u64) -> bool {
    let tag = format!("\"{version}\"");
    headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|known| known.trim())
        .any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}
