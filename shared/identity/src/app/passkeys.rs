//! Passkeys: adding one, signing in with one, and what a person has.

use std::sync::Arc;

use kernel::Error;
use kernel::id::UserId;
use kernel::time::Timestamp;
use passkeys::{
    Ceremony, Credential, Refusal, Registrant, RegistrationResponse, RelyingParty, SignInResponse,
};
use platform::dynamo::{CommitError, Transaction};

use super::sign_in::Proven;
use super::{ATTEMPTS_MAX, contended};
use crate::mail::{MailMessage, SignInChange};
use crate::model::{Person, PersonStatus};
use crate::store::{PASSKEYS_MAX, Passkey, Store};

/// What is done with passkeys.
#[derive(Clone, Debug)]
pub struct Passkeys {
    store: Store,
    party: Arc<RelyingParty>,
}

/// Why nobody was signed in. The caller learns none of it.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// There is no such ceremony: it never was, is used or is over.
    #[error("no such ceremony")]
    NoCeremony,
    /// There is no such passkey, or it is not of the person that it says.
    #[error("no such passkey")]
    NoPasskey,
    /// The answer is not good.
    #[error(transparent)]
    Refused(Refusal),
    /// The answer is signed with the passkey's key and its counter is not
    /// above the last one: somebody may have a copy of the key.
    #[error("the signature counter went back")]
    Copied {
        /// Whose passkey it is.
        user: UserId,
    },
    /// The answer is good and the person is shut out.
    #[error("the person is blocked")]
    Blocked(UserId),
    /// Our own fault.
    #[error(transparent)]
    Fault(#[from] Error),
}

