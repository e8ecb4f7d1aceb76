//! Which organization a caller may touch, as an argument of the handler.

use axum::extract::FromRequestParts;
use http::request::Parts;
use kernel::Error;
use kernel::id::{OrganizationId, UserId};
use serde::Deserialize;
use web::Problem;
use web::caller::{Can, Needs};
use web::extract::Path;

use crate::App;

/// The organization of the path, which is the token's, with a caller who has
/// `N`'s permission there. Another organization is not found, also where the
/// caller belongs to it too: a token opens one.
#[derive(Debug)]
pub(crate) struct Own<N>(pub(crate) Can<N>);

#[derive(Deserialize)]
struct Named {
    id: OrganizationId,
}

impl<N: Needs> FromRequestParts<App> for Own<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Can::<N>::from_request_parts(parts, app).await?;
        let not_found = || Problem(Error::NotFound("organization"));
        let Path(named) = Path::<Named>::from_request_parts(parts, app)
            .await
            .map_err(|_| not_found())?;
        if named.id != caller.org {
            return Err(not_found());
        }
        Ok(Self(caller))
    }
}

/// The member that the path names. One whose id cannot be is not found.
#[derive(Debug)]
pub(crate) struct NamedMember(pub(crate) UserId);

impl FromRequestParts<App> for NamedMember {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match Path::<UserId>::from_request_parts(parts, app).await {
            Ok(Path(user)) => Ok(Self(user)),
            Err(_) => Err(Problem(Error::NotFound("member"))),
        }
    }
}
