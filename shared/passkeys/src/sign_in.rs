//! Somebody signs in with a passkey. Who they are is in the answer.

use kernel::id::UserId;
use kernel::time::Timestamp;
use webauthn_rp::bin::Encode;
use webauthn_rp::request::TimedCeremony;
use webauthn_rp::request::auth::{
    AuthenticationVerificationOptions, AuthenticatorAttachmentEnforcement,
};
use webauthn_rp::response::auth::DiscoverableAuthentication;
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions,
};

use crate::ceremony::challenge_name;
use crate::credential::{HANDLE_BYTES, handle};
use crate::{Ceremony, Credential, Kind, Refusal, RelyingParty, Started, to_base64url};

/// A browser's answer: `AuthenticationResponseJSON`, read and not yet believed.
#[derive(Debug)]
pub struct SignInResponse(DiscoverableAuthentication<HANDLE_BYTES>);

impl SignInResponse {
    /// Reads it; fields that do not matter are ignored.
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn parse(json: &[u8]) -> Result<Self, Refusal> {
        DiscoverableAuthentication::from_json_relaxed(json)
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

    /// The passkey that it says it is of, in base64url.
    #[must_use]
    pub fn credential_id(&self) -> String {
        to_base64url(self.0.raw_id().into_inner())
    }

    /// The person that it says the passkey is of; none where that is no id.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        let handle = self.0.response().user_handle().as_ref();
        std::str::from_utf8(handle).ok()?.parse().ok()
    }
}

impl RelyingParty {
    /// Asks whoever is there for a passkey. The question is the same for all
    /// people, so it says nothing of anybody.
    ///
    /// # Errors
    /// [`Refusal::Corrupt`] where the question cannot be written.
    pub fn start_sign_in(&self, now: Timestamp) -> Result<Started, Refusal> {
        let (state, client) = DiscoverableCredentialRequestOptions::passkey(&self.id)
            .start_ceremony()
            .map_err(|_| Refusal::Corrupt("request options"))?;
        let bytes = state
            .encode()
            .map_err(|_| Refusal::Corrupt("a ceremony's state"))?;
        Ok(Started {
            ceremony: Ceremony::new(Kind::SignIn, state.sent_challenge(), None, &bytes, now),
            options: serde_json::to_value(&client)
                .map_err(|_| Refusal::Corrupt("request options"))?,
        })
    }

    /// The passkey as it is after an answer that is its own. Its counter has
    /// to be kept, and only where it is still the one that `passkey` has.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn finish_sign_in(
        &self,
        ceremony: &Ceremony,
        response: &SignInResponse,
        passkey: &Credential,
        now: Timestamp,
    ) -> Result<Credential, Refusal> {
        let state: DiscoverableAuthenticationServerState = ceremony.open(Kind::SignIn, now)?;
        if passkey.id != response.credential_id() {
            return Err(Refusal::OtherCredential);
        }
        let owner = handle(&passkey.user)?;
        let mut known = AuthenticatedCredential::new(
            response.0.raw_id(),
            &owner,
            passkey.key()?,
            passkey.state(),
        )
        .map_err(|_| Refusal::Corrupt("a passkey"))?;
        let options = AuthenticationVerificationOptions::<'_, '_, String, String> {
            allowed_origins: &self.origins,
            error_on_unsolicited_extensions: false,
            auth_attachment_enforcement: AuthenticatorAttachmentEnforcement::Ignore(false),
            ..AuthenticationVerificationOptions::default()
        };
        state.verify(&self.id, &response.0, &mut known, &options)?;
        Ok(passkey.after(known.dynamic_state()))
    }
}
