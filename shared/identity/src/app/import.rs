//! People of an older system, with the hashes of their passwords.

use kernel::time::Timestamp;
use kernel::{Error, Result};
use platform::dynamo::{CommitError, Transaction};

use super::{ATTEMPTS_MAX, contended};
use crate::domain::{email, password, username};
use crate::model::Person;
use crate::store::Store;

/// People who are looked at together.
const REVIEWED_AT_ONCE: u32 = 100;

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

/// Makes them a person here. Their hash becomes one of ours when they sign in;
/// until then each sign-in does the work of theirs too.
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
    let cost = password::bcrypt_cost(&person.password_hash);
    let mut attempt = 1;
    loop {
        let imports = store.imports().await?;
        let mut transaction = Transaction::new();
        store.put_person(&mut transaction, &person)?;
        store.put_imports(&mut transaction, imports, imports.bcrypt_cost.max(cost))?;
        match transaction.commit().await {
            Ok(()) => return Ok(person),
            Err(error) if error.refused("username") => {
                return Err(Error::Conflict("this user name is taken".to_owned()));
            }
            Err(error) if error.refused("email") => {
                return Err(Error::Conflict("this address is taken".to_owned()));
            }
            Err(CommitError::Refused(_)) if attempt < ATTEMPTS_MAX => attempt += 1,
            Err(error) => return Err(contended(error)),
        }
    }
}

/// Imported hashes that are left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// People who have not signed in since they were imported.
    pub people: usize,
    /// The highest cost of their hashes.
    pub bcrypt_cost: Option<u32>,
}

/// Looks through everybody for imported hashes that are left, and makes each
/// sign-in do the work of these and no more. Answers what is left.
///
/// # Errors
/// `Conflict` where people were imported meanwhile.
pub async fn review(store: &Store) -> Result<Left> {
    let imports = store.imports().await?;
    let mut left = Left::default();
    let mut after = None;
    loop {
        let (users, next) = store.directory("", REVIEWED_AT_ONCE, after).await?;
        for person in store.people(&users).await? {
            let cost = password::bcrypt_cost(&person.password_hash);
            left.people += usize::from(cost.is_some());
            left.bcrypt_cost = left.bcrypt_cost.max(cost);
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    if left.bcrypt_cost != imports.bcrypt_cost {
        let mut transaction = Transaction::new();
        store.put_imports(&mut transaction, imports, left.bcrypt_cost)?;
        transaction.commit().await.map_err(contended)?;
    }
    Ok(left)
}
