//! Moving to a new address, by the password and a token that is mailed there.
//!
//! Whether the new address is somebody's shows to its owner alone, in the mail;
//! the old one hears of it twice, so that whoever finds a device and a password
//! takes no account in silence. A new password voids a change that waits.

use chrono::TimeDelta;
use kernel::id::{SessionId, UserId};
use kernel::time::Timestamp;
use kernel::{Error, Result};
use platform::dynamo::{CommitError, Transaction};
use secrecy::SecretString;

use super::sessions::{add_end_of_all, end_all};
use super::{ATTEMPTS_MAX, Identity, contended, mail};
use crate::domain::one_time;
use crate::mail::MailMessage;
use crate::model::{AddressChange, Person, PersonStatus, Purpose};
use crate::store::Store;

/// How long the mailed token is good.
const WAITS: TimeDelta = TimeDelta::hours(1);

/// A move that has happened.
#[derive(Clone, Debug)]
pub struct Moved {
    /// Who.
    pub user: UserId,
    /// The address that was theirs.
    pub old_email: String,
}

/// Has a token mailed to the new address of a person who has shown who they
/// are, and the old address told. Does the same whether or not the new one is
/// taken. A change that waits is replaced.
///
/// # Errors
/// `Invalid` where it is the address that they have.
pub async fn request_change(
    identity: &Identity,
    person: &Person,
    session: &SessionId,
    new_email: &str,
    request_id: &str,
    now: Timestamp,
) -> Result<()> {
    if new_email == person.email {
        return Err(Error::field("new_email", "is your address already"));
    }
    let token = one_time::generate()?;
    let change = AddressChange {
        email: new_email.to_owned(),
        token_hash: one_time::hash(&token),
        session: session.clone(),
        password_changed_at: person.password_changed_at,
    };
    let mails = [
        MailMessage::confirm_address(&identity.vault, new_email, &token, now).await?,
        MailMessage::address_change_asked(&person.email, new_email, now),
    ];
    let store = &identity.store;
    let mut transaction = Transaction::new();
    store.put_address_change(&mut transaction, &person.id, &change, now + WAITS)?;
    for message in &mails {
        mail(&mut transaction, store, message, request_id, now)?;
    }
    Ok(transaction.commit().await?)
}

/// Moves a person to the address that a mailed token shows to be theirs, and
/// ends their sessions but the one that asked for it. `None` where the token
/// is none of a change.
///
/// # Errors
/// `Invalid` where the token is not good any more; `Conflict` where the address
/// was shown to be somebody's meanwhile: who has its mails may know.
pub async fn confirm_change(
    store: &Store,
    token: &SecretString,
    request_id: &str,
    now: Timestamp,
) -> Result<Option<Moved>> {
    let hash = one_time::hash(token);
    let purpose = Purpose::ChangeAddress;
    let Some(found) = store.one_time(&hash, purpose, now).await? else {
        return Ok(None);
    };
    let user: UserId = found.subject.parse().map_err(Error::internal)?;
    let mut attempt = 1;
    loop {
        let (person, change) = waiting(store, &user, &hash, now).await?;
        let told = MailMessage::address_changed(&person.email, &change.email, now);
        let session = Some(&change.session);
        let mut transaction = Transaction::new();
        store.use_one_time(&mut transaction, &hash)?;
        store.end_address_change(&mut transaction, &user)?;
        store.move_person(&mut transaction, &person, &change.email, now)?;
        add_end_of_all(&mut transaction, store, &user, session, now).await?;
        mail(&mut transaction, store, &told, request_id, now)?;
        match transaction.commit().await {
            Ok(()) => {
                // Sessions that started between the reading and the write.
                end_all(store, &user, session, now).await?;
                let old_email = person.email;
                return Ok(Some(Moved { user, old_email }));
            }
            Err(error) if error.refused("token") => return Err(not_good()),
            Err(error) if error.refused("email") => {
                let sentence = "this address has an account already";
                return Err(Error::Conflict(sentence.to_owned()));
            }
            // Somebody wrote the person meanwhile: the change must still hold.
            Err(CommitError::Refused(_)) if attempt < ATTEMPTS_MAX => attempt += 1,
            Err(error) => return Err(contended(error)),
        }
    }
}

/// The person and their change, where the token is that change's and it was
/// not voided.
async fn waiting(
    store: &Store,
    user: &UserId,
    token_hash: &str,
    now: Timestamp,
) -> Result<(Person, AddressChange)> {
    let person = store.person(user).await?;
    let person = person
        .filter(|person| person.status == PersonStatus::Active)
        .ok_or_else(not_good)?;
    let change = store.address_change(user, now).await?;
    let change = change
        .filter(|change| change.token_hash == token_hash)
        .filter(|change| change.password_changed_at == person.password_changed_at)
        .ok_or_else(not_good)?;
    Ok((person, change))
}

fn not_good() -> Error {
    Error::field("token", "is not good, or not any more")
}
