//! Changing a person at a platform admin's word.

use identity::app::join::LINKS_MAX;
use identity::app::sessions::{add_end_of_all, end_all};
use identity::model::{Person, PersonStatus};
use identity::store::Store;
use kernel::Error;
use kernel::access::Tier;
use kernel::id::{UserId, WpUser};
use kernel::time::Timestamp;
use platform::dynamo::{CommitError, Transaction};
use platform::restrictions::{Subject, restrict};

/// Times that a change which somebody else's overtook is tried again.
const ATTEMPTS_MAX: u32 = 5;

/// What is to change; the rest stays.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    /// Whether they may sign in.
    pub(crate) status: Option<PersonStatus>,
    /// Level of service.
    pub(crate) tier: Option<Tier>,
}

/// Changes a person. One who is blocked is signed out everywhere: their
/// sessions end with the change, and their tokens are refused within five
/// seconds, those of the WordPress users that they are too. A tier is in a
/// person's next token.
///
/// # Errors
/// `NotFound` where there is no such person; `Conflict` where others were
/// always faster.
pub(crate) async fn change(
    store: &Store,
    user: &UserId,
    change: Change,
    now: Timestamp,
) -> kernel::Result<Person> {
    for _ in 0..ATTEMPTS_MAX {
        let before = store.person(user).await?;
        let before = before.ok_or(Error::NotFound("person"))?;
        let after = Person {
            status: change.status.unwrap_or(before.status),
            tier: change.tier.unwrap_or(before.tier),
            ..before.clone()
        };
        let is_blocked = change.status == Some(PersonStatus::Blocked);
        let mut transaction = Transaction::new();
        let after = store.change_person(&mut transaction, &before, after)?;
        if is_blocked {
            for subject in subjects(store, user).await? {
                let subject = Subject::Person(subject);
                restrict(&mut transaction, store.platform(), subject, now)?;
            }
            add_end_of_all(&mut transaction, store, user, None, now).await?;
        }
        match transaction.commit().await {
            Ok(()) => {
                if is_blocked {
                    // Whatever one transaction does not hold.
                    end_all(store, user, None, now).await?;
                }
                return Ok(after);
            }
            Err(CommitError::Refused(_)) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
    }
    Err(Error::Conflict(
        "this person is being changed by another request; try again".to_owned(),
    ))
}

/// Whom tokens of a person name: the person, and the WordPress users that they
/// are.
async fn subjects(store: &Store, user: &UserId) -> kernel::Result<Vec<String>> {
    let links = store.links(user, LINKS_MAX).await?;
    let joined = links.into_iter().map(|link| {
        let word_press = WpUser {
            shop: link.shop,
            wp_user_id: link.wp_user_id,
        };
        word_press.to_string()
    });
    Ok([user.to_string()].into_iter().chain(joined).collect())
}
