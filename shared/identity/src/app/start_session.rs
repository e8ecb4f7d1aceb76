//! Starting a session for somebody who has shown who they are.

use kernel::id::{OrganizationId, SessionId};
use kernel::time::Timestamp;
use kernel::{Error, Result};
use platform::dynamo::{CommitError, StoreError, Transaction};
use secrecy::SecretString;

use super::sign_in::Proven;
use super::{ATTEMPTS_MAX, contended};
use crate::domain::refresh::{RefreshKey, RefreshToken};
use crate::domain::session::Lineage;
use crate::model::{Origin, Person, PersonStatus, Session};
use crate::store::Store;

/// Sessions that one person has at a time; a further one ends the one that was
/// not used for longest.
pub const SESSIONS_MAX: usize = 20;
/// Sessions that are looked at; there are more than the most by as many as
/// started at the same moment.
const READ_MAX: u32 = 60;

/// A session that has started.
#[derive(Debug)]
pub struct Started {
    /// Whose.
    pub person: Person,
    /// The session.
    pub session: Session,
    /// Its first refresh token.
    pub refresh_token: SecretString,
}

/// Starts a session in an organization, or in the personal tenant.
///
/// # Errors
/// `Unauthenticated` where the person was shut out, or their password changed,
/// since they showed who they are.
pub async fn start_session(
    store: &Store,
    key: &RefreshKey,
    proven: Proven,
    org: Option<OrganizationId>,
    origin: Origin,
    now: Timestamp,
) -> Result<Started> {
    let mut person = proven.person.clone();
    let id = SessionId::generate(now);
    let token = RefreshToken::first(&person.id, &id)?;
    let session = Session {
        id,
        user: person.id.clone(),
        lineage: Lineage::started(&token, now),
        org,
        second_factor: proven.second_factor,
        provider: proven.provider.clone(),
        origin,
        created_at: now,
        last_used_at: now,
    };
    let oldest = too_many(store, &session, now).await?;
    let mut attempt = 1;
    loop {
        let mut transaction = Transaction::new();
        store.put_session(&mut transaction, &session)?;
        for id in &oldest {
            store.end_session(&mut transaction, &person.id, id, now)?;
        }
        person = hold_person(store, &mut transaction, &proven, person)?;
        match transaction.commit().await {
            Ok(()) => break,
            Err(error @ CommitError::Refused(_)) if attempt == ATTEMPTS_MAX => {
                return Err(contended(error));
            }
            // Somebody wrote the person meanwhile: what was shown must still
            // hold.
            Err(CommitError::Refused(_)) => person = still_proven(store, &proven).await?,
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
        attempt += 1;
    }
    Ok(Started {
        person,
        session,
        refresh_token: token.encode(key),
    })
}

/// The session starts only where the person is as they were when they showed
/// who they are, so that none outlives a change of the password.
fn hold_person(
    store: &Store,
    transaction: &mut Transaction,
    proven: &Proven,
    person: Person,
) -> Result<Person, StoreError> {
    match &proven.rehashed {
        Some(hash) if person.password_hash == proven.person.password_hash => {
            let after = Person {
                password_hash: hash.clone(),
                ..person.clone()
            };
            store.change_person(transaction, &person, after)
        }
        _ => {
            store.check_person(transaction, &person)?;
            Ok(person)
        }
    }
}

async fn still_proven(store: &Store, proven: &Proven) -> Result<Person> {
    let person = store.person(&proven.person.id).await?;
    person
        .filter(|person| {
            person.status == PersonStatus::Active
                && person.password_changed_at == proven.person.password_changed_at
                // Their other sessions ended when they moved.
                && person.email == proven.person.email
                // A factor that was turned on meanwhile was not shown. A
                // provider is not asked for ours.
                && (proven.second_factor
                    || proven.provider.is_some()
                    || !person.asks_for_code())
        })
        .ok_or(Error::Unauthenticated)
}

/// The sessions that must end for this one to start.
async fn too_many(store: &Store, new: &Session, now: Timestamp) -> Result<Vec<SessionId>> {
    let (mut sessions, _) = store.sessions(&new.user, READ_MAX, None, now).await?;
    let over = (sessions.len() + 1).saturating_sub(SESSIONS_MAX);
    sessions.sort_by_key(|session| session.last_used_at);
    let oldest = sessions.into_iter().take(over);
    Ok(oldest.map(|session| session.id).collect())
}
