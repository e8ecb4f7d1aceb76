//! What a level of service includes: paths that ask for more than the lowest.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kernel::Error;
use kernel::access::Tier;

use crate::caller::Principal;
use crate::problem::Problem;

/// Paths, all that starts so, and the tier that they ask for.
const TIERS: [(&str, Tier); 1] = [("/api/v1/ai/", Tier::Pro)];

/// The tier that a path asks for.
#[must_use]
pub fn needed(path: &str) -> Tier {
    let found = TIERS.iter().find(|(start, _)| path.starts_with(start));
    found.map_or(Tier::Free, |(_, tier)| *tier)
}

pub(crate) async fn tier(request: Request, next: Next) -> Response {
    let needed = needed(request.uri().path());
    if needed == Tier::Free {
        return next.run(request).await;
    }
    let has = match request.extensions().get::<Principal>() {
        Some(Principal::Person(claims)) => claims.tier,
        _ => return Problem(Error::Unauthenticated).into_response(),
    };
    if has < needed {
        return Problem(Error::Forbidden("your plan does not include this")).into_response();
    }
    next.run(request).await
}
