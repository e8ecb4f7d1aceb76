//! Renewing a session's tokens.

use kernel::Result;
use kernel::id::{SessionId, UserId};
use kernel::time::Timestamp;
use platform::dynamo::{CommitError, Transaction};
use secrecy::SecretString;

use super::{ATTEMPTS_MAX, contended};
use crate::domain::refresh::{RefreshKey, RefreshToken};
use crate::domain::session::Verdict;
use crate::model::{Origin, Person, PersonStatus, Session};
use crate::store::Store;

/// What came of a refresh token.
#[derive(Debug)]
pub enum Refresh {
    /// The session goes on.
    Renewed(Box<Renewed>),
    /// The token had been used before: its session has ended.
    Reused {
        /// Whose it was.
        user: UserId,
        /// The session.
        session: SessionId,
    },
    /// The token is no session's.
    Refused,
}

/// A session that goes on.
#[derive(Debug)]
pub struct Renewed {
    /// Whose.
    pub person: Person,
    /// The session, as it is now.
    pub session: Session,
    /// The refresh token that is good now.
    pub refresh_token: SecretString,
}

/// Renews a session by its refresh token. Of many that present the same token
/// at once one rotates it, and all get the same successor.
///
/// # Errors
/// Where the store fails.
pub async fn refresh(
    store: &Store,
    key: &RefreshKey,
    presented: &SecretString,
    origin: &Origin,
    now: Timestamp,
) -> Result<Refresh> {
    let Some(token) = RefreshToken::parse(presented, key) else {
        return Ok(Refresh::Refused);
    };
    let mut attempt = 1;
    loop {
        let session = store.session(token.user(), token.session(), now).await?;
        let Some(session) = session else {
            return Ok(Refresh::Refused);
        };
        let verdict = session.lineage.present(&token, now);
        let successor = token.successor(key);
        let session = match verdict {
            Verdict::Refused => return Ok(Refresh::Refused),
            Verdict::Reuse => {
                end(store, &session, now).await?;
                return Ok(Refresh::Reused {
                    user: session.user,
                    session: session.id,
                });
            }
            Verdict::SendSuccessor => session,
            Verdict::Rotate => match rotate(store, &session, &successor, origin, now).await {
                Ok(rotated) => rotated,
                // Another request was faster: what it left is looked at anew.
                Err(CommitError::Refused(_)) if attempt < ATTEMPTS_MAX => {
                    attempt += 1;
                    continue;
                }
                Err(error) => return Err(contended(error)),
            },
        };
        let person = store.person(&session.user).await?;
        let person = person.filter(|person| person.status == PersonStatus::Active);
        let Some(person) = person else {
            end(store, &session, now).await?;
            return Ok(Refresh::Refused);
        };
        return Ok(Refresh::Renewed(Box::new(Renewed {
            person,
            session,
            refresh_token: successor.encode(key),
        })));
    }
}

async fn rotate(
    store: &Store,
    session: &Session,
    successor: &RefreshToken,
    origin: &Origin,
    now: Timestamp,
) -> Result<Session, CommitError> {
    let rotated = Session {
        lineage: session.lineage.rotated(successor, now),
        origin: origin.clone(),
        last_used_at: now,
        ..session.clone()
    };
    let mut transaction = Transaction::new();
    store.rotate_session(&mut transaction, session, &rotated)?;
    transaction.commit().await?;
    Ok(rotated)
}

async fn end(store: &Store, session: &Session, now: Timestamp) -> Result<()> {
    let mut transaction = Transaction::new();
    store.end_session(&mut transaction, &session.user, &session.id, now)?;
    Ok(transaction.commit().await?)
}
