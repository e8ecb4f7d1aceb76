//! Desktop terminals and the tokens they call with.
//!
//! A terminal was paired with a person in a tenant and has an opaque token of
//! its own, of which only the hash is kept. It is looked up on each request by
//! the store's newest word, so that a terminal that is revoked is refused at
//! once, everywhere.

use kernel::id::{DeviceId, UserId};
use kernel::random::{self, NoRandomness};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::dynamo::{Condition, Key, StoreError, Table, Transaction};
use crate::tokens::sha256_hex;

/// What every device token starts with.
pub const PREFIX: &str = "tbd_";
/// Characters of a token: the prefix, and its bytes in base64url.
const CHARS: usize = 47;

/// A terminal that may call, as its token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The tenant it was paired in.
    pub org: String,
    /// Whose it is.
    pub user: UserId,
    /// Its id.
    pub id: DeviceId,
    /// What it called itself when it was paired.
    pub terminal_id: String,
}

/// Looks device tokens up.
#[derive(Clone, Debug)]
pub struct DeviceTokens {
    table: Table,
}

impl DeviceTokens {
    /// Over the platform's table.
    #[must_use]
    pub fn new(platform_table: Table) -> Self {
        Self {
            table: platform_table,
        }
    }

    /// Whose a token is; nobody's where it was never given or is revoked.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn find(&self, token: &str) -> Result<Option<Device>, StoreError> {
        if !is_device_token(token) || token.len() != CHARS {
            return Ok(None);
        }
        let key = key(&sha256_hex(token.as_bytes()));
        self.table.get(&key, true).await
    }

    /// Whose the token with this hash is, as [`Self::find`] says it.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn of_hash(&self, token_sha256: &str) -> Result<Option<Device>, StoreError> {
        self.table.get(&key(token_sha256), true).await
    }

    /// Adds a token to a transaction, by the hash that [`hash`] made.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn add(
        &self,
        transaction: &mut Transaction,
        token_sha256: &str,
        device: &Device,
    ) -> Result<(), StoreError> {
        let absent = Some(Condition::absent());
        transaction.put(
            "device token",
            &self.table,
            &key(token_sha256),
            device,
            absent,
        )?;
        Ok(())
    }

    /// Has a transaction revoke the token with this hash.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn revoke(
        &self,
        transaction: &mut Transaction,
        token_sha256: &str,
    ) -> Result<(), StoreError> {
        transaction.delete("device token", &self.table, &key(token_sha256))?;
        Ok(())
    }
}

/// Whether a bearer token is of a terminal, good or not.
#[must_use]
pub fn is_device_token(token: &str) -> bool {
    token.starts_with(PREFIX)
}

/// A fresh token of 256 bits.
///
/// # Errors
/// [`NoRandomness`].
pub fn generate() -> Result<SecretString, NoRandomness> {
    let secret = random::token()?;
    Ok(format!("{PREFIX}{}", secret.expose_secret()).into())
}

/// What is kept of a token: its SHA-256 in hex.
#[must_use]
pub fn hash(token: &SecretString) -> String {
    sha256_hex(token.expose_secret().as_bytes())
}

fn key(token_sha256: &str) -> Key {
    Key::new(format!("DEVICE#{token_sha256}"), "TOKEN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_known_as_terminals_and_never_the_same() {
        let (one, other) = (generate().expect("random"), generate().expect("random"));
        assert_ne!(one.expose_secret(), other.expose_secret());
        assert_eq!(one.expose_secret().len(), CHARS);
        assert!(is_device_token(one.expose_secret()));
        assert!(!is_device_token("eyJhbGciOiJFZERTQSJ9.e30.x"));
    }
}
