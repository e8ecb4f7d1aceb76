//! Members of an organization, each written twice: in the organization's list
//! and in the person's.

use kernel::id::{OrganizationId, UserId};
use platform::dynamo::{Condition, Query, Range, StoreError, Transaction, Update};

use super::{Store, keys};
use crate::domain::roster::MEMBERS_MAX;
use crate::model::Member;

impl Store {
    /// A member of an organization, suspended or not.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn member(
        &self,
        org: &OrganizationId,
        user: &UserId,
    ) -> Result<Option<Member>, StoreError> {
        self.table.get(&keys::member(org, user), true).await
    }

    /// A page of the members of an organization, in the order of their ids.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn members(
        &self,
        org: &OrganizationId,
        limit: u32,
        after: Option<String>,
    ) -> Result<(Vec<Member>, Option<String>), StoreError> {
        let prefix = Range::Prefix(keys::MEMBER_PREFIX.to_owned());
        let query = Query::new(keys::of(org), prefix, limit)
            .consistent()
            .after(after);
        let page = self.table.query::<Member>(&query).await?;
        let members = page.rows.into_iter().map(|(_, member)| member).collect();
        Ok((members, page.next))
    }

    /// All members of an organization; their number is bounded.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn all_members(&self, org: &OrganizationId) -> Result<Vec<Member>, StoreError> {
        Ok(self.members(org, MEMBERS_MAX, None).await?.0)
    }

    pub(crate) fn put_member(
        &self,
        transaction: &mut Transaction,
        member: &Member,
    ) -> Result<(), StoreError> {
        let (org, user) = (&member.organization, &member.user);
        let listed = keys::member(org, user);
        let mirrored = keys::membership(user, org);
        let absent = Some(Condition::absent());
        transaction.put("member", &self.table, &listed, member, absent)?;
        transaction.put("membership", &self.table, &mirrored, member, None)?;
        Ok(())
    }

    /// Writes a member's role and status; what others keep in the row stays.
    pub(crate) fn change_member(
        &self,
        transaction: &mut Transaction,
        member: &Member,
    ) -> Result<(), StoreError> {
        let (org, user) = (&member.organization, &member.user);
        let sides = [
            ("member", keys::member(org, user)),
            ("membership", keys::membership(user, org)),
        ];
        for (label, key) in sides {
            let update = Update::new()
                .text("role", member.role.clone())
                .text("status", member.status.as_str());
            transaction.update(label, &self.table, &key, update, Condition::present())?;
        }
        Ok(())
    }

    pub(crate) fn delete_member(
        &self,
        transaction: &mut Transaction,
        org: &OrganizationId,
        user: &UserId,
    ) -> Result<(), StoreError> {
        transaction.delete("member", &self.table, &keys::member(org, user))?;
        transaction.delete("membership", &self.table, &keys::membership(user, org))?;
        Ok(())
    }
}
