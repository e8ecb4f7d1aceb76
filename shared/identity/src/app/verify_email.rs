//! Showing that an address is one's own, which makes the registration a person.

use kernel::time::Timestamp;
use kernel::{Error, Result};
use platform::dynamo::{CommitError, Transaction};
use secrecy::SecretString;

use crate::domain::one_time;
use crate::model::{Person, Purpose};
use crate::store::Store;

/// A registration whose address is shown to be its maker's, about to become a
/// person. Others may add to its transaction what is founded with it.
#[derive(Debug)]
pub struct Verification {
    /// What makes it happen.
    pub transaction: Transaction,
    /// The person to be.
    pub person: Person,
    /// Name of an organization that is to be founded with it.
    pub organization: Option<String>,
}

/// Reads what a mailed token is for.
///
/// # Errors
/// `Invalid` where the token is not good, or not any more.
pub async fn begin(store: &Store, token: &SecretString, now: Timestamp) -> Result<Verification> {
    let hash = one_time::hash(token);
    let found = store.one_time(&hash, Purpose::VerifyAddress, now).await?;
    let email = found.ok_or_else(not_good)?.subject;
    let registration = store.registration(&email, &hash, now).await?;
    let registration = registration.ok_or_else(not_good)?;
    let person = Person {
        name: registration.name,
        created_at: registration.created_at,
        ..Person::new(registration.email, registration.password_hash, now)
    };
    let mut transaction = Transaction::new();
    store.use_one_time(&mut transaction, &hash)?;
    store.end_registration(&mut transaction, &person.email, &hash)?;
    store.put_person(&mut transaction, &person)?;
    Ok(Verification {
        transaction,
        person,
        organization: registration.organization,
    })
}

impl Verification {
    /// Makes it happen.
    ///
    /// # Errors
    /// `Conflict` where the address was shown to be somebody's meanwhile: who
    /// has its mails may know. `Invalid` where the token was used meanwhile.
    pub async fn finish(self) -> Result<Person> {
        match self.transaction.commit().await {
            Ok(()) => Ok(self.person),
            Err(error) if error.refused("token") => Err(not_good()),
            Err(CommitError::Refused(_)) => Err(Error::Conflict(
                "this address has an account already; sign in, or reset its password".to_owned(),
            )),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }
}

fn not_good() -> Error {
    Error::field("token", "is not good, or not any more")
}
