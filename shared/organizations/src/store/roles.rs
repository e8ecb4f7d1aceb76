//! Custom roles of an organization.

use std::collections::{BTreeSet, HashMap};

use kernel::access::{BuiltInRole, Permission};
use kernel::id::OrganizationId;
use platform::dynamo::{Query, Range, StoreError, Transaction};

use super::{Store, keys};
use crate::domain::role::CUSTOM_MAX;
use crate::model::Role;

impl Store {
    /// A custom role of an organization.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn role(&self, org: &OrganizationId, name: &str) -> Result<Option<Role>, StoreError> {
        self.table.get(&keys::role(org, name), true).await
    }

    /// The custom roles of an organization by name, all of them.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn roles(&self, org: &OrganizationId) -> Result<Vec<Role>, StoreError> {
        let prefix = Range::Prefix(keys::ROLE_PREFIX.to_owned());
        let query = Query::new(keys::of(org), prefix, CUSTOM_MAX).consistent();
        let page = self.table.query::<Role>(&query).await?;
        Ok(page.rows.into_iter().map(|(_, role)| role).collect())
    }

    /// What a role of an organization stands for, built in or custom; `None`
    /// where it has no such role.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn permissions_of(
        &self,
        org: &OrganizationId,
        role: &str,
    ) -> Result<Option<BTreeSet<Permission>>, StoreError> {
        if let Some(role) = BuiltInRole::named(role) {
            return Ok(Some(role.permissions()));
        }
        Ok(self.role(org, role).await?.map(|role| role.permissions))
    }

    /// What custom roles stand for, each named by its organization and name.
    pub(crate) async fn permissions_of_many(
        &self,
        roles: &[(OrganizationId, String)],
    ) -> Result<HashMap<(OrganizationId, String), BTreeSet<Permission>>, StoreError> {
        let names: HashMap<_, _> = roles
            .iter()
            .map(|named| (keys::role(&named.0, &named.1), named))
            .collect();
        let keys: Vec<_> = names.keys().cloned().collect();
        let rows = self.table.get_many::<Role>(&keys).await?;
        Ok(rows
            .into_iter()
            .filter_map(|(key, role)| Some(((*names.get(&key)?).clone(), role.permissions)))
            .collect())
    }

    pub(crate) fn put_role(
        &self,
        transaction: &mut Transaction,
        org: &OrganizationId,
        role: &Role,
    ) -> Result<(), StoreError> {
        let key = keys::role(org, &role.name);
        transaction.put("role", &self.table, &key, role, None)?;
        Ok(())
    }

    pub(crate) fn delete_role(
        &self,
        transaction: &mut Transaction,
        org: &OrganizationId,
        name: &str,
    ) -> Result<(), StoreError> {
        transaction.delete("role", &self.table, &keys::role(org, name))?;
        Ok(())
    }
}
