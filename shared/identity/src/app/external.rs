//! Who people are to their organizations' sign-in providers.

use kernel::id::{OrganizationId, UserId};
use kernel::{Error, Result};
use platform::dynamo::{StoreError, Transaction};

use crate::model::ExternalIdentity;
use crate::store::Store;

/// Adds to a transaction that a provider calls a person so. A person has one
/// name at each organization's provider; one of a provider that the
/// organization had before gives way.
///
/// # Errors
/// `Conflict` where the same provider calls them something else.
pub async fn link(
    transaction: &mut Transaction,
    store: &Store,
    user: &UserId,
    identity: &ExternalIdentity,
) -> Result<()> {
    let before = store
        .external_identity(user, &identity.organization)
        .await?;
    if before
        .as_ref()
        .is_some_and(|before| before.issuer == identity.issuer)
    {
        return Err(Error::Conflict(
            "you are linked with another account of this provider; unlink that one first"
                .to_owned(),
        ));
    }
    Ok(store.put_external(transaction, user, before.as_ref(), identity)?)
}

/// Adds to a transaction what a provider calls a new person.
///
/// # Errors
/// Where a row cannot be an item.
pub fn link_new(
    transaction: &mut Transaction,
    store: &Store,
    user: &UserId,
    identity: &ExternalIdentity,
) -> Result<(), StoreError> {
    store.put_external(transaction, user, None, identity)
}

/// Forgets what an organization's provider calls a person.
///
/// # Errors
/// `NotFound` where it calls them nothing.
pub async fn unlink(store: &Store, user: &UserId, org: &OrganizationId) -> Result<()> {
    let found = store.external_identity(user, org).await?;
    let identity = found.ok_or(Error::NotFound("linked account"))?;
    let mut transaction = Transaction::new();
    store.delete_external(&mut transaction, user, &identity)?;
    Ok(transaction.commit().await?)
}
