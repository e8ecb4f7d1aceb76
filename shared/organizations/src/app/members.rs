//! Changing and removing members.

use kernel::Error;
use kernel::access::Permission;
use kernel::id::{OrganizationId, UserId};
use platform::dynamo::Transaction;
use platform::race::{Failure, until_undisturbed};

use super::scene::commit;
use super::{Organizations, Request};
use crate::domain::authority::Authority;
use crate::domain::roster::{Roster, Standing};
use crate::model::{Member, Status};

/// What is to be changed of a member; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberChange {
    /// Another role.
    pub role: Option<String>,
    /// Whether they may act.
    pub status: Option<Status>,
}

impl Organizations {
    /// Gives a member another role or status. Their running tokens stop.
    ///
    /// # Errors
    /// `NotFound` where the organization has no such member, `Forbidden` where
    /// the member or the role is beyond the actor's own, `Conflict` where it
    /// would leave no active owner.
    pub async fn change_member(
        &self,
        org: &OrganizationId,
        actor: &UserId,
        user: &UserId,
        change: &MemberChange,
        request: Request<'_>,
    ) -> kernel::Result<Member> {
        until_undisturbed(|| self.try_change(org, actor, user, change, request)).await
    }

    async fn try_change(
        &self,
        org: &OrganizationId,
        actor: &UserId,
        user: &UserId,
        change: &MemberChange,
        request: Request<'_>,
    ) -> Result<Member, Failure> {
        let (roster, authority) = self.scene(org, actor, Permission::ManageMembers).await?;
        let before = self.commanded_member(org, &authority, user).await?;
        let mut after = before.clone();
        if let Some(role) = &change.role {
            self.role_to_give(org, &authority, role).await?;
            after.role.clone_from(role);
        }
        after.status = change.status.unwrap_or(before.status);
        if after == before {
            return Ok(after);
        }
        let next = roster.changed(standing(&before), standing(&after))?;
        let mut transaction = Transaction::new();
        self.store
            .put_roster(&mut transaction, org, Some(&roster), &next)?;
        self.store.change_member(&mut transaction, &after)?;
        self.restrict_member(&mut transaction, org, user, request.now)?;
        commit(transaction).await?;
        Ok(after)
    }

    /// Takes a member out of the organization. Their running tokens stop.
    ///
    /// # Errors
    /// As [`Organizations::change_member`].
    pub async fn remove_member(
        &self,
        org: &OrganizationId,
        actor: &UserId,
        user: &UserId,
        request: Request<'_>,
    ) -> kernel::Result<()> {
        until_undisturbed(|| async {
            let (roster, authority) = self.scene(org, actor, Permission::ManageMembers).await?;
            let member = self.commanded_member(org, &authority, user).await?;
            self.try_remove(&roster, &member, request).await
        })
        .await
    }

    /// Lets a member leave, whatever their role.
    ///
    /// # Errors
    /// `NotFound` where they are none, `Conflict` where they are the last
    /// active owner.
    pub async fn leave(
        &self,
        org: &OrganizationId,
        user: &UserId,
        request: Request<'_>,
    ) -> kernel::Result<()> {
        until_undisturbed(|| async {
            let roster = self.roster(org).await?;
            let member = self.store.member(org, user).await?;
            let member = member.ok_or(Error::NotFound("member"))?;
            self.try_remove(&roster, &member, request).await
        })
        .await
    }

    async fn try_remove(
        &self,
        roster: &Roster,
        member: &Member,
        request: Request<'_>,
    ) -> Result<(), Failure> {
        let (org, user) = (&member.organization, &member.user);
        let next = roster.left(standing(member))?;
        let mut transaction = Transaction::new();
        self.store
            .put_roster(&mut transaction, org, Some(roster), &next)?;
        self.store.delete_member(&mut transaction, org, user)?;
        self.restrict_member(&mut transaction, org, user, request.now)?;
        commit(transaction).await
    }

    /// A member whose role is not beyond the actor's.
    async fn commanded_member(
        &self,
        org: &OrganizationId,
        authority: &Authority,
        user: &UserId,
    ) -> kernel::Result<Member> {
        let member = self.store.member(org, user).await?;
        let member = member.ok_or(Error::NotFound("member"))?;
        authority.commands(&self.authority_of(&member).await?)?;
        Ok(member)
    }
}

pub(super) fn standing(member: &Member) -> Standing<'_> {
    Standing {
        role: &member.role,
        status: member.status,
    }
}
