//! What every change begins with: the counts, then who acts; and what it ends
//! with: a write that holds only if nobody else has changed the organization.

use kernel::Error;
use kernel::access::Permission;
use kernel::id::{OrganizationId, UserId};
use kernel::time::Timestamp;
use platform::dynamo::{StoreError, Transaction};
use platform::race::Failure;
use platform::restrictions::{Subject, restrict};

use super::Organizations;
use crate::domain::authority::Authority;
use crate::domain::roster::Roster;
use crate::model::{Member, Status};
use crate::store::{PROVIDER, ROSTER};

/// Restrictions that go into one transaction, beside the writes that cause them.
pub(super) const RESTRICTIONS_A_WRITE: usize = 90;

/// Commits, telling a race from a failure.
pub(super) async fn commit(transaction: Transaction) -> Result<(), Failure> {
    match transaction.commit().await {
        Ok(()) => Ok(()),
        Err(error) if error.refused(ROSTER) => Err(being_changed()),
        Err(error) if error.refused(PROVIDER) => Err(Failure::Final(provider_changed())),
        Err(error) => Err(error.into()),
    }
}

fn being_changed() -> Failure {
    Failure::Raced("the organization is being changed by other requests; try again".to_owned())
}

/// The provider is written as it was read; who reads it again sees why not.
fn provider_changed() -> Error {
    Error::Conflict("the provider is being changed by another request; try again".to_owned())
}

impl Organizations {
    /// The counts, and what the actor's role stands for now. The counts are
    /// read first: what is read after them is what the write depends on.
    pub(super) async fn scene(
        &self,
        org: &OrganizationId,
        actor: &UserId,
        needed: Permission,
    ) -> Result<(Roster, Authority), Failure> {
        let roster = self.roster(org).await?;
        let member = self.store.member(org, actor).await?;
        let authority = match member {
            Some(member) if member.status == Status::Active => self.authority_of(&member).await?,
            _ => return Err(Error::Forbidden("you are no member of this organization").into()),
        };
        if !authority.permissions.contains(&needed) {
            return Err(Error::Forbidden("your role does not allow this").into());
        }
        Ok((roster, authority))
    }

    pub(super) async fn roster(&self, org: &OrganizationId) -> kernel::Result<Roster> {
        let roster = self.store.roster(org).await?;
        roster.ok_or(Error::NotFound("organization"))
    }

    /// What a member's role stands for; nothing where there is no such role.
    pub(super) async fn authority_of(&self, member: &Member) -> Result<Authority, StoreError> {
        let permissions = self
            .store
            .permissions_of(&member.organization, &member.role)
            .await?;
        Ok(Authority {
            role: member.role.clone(),
            permissions: permissions.unwrap_or_default(),
        })
    }

    /// A role that is to be given to somebody, where the actor may.
    pub(super) async fn role_to_give(
        &self,
        org: &OrganizationId,
        actor: &Authority,
        role: &str,
    ) -> kernel::Result<Authority> {
        let permissions = self
            .store
            .permissions_of(org, role)
            .await?
            .ok_or_else(|| Error::field("role", "is no role of this organization"))?;
        let given = Authority {
            role: role.to_owned(),
            permissions,
        };
        actor.commands(&given)?;
        Ok(given)
    }

    /// Makes the running tokens of a member be refused.
    pub(super) fn restrict_member(
        &self,
        transaction: &mut Transaction,
        org: &OrganizationId,
        user: &UserId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let subject = Subject::Member {
            org: org.to_string(),
            sub: user.to_string(),
        };
        restrict(transaction, &self.platform_table, subject, now)
    }

    /// Commits a change that many members must feel. Those that fit go into
    /// the change's own transaction and the others into further ones, since a
    /// transaction has a bound. Where one of those fails, the change is made
    /// and the caller is told of an error: the same change again restricts
    /// all of them once more.
    pub(super) async fn commit_for_members(
        &self,
        mut change: Transaction,
        org: &OrganizationId,
        members: &[UserId],
        now: Timestamp,
    ) -> Result<(), Failure> {
        let mut chunks = members.chunks(RESTRICTIONS_A_WRITE);
        for user in chunks.next().unwrap_or_default() {
            self.restrict_member(&mut change, org, user, now)?;
        }
        commit(change).await?;
        for chunk in chunks {
            let mut transaction = Transaction::new();
            for user in chunk {
                self.restrict_member(&mut transaction, org, user, now)?;
            }
            transaction.commit().await?;
        }
        Ok(())
    }
}
