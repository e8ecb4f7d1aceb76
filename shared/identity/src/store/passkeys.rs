//! A person's passkeys, and ceremonies between their start and their finish.

use kernel::id::UserId;
use kernel::time::Timestamp;
use passkeys::{Backup, Ceremony, Credential};
use platform::dynamo::{
    CommitError, Condition, Query, Range, StoreError, Transaction, Update, to_item,
};
use serde::{Deserialize, Serialize};

use super::people::Pointer;
use super::{Store, keys};
use crate::model::Person;

/// Passkeys of one person.
pub const PASSKEYS_MAX: u32 = 20;

/// A passkey with what its person calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// The passkey.
    pub credential: Credential,
    /// What its person calls it.
    pub name: String,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When somebody last signed in with it.
    pub last_used_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct PasskeyRow {
    id: String,
    user: UserId,
    public_key: String,
    sign_count: u32,
    backup: Backup,
    transports: u8,
    name: String,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct CeremonyRow {
    /// As JSON.
    ceremony: String,
    /// 0, then 1.
    used: u32,
    ttl: i64,
}

impl PasskeyRow {
    fn of(passkey: &Passkey) -> Self {
        let credential = passkey.credential.clone();
        Self {
            id: credential.id,
            user: credential.user,
            public_key: credential.public_key,
            sign_count: credential.sign_count,
            backup: credential.backup,
            transports: credential.transports,
            name: passkey.name.clone(),
            created_at: passkey.created_at,
            last_used_at: passkey.last_used_at,
        }
    }

    fn passkey(self) -> Passkey {
        Passkey {
            credential: Credential {
                id: self.id,
                user: self.user,
                public_key: self.public_key,
                sign_count: self.sign_count,
                backup: self.backup,
                transports: self.transports,
            },
            name: self.name,
            created_at: self.created_at,
            last_used_at: self.last_used_at,
        }
    }
}

impl Store {
    /// Keeps a ceremony until its finish.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn keep_ceremony(&self, ceremony: &Ceremony) -> Result<(), StoreError> {
        let row = CeremonyRow {
            ceremony: serde_json::to_string(ceremony).map_err(|error| StoreError {
                operation: "write a ceremony",
                source: error.into(),
            })?,
            used: 0,
            ttl: ceremony.expires_at.timestamp(),
        };
        let key = keys::ceremony(&ceremony.challenge);
        self.table().put(to_item(&key, &row)?).await
    }

    /// The ceremony of a challenge, once: whoever comes second finds none, and
    /// so does whoever comes late.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn take_ceremony(
        &self,
        challenge: &str,
        now: Timestamp,
    ) -> Result<Option<Ceremony>, StoreError> {
        let key = keys::ceremony(challenge);
        let row: Option<CeremonyRow> = self.table().get_live(&key, now).await?;
        let Some(row) = row.filter(|row| row.used == 0) else {
            return Ok(None);
        };
        let mut transaction = Transaction::new();
        let used = Update::new().number("used", 1);
        transaction.update(
            "ceremony",
            self.table(),
            &key,
            used,
            Condition::number("used", 0),
        )?;
        match transaction.commit().await {
            Ok(()) => {}
            Err(CommitError::Refused(_)) => return Ok(None),
            Err(CommitError::Store(error)) => return Err(error),
        }
        serde_json::from_str(&row.ceremony)
            .map(Some)
            .map_err(|error| StoreError {
                operation: "read a ceremony",
                source: error.into(),
            })
    }

    /// A person's passkeys, in no order.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn passkeys(&self, user: &UserId) -> Result<Vec<Passkey>, StoreError> {
        let prefix = Range::Prefix(keys::PASSKEY_PREFIX.to_owned());
        let query = Query::new(keys::partition(user), prefix, PASSKEYS_MAX).consistent();
        let page = self.table().query::<PasskeyRow>(&query).await?;
        let rows = page.rows.into_iter();
        Ok(rows.map(|(_, row)| row.passkey()).collect())
    }

    /// A passkey of a person, by its credential id in base64url.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn passkey(&self, user: &UserId, id: &str) -> Result<Option<Passkey>, StoreError> {
        let row: Option<PasskeyRow> = self.table().get(&keys::passkey(user, id), true).await?;
        Ok(row.map(PasskeyRow::passkey))
    }

    /// Adds a passkey of a person as they were read to a transaction. `person`
    /// is refused where they have changed since, and `owner` where somebody has
    /// this passkey.
    ///
    /// # Errors
    /// Where a row cannot be an item.
    pub fn add_passkey(
        &self,
        transaction: &mut Transaction,
        person: &Person,
        passkey: &Passkey,
    ) -> Result<(), StoreError> {
        let id = &passkey.credential.id;
        let owner = Pointer {
            user_id: person.id.clone(),
        };
        let counted = Person {
            passkey_count: person.passkey_count + 1,
            ..person.clone()
        };
        self.change_person(transaction, person, counted)?;
        transaction.put(
            "owner",
            self.table(),
            &keys::passkey_owner(id),
            &owner,
            Some(Condition::absent()),
        )?;
        let row = PasskeyRow::of(passkey);
        let key = keys::passkey(&person.id, id);
        transaction.put("passkey", self.table(), &key, &row, None)?;
        Ok(())
    }

    /// Adds to a transaction that a person, as they were read, has a passkey no
    /// more. `person` is refused where they have changed since.
    ///
    /// # Errors
    /// Where a row cannot be an item.
    pub fn remove_passkey(
        &self,
        transaction: &mut Transaction,
        person: &Person,
        id: &str,
    ) -> Result<(), StoreError> {
        let counted = Person {
            passkey_count: person.passkey_count.saturating_sub(1),
            ..person.clone()
        };
        self.change_person(transaction, person, counted)?;
        transaction.delete("owner", self.table(), &keys::passkey_owner(id))?;
        transaction.delete("passkey", self.table(), &keys::passkey(&person.id, id))?;
        Ok(())
    }

    /// Writes what a signature changed.
    ///
    /// # Errors
    /// [`CommitError::Refused`] where the passkey is gone, or another sign-in
    /// with it was faster.
    pub async fn use_passkey(
        &self,
        before: &Credential,
        after: &Credential,
        now: Timestamp,
    ) -> Result<(), CommitError> {
        let update = Update::new()
            .number("sign_count", i64::from(after.sign_count))
            .text("backup", after.backup.as_str())
            .text("last_used_at", now.to_rfc3339());
        let mut transaction = Transaction::new();
        transaction.update(
            "passkey",
            self.table(),
            &keys::passkey(&before.user, &before.id),
            update,
            Condition::number("sign_count", u64::from(before.sign_count)),
        )?;
        transaction.commit().await
    }
}
