//! A person adds a passkey.

use kernel::id::UserId;
use kernel::time::Timestamp;
use webauthn_rp::bin::Encode;
use webauthn_rp::request::register::{
    CredProtect, Nickname, PublicKeyCredentialUserEntity, RegistrationVerificationOptions, Username,
};
use webauthn_rp::request::{ExtensionInfo, TimedCeremony};
use webauthn_rp::{PublicKeyCredentialCreationOptions, Registration, RegistrationServerState};

use crate::ceremony::challenge_name;
use crate::credential::{HANDLE_BYTES, handle};
use crate::{Ceremony, Credential, Kind, Refusal, RelyingParty, Started};

/// Who adds a passkey. The names are what their authenticator shows them.
#[derive(Clone, Copy, Debug)]
pub struct Registrant<'a> {
    /// Their id, which is the passkey's user handle.
    pub user: &'a UserId,
    /// What they sign in with.
    pub name: &'a str,
    /// What they are called.
    pub display_name: Option<&'a str>,
}

/// A browser's answer: `RegistrationResponseJSON`, read and not yet believed.
#[derive(Debug)]
pub struct RegistrationResponse(Registration);

impl RegistrationResponse {
    /// Reads it; fields that do not matter are ignored.
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn parse(json: &[u8]) -> Result<Self, Refusal> {
        Registration::from_json_relaxed(json)
            .map(Self)
            .map_err(|_| Refusal::Malformed)
    }

    /// The name of the ceremony that it says it answers.
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn challenge(&self) -> Result<String, Refusal> {
        self.0
            .challenge_relaxed()
            .map(challenge_name)
            .map_err(|_| Refusal::Malformed)
    }
}

impl RelyingParty {
    /// Asks for a passkey of a person who has these. Authenticators that hold
    /// one of them make no other.
    ///
    /// # Errors
    /// [`Refusal::Corrupt`] where one of them cannot be read.
    pub fn start_registration(
        &self,
        registrant: Registrant<'_>,
        passkeys: &[Credential],
        now: Timestamp,
    ) -> Result<Started, Refusal> {
        let id = handle(registrant.user)?;
        let exclude = passkeys
            .iter()
            .map(Credential::descriptor)
            .collect::<Result<Vec<_>, _>>()?;
        // A name that the profiles of RFC 8265 and 8266 do not take is only
        // shown, so another does; the id is always taken.
        let entity = PublicKeyCredentialUserEntity {
            name: Username::try_from(registrant.name)
                .or_else(|_| Username::try_from(registrant.user.as_str()))
                .map_err(|_| Refusal::Corrupt("a person's id"))?,
            id: &id,
            display_name: registrant
                .display_name
                .and_then(|name| Nickname::try_from(name).ok()),
        };
        let mut asked = PublicKeyCredentialCreationOptions::<'_, '_, '_, '_, HANDLE_BYTES>::passkey(
            &self.id, entity, exclude,
        );
        // Asked for and not insisted on: many platforms' authenticators do not
        // know the extension, and every sign-in demands verification anyway.
        asked.extensions.cred_protect =
            CredProtect::UserVerificationRequired(ExtensionInfo::AllowDontEnforceValue);
        let (state, client) = asked
            .start_ceremony()
            .map_err(|_| Refusal::Corrupt("creation options"))?;
        let bytes = state
            .encode()
            .map_err(|_| Refusal::Corrupt("a ceremony's state"))?;
        Ok(Started {
            ceremony: Ceremony::new(
                Kind::Registration,
                state.sent_challenge(),
                Some(registrant.user),
                &bytes,
                now,
            ),
            options: serde_json::to_value(&client)
                .map_err(|_| Refusal::Corrupt("creation options"))?,
        })
    }

    /// The passkey that an answer brings, of the person who started. That no
    /// other has its id is for the store to see to.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn finish_registration(
        &self,
        ceremony: &Ceremony,
        user: &UserId,
        response: &RegistrationResponse,
        now: Timestamp,
    ) -> Result<Credential, Refusal> {
        if ceremony.user.as_ref() != Some(user) {
            return Err(Refusal::OtherCeremony);
        }
        let state: RegistrationServerState<HANDLE_BYTES> =
            ceremony.open(Kind::Registration, now)?;
        let options = RegistrationVerificationOptions::<'_, '_, String, String> {
            allowed_origins: &self.origins,
            // Authenticators add extensions of their own accord.
            error_on_unsolicited_extensions: false,
            ..RegistrationVerificationOptions::default()
        };
        let registered = state.verify(&self.id, &response.0, &options)?;
        Credential::new(
            registered.id(),
            user,
            &registered.static_state(),
            registered.dynamic_state(),
            registered.transports(),
        )
    }
}
