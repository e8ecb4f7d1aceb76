//! Joining a person with the WordPress user that they are in a shop.

use kernel::id::{UserId, WpUser};
use kernel::time::Timestamp;
use kernel::{Error, Result};
use platform::dynamo::{CommitError, Transaction};

use crate::model::Link;
use crate::store::Store;

/// Shops that one person can be joined with.
pub const LINKS_MAX: u32 = 50;

/// Joins them. Both must have shown who they are: the person by being signed
/// in, the WordPress user by a fresh token of its shop. Twice is as once.
///
/// # Errors
/// `Conflict` where either is joined with somebody else.
pub async fn join(
    store: &Store,
    user: &UserId,
    word_press: &WpUser,
    now: Timestamp,
) -> Result<Link> {
    let links = store.links(user, LINKS_MAX).await?;
    let of_shop = links.iter().find(|link| link.shop == word_press.shop);
    if let Some(link) = of_shop.filter(|link| link.wp_user_id == word_press.wp_user_id) {
        return Ok(link.clone());
    }
    let taken = |sentence: &str| Error::Conflict(sentence.to_owned());
    if of_shop.is_some() {
        return Err(taken("you are joined with another user of this shop"));
    }
    if links.len() >= LINKS_MAX as usize {
        return Err(taken("you are joined with as many shops as anybody can be"));
    }
    let link = Link {
        shop: word_press.shop.clone(),
        wp_user_id: word_press.wp_user_id,
        linked_at: now,
    };
    let mut transaction = Transaction::new();
    store.put_link(&mut transaction, user, &link)?;
    match transaction.commit().await {
        Ok(()) => Ok(link),
        Err(CommitError::Refused(_)) => Err(taken("this user of the shop is joined with somebody")),
        Err(CommitError::Store(error)) => Err(error.into()),
    }
}