impl From<platform::dynamo::StoreError> for SignInError {
    fn from(error: platform::dynamo::StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl Passkeys {
    /// Over the store, for a relying party.
    #[must_use]
    pub fn new(store: Store, party: Arc<RelyingParty>) -> Self {
        Self { store, party }
    }

    /// Asks a person's browser for one more passkey; the answer is
    /// `PublicKeyCredentialCreationOptionsJSON`.
    ///
    /// # Errors
    /// `Unauthenticated` where there is no such person, `Conflict` where they
    /// have as many as they may.
    pub async fn start_registration(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> kernel::Result<serde_json::Value> {
        let person = self.person(user).await?;
        has_room(&person)?;
        let known: Vec<Credential> = self
            .store
            .passkeys(user)
            .await?
            .into_iter()
            .map(|passkey| passkey.credential)
            .collect();
        let registrant = Registrant {
            user,
            name: &person.email,
            display_name: person.name.as_deref(),
        };
        let started = self
            .party
            .start_registration(registrant, &known, now)
            .map_err(Error::internal)?;
        self.store.keep_ceremony(&started.ceremony).await?;
        Ok(started.options)
    }

    /// Keeps the passkey that a browser made, and has its person told.
    ///
    /// # Errors
    /// `Invalid` where the answer is not good, which names what is wrong;
    /// `Conflict` where somebody has this passkey, or the person has as many
    /// as they may.
    pub async fn finish_registration(
        &self,
        user: &UserId,
        response: &RegistrationResponse,
        name: &str,
        request_id: &str,
        now: Timestamp,
    ) -> kernel::Result<Passkey> {
        let challenge = response.challenge().map_err(refused)?;
        let ceremony = self.store.take_ceremony(&challenge, now).await?;
        let ceremony = ceremony.ok_or_else(over)?;
        let credential = self
            .party
            .finish_registration(&ceremony, user, response, now)
            .map_err(refused)?;
        let passkey = Passkey {
            credential,
            name: name.to_owned(),
            created_at: now,
            last_used_at: None,
        };
        let mut attempt = 1;
        loop {
            let person = self.person(user).await?;
            has_room(&person)?;
            let mut transaction = Transaction::new();
            self.store
                .add_passkey(&mut transaction, &person, &passkey)?;
            let change = SignInChange::PasskeyAdded {
                name: name.to_owned(),
            };
            let mail = MailMessage::sign_in_changed(user, change, now);
            super::mail(&mut transaction, &self.store, &mail, request_id, now)?;
            match transaction.commit().await {
                Ok(()) => return Ok(passkey),
                Err(error) if error.refused("owner") => {
                    let sentence = "this passkey is registered already";
                    return Err(Error::Conflict(sentence.to_owned()));
                }
                Err(CommitError::Refused(_)) if attempt < ATTEMPTS_MAX => attempt += 1,
                Err(error) => return Err(contended(error)),
            }
        }
    }

    /// Asks whoever is there for a passkey; the answer is
    /// `PublicKeyCredentialRequestOptionsJSON`, the same for all people but for
    /// its challenge.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn start_sign_in(&self, now: Timestamp) -> kernel::Result<serde_json::Value> {
        let started = self.party.start_sign_in(now).map_err(Error::internal)?;
        self.store.keep_ceremony(&started.ceremony).await?;
        Ok(started.options)
    }

    /// The person whose passkey signed, which verified them: as good as a
    /// password with a second factor.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn finish_sign_in(
        &self,
        response: &SignInResponse,
        now: Timestamp,
    ) -> Result<Proven, SignInError> {
        let challenge = response.challenge().map_err(SignInError::Refused)?;
        let ceremony = self.store.take_ceremony(&challenge, now).await?;
        let ceremony = ceremony.ok_or(SignInError::NoCeremony)?;
        let passkey = self.claimed(response).await?;
        let after = self.verify(&ceremony, response, &passkey, now)?;
        let person = self.store.person(&passkey.user).await?;
        let person = person.ok_or(SignInError::NoPasskey)?;
        if person.status == PersonStatus::Blocked {
            return Err(SignInError::Blocked(person.id));
        }
        match self.store.use_passkey(&passkey, &after, now).await {
            Ok(()) => Ok(Proven {
                person,
                second_factor: true,
                provider: None,
                rehashed: None,
            }),
            // Gone meanwhile, or another sign-in counted further.
            Err(CommitError::Refused(_)) => Err(SignInError::NoPasskey),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }

    /// A person's passkeys, the oldest first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn list(&self, user: &UserId) -> kernel::Result<Vec<Passkey>> {
        let mut passkeys = self.store.passkeys(user).await?;
        passkeys.sort_by_key(|passkey| passkey.created_at);
        Ok(passkeys)
    }

    /// Takes a passkey of a person away, and has them told.
    ///
    /// # Errors
    /// `NotFound` where this person has none of this id.
    pub async fn remove(
        &self,
        user: &UserId,
        id: &str,
        request_id: &str,
        now: Timestamp,
    ) -> kernel::Result<()> {
        let mut attempt = 1;
        loop {
            let person = self.person(user).await?;
            let found = self.store.passkey(user, id).await?;
            let name = found.ok_or(Error::NotFound("passkey"))?.name;
            let mut transaction = Transaction::new();
            self.store.remove_passkey(&mut transaction, &person, id)?;
            let change = SignInChange::PasskeyRemoved { name };
            let mail = MailMessage::sign_in_changed(user, change, now);
            super::mail(&mut transaction, &self.store, &mail, request_id, now)?;
            match transaction.commit().await {
                Ok(()) => return Ok(()),
                Err(CommitError::Refused(_)) if attempt < ATTEMPTS_MAX => attempt += 1,
                Err(error) => return Err(contended(error)),
            }
        }
    }

    async fn person(&self, user: &UserId) -> kernel::Result<Person> {
        let person = self.store.person(user).await?;
        person.ok_or(Error::Unauthenticated)
    }

    /// The passkey that an answer says it is of, where it is the person's that
    /// it says. Who has none costs the same reads.
    async fn claimed(&self, response: &SignInResponse) -> Result<Credential, SignInError> {
        let id = response.credential_id();
        let user = response.user().ok_or(SignInError::NoPasskey)?;
        let passkey = self.store.passkey(&user, &id).await?;
        passkey
            .map(|passkey| passkey.credential)
            .ok_or(SignInError::NoPasskey)
    }

    fn verify(
        &self,
        ceremony: &Ceremony,
        response: &SignInResponse,
        passkey: &Credential,
        now: Timestamp,
    ) -> Result<Credential, SignInError> {
        let checked = self.party.finish_sign_in(ceremony, response, passkey, now);
        checked.map_err(|refusal| match refusal {
            Refusal::CounterWentBack => SignInError::Copied {
                user: passkey.user.clone(),
            },
            Refusal::Corrupt(_) => SignInError::Fault(Error::internal(refusal)),
            refusal => SignInError::Refused(refusal),
        })
    }
}

fn has_room(person: &Person) -> kernel::Result<()> {
    if person.passkey_count < PASSKEYS_MAX {
        return Ok(());
    }
    Err(Error::Conflict(format!(
        "there are {PASSKEYS_MAX} passkeys; remove one first"
    )))
}

/// A refused registration, by the field of the answer that is to blame.
fn refused(refusal: Refusal) -> Error {
    let field = match refusal {
        Refusal::Corrupt(_) => return Error::internal(refusal),
        Refusal::Expired | Refusal::OtherCeremony => return over(),
        Refusal::Malformed => "response",
        Refusal::IdTooLong => "id",
        Refusal::Origin => "response.clientDataJSON",
        _ => "response.attestationObject",
    };
    Error::field(field, refusal.to_string())
}

fn over() -> Error {
    let sentence = "there is no such ceremony, or it is over; start again";
    Error::field("response.clientDataJSON", sentence)
}
