//! `GET /api/health`

use serde::Serialize;
use utoipa::ToSchema;
use web::extract::Json;

/// Alive.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthAnswer {
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
    responses((status = 200, description = "It runs", body = HealthAnswer))
)]
pub(crate) async fn health() -> Json<HealthAnswer> {
    Json(HealthAnswer {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    })
}
