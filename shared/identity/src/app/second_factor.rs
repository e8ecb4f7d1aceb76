//! The second factor: setting it up, asking for it and taking it away.

use kernel::Error;
use kernel::id::UserId;
use kernel::time::Timestamp;
use platform::dynamo::{CommitError, Transaction};
use platform::keys::Vault;
use platform::restrictions::{Subject, restrict};
use secrecy::{ExposeSecret, SecretString};

use super::mail;
use super::sessions::{add_end_of_all, end_all};
use crate::domain::backup_codes;
use crate::domain::totp::{self, TotpSecret};
use crate::mail::{MailMessage, SignInChange};
use crate::store::{Authenticator, BackupCodes, Store};
use crate::store::{backup_identity, first_revision, totp_identity};

/// Tries where another request uses a code of the same person.
const ATTEMPTS_MAX: usize = 5;
/// Bytes of what is looked at as a code.
const TYPED_BYTES_MAX: usize = 64;

/// What somebody is told whose code is not good, or not any more.
pub const WRONG_CODE: Error = Error::Forbidden("the code is not right");

/// Second factors of people.
#[derive(Clone, Debug)]
pub struct SecondFactors {
    /// Where they are kept.
    pub store: Store,
    /// Seals their secrets.
    pub vault: Vault,
}

/// What an authenticator app is given, once.
#[derive(Clone, Debug)]
pub struct SetUp {
    /// The secret in base32, to be typed.
    pub secret: SecretString,
    /// The same as a URI.
    pub otpauth_uri: SecretString,
    /// The URI as a QR code: an `<svg>` element.
    pub qr_svg: SecretString,
}

impl SecondFactors {
    /// Makes a secret for a person's app, which names the account by their
    /// address. Nothing is asked for until [`turn_on`](Self::turn_on); a
    /// secret that was not confirmed is replaced.
    ///
    /// # Errors
    /// `Conflict` where the second factor is on.
    pub async fn set_up(
        &self,
        user: &UserId,
        account: &str,
        now: Timestamp,
    ) -> kernel::Result<SetUp> {
        let before = self.store.authenticator(user).await?;
        if before.as_ref().is_some_and(|before| before.confirmed) {
            return Err(already_on());
        }
        let secret = TotpSecret::generate()?;
        let base32 = secret.base32();
        let after = Authenticator {
            sealed_secret: self.vault.seal(&base32, &totp_identity(user)).await?,
            confirmed: false,
            last_step: 0,
            set_up_at: now,
            revision: next_revision(before.as_ref().map(|before| before.revision), now),
        };
        let mut transaction = Transaction::new();
        self.store
            .change_authenticator(&mut transaction, user, before.as_ref(), &after)?;
        commit(transaction).await?;
        let otpauth_uri = secret.otpauth_uri(account)?;
        Ok(SetUp {
            secret: base32,
            qr_svg: totp::qr_svg(&otpauth_uri)?,
            otpauth_uri,
        })
    }

    /// Turns the second factor on, by a code that shows that the app has the
    /// secret, and has the person told. Answers the backup codes, which are not
    /// shown again.
    ///
    /// # Errors
    /// `Conflict` where it is on or was not set up, `Forbidden` where the code
    /// is not right.
    pub async fn turn_on(
        &self,
        user: &UserId,
        code: &str,
        request_id: &str,
        now: Timestamp,
    ) -> kernel::Result<Vec<SecretString>> {
        let before = self.store.authenticator(user).await?.ok_or_else(|| {
            Error::Conflict("the second factor must be set up before it is verified".to_owned())
        })?;
        if before.confirmed {
            return Err(already_on());
        }
        let secret = self.open(user, &before).await?;
        let step = secret
            .step_of(&without_spaces(code), now)
            .ok_or(WRONG_CODE)?;
        let after = Authenticator {
            confirmed: true,
            last_step: step,
            revision: before.revision + 1,
            ..before.clone()
        };
        let mut transaction = Transaction::new();
        self.store
            .change_authenticator(&mut transaction, user, Some(&before), &after)?;
        self.store.set_has_totp(&mut transaction, user, true)?;
        let codes = self.add_backup_codes(&mut transaction, user, now).await?;
        let told = MailMessage::sign_in_changed(user, SignInChange::SecondFactorTurnedOn, now);
        mail(&mut transaction, &self.store, &told, request_id, now)?;
        commit(transaction).await?;
        Ok(codes)
    }

