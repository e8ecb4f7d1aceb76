//! People of an older system, with the hashes of their passwords.

use kernel::time::Timestamp;
use kernel::{Error, Result};
use platform::dynamo::{CommitError, Transaction};

use crate::domain::{email, password, username};
use crate::model::Person;
use crate::store::Store;

/// A person as an older system knew them, by an address that it had verified.
#[derive(Clone, Debug)]
pub struct Imported<'a> {
    /// The address.
    pub email: &'a str,
    /// The name that they sign in with.
    pub username: Option<&'a str>,
    /// What they are called.
    pub name: Option<&'a str>,
    /// Their password: bcrypt's `$2a$`, `$2b$` or `$2y$`, of a cost of 14 at
    /// most.
    pub password_hash: &'a str,
}

/// Makes them a person here. Their hash becomes one of ours when they sign in.
///
/// # Errors
/// `Invalid` where something is not of its form; `Conflict` where the address
/// or the user name is somebody's.
pub async fn import(store: &Store, imported: &Imported<'_>, now: Timestamp) -> Result<Person> {
    let email = email::normalize(imported.email);
    let email = email.ok_or_else(|| Error::field("email", "is no email address"))?;
    let hash = password::imported(imported.password_hash)
        .ok_or_else(|| Error::field("password_hash", "is no hash of bcrypt of cost 14 or less"))?;
    let username = match imported.username {
        None => None,
        Some(text) => {
            let name = username::normalize(text);
            Some(name.ok_or_else(|| Error::field("username", "is no user name"))?)
        }
    };
    let person = Person {
        username,
        name: imported.name.map(str::to_owned),
        ..Person::new(email, hash, now)
    };
    let mut transaction = Transaction::new();
    store.put_person(&mut transaction, &person)?;
    match transaction.commit().await {
        Ok(()) => Ok(person),
        Err(error) if error.refused("username") => {
            Err(Error::Conflict("this user name is taken".to_owned()))
        }
        Err(CommitError::Refused(_)) => Err(Error::Conflict("this address is taken".to_owned())),
        Err(CommitError::Store(error)) => Err(error.into()),
    }
}
