//! One-time tokens, by their hashes.

use kernel::time::Timestamp;
use platform::dynamo::{Condition, StoreError, Transaction, Update};
use serde::{Deserialize, Serialize};

use super::{Store, keys};
use crate::model::Purpose;

/// A one-time token that is still good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTime {
    /// What it is good for.
    pub purpose: Purpose,
    /// For whom or what.
    pub subject: String,
    used: u64,
    ttl: i64,
}

impl Store {
    /// Adds a one-time token to a transaction.
    ///
    /// # Errors
    /// Where the row cannot be an item.
    pub fn put_one_time(
        &self,
        transaction: &mut Transaction,
        token_hash: &str,
        purpose: Purpose,
        subject: &str,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let row = OneTime {
            purpose,
            subject: subject.to_owned(),
            used: 0,
            ttl: expires_at.timestamp(),
        };
        let key = keys::one_time(token_hash);
        let absent = Some(Condition::absent());
        transaction.put("token", &self.identity, &key, &row, absent)?;
        Ok(())
    }

    /// A token that is good for this purpose now.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn one_time(
        &self,
        token_hash: &str,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<OneTime>, StoreError> {
        let key = keys::one_time(token_hash);
        let found: Option<OneTime> = self.identity.get_live(&key, now).await?;
        Ok(found.filter(|token| token.used == 0 && token.purpose == purpose))
    }

    /// Uses a token up in the same transaction as what it is good for.
    /// `token` is refused where it was used meanwhile.
    ///
    /// # Errors
    /// Where the update cannot be written.
    pub fn use_one_time(
        &self,
        transaction: &mut Transaction,
        token_hash: &str,
    ) -> Result<(), StoreError> {
        let used = Update::new().number("used", 1);
        let unused = Condition::number("used", 0);
        let key = keys::one_time(token_hash);
        transaction.update("token", &self.identity, &key, used, unused)?;
        Ok(())
    }
}
