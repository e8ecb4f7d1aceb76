//! Setting and removing the provider that signs members in.

use std::collections::BTreeSet;

use kernel::Error;
use kernel::access::{BuiltInRole, Permission};
use kernel::id::{OrganizationId, UserId};
use platform::dynamo::Transaction;
use platform::race::{Failure, until_undisturbed};

use super::{Organizations, Request};
use crate::model::SignInProvider;

impl Organizations {
    /// Sets the organization's provider, where `before`, the one that was read
    /// when this one was made, is still in force. Only owners may: whoever
    /// chooses the provider can sign in as every member. Where sessions must
    /// end, because the provider is another one or members must use it from
    /// now on, the running tokens of all members stop.
    ///
    /// # Errors
    /// `Forbidden` where the actor is no owner; `Invalid` where there is no
    /// such role, or it is an owner's; `Conflict` where the provider was
    /// changed meanwhile.
    pub async fn set_provider(
        &self,
        actor: &UserId,
        before: Option<&SignInProvider>,
        after: &SignInProvider,
        request: Request<'_>,
    ) -> kernel::Result<()> {
        until_undisturbed(|| self.try_set(actor, before, after, request)).await
    }

    async fn try_set(
        &self,
        actor: &UserId,
        before: Option<&SignInProvider>,
        after: &SignInProvider,
        request: Request<'_>,
    ) -> Result<(), Failure> {
        let org = &after.organization;
        let (roster, authority) = self
            .scene(org, actor, Permission::ManageOrganization)
            .await?;
        if !authority.is_owner() {
            return Err(owners_only().into());
        }
        self.role_to_give(org, &authority, &after.role).await?;
        if after.role == BuiltInRole::Owner.as_str() {
            return Err(Error::field("role", "owners are not made by a provider").into());
        }
        let enforced = enforced_domains(Some(after));
        let is_same = before.is_some_and(|before| before.connection == after.connection);
        let was_enforced = enforced_domains(before);
        let ends = (before.is_some() && !is_same) || !enforced.is_subset(&was_enforced);
        let members = match ends {
            true => self.everybody(org).await?,
            false => Vec::new(),
        };
        let mut transaction = Transaction::new();
        let store = &self.store;
        store.put_roster(&mut transaction, org, Some(&roster), &roster.touched())?;
        store.put_sign_in_provider(&mut transaction, before.map(|before| before.version), after)?;
        store.change_provider_domains(&mut transaction, org, &enforced)?;
        self.commit_for_members(transaction, org, &members, request.now)
            .await
    }

    /// Removes the organization's provider. Sessions that began through it end:
    /// the running tokens of all members stop, and those are not renewed.
    ///
    /// # Errors
    /// `NotFound` where there is none; as [`Organizations::set_provider`].
    pub async fn remove_provider(
        &self,
        org: &OrganizationId,
        actor: &UserId,
        request: Request<'_>,
    ) -> kernel::Result<()> {
        until_undisturbed(|| async {
            let (roster, authority) = self
                .scene(org, actor, Permission::ManageOrganization)
                .await?;
            if !authority.is_owner() {
                return Err(owners_only().into());
            }
            let store = &self.store;
            let found = store.sign_in_provider(org).await?;
            found.ok_or(Error::NotFound("sign-in provider"))?;
            let members = self.everybody(org).await?;
            let mut transaction = Transaction::new();
            store.put_roster(&mut transaction, org, Some(&roster), &roster.touched())?;
            store.delete_sign_in_provider(&mut transaction, org)?;
            store.change_provider_domains(&mut transaction, org, &BTreeSet::new())?;
            self.commit_for_members(transaction, org, &members, request.now)
                .await
        })
        .await
    }

    async fn everybody(&self, org: &OrganizationId) -> kernel::Result<Vec<UserId>> {
        let members = self.store.all_members(org).await?;
        Ok(members.into_iter().map(|member| member.user).collect())
    }
}

/// Whose addresses enter through the provider alone.
fn enforced_domains(provider: Option<&SignInProvider>) -> BTreeSet<String> {
    match provider {
        Some(provider) if provider.enforced => provider.email_domains.clone(),
        _ => BTreeSet::new(),
    }
}

fn owners_only() -> Error {
    Error::Forbidden("only owners choose the provider that signs members in")
}
