//! Deleting an organization: at once for everybody, and then row by row.
//!
//! One write takes away what all else hangs on, and stops every running token
//! of the tenant. From then on nobody finds the organization or belongs to it.
//! What is left of it is erased by a job, which an interruption does not hurt.

use kernel::access::Permission;
use kernel::id::{OrganizationId, UserId};
use kernel::time::Timestamp;
use kernel::{Error, Result};
use platform::dynamo::{StoreError, Transaction};
use platform::race::{Failure, until_undisturbed};
use platform::restrictions::{Subject, restrict};

use super::scene::commit;
use super::{Organizations, Request};
use crate::store::Store;

/// Organizations that one run of the job erases.
const ERASED_A_RUN: u32 = 5;

impl Organizations {
    /// Deletes an organization whose name the actor has typed, where `wanted`,
    /// if given, is the version of its settings. All memberships end and all
    /// invitations are void. Checks of identities are kept to the end of their
    /// time.
    ///
    /// # Errors
    /// `Forbidden` where the actor is no owner, `Invalid` where the name is
    /// another, `StaleVersion` where another version is in force.
    pub async fn delete(
        &self,
        org: &OrganizationId,
        actor: &UserId,
        name: &str,
        wanted: Option<u64>,
        request: Request<'_>,
    ) -> Result<()> {
        until_undisturbed(|| self.try_delete(org, actor, name, wanted, request.now)).await
    }

    async fn try_delete(
        &self,
        org: &OrganizationId,
        actor: &UserId,
        name: &str,
        wanted: Option<u64>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let (roster, authority) = self
            .scene(org, actor, Permission::ManageOrganization)
            .await?;
        if !authority.is_owner() {
            return Err(Error::Forbidden("only an owner deletes the organization").into());
        }
        let organization = self.store.organization(org).await?;
        let organization = organization.ok_or(Error::NotFound("organization"))?;
        if wanted.is_some_and(|wanted| wanted != organization.version) {
            return Err(Error::StaleVersion.into());
        }
        if name != organization.name {
            return Err(Error::field("name", "is not the organization's name").into());
        }
        let mut transaction = Transaction::new();
        self.store
            .delete_organization(&mut transaction, org, &roster)?;
        let tenant = Subject::Tenant(org.to_string());
        restrict(&mut transaction, &self.platform_table, tenant, now)?;
        commit(transaction).await
    }
}

/// Erases what is left of some deleted organizations; the others' turn is the
/// next run. Answers of how many nothing is left.
///
/// # Errors
/// Where the store fails; the next run goes on from there.
pub async fn erase_deleted(store: &Store) -> Result<usize, StoreError> {
    let deleted = store.deleted_organizations(ERASED_A_RUN).await?;
    for org in &deleted {
        store.erase(org).await?;
    }
    Ok(deleted.len())
}
