//! The chain around every router.

use axum::Router;
use axum::middleware::from_fn;
use axum::middleware::from_fn_with_state;
use kernel::Error;
use tower_http::compression::CompressionLayer;

use crate::audit::record;
use crate::authenticate::authenticate;
use crate::bound::bound;
use crate::cors;
use crate::idempotent::idempotent;
use crate::limit::{at_the_door, by_caller};
use crate::observe::observe;
use crate::problem::Problem;
use crate::state::Platform;
use crate::tier::tier;

/// Puts the chain around a function's routes, the outermost first: observe,
/// compress, CORS, bound the body, limit by address, authenticate, limit by
/// caller, check the tier, make idempotent, record, handle. A path that nobody has answers as
/// every other error does.
pub fn serve(routes: Router, platform: &Platform) -> Router {
    let with = |platform: &Platform| platform.clone();
    routes
        // Inside the router, so that the record knows the route.
        .route_layer(from_fn_with_state(with(platform), record))
        .fallback(async || Problem(Error::NotFound("path")))
        .layer(from_fn_with_state(with(platform), idempotent))
        .layer(from_fn(tier))
        .layer(from_fn_with_state(with(platform), by_caller))
        .layer(from_fn_with_state(with(platform), authenticate))
        .layer(from_fn_with_state(with(platform), at_the_door))
        .layer(from_fn(bound))
        .layer(from_fn_with_state(with(platform), observe))
        .layer(cors::layer(platform.cors_origins()))
        .layer(CompressionLayer::new())
}
