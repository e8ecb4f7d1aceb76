//! `GET /api/auth/saml/{org}/metadata`, `GET /api/auth/saml/{org}/login`,
//! `POST /api/auth/saml/{org}/acs`: part of the interface, and not done. The
//! providers that speak SAML speak OpenID Connect as well; see [`crate::oidc`].

use kernel::Error;
use kernel::id::OrganizationId;
use web::extract::Path;
use web::problem::ProblemBody;

fn not_done() -> web::Result<()> {
    let sentence = "this deployment does not sign in by SAML, but by OpenID Connect: \
                    /api/auth/oidc/{org}/login";
    Err(Error::NotImplemented(sentence).into())
}

/// Metadata of the service provider.
#[utoipa::path(
    get,
    path = "/api/auth/saml/{org}/metadata",
    tag = "auth",
    params(("org" = String, Path, description = "The organization")),
    responses((status = 501, description = "Not done", body = ProblemBody))
)]
pub(crate) async fn metadata(Path(_): Path<OrganizationId>) -> web::Result<()> {
    not_done()
}

/// On to the identity provider.
#[utoipa::path(
    get,
    path = "/api/auth/saml/{org}/login",
    tag = "auth",
    params(("org" = String, Path, description = "The organization")),
    responses((status = 501, description = "Not done", body = ProblemBody))
)]
pub(crate) async fn login(Path(_): Path<OrganizationId>) -> web::Result<()> {
    not_done()
}

/// The identity provider's answer.
#[utoipa::path(
    post,
    path = "/api/auth/saml/{org}/acs",
    tag = "auth",
    params(("org" = String, Path, description = "The organization")),
    responses((status = 501, description = "Not done", body = ProblemBody))
)]
pub(crate) async fn acs(Path(_): Path<OrganizationId>) -> web::Result<()> {
    not_done()
}
