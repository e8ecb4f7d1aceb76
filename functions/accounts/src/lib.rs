//! Funded accounts over HTTP: the shops' side by signed calls, the traders' by
//! access tokens.

mod access;
mod accounts;
mod challenge;
mod connect;
mod disconnect;
mod equity;
mod export;
mod import;
mod initial_balance;
mod plans;
mod reconnect;
mod rules;
mod settings;
mod shop_accounts;
mod simulate;
mod state;
mod statistics;
mod summary;
mod sync;
mod sync_logs;
mod trades;
mod webhook;
mod webhook_replay;

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
        // The shop's: connections.
        .routes(routes!(connect::connect))
        .routes(routes!(disconnect::disconnect))
        .routes(routes!(shop_accounts::list))
        .routes(routes!(reconnect::reconnect))
        // The shop's: challenges and plans.
        .routes(routes!(initial_balance::set))
        .routes(routes!(challenge::reset))
        .routes(routes!(challenge::annul))
        .routes(routes!(challenge::move_plan))
        .routes(routes!(import::into_judged))
        .routes(routes!(plans::list))
        .routes(routes!(plans::put))
        .routes(routes!(simulate::simulate))
        .routes(routes!(simulate::result))
        // The shop's: webhooks.
        .routes(routes!(webhook::show, webhook::put, webhook::delete))
        .routes(routes!(webhook::deliveries))
        .routes(routes!(webhook_replay::replay_range))
        .routes(routes!(webhook_replay::replay))
        // The trader's.
        .routes(routes!(accounts::list))
        .routes(routes!(import::for_analysis))
        .routes(routes!(summary::show))
        .routes(routes!(trades::list))
        .routes(routes!(equity::show))
        .routes(routes!(equity::history))
        .routes(routes!(sync::sync))
        .routes(routes!(sync_logs::list))
        .routes(routes!(rules::show))
        .routes(routes!(statistics::show))
        .routes(routes!(export::workbook))
        .routes(routes!(settings::show, settings::put))
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
