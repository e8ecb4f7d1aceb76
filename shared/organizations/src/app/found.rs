//! Founding an organization.

use std::collections::BTreeSet;

use kernel::Error;
use kernel::access::{BuiltInRole, Tier};
use kernel::id::{OrganizationId, UserId};
use kernel::time::Timestamp;
use platform::dynamo::{StoreError, Transaction};

use crate::domain::roster::Roster;
use crate::model::{Member, Organization, Status};
use crate::store::{MEMBERSHIPS_MAX, Store};

use super::{Guest, Organizations, Request};

/// Adds a new organization and its owner to a transaction: five writes. The
/// owner's address is in its normal form.
///
/// # Errors
/// Where a row cannot be an item.
pub fn found(
    transaction: &mut Transaction,
    store: &Store,
    name: &str,
    owner: &UserId,
    owner_email: &str,
    now: Timestamp,
) -> Result<OrganizationId, StoreError> {
    let owner = Guest {
        user: owner.clone(),
        email: owner_email.to_owned(),
        name: None,
    };
    found_by(transaction, store, name, &owner, now).map(|organization| organization.id)
}

fn found_by(
    transaction: &mut Transaction,
    store: &Store,
    name: &str,
    owner: &Guest,
    now: Timestamp,
) -> Result<Organization, StoreError> {
    let organization = Organization {
        id: OrganizationId::generate(now),
        name: name.to_owned(),
        require_second_factor: false,
        provider_domains: BTreeSet::new(),
        plan: Tier::Free,
        version: 1,
        created_at: now,
    };
    let member = Member {
        organization: organization.id.clone(),
        user: owner.user.clone(),
        role: BuiltInRole::Owner.as_str().to_owned(),
        status: Status::Active,
        email: owner.email.clone(),
        name: owner.name.clone(),
        joined_at: now,
    };
    store.put_organization(transaction, &organization)?;
    store.put_roster(transaction, &organization.id, None, &Roster::founded())?;
    store.put_member(transaction, &member)?;
    Ok(organization)
}

impl Organizations {
    /// Founds an organization that its founder owns.
    ///
    /// # Errors
    /// `Conflict` where the founder belongs to as many organizations as one
    /// person can.
    pub async fn found(
        &self,
        name: &str,
        founder: &Guest,
        request: Request<'_>,
    ) -> kernel::Result<Organization> {
        if self.store.count_memberships(&founder.user).await? >= MEMBERSHIPS_MAX {
            let sentence = "you belong to as many organizations as one person can";
            return Err(Error::Conflict(sentence.to_owned()));
        }
        let mut transaction = Transaction::new();
        let organization = found_by(&mut transaction, &self.store, name, founder, request.now)?;
        transaction.commit().await?;
        Ok(organization)
    }
}
