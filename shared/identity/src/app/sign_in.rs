//! Signing in with a password.
//!
//! The same reads and the same hashes are done whether or not there is such a
//! person, and whatever is kept of their password, so that neither the answer
//! nor its time tells.

use kernel::id::UserId;
use kernel::time::Timestamp;
use kernel::{Error, Result};
use secrecy::SecretString;

use super::Identity;
use super::second_factor::SecondFactors;
use crate::domain::check::{Checked, Checks};
use crate::domain::{email, password, username};
use crate::model::{PasswordHash, Person, PersonStatus};

/// Registrations of an address whose passwords are tried, the newest first.
const REGISTRATIONS_MAX: usize = 3;
/// Characters of a name that nobody can have that are looked at.
const NAME_CHARS_MAX: usize = 254;

/// What somebody signs in with.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Who they say they are.
    pub name: Name,
    /// Their password.
    pub password: SecretString,
    /// A code of their second factor, or a backup code.
    pub code: Option<SecretString>,
}

/// An address or a user name, in the form in which it is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// An address.
    Email(String),
    /// A user name.
    Username(String),
    /// What can be neither.
    Nobodys(String),
}

impl Name {
    /// Of what somebody typed.
    #[must_use]
    pub fn of(text: &str) -> Self {
        if let Some(email) = email::normalize(text) {
            return Self::Email(email);
        }
        match username::normalize(text) {
            Some(name) => Self::Username(name),
            None => Self::Nobodys(text.chars().take(NAME_CHARS_MAX).collect()),
        }
    }

    /// The name as text: what failures are counted by.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(text) | Self::Username(text) | Self::Nobodys(text) => text,
        }
    }
}

/// Somebody who has shown who they are.
#[derive(Clone, Debug)]
pub struct Proven {
    /// Who.
    pub person: Person,
    /// Whether by more than a password.
    pub second_factor: bool,
    /// By which connection of an organization's provider, where not by
    /// themselves.
    pub provider: Option<String>,
    /// Their password's hash, where it is to replace the one that is kept.
    pub rehashed: Option<PasswordHash>,
}

/// Checks who somebody is.
///
/// # Errors
/// `Unauthenticated` where they are not who they say, or are shut out;
/// `SecondFactorRequired` where a code is missing; `EmailNotVerified` where
/// the password is that of a registration which waits for its address's proof.
pub async fn sign_in(
    identity: &Identity,
    second_factors: &SecondFactors,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<Proven> {
    let password = &credentials.password;
    let found = find(identity, &credentials.name, now).await?;
    let checks = Checks {
        parameters: identity.parameters,
        imported_cost: identity.store.imports().await?.bcrypt_cost,
    };
    let kept = found.as_ref().map(|person| &person.password_hash);
    let checked = checks.check(password, kept)?;
    let person = found.filter(|person| person.status == PersonStatus::Active);
    let (Some(person), Checked::Right(rehashed)) = (person, checked) else {
        return Err(refusal(identity, credentials, now).await?);
    };
    let second_factor = person.asks_for_code();
    if second_factor {
        let code = credentials.code.as_ref();
        let code = code.ok_or(Error::SecondFactorRequired)?;
        if !check_code(second_factors, &person.id, code, now).await? {
            return Err(Error::Unauthenticated);
        }
    }
    Ok(Proven {
        person,
        second_factor,
        provider: None,
        rehashed,
    })
}

async fn check_code(
    second_factors: &SecondFactors,
    user: &UserId,
    code: &SecretString,
    now: Timestamp,
) -> Result<bool> {
    use secrecy::ExposeSecret;
    second_factors.check(user, code.expose_secret(), now).await
}

/// Two reads, whoever it is.
async fn find(identity: &Identity, name: &Name, now: Timestamp) -> Result<Option<Person>> {
    let store = &identity.store;
    let user = match name {
        Name::Username(name) => store.user_of_username(name).await?,
        Name::Email(text) | Name::Nobodys(text) => store.user_of_email(text).await?,
    };
    let user = user.unwrap_or_else(|| UserId::generate(now));
    Ok(store.person(&user).await?)
}

/// Why somebody is not let in. Registrations are looked at for an address that
/// has a person too: else the answer to a registration's password would tell
/// whether it has.
async fn refusal(identity: &Identity, credentials: &Credentials, now: Timestamp) -> Result<Error> {
    let waiting = identity
        .store
        .registrations(credentials.name.as_str(), REGISTRATIONS_MAX, now)
        .await?;
    let is_theirs = waiting
        .iter()
        .any(|waiting| password::verify(&credentials.password, &waiting.password_hash));
    Ok(match is_theirs {
        true => Error::EmailNotVerified,
        false => Error::Unauthenticated,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_a_user_name_and_neither_are_told_apart() {
        assert_eq!(Name::of(" A@X.org"), Name::Email("a@x.org".to_owned()));
        assert_eq!(Name::of("Ada"), Name::Username("ada".to_owned()));
        assert_eq!(Name::of("a@"), Name::Nobodys("a@".to_owned()));
        assert_eq!(Name::of(&"é".repeat(999)).as_str().chars().count(), 254);
    }
}
