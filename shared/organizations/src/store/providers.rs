//! Who signs an organization's members in.

use std::collections::BTreeSet;

use kernel::id::OrganizationId;
use platform::dynamo::{AttributeValue, Condition, StoreError, Transaction, Update};

use super::{Store, keys};
use crate::model::SignInProvider;

/// Label of a provider's write: where it is refused, it has changed since it
/// was read.
pub(crate) const PROVIDER: &str = "provider";

impl Store {
    /// The provider of an organization, as of every write that was answered.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn sign_in_provider(
        &self,
        org: &OrganizationId,
    ) -> Result<Option<SignInProvider>, StoreError> {
        self.table.get(&keys::provider(org), true).await
    }

    /// Adds a provider to a transaction, where that of version `before`, or
    /// none, is in force.
    ///
    /// # Errors
    /// Where the row cannot be an item.
    pub fn put_sign_in_provider(
        &self,
        transaction: &mut Transaction,
        before: Option<u64>,
        provider: &SignInProvider,
    ) -> Result<(), StoreError> {
        let unchanged = match before {
            Some(version) => Condition::number("version", version),
            None => Condition::absent(),
        };
        let key = keys::provider(&provider.organization);
        transaction.put(PROVIDER, &self.table, &key, provider, Some(unchanged))?;
        Ok(())
    }

    pub(crate) fn delete_sign_in_provider(
        &self,
        transaction: &mut Transaction,
        org: &OrganizationId,
    ) -> Result<(), StoreError> {
        transaction.delete(PROVIDER, &self.table, &keys::provider(org))?;
        Ok(())
    }

    /// Writes beside the organization's settings whose addresses enter through
    /// the provider alone, since every token is made from there.
    pub(crate) fn change_provider_domains(
        &self,
        transaction: &mut Transaction,
        org: &OrganizationId,
        domains: &BTreeSet<String>,
    ) -> Result<(), StoreError> {
        let names = domains.iter().cloned().map(AttributeValue::S).collect();
        let update = match domains.is_empty() {
            true => Update::new().remove("provider_domains"),
            false => Update::new().set("provider_domains", AttributeValue::L(names)),
        };
        let key = keys::organization(org);
        transaction.update(
            "organization",
            &self.table,
            &key,
            update,
            Condition::present(),
        )?;
        Ok(())
    }
}
