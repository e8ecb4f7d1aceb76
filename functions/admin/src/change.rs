//! Changing a person at a platform admin's word.

use identity::model::{Person, PersonStatus};
use identity::store::{Store, keys};
use kernel::Error;
use kernel::access::Tier;
use kernel::id::UserId;
use kernel::time::Timestamp;
use platform::dynamo::{CommitError, Key, Transaction};
use platform::restrictions::{Subject, restrict};

/// Times that a change which somebody else's overtook is tried again.
const ATTEMPTS_MAX: u32 = 5;
/// Sessions that end in the same transaction as the change.
const SESSIONS_WITH_IT: u32 = 90;
/// Sessions of one person that are looked for, 90 at a time; nobody has more.
const SESSION_PAGES_MAX: u32 = 100;

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
/// seconds. A tier is in a person's next token.
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
            let person = Subject::Person(user.to_string());
            restrict(&mut transaction, store.platform(), person, now)?;
            for key in sessions(store, user, now).await? {
                transaction.delete("session", store.table(), &key)?;
            }
        }
        match transaction.commit().await {
            Ok(()) => {
                if is_blocked {
                    end_the_rest(store, user, now).await?;
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

/// Keys of a person's oldest sessions.
async fn sessions(store: &Store, user: &UserId, now: Timestamp) -> kernel::Result<Vec<Key>> {
    let (sessions, _) = store.sessions(user, SESSIONS_WITH_IT, None, now).await?;
    let keys = sessions.iter().map(|one| keys::session(user, &one.id));
    Ok(keys.collect())
}

/// Ends what one transaction does not hold. A session that is left by a
/// failure here opens nothing: who is blocked gets no token.
async fn end_the_rest(store: &Store, user: &UserId, now: Timestamp) -> kernel::Result<()> {
    for _ in 0..SESSION_PAGES_MAX {
        let left = sessions(store, user, now).await?;
        if left.is_empty() {
            return Ok(());
        }
        store.table().delete_many(&left).await?;
    }
    Err(Error::internal("a person with sessions without end"))
}
