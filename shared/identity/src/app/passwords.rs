//! New passwords: by a mailed token, or by the old one.

use chrono::TimeDelta;
use kernel::id::{SessionId, UserId};
use kernel::time::Timestamp;
use kernel::{Error, Result};
use platform::dynamo::{CommitError, Transaction};
use secrecy::SecretString;

use super::sessions::{add_end_of_all, end_all};
use super::{Identity, contended, mail};
use crate::domain::{one_time, password};
use crate::mail::MailMessage;
use crate::model::{PasswordHash, Person, PersonStatus, Purpose};
use crate::store::Store;

/// How long a mailed token for a new password is good.
const RESET_FOR: TimeDelta = TimeDelta::hours(1);

/// Has a mail sent to an address whose owner, where there is one, wants a new
/// password. Does the same whether or not there is one.
///
/// # Errors
/// Where the store fails.
pub async fn request_reset(
    store: &Store,
    email: &str,
    request_id: &str,
    now: Timestamp,
) -> Result<()> {
    let mut transaction = Transaction::new();
    let asked = MailMessage::reset_password(email, now);
    mail(&mut transaction, store, &asked, request_id, now)?;
    Ok(transaction.commit().await?)
}

/// Makes the token that a mail to a person will carry; none where nobody who
/// may sign in has the address. `now` is of the clock that sessions go by.
///
/// # Errors
/// Where the store fails.
pub async fn issue_reset(
    store: &Store,
    email: &str,
    now: Timestamp,
) -> Result<Option<SecretString>> {
    let person = store.person_of_email(email).await?;
    if person.is_none_or(|person| person.status != PersonStatus::Active) {
        return Ok(None);
    }
    let token = one_time::generate()?;
    let mut transaction = Transaction::new();
    store.put_one_time(
        &mut transaction,
        &one_time::hash(&token),
        Purpose::ResetPassword,
        email,
        now + RESET_FOR,
    )?;
    transaction.commit().await?;
    Ok(Some(token))
}

/// Gives a person the password that they chose by a mailed token, and ends all
/// of their sessions. The second factor stays on. Answers whose it is.
///
/// # Errors
/// `Invalid` where the token is not good, or not any more, or the password is
/// not good enough; the token is then still good.
pub async fn confirm_reset(
    identity: &Identity,
    token: &SecretString,
    password: &SecretString,
    request_id: &str,
    now: Timestamp,
) -> Result<UserId> {
    let not_good = || Error::field("token", "is not good, or not any more");
    let store = &identity.store;
    let hash = one_time::hash(token);
    let found = store
        .one_time(&hash, Purpose::ResetPassword, now)
        .await?
        .ok_or_else(not_good)?;
    // Who has moved to another address since is not reached by the old one.
    let person = store.person_of_email(&found.subject).await?;
    let person = person.ok_or_else(not_good)?;
    let user = person.id.clone();
    identity
        .check_password("new_password", password, &person.email)
        .await?;
    let change = Change {
        person,
        hash: identity.parameters.hash(password)?,
        but: None,
        token_hash: Some(hash),
    };
    match change.commit(store, request_id, now).await {
        Err(CommitError::Refused(labels)) if labels.contains(&"token") => Err(not_good()),
        Err(error) => Err(contended(error)),
        Ok(()) => Ok(user),
    }
}

/// Gives a person a new password by the one they have, and ends their other
/// sessions.
///
/// # Errors
/// `Forbidden` where the current password is not theirs; `Invalid` where the
/// new one is not good enough.
pub async fn change(
    identity: &Identity,
    user: &UserId,
    session: &SessionId,
    current: &SecretString,
    new: &SecretString,
    request_id: &str,
    now: Timestamp,
) -> Result<()> {
    let store = &identity.store;
    let person = store.person(user).await?.ok_or(Error::Unauthenticated)?;
    if !password::verify(current, &person.password_hash) {
        return Err(Error::Forbidden("the current password is not right"));
    }
    identity
        .check_password("new_password", new, &person.email)
        .await?;
    let change = Change {
        person,
        hash: identity.parameters.hash(new)?,
        but: Some(session.clone()),
        token_hash: None,
    };
    change
        .commit(store, request_id, now)
        .await
        .map_err(contended)
}

/// A password that changes, with the sessions that end.
struct Change {
    person: Person,
    hash: PasswordHash,
    but: Option<SessionId>,
    token_hash: Option<String>,
}

impl Change {
    async fn commit(
        self,
        store: &Store,
        request_id: &str,
        now: Timestamp,
    ) -> Result<(), CommitError> {
        let user = self.person.id.clone();
        let mut transaction = Transaction::new();
        if let Some(hash) = &self.token_hash {
            store.use_one_time(&mut transaction, hash)?;
        }
        let after = Person {
            password_hash: self.hash,
            password_changed_at: now,
            ..self.person.clone()
        };
        store.change_person(&mut transaction, &self.person, after)?;
        let but = self.but.as_ref();
        add_end_of_all(&mut transaction, store, &user, but, now).await?;
        let told = MailMessage::password_changed(&user, now);
        mail(&mut transaction, store, &told, request_id, now)?;
        transaction.commit().await?;
        // Sessions that started between the reading and the write; from here
        // on none starts by the old password.
        end_all(store, &user, but, now)
            .await
            .map_err(|error| platform::dynamo::StoreError {
                operation: "end sessions",
                source: error.into(),
            })?;
        Ok(())
    }
}
