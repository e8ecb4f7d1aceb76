//! The cookie that a browser is known by between a sign-in's start and the
//! provider's answer. It is sent on the way back from the provider's site, so
//! it is lax; nobody below or beside our host can set it, by its prefix.

use http::{HeaderMap, HeaderValue};
use kernel::Error;
use oidc::domain::flow::{LIFE, Secret};

use crate::cookie::named;

const NAME: &str = "__Host-tb_oidc";

/// What the browser of a request is known by.
pub(super) fn read(headers: &HeaderMap) -> Option<Secret> {
    named(headers, NAME).and_then(Secret::parse)
}

/// Gives a browser the cookie, for as long as a sign-in takes.
pub(super) fn set(secret: &Secret) -> Result<HeaderValue, Error> {
    let max_age_s = LIFE.num_seconds();
    let secret = secret.expose();
    let text =
        format!("{NAME}={secret}; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age={max_age_s}");
    let mut value = HeaderValue::try_from(text).map_err(Error::internal)?;
    value.set_sensitive(true);
    Ok(value)
}
