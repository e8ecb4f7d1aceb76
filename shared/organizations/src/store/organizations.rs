//! Organizations and their settings.

use std::collections::HashMap;

use kernel::id::OrganizationId;
use platform::dynamo::{AttributeValue, Condition, Query, Range, StoreError, Transaction, Update};
use serde::{Deserialize, Serialize};

use super::{Store, keys};
use crate::model::Organization;

#[derive(Serialize, Deserialize)]
struct ListedRow {
    organization: OrganizationId,
}

impl Store {
    /// An organization.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn organization(
        &self,
        org: &OrganizationId,
    ) -> Result<Option<Organization>, StoreError> {
        self.table.get(&keys::organization(org), true).await
    }

    /// Some organizations by id; those that do not exist are absent.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn organizations(
        &self,
        orgs: &[OrganizationId],
    ) -> Result<HashMap<OrganizationId, Organization>, StoreError> {
        let keys: Vec<_> = orgs.iter().map(keys::organization).collect();
        let rows = self.table.get_many::<Organization>(&keys).await?;
        Ok(rows
            .into_iter()
            .map(|(_, organization)| (organization.id.clone(), organization))
            .collect())
    }

    /// A page of all organizations, for platform admins alone: this is no
    /// tenant's list.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn all_organizations(
        &self,
        limit: u32,
        after: Option<String>,
    ) -> Result<(Vec<Organization>, Option<String>), StoreError> {
        let (orgs, next) = self.listed_organizations(limit, after).await?;
        let mut found = self.organizations(&orgs).await?;
        let organizations = orgs.iter().filter_map(|org| found.remove(org)).collect();
        Ok((organizations, next))
    }

    /// A page of the ids of all organizations there ever were, for the
    /// rotation of the master key.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn listed_organizations(
        &self,
        limit: u32,
        after: Option<String>,
    ) -> Result<(Vec<OrganizationId>, Option<String>), StoreError> {
        let query = Query::new(keys::DIRECTORY, Range::All, limit).after(after);
        let page = self.table.query::<ListedRow>(&query).await?;
        let rows = page.rows.into_iter();
        Ok((rows.map(|(_, row)| row.organization).collect(), page.next))
    }

    pub(crate) fn put_organization(
        &self,
        transaction: &mut Transaction,
        organization: &Organization,
    ) -> Result<(), StoreError> {
        let org = &organization.id;
        let row = ListedRow {
            organization: org.clone(),
        };
        transaction.put(
            "organization",
            &self.table,
            &keys::organization(org),
            organization,
            Some(Condition::absent()),
        )?;
        transaction.put("listed", &self.table, &keys::listed(org), &row, None)?;
        Ok(())
    }

    /// Writes the settings of `after` where those of version `before` are in
    /// force. What others keep in the row stays.
    pub(crate) fn change_settings(
        &self,
        transaction: &mut Transaction,
        before: u64,
        after: &Organization,
    ) -> Result<(), StoreError> {
        let version = i64::try_from(after.version).unwrap_or(i64::MAX);
        let required = AttributeValue::Bool(after.require_second_factor);
        let update = Update::new()
            .text("name", after.name.clone())
            .set("require_second_factor", required)
            .number("version", version);
        let key = keys::organization(&after.id);
        let unchanged = Condition::number("version", before);
        transaction.update("settings", &self.table, &key, update, unchanged)?;
        Ok(())
    }
}
