//! Second factors: the sealed secret of a person's authenticator app, and the
//! hashes of their backup codes.

use kernel::id::UserId;
use kernel::time::Timestamp;
use platform::dynamo::{AttributeValue, Condition, StoreError, Transaction, Update};
use serde::{Deserialize, Serialize};

use super::{Store, keys};

/// A person's authenticator app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authenticator {
    /// The secret that codes are made from, sealed by [`totp_identity`].
    pub sealed_secret: String,
    /// Whether a code has shown that the app has the secret; before, sign-in
    /// asks for none.
    pub confirmed: bool,
    /// The newest step whose code was accepted; none up to it is again.
    pub last_step: u64,
    /// When it was set up.
    pub set_up_at: Timestamp,
    /// Greater after each write, also after one that began anew.
    pub revision: u64,
}

/// The backup codes that a person has left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupCodes {
    /// The key that they are hashed under, sealed by [`backup_identity`].
    pub sealed_key: String,
    /// A hash for each that was not used yet.
    pub hashes: Vec<String>,
    /// When the set was made.
    pub made_at: Timestamp,
    /// As [`Authenticator::revision`].
    pub revision: u64,
}

/// The revision of a record that is made anew: greater than that of any
/// before it, so that a writer who has seen an older one is refused.
#[must_use]
pub fn first_revision(now: Timestamp) -> u64 {
    u64::try_from(now.timestamp_millis()).unwrap_or(1)
}

/// The record that an authenticator's secret is sealed for.
#[must_use]
pub fn totp_identity(user: &UserId) -> String {
    format!("totp:{user}")
}

/// The record that the key of backup codes is sealed for.
#[must_use]
pub fn backup_identity(user: &UserId) -> String {
    format!("backup:{user}")
}

fn unchanged(revision: Option<u64>) -> Condition {
    revision.map_or_else(Condition::absent, |revision| {
        Condition::number("revision", revision)
    })
}

impl Store {
    /// A person's authenticator app, confirmed or not.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn authenticator(&self, user: &UserId) -> Result<Option<Authenticator>, StoreError> {
        self.table().get(&keys::totp(user), true).await
    }

    /// A person's backup codes.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn backup_codes(&self, user: &UserId) -> Result<Option<BackupCodes>, StoreError> {
        self.table().get(&keys::backup(user), true).await
    }

    /// Adds the change of an authenticator to a transaction, as
    /// `authenticator`; it is refused where it is not any more as `before`.
    ///
    /// # Errors
    /// Where it cannot be an item.
    pub fn change_authenticator(
        &self,
        transaction: &mut Transaction,
        user: &UserId,
        before: Option<&Authenticator>,
        after: &Authenticator,
    ) -> Result<(), StoreError> {
        let condition = unchanged(before.map(|before| before.revision));
        let key = keys::totp(user);
        transaction.put("authenticator", self.table(), &key, after, Some(condition))?;
        Ok(())
    }

    /// Adds the change of backup codes to a transaction, as `backup_codes`; it
    /// is refused where they are not any more as `before`.
    ///
    /// # Errors
    /// Where they cannot be an item.
    pub fn change_backup_codes(
        &self,
        transaction: &mut Transaction,
        user: &UserId,
        before: Option<&BackupCodes>,
        after: &BackupCodes,
    ) -> Result<(), StoreError> {
        let condition = unchanged(before.map(|before| before.revision));
        let key = keys::backup(user);
        transaction.put("backup_codes", self.table(), &key, after, Some(condition))?;
        Ok(())
    }

    /// Adds to a transaction that sign-in asks a person for a code or does
    /// not, as `person`; it is refused where there is no such person.
    ///
    /// # Errors
    /// Where the SDK refuses the update.
    pub fn set_has_totp(
        &self,
        transaction: &mut Transaction,
        user: &UserId,
        has_totp: bool,
    ) -> Result<(), StoreError> {
        let update = Update::new().set("has_totp", AttributeValue::Bool(has_totp));
        self.update_person(transaction, user, update)
    }

    /// Adds to a transaction that a person has neither an authenticator nor
    /// backup codes.
    ///
    /// # Errors
    /// Where the SDK refuses a key.
    pub fn delete_second_factor(
        &self,
        transaction: &mut Transaction,
        user: &UserId,
    ) -> Result<(), StoreError> {
        transaction.delete("authenticator", self.table(), &keys::totp(user))?;
        transaction.delete("backup_codes", self.table(), &keys::backup(user))?;
        self.set_has_totp(transaction, user, false)
    }
}
