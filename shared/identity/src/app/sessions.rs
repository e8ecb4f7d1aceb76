//! Ending sessions.

use kernel::id::{SessionId, UserId};
use kernel::time::Timestamp;
use kernel::{Error, Result};
use platform::dynamo::{StoreError, Transaction};

use super::start_session::SESSIONS_MAX;
use crate::store::Store;

/// Sessions that one transaction ends, two writes each: as many as a person
/// has, and what ends them has room beside them.
const ENDED_AT_ONCE_MAX: usize = SESSIONS_MAX;
/// Rounds of that; a person has one round's sessions.
const ROUNDS_MAX: u32 = 10;
/// Sessions that are read at once, those that are over and not deleted yet
/// among them.
const READ_MAX: u32 = 60;

/// Ends a session of a person. Its access tokens are refused within five
/// seconds.
///
/// # Errors
/// `NotFound` where the person has no such session.
pub async fn end(store: &Store, user: &UserId, id: &SessionId, now: Timestamp) -> Result<()> {
    let session = store.session(user, id, now).await?;
    session.ok_or(Error::NotFound("session"))?;
    sign_out(store, user, id, now).await
}

/// Ends the session that a person is in. Twice is as once.
///
/// # Errors
/// Where the store fails.
pub async fn sign_out(store: &Store, user: &UserId, id: &SessionId, now: Timestamp) -> Result<()> {
    let mut transaction = Transaction::new();
    store.end_session(&mut transaction, user, id, now)?;
    Ok(transaction.commit().await?)
}

/// Ends all sessions of a person, but one where it is named. Answers how many.
///
/// # Errors
/// Where the store fails.
pub async fn end_all(
    store: &Store,
    user: &UserId,
    but: Option<&SessionId>,
    now: Timestamp,
) -> Result<usize> {
    let mut ended = 0;
    for _ in 0..ROUNDS_MAX {
        let mut transaction = Transaction::new();
        let count = add_end_of_all(&mut transaction, store, user, but, now).await?;
        if count == 0 {
            break;
        }
        transaction.commit().await?;
        ended += count;
    }
    Ok(ended)
}

/// Adds the end of a person's sessions, but of one where it is named, to a
/// transaction, so that it happens with what causes it. Answers how many.
///
/// # Errors
/// Where the store fails.
pub async fn add_end_of_all(
    transaction: &mut Transaction,
    store: &Store,
    user: &UserId,
    but: Option<&SessionId>,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut others = Vec::new();
    let mut after = None;
    loop {
        let (sessions, next) = store.sessions(user, READ_MAX, after, now).await?;
        let ids = sessions.into_iter().map(|session| session.id);
        others.extend(ids.filter(|id| Some(id) != but));
        after = next;
        if after.is_none() || others.len() >= ENDED_AT_ONCE_MAX {
            break;
        }
    }
    others.truncate(ENDED_AT_ONCE_MAX);
    for id in &others {
        store.end_session(transaction, user, id, now)?;
    }
    Ok(others.len())
}
