//! Settings of an organization.

use kernel::Error;
use kernel::access::Permission;
use kernel::id::{OrganizationId, UserId};
use platform::dynamo::Transaction;
use platform::race::{Failure, until_undisturbed};

use super::{Organizations, Request};
use crate::model::Organization;

/// What is to be changed; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsChange {
    /// How people call it.
    pub name: Option<String>,
    /// Whether its members must have a second factor.
    pub require_second_factor: Option<bool>,
}

impl Organizations {
    /// Changes settings, where `wanted`, if given, is their version. Where
    /// members need a second factor from now on, the running tokens of all of
    /// them stop, so that the next ones are given to those alone who have one.
    ///
    /// # Errors
    /// `StaleVersion` where another version is in force.
    pub async fn change_settings(
        &self,
        org: &OrganizationId,
        actor: &UserId,
        change: &SettingsChange,
        wanted: Option<u64>,
        request: Request<'_>,
    ) -> kernel::Result<Organization> {
        until_undisturbed(|| self.try_settings(org, actor, change, wanted, request)).await
    }

    async fn try_settings(
        &self,
        org: &OrganizationId,
        actor: &UserId,
        change: &SettingsChange,
        wanted: Option<u64>,
        request: Request<'_>,
    ) -> Result<Organization, Failure> {
        let (roster, _) = self
            .scene(org, actor, Permission::ManageOrganization)
            .await?;
        let before = self.store.organization(org).await?;
        let before = before.ok_or(Error::NotFound("organization"))?;
        if wanted.is_some_and(|wanted| wanted != before.version) {
            return Err(Error::StaleVersion.into());
        }
        let demanded = change.require_second_factor;
        let after = Organization {
            name: change.name.clone().unwrap_or_else(|| before.name.clone()),
            require_second_factor: demanded.unwrap_or(before.require_second_factor),
            version: before.version + 1,
            ..before.clone()
        };
        // Whoever joins while this runs would be missed without the roster.
        let members = match demanded {
            Some(true) => self.store.all_members(org).await?,
            _ => Vec::new(),
        };
        let members: Vec<UserId> = members.into_iter().map(|member| member.user).collect();
        let mut transaction = Transaction::new();
        self.store
            .put_roster(&mut transaction, org, Some(&roster), &roster.touched())?;
        self.store
            .change_settings(&mut transaction, before.version, &after)?;
        self.commit_for_members(transaction, org, &members, request.now)
            .await?;
        Ok(after)
    }
}
