//! What people are called.

use kernel::id::UserId;
use kernel::{Error, Result};
use platform::dynamo::{CommitError, Transaction};

use super::{ATTEMPTS_MAX, contended};
use crate::model::Person;
use crate::store::Store;

/// Changes of a profile. The outer `None` leaves a field as it is, the inner
/// one takes it away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What they are called.
    pub name: Option<Option<String>>,
    /// The name that they sign in with, normalized.
    pub username: Option<Option<String>>,
}

/// Changes a profile; with `wanted` only where that is its revision.
///
/// # Errors
/// `StaleVersion` where it is another; `Conflict` where somebody has the user
/// name.
pub async fn update(
    store: &Store,
    user: &UserId,
    changes: Changes,
    wanted: Option<u64>,
) -> Result<Person> {
    let mut attempt = 1;
    loop {
        let before = store.person(user).await?.ok_or(Error::Unauthenticated)?;
        if wanted.is_some_and(|wanted| wanted != before.revision) {
            return Err(Error::StaleVersion);
        }
        let after = changes.clone().apply(&before);
        if after == before {
            return Ok(before);
        }
        let mut transaction = Transaction::new();
        let after = store.change_person(&mut transaction, &before, after)?;
        match transaction.commit().await {
            Ok(()) => return Ok(after),
            Err(error) if error.refused("username") => {
                return Err(Error::Conflict("this user name is taken".to_owned()));
            }
            Err(CommitError::Refused(_)) if attempt < ATTEMPTS_MAX => attempt += 1,
            Err(error) => return Err(contended(error)),
        }
    }
}

impl Changes {
    fn apply(self, person: &Person) -> Person {
        Person {
            name: self.name.unwrap_or_else(|| person.name.clone()),
            username: self.username.unwrap_or_else(|| person.username.clone()),
            ..person.clone()
        }
    }
}
