//! Signals of a person's own.

use kernel::id::SignalId;
use platform::dynamo::{Condition, StoreError, Transaction, Update};

use super::{Filter, SIGNAL, SignalPage, Store, keys};
use crate::domain::signal::Signal;
use crate::model::{Counts, Owner};

impl Store {
    /// A signal of a person.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn signal(&self, owner: &Owner, id: &SignalId) -> Result<Option<Signal>, StoreError> {
        self.table.get(&keys::signal(owner, id), true).await
    }

    /// A page of a person's signals, the newest first. Where a filter takes
    /// little, a page may be short and still have a next one.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn signals(
        &self,
        owner: &Owner,
        filter: &Filter,
        limit: u32,
        after: Option<String>,
    ) -> Result<SignalPage, StoreError> {
        let between = keys::made_between(filter.from, filter.to);
        let pk = keys::of(owner);
        self.filtered(&pk, between, filter, limit, after, true)
            .await
    }

    /// How many of a person's signals stand where.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn counts(&self, owner: &Owner) -> Result<Counts, StoreError> {
        let counts = self.table.get(&keys::counts(owner), true).await?;
        Ok(counts.unwrap_or_default())
    }

    /// Adds a new signal to a transaction, or the next state of `before` where
    /// that is still what is there; it is counted by where it stands.
    pub(crate) fn put_signal(
        &self,
        transaction: &mut Transaction,
        owner: &Owner,
        before: Option<&Signal>,
        after: &Signal,
    ) -> Result<(), StoreError> {
        let key = keys::signal(owner, &after.id);
        let unchanged = unchanged(before);
        transaction.put(SIGNAL, &self.table, &key, after, Some(unchanged))?;
        let was = before.map(|before| before.status);
        if was == Some(after.status) {
            return Ok(());
        }
        let moved = Update::new().add(after.status.as_str(), 1);
        let moved = match was {
            Some(was) => moved.add(was.as_str(), -1),
            None => moved,
        };
        let counts = keys::counts(owner);
        transaction.update("counts", &self.table, &counts, moved, Condition::none())?;
        Ok(())
    }
}

/// That a signal is still as it was read, or not there yet.
pub(super) fn unchanged(before: Option<&Signal>) -> Condition {
    match before {
        Some(before) => Condition::number("version", before.version),
        None => Condition::absent(),
    }
}
