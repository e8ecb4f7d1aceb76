//! The counts of an organization, which every change of who may do what passes.

use kernel::id::OrganizationId;
use platform::dynamo::{Condition, StoreError, Transaction};

use super::{Store, keys};
use crate::domain::roster::Roster;

/// Label of the roster's write: where it is refused, somebody else was first.
pub(crate) const ROSTER: &str = "roster";

impl Store {
    /// The counts of an organization, as of every write that was answered.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn roster(&self, org: &OrganizationId) -> Result<Option<Roster>, StoreError> {
        self.table.get(&keys::roster(org), true).await
    }

    pub(crate) fn put_roster(
        &self,
        transaction: &mut Transaction,
        org: &OrganizationId,
        before: Option<&Roster>,
        after: &Roster,
    ) -> Result<(), StoreError> {
        let unchanged = match before {
            Some(before) => Condition::number("revision", before.revision),
            None => Condition::absent(),
        };
        transaction.put(
            ROSTER,
            &self.table,
            &keys::roster(org),
            after,
            Some(unchanged),
        )?;
        Ok(())
    }
}
