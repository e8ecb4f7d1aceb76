//! What people may do where: what tokens are made from.

use std::collections::BTreeSet;

use kernel::access::{BuiltInRole, Permission};
use kernel::id::{OrganizationId, UserId};
use platform::dynamo::{Query, Range, StoreError};

use super::{Store, keys};
use crate::model::{Member, Membership, Organization, Status};

/// Organizations that one person belongs to.
pub const MEMBERSHIPS_MAX: u32 = 100;

impl Store {
    /// What a person may do in an organization, as of every write that was
    /// answered; `None` for strangers and for suspended members.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn membership(
        &self,
        org: &OrganizationId,
        user: &UserId,
    ) -> Result<Option<Membership>, StoreError> {
        let Some(member) = self.member(org, user).await? else {
            return Ok(None);
        };
        if member.status != Status::Active {
            return Ok(None);
        }
        let Some(organization) = self.organization(org).await? else {
            return Ok(None);
        };
        let permissions = self.permissions_of(org, &member.role).await?;
        Ok(Some(joined(member, organization, permissions)))
    }

    /// What a person may do in each of their organizations, at most `limit`,
    /// the oldest organizations first; those where they are suspended are
    /// absent.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn memberships_of(
        &self,
        user: &UserId,
        limit: u32,
    ) -> Result<Vec<Membership>, StoreError> {
        Ok(self.memberships_page(user, limit, None).await?.0)
    }

    /// A page of the same.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn memberships_page(
        &self,
        user: &UserId,
        limit: u32,
        after: Option<String>,
    ) -> Result<(Vec<Membership>, Option<String>), StoreError> {
        let prefix = Range::Prefix(keys::MEMBER_PREFIX.to_owned());
        let query = Query::new(keys::person(user), prefix, limit)
            .consistent()
            .after(after);
        let page = self.table.query::<Member>(&query).await?;
        let members: Vec<Member> = page
            .rows
            .into_iter()
            .map(|(_, member)| member)
            .filter(|member| member.status == Status::Active)
            .collect();
        let orgs: Vec<_> = members
            .iter()
            .map(|member| member.organization.clone())
            .collect();
        let custom: Vec<_> = members
            .iter()
            .filter(|member| BuiltInRole::named(&member.role).is_none())
            .map(|member| (member.organization.clone(), member.role.clone()))
            .collect();
        let mut organizations = self.organizations(&orgs).await?;
        let mut roles = self.permissions_of_many(&custom).await?;
        let memberships = members.into_iter().filter_map(|member| {
            let organization = organizations.remove(&member.organization)?;
            let permissions = match BuiltInRole::named(&member.role) {
                Some(role) => Some(role.permissions()),
                None => roles.remove(&(member.organization.clone(), member.role.clone())),
            };
            Some(joined(member, organization, permissions))
        });
        Ok((memberships.collect(), page.next))
    }

    /// How many organizations a person belongs to, suspended or not, counted
    /// up to [`MEMBERSHIPS_MAX`].
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn count_memberships(&self, user: &UserId) -> Result<u32, StoreError> {
        let prefix = Range::Prefix(keys::MEMBER_PREFIX.to_owned());
        let query = Query::new(keys::person(user), prefix, MEMBERSHIPS_MAX).consistent();
        let page = self.table.query::<Member>(&query).await?;
        Ok(u32::try_from(page.rows.len()).unwrap_or(u32::MAX))
    }
}

/// A role that is not there stands for nothing.
fn joined(
    member: Member,
    organization: Organization,
    permissions: Option<BTreeSet<Permission>>,
) -> Membership {
    Membership {
        organization: organization.id,
        organization_name: organization.name,
        user: member.user,
        role: member.role,
        permissions: permissions.unwrap_or_default(),
        requires_second_factor: organization.require_second_factor,
        provider_domains: organization.provider_domains,
        plan: organization.plan,
        joined_email: member.email,
        joined_at: member.joined_at,
    }
}
