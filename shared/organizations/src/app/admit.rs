//! Letting somebody in whom the organization's own provider answers for.

use kernel::Error;
use kernel::access::BuiltInRole;
use kernel::id::OrganizationId;
use kernel::time::Timestamp;
use platform::dynamo::Transaction;

use super::Guest;
use super::members::standing;
use crate::model::{Member, Status};
use crate::store::{MEMBERSHIPS_MAX, Store};

/// Adds a new member to a transaction: three writes. The organization's roster
/// is one of them, so the transaction is refused where somebody else changes
/// who may do what there meanwhile; then all is to be looked at anew.
///
/// # Errors
/// `Conflict` where the role is gone or a bound is reached.
pub async fn admit(
    transaction: &mut Transaction,
    store: &Store,
    org: &OrganizationId,
    guest: &Guest,
    role: &str,
    now: Timestamp,
) -> kernel::Result<Member> {
    let conflict = |sentence: &str| Err(Error::Conflict(sentence.to_owned()));
    let roster = store.roster(org).await?;
    let roster = roster.ok_or(Error::NotFound("organization"))?;
    // The provider's settings refuse an owner's role; a row from elsewhere
    // must not make one either.
    let is_given = role != BuiltInRole::Owner.as_str();
    if !is_given || store.permissions_of(org, role).await?.is_none() {
        return conflict("the role of new members is gone; ask an owner to choose another one");
    }
    if store.count_memberships(&guest.user).await? >= MEMBERSHIPS_MAX {
        return conflict("you belong to as many organizations as one person can");
    }
    let member = Member {
        organization: org.clone(),
        user: guest.user.clone(),
        role: role.to_owned(),
        status: Status::Active,
        email: guest.email.clone(),
        name: guest.name.clone(),
        joined_at: now,
    };
    let next = roster.joined(standing(&member))?;
    store.put_roster(transaction, org, Some(&roster), &next)?;
    store.put_member(transaction, &member)?;
    Ok(member)
}
