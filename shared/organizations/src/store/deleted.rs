//! Organizations that are deleted and not erased yet.

use kernel::id::{OrganizationId, UserId};
use platform::dynamo::{Condition, Key, Query, Range, StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::{ROSTER, Store, keys};
use crate::domain::roster::Roster;

/// Rows that are erased at once.
const ROWS: u32 = 500;

#[derive(Serialize, Deserialize)]
struct DeletedRow {
    organization: OrganizationId,
}

/// Of any row of an organization, what leads to rows elsewhere.
#[derive(Deserialize)]
struct AnyRow {
    token_sha256: Option<String>,
}

impl Store {
    /// Takes an organization away and remembers that its rows are left. Its
    /// line in the list of all stays, since the checks of identities that must
    /// be kept are found by it.
    pub(crate) fn delete_organization(
        &self,
        transaction: &mut Transaction,
        org: &OrganizationId,
        before: &Roster,
    ) -> Result<(), StoreError> {
        let unchanged = Condition::number("revision", before.revision);
        transaction.delete_where(ROSTER, &self.table, &keys::roster(org), unchanged)?;
        transaction.delete("organization", &self.table, &keys::organization(org))?;
        let row = DeletedRow {
            organization: org.clone(),
        };
        transaction.put("deleted", &self.table, &keys::deleted(org), &row, None)?;
        Ok(())
    }

    /// Organizations that are deleted and not erased yet, the oldest first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn deleted_organizations(
        &self,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, StoreError> {
        let query = Query::new(keys::DELETED, Range::All, limit);
        let page = self.table.query::<DeletedRow>(&query).await?;
        let rows = page.rows.into_iter();
        Ok(rows.map(|(_, row)| row.organization).collect())
    }

    /// Erases all rows of a deleted organization but its checks of identities,
    /// those of its members' own lists and of its invitations' tokens too. It
    /// begins anew where it was interrupted: what is erased is not found again.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn erase(&self, org: &OrganizationId) -> Result<(), StoreError> {
        for range in keys::all_but_kyc() {
            let query = Query::new(keys::of(org), range, ROWS).consistent();
            loop {
                let rows = self.table.query::<AnyRow>(&query).await?.rows;
                if rows.is_empty() {
                    break;
                }
                // A row goes after those that only it leads to.
                let elsewhere: Vec<Key> = rows
                    .iter()
                    .filter_map(|(key, row)| elsewhere(org, key, row))
                    .collect();
                self.table.delete_many(&elsewhere).await?;
                let own: Vec<Key> = rows.into_iter().map(|(key, _)| key).collect();
                self.table.delete_many(&own).await?;
            }
        }
        self.table.delete_many(&[keys::deleted(org)]).await
    }
}

/// The row outside the organization's partition that belongs to one inside.
fn elsewhere(org: &OrganizationId, key: &Key, row: &AnyRow) -> Option<Key> {
    if let Some(token_sha256) = &row.token_sha256 {
        return Some(keys::invitation_token(token_sha256));
    }
    let user: UserId = key.sk.strip_prefix(keys::MEMBER_PREFIX)?.parse().ok()?;
    Some(keys::membership(&user, org))
}
