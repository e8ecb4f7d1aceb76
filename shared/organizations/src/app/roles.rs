//! Custom roles.

use std::collections::BTreeSet;

use kernel::Error;
use kernel::access::{BuiltInRole, Permission};
use kernel::id::{OrganizationId, UserId};
use platform::dynamo::Transaction;
use platform::race::{Failure, until_undisturbed};

use super::scene::commit;
use super::{Organizations, Request};
use crate::domain::authority::Authority;
use crate::domain::role::check_name;
use crate::model::Role;

const NEEDED: Permission = Permission::ManageOrganization;

impl Organizations {
    /// Makes a custom role.
    ///
    /// # Errors
    /// `Invalid` where the name cannot be, `Forbidden` where it stands for
    /// what the actor may not, `Conflict` where the name is taken or there are
    /// as many roles as there can be.
    pub async fn add_role(
        &self,
        org: &OrganizationId,
        actor: &UserId,
        name: &str,
        permissions: &BTreeSet<Permission>,
        request: Request<'_>,
    ) -> kernel::Result<Role> {
        check_name(name).map_err(|fault| Error::field("name", fault.to_string()))?;
        let role = Role {
            name: name.to_owned(),
            permissions: permissions.clone(),
            created_at: request.now,
        };
        until_undisturbed(|| async {
            let (roster, authority) = self.scene(org, actor, NEEDED).await?;
            authority.commands(&authority_of(&role))?;
            if self.store.role(org, name).await?.is_some() {
                return Err(Error::Conflict("there is a role of this name".to_owned()).into());
            }
            let next = roster.with_role()?;
            let mut transaction = Transaction::new();
            self.store
                .put_roster(&mut transaction, org, Some(&roster), &next)?;
            self.store.put_role(&mut transaction, org, &role)?;
            commit(transaction).await?;
            Ok(role.clone())
        })
        .await
    }

    /// Changes what a custom role stands for. The running tokens of all who
    /// have it stop, also where nothing changes: so a call whose answer was
    /// lost half-way is made whole by making it again.
    ///
    /// # Errors
    /// `NotFound` where there is no such role, `Conflict` where it is built
    /// in, `Forbidden` where it stands or is to stand for what the actor may
    /// not.
    pub async fn change_role(
        &self,
        org: &OrganizationId,
        actor: &UserId,
        name: &str,
        permissions: &BTreeSet<Permission>,
        request: Request<'_>,
    ) -> kernel::Result<Role> {
        until_undisturbed(|| self.try_change_role(org, actor, name, permissions, request)).await
    }

    async fn try_change_role(
        &self,
        org: &OrganizationId,
        actor: &UserId,
        name: &str,
        permissions: &BTreeSet<Permission>,
        request: Request<'_>,
    ) -> Result<Role, Failure> {
        let (roster, authority) = self.scene(org, actor, NEEDED).await?;
        let before = self.commanded_role(org, &authority, name).await?;
        let after = Role {
            permissions: permissions.clone(),
            ..before
        };
        authority.commands(&authority_of(&after))?;
        let holders = match roster.members_with(name) {
            0 => Vec::new(),
            _ => self.holders(org, name).await?,
        };
        let mut transaction = Transaction::new();
        let next = roster.touched();
        self.store
            .put_roster(&mut transaction, org, Some(&roster), &next)?;
        self.store.put_role(&mut transaction, org, &after)?;
        self.commit_for_members(transaction, org, &holders, request.now)
            .await?;
        Ok(after)
    }

    /// Takes a custom role away that no member has. Open invitations to it
    /// cannot be accepted any more.
    ///
    /// # Errors
    /// As [`Organizations::change_role`], and `Conflict` where a member has it.
    pub async fn remove_role(
        &self,
        org: &OrganizationId,
        actor: &UserId,
        name: &str,
    ) -> kernel::Result<()> {
        until_undisturbed(|| async {
            let (roster, authority) = self.scene(org, actor, NEEDED).await?;
            self.commanded_role(org, &authority, name).await?;
            let next = roster.without_role(name)?;
            let mut transaction = Transaction::new();
            self.store
                .put_roster(&mut transaction, org, Some(&roster), &next)?;
            self.store.delete_role(&mut transaction, org, name)?;
            commit(transaction).await
        })
        .await
    }

    async fn commanded_role(
        &self,
        org: &OrganizationId,
        authority: &Authority,
        name: &str,
    ) -> kernel::Result<Role> {
        if BuiltInRole::named(name).is_some() {
            return Err(Error::Conflict(
                "built-in roles stay as they are".to_owned(),
            ));
        }
        // What cannot be a name is no key either.
        check_name(name).map_err(|_| Error::NotFound("role"))?;
        let role = self.store.role(org, name).await?;
        let role = role.ok_or(Error::NotFound("role"))?;
        authority.commands(&authority_of(&role))?;
        Ok(role)
    }

    async fn holders(&self, org: &OrganizationId, role: &str) -> kernel::Result<Vec<UserId>> {
        let members = self.store.all_members(org).await?;
        Ok(members
            .into_iter()
            .filter(|member| member.role == role)
            .map(|member| member.user)
            .collect())
    }
}

fn authority_of(role: &Role) -> Authority {
    Authority {
        role: role.name.clone(),
        permissions: role.permissions.clone(),
    }
}
