//! `GET /api/health`

use serde::Serialize;
use utoipa::ToSchema;
use web::extract::Json;

/// Alive.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Answer {
    /// `ok`.
    status: &'static str,
    /// The version that runs.
    version: &'static str,
}

/// Whether the function runs. Asks nothing of any other system.
#[utoipa::path(
    get,
    path = "/api/health",
    tag = "system",
    responses((status = 200, description = "It runs", body = Answer))
)]
pub(crate) async fn health() -> Json<Answer> {
    Json(Answer {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    })
}
