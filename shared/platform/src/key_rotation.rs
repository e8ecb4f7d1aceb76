//! New signing keys: two are always published, so that no token is refused
//! over a rotation.

use aws_sdk_secretsmanager::Client;
use chrono::TimeDelta;
use kernel::Error;
use kernel::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::dynamo::Table;
use crate::once::use_once;
use crate::tokens::{SigningKeys, publish_keys};

/// Shortest time between two rotations: a token's life, and as long as
/// instances believe a secret, many times over. A third key within it would
/// drop one that still signs.
const REST: TimeDelta = TimeDelta::hours(1);

/// Adds a signing key and drops all but the newest two. Both public halves are
/// published before the new key can sign. Answers the key's id, or `None` where
/// another rotation was less than an hour ago.
///
/// # Errors
/// Where the store or the secret fails; what was done until then harms nobody.
pub async fn rotate_signing_keys(
    platform_table: &Table,
    secrets: &Client,
    secret: &str,
    now: Timestamp,
) -> Result<Option<String>, Error> {
    let first = use_once(platform_table, "ROTATION", "SIGNING", now, now + REST).await?;
    if !first {
        return Ok(None);
    }
    let current = secrets
        .get_secret_value()
        .secret_id(secret)
        .send()
        .await
        .map_err(Error::internal)?
        .secret_string
        .map(SecretString::from)
        .ok_or_else(|| Error::internal("there are no signing keys to rotate"))?;
    let rotated = SigningKeys::with_fresh_key(Some(&current), now)?;
    let public = SigningKeys::parse(&rotated)?.public();
    publish_keys(platform_table, &public).await?;
    secrets
        .put_secret_value()
        .secret_id(secret)
        .secret_string(rotated.expose_secret())
        .send()
        .await
        .map_err(Error::internal)?;
    Ok(public.keys.last().map(|key| key.kid.clone()))
}
