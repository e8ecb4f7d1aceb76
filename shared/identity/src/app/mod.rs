//! What is done with identities: one file a use.
//!
//! - [`register`], [`verify_email`], [`import`]: how somebody becomes a person.
//! - [`sign_in`], [`start_session`], [`claims`]: how they get their tokens.
//! - [`refresh`], [`sessions`]: how these are renewed and end.
//! - [`passwords`], [`second_factor`], [`passkeys`]: what they sign in with.
//! - [`profile`], [`change_address`], [`join`]: what they are called, where their
//!   mails go, and who they are in a shop.

pub mod change_address;
pub mod claims;
pub mod external;
pub mod import;
pub mod join;
pub mod passkeys;
pub mod passwords;
pub mod profile;
pub mod refresh;
pub mod register;
pub mod second_factor;
pub mod sessions;
pub mod sign_in;
pub mod start_session;
pub mod verify_email;

use kernel::Error;
use kernel::time::Timestamp;
use platform::dynamo::{CommitError, StoreError, Transaction};
use platform::keys::Vault;
use platform::outbox::enqueue;
use platform::queue::Queue;
use secrecy::SecretString;

use crate::domain::password::{self, PasswordParameters};
use crate::gateway::passwords::LeakedPasswords;
use crate::mail::MailMessage;
use crate::store::Store;

/// Times that a write is tried where others write the same.
const ATTEMPTS_MAX: u32 = 5;

/// What the uses have at hand.
#[derive(Clone, Debug)]
pub struct Identity {
    /// People and what belongs to them.
    pub store: Store,
    /// Seals what mails carry.
    pub vault: Vault,
    /// How much work a password's hash is.
    pub parameters: PasswordParameters,
    /// Knows which passwords have leaked.
    pub leaked: LeakedPasswords,
}

impl Identity {
    /// Refuses a password that nobody should have, naming the field it came in.
    async fn check_password(
        &self,
        field: &'static str,
        password: &SecretString,
        email: &str,
    ) -> kernel::Result<()> {
        if let Some(fault) = password::fault(password, email) {
            return Err(Error::field(field, fault));
        }
        if self.leaked.has_leaked(password).await {
            return Err(Error::field(
                field,
                "is known from a leak; choose another one",
            ));
        }
        Ok(())
    }
}

/// Adds a mail to a transaction, so that it is sent where that happens.
fn mail(
    transaction: &mut Transaction,
    store: &Store,
    mail: &MailMessage,
    request_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let table = store.table();
    enqueue(transaction, table, Queue::Mail, mail, None, request_id, now)
}

/// What somebody is told whose write was refused every time.
fn contended(error: CommitError) -> Error {
    match error {
        CommitError::Refused(_) => {
            Error::Conflict("another request is changing the same; try again".to_owned())
        }
        CommitError::Store(error) => error.into(),
    }
}
