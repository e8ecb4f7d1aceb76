//! Registrations that wait for their address's proof.

use chrono::TimeDelta;
use kernel::time::Timestamp;
use platform::dynamo::{Query, Range, StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::{Store, keys};
use crate::model::{Purpose, Registration};

/// How long a registration waits.
const WAITS: TimeDelta = TimeDelta::hours(24);
/// Registrations of one address that are looked at; there are more only where
/// somebody wants there to be.
const READ_MAX: u32 = 50;

#[derive(Serialize, Deserialize)]
struct Row {
    // A nested value, so that what is kept stays apart from how long.
    registration: Registration,
    ttl: i64,
}

impl Store {
    /// Adds a registration and its one-time token to a transaction.
    ///
    /// # Errors
    /// Where a row cannot be an item.
    pub fn put_registration(
        &self,
        transaction: &mut Transaction,
        registration: &Registration,
        token_hash: &str,
    ) -> Result<(), StoreError> {
        let expires_at = registration.created_at + WAITS;
        let row = Row {
            registration: registration.clone(),
            ttl: expires_at.timestamp(),
        };
        let email = &registration.email;
        let key = keys::pending(email, token_hash);
        transaction.put("registration", &self.identity, &key, &row, None)?;
        self.put_one_time(
            transaction,
            token_hash,
            Purpose::VerifyAddress,
            email,
            expires_at,
        )
    }

    /// A registration of an address, by the hash of its token.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn registration(
        &self,
        email: &str,
        token_hash: &str,
        now: Timestamp,
    ) -> Result<Option<Registration>, StoreError> {
        let key = keys::pending(email, token_hash);
        let row: Option<Row> = self.identity.get_live(&key, now).await?;
        Ok(row.map(|row| row.registration))
    }

    /// The newest registrations of an address that wait, at most `limit`.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn registrations(
        &self,
        email: &str,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Registration>, StoreError> {
        let prefix = Range::Prefix(keys::PENDING_PREFIX.to_owned());
        let query = Query::new(keys::address(email), prefix, READ_MAX).consistent();
        let page = self.identity.query::<Row>(&query).await?;
        let mut waiting: Vec<Registration> = page
            .rows
            .into_iter()
            .filter(|(_, row)| row.ttl > now.timestamp())
            .map(|(_, row)| row.registration)
            .collect();
        waiting.sort_by_key(|registration| std::cmp::Reverse(registration.created_at));
        waiting.truncate(limit);
        Ok(waiting)
    }

    /// Adds the end of a registration to a transaction.
    ///
    /// # Errors
    /// Where the key cannot be written.
    pub fn end_registration(
        &self,
        transaction: &mut Transaction,
        email: &str,
        token_hash: &str,
    ) -> Result<(), StoreError> {
        let key = keys::pending(email, token_hash);
        transaction.delete("registration", &self.identity, &key)?;
        Ok(())
    }
}