    /// Whether a person's code is good: one of their app that was not used
    /// yet, or a backup code. It is not good again.
    ///
    /// # Errors
    /// Where the store fails, or too many requests use codes of this person at
    /// once.
    pub async fn check(&self, user: &UserId, code: &str, now: Timestamp) -> kernel::Result<bool> {
        if code.len() > TYPED_BYTES_MAX {
            return Ok(false);
        }
        let typed = without_spaces(code);
        let is_of_app = typed.len() == totp::DIGITS;
        let backup_code = backup_codes::normalize(&typed);
        for _ in 0..ATTEMPTS_MAX {
            let mut transaction = Transaction::new();
            let is_good = match &backup_code {
                Some(code) => self.use_backup_code(&mut transaction, user, code).await?,
                None if is_of_app => self.use_step(&mut transaction, user, &typed, now).await?,
                None => false,
            };
            if !is_good {
                return Ok(false);
            }
            match transaction.commit().await {
                Ok(()) => return Ok(true),
                // Another request was first: with this code, perhaps.
                Err(CommitError::Refused(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(contended())
    }

    /// Turns the second factor off, and has the person told. The caller has
    /// seen password and code.
    ///
    /// # Errors
    /// `Conflict` where it is not on.
    pub async fn turn_off(
        &self,
        user: &UserId,
        request_id: &str,
        now: Timestamp,
    ) -> kernel::Result<()> {
        if !self.is_on(user).await? {
            return Err(not_on());
        }
        let mut transaction = Transaction::new();
        self.store.delete_second_factor(&mut transaction, user)?;
        let told = MailMessage::sign_in_changed(user, SignInChange::SecondFactorTurnedOff, now);
        mail(&mut transaction, &self.store, &told, request_id, now)?;
        commit(transaction).await
    }

    /// Makes a new set of backup codes, and has the person told; the old one is
    /// void. The caller has seen a code or the password.
    ///
    /// # Errors
    /// `Conflict` where the second factor is not on.
    pub async fn renew_backup_codes(
        &self,
        user: &UserId,
        request_id: &str,
        now: Timestamp,
    ) -> kernel::Result<Vec<SecretString>> {
        if !self.is_on(user).await? {
            return Err(not_on());
        }
        let mut transaction = Transaction::new();
        let codes = self.add_backup_codes(&mut transaction, user, now).await?;
        let told = MailMessage::sign_in_changed(user, SignInChange::BackupCodesRenewed, now);
        mail(&mut transaction, &self.store, &told, request_id, now)?;
        commit(transaction).await?;
        Ok(codes)
    }

    /// Takes a person's second factor away, at a platform admin's word, for
    /// who has lost it: the person is told by mail, and their sessions and
    /// running tokens end. `now` is real time. Answers whether there was one.
    ///
    /// # Errors
    /// `NotFound` where there is no such person.
    pub async fn reset(
        &self,
        user: &UserId,
        request_id: &str,
        now: Timestamp,
    ) -> kernel::Result<bool> {
        if !self.is_on(user).await? {
            return Ok(false);
        }
        let store = &self.store;
        let mut transaction = Transaction::new();
        store.delete_second_factor(&mut transaction, user)?;
        add_end_of_all(&mut transaction, store, user, None, now).await?;
        let person = Subject::Person(user.to_string());
        restrict(&mut transaction, store.platform(), person, now)?;
        let told = MailMessage::second_factor_reset(user, now);
        mail(&mut transaction, store, &told, request_id, now)?;
        commit(transaction).await?;
        // Those that began meanwhile, or were too many for one write.
        end_all(store, user, None, now).await?;
        Ok(true)
    }

    async fn is_on(&self, user: &UserId) -> kernel::Result<bool> {
        let authenticator = self.store.authenticator(user).await?;
        Ok(authenticator.is_some_and(|authenticator| authenticator.confirmed))
    }

    async fn open(&self, user: &UserId, of: &Authenticator) -> kernel::Result<TotpSecret> {
        let base32 = self
            .vault
            .open(&of.sealed_secret, &totp_identity(user))
            .await?;
        Ok(TotpSecret::parse(&base32)?)
    }

    /// Adds the use of an app's code to a transaction, where it is good.
    async fn use_step(
        &self,
        transaction: &mut Transaction,
        user: &UserId,
        code: &str,
        now: Timestamp,
    ) -> kernel::Result<bool> {
        let authenticator = self.store.authenticator(user).await?;
        let Some(before) = authenticator.filter(|before| before.confirmed) else {
            return Ok(false);
        };
        let step = self.open(user, &before).await?.step_of(code, now);
        let Some(step) = step.filter(|step| *step > before.last_step) else {
            return Ok(false);
        };
        let after = Authenticator {
            last_step: step,
            revision: before.revision + 1,
            ..before.clone()
        };
        self.store
            .change_authenticator(transaction, user, Some(&before), &after)?;
        Ok(true)
    }

    /// Adds the use of a backup code to a transaction, where it is good.
    async fn use_backup_code(
        &self,
        transaction: &mut Transaction,
        user: &UserId,
        code: &SecretString,
    ) -> kernel::Result<bool> {
        let Some(before) = self.store.backup_codes(user).await? else {
            return Ok(false);
        };
        let key = self
            .vault
            .open(&before.sealed_key, &backup_identity(user))
            .await?;
        let hash = backup_codes::hash(&key, code);
        let Some(position) = backup_codes::position(&before.hashes, &hash) else {
            return Ok(false);
        };
        let mut after = BackupCodes {
            revision: before.revision + 1,
            ..before.clone()
        };
        after.hashes.remove(position);
        self.store
            .change_backup_codes(transaction, user, Some(&before), &after)?;
        Ok(true)
    }

    /// Adds a fresh set of backup codes to a transaction, in place of what is
    /// there.
    async fn add_backup_codes(
        &self,
        transaction: &mut Transaction,
        user: &UserId,
        now: Timestamp,
    ) -> kernel::Result<Vec<SecretString>> {
        let before = self.store.backup_codes(user).await?;
        let codes = backup_codes::generate()?;
        let key = backup_codes::generate_key()?;
        let hashes = codes
            .iter()
            .filter_map(|code| backup_codes::normalize(code.expose_secret()))
            .map(|code| backup_codes::hash(&key, &code))
            .collect();
        let after = BackupCodes {
            sealed_key: self.vault.seal(&key, &backup_identity(user)).await?,
            hashes,
            made_at: now,
            revision: next_revision(before.as_ref().map(|before| before.revision), now),
        };
        self.store
            .change_backup_codes(transaction, user, before.as_ref(), &after)?;
        Ok(codes)
    }
}

fn without_spaces(code: &str) -> String {
    code.chars().filter(|it| !it.is_whitespace()).collect()
}

fn next_revision(before: Option<u64>, now: Timestamp) -> u64 {
    first_revision(now).max(before.map_or(0, |before| before + 1))
}

async fn commit(transaction: Transaction) -> kernel::Result<()> {
    match transaction.commit().await {
        Ok(()) => Ok(()),
        Err(refused @ CommitError::Refused(_)) if refused.refused("person") => {
            Err(Error::NotFound("person"))
        }
        Err(CommitError::Refused(_)) => Err(contended()),
        Err(CommitError::Store(error)) => Err(error.into()),
    }
}

fn already_on() -> Error {
    Error::Conflict("the second factor is on; turn it off before it is set up anew".to_owned())
}

fn not_on() -> Error {
    Error::Conflict("the second factor is not on".to_owned())
}

fn contended() -> Error {
    Error::Conflict("the second factor is being used by another request; try again".to_owned())
}
