//! What organizations' sign-in providers call people.

use kernel::id::{OrganizationId, UserId};
use platform::dynamo::{Condition, StoreError, Transaction};

use super::people::Pointer;
use super::{Store, keys};
use crate::model::ExternalIdentity;

impl Store {
    /// Whom an organization's provider means.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn user_of_external(
        &self,
        org: &OrganizationId,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<UserId>, StoreError> {
        let key = keys::external(org, issuer, subject);
        let found: Option<Pointer> = self.identity.get(&key, true).await?;
        Ok(found.map(|pointer| pointer.user_id))
    }

    /// What an organization's provider calls a person.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn external_identity(
        &self,
        user: &UserId,
        org: &OrganizationId,
    ) -> Result<Option<ExternalIdentity>, StoreError> {
        self.identity.get(&keys::external_of(user, org), true).await
    }

    /// Adds to a transaction what a provider calls a person, in place of
    /// `before`, which was read. `external` is refused where somebody is
    /// called so, and `external of person` where they are called something
    /// else since.
    ///
    /// # Errors
    /// Where a row cannot be an item.
    pub fn put_external(
        &self,
        transaction: &mut Transaction,
        user: &UserId,
        before: Option<&ExternalIdentity>,
        after: &ExternalIdentity,
    ) -> Result<(), StoreError> {
        let table = &self.identity;
        let user_id = user.clone();
        let pointer = Pointer { user_id };
        let key = |of: &ExternalIdentity| keys::external(&of.organization, &of.issuer, &of.subject);
        let unchanged = match before {
            Some(before) => Condition::text("subject", &before.subject),
            None => Condition::absent(),
        };
        let own = keys::external_of(user, &after.organization);
        if let Some(before) = before {
            transaction.delete("external before", table, &key(before))?;
        }
        transaction
            .put(
                "external",
                table,
                &key(after),
                &pointer,
                Some(Condition::absent()),
            )?
            .put("external of person", table, &own, after, Some(unchanged))?;
        Ok(())
    }

    /// Adds to a transaction that a provider's name for a person is forgotten.
    ///
    /// # Errors
    /// Where a key cannot be written.
    pub fn delete_external(
        &self,
        transaction: &mut Transaction,
        user: &UserId,
        identity: &ExternalIdentity,
    ) -> Result<(), StoreError> {
        let table = &self.identity;
        let org = &identity.organization;
        let named = keys::external(org, &identity.issuer, &identity.subject);
        transaction.delete("external", table, &named)?.delete(
            "external of person",
            table,
            &keys::external_of(user, org),
        )?;
        Ok(())
    }
}
