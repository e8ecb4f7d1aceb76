//! The deployment itself: whether it lives, what it counts, what it can do;
//! and every path that no other function has.

mod docs;
mod health;
mod metrics;
mod state;

pub use state::App;

use axum::Router;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::openapi::SecuritySchemes;

#[derive(OpenApi)]
#[openapi(modifiers(&SecuritySchemes), components(schemas(web::problem::ProblemBody)))]
struct Document;

/// The routes, and the document made from the same list.
fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(health::health))
        .routes(routes!(metrics::metrics))
        .routes(routes!(docs::document))
        .routes(routes!(docs::page))
}

/// The function's router with its chain.
pub fn router(app: App) -> Router {
    let platform = app.platform.clone();
    let (routes, _) = routes().with_state(app).split_for_parts();
    web::app::serve(routes, &platform)
}

/// The function's part of the OpenAPI document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}
