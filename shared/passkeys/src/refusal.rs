//! Why an authenticator's answer is not accepted.

use webauthn_rp::response::auth::error::AuthCeremonyErr;
use webauthn_rp::response::register::error::RegCeremonyErr;

/// Why an answer is not accepted, or what was kept is of no use. Nothing here
/// holds what the answer held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not of the form that browsers send.
    #[error("the answer cannot be read")]
    Malformed,
    /// The id is longer than [`crate::CREDENTIAL_ID_BYTES_MAX`].
    #[error("the credential id is too long")]
    IdTooLong,
    /// It belongs to another ceremony: another challenge, another kind, or one
    /// that somebody else started.
    #[error("the answer is not of this ceremony")]
    OtherCeremony,
    /// The ceremony took too long.
    #[error("the ceremony has expired")]
    Expired,
    /// It was made on a page that is not ours.
    #[error("the page is of another origin")]
    Origin,
    /// It was made for another relying party.
    #[error("the answer is for another relying party")]
    RelyingParty,
    /// The authenticator did not verify its user.
    #[error("the authenticator did not verify its user")]
    UserNotVerified,
    /// The signature is not the passkey's.
    #[error("the signature is not good")]
    Signature,
    /// The signature is good and its counter is not above the last one: there
    /// may be two copies of the private key.
    #[error("the signature counter went back")]
    CounterWentBack,
    /// The passkey is not the one, or not of the person, that it says.
    #[error("the passkey is another one")]
    OtherCredential,
    /// Valid by its signature and not by the rest of the specification.
    #[error("the answer does not meet the specification")]
    Unacceptable,
    /// What was kept on our side cannot be read: never the caller's fault.
    #[error("what was kept cannot be read: {0}")]
    Corrupt(&'static str),
}

impl From<RegCeremonyErr> for Refusal {
    fn from(error: RegCeremonyErr) -> Self {
        match error {
            RegCeremonyErr::Timeout => Self::Expired,
            RegCeremonyErr::CollectedClientData(_)
            | RegCeremonyErr::CollectedClientDataRelaxed(_)
            | RegCeremonyErr::AttestationObject(_) => Self::Malformed,
            RegCeremonyErr::AttestationSignature => Self::Signature,
            RegCeremonyErr::OriginMismatch
            | RegCeremonyErr::CrossOrigin
            | RegCeremonyErr::TopOriginMismatch => Self::Origin,
            RegCeremonyErr::ChallengeMismatch => Self::OtherCeremony,
            RegCeremonyErr::RpIdHashMismatch => Self::RelyingParty,
            RegCeremonyErr::UserNotVerified => Self::UserNotVerified,
            _ => Self::Unacceptable,
        }
    }
}

impl From<AuthCeremonyErr> for Refusal {
    fn from(error: AuthCeremonyErr) -> Self {
        match error {
            AuthCeremonyErr::Timeout => Self::Expired,
            AuthCeremonyErr::CollectedClientData(_)
            | AuthCeremonyErr::CollectedClientDataRelaxed(_)
            | AuthCeremonyErr::AuthenticatorData(_) => Self::Malformed,
            AuthCeremonyErr::AssertionSignature => Self::Signature,
            AuthCeremonyErr::OriginMismatch
            | AuthCeremonyErr::CrossOrigin
            | AuthCeremonyErr::TopOriginMismatch => Self::Origin,
            AuthCeremonyErr::ChallengeMismatch => Self::OtherCeremony,
            AuthCeremonyErr::RpIdHashMismatch => Self::RelyingParty,
            AuthCeremonyErr::UserNotVerified => Self::UserNotVerified,
            AuthCeremonyErr::SignatureCounter => Self::CounterWentBack,
            AuthCeremonyErr::UserHandleMismatch
            | AuthCeremonyErr::CredentialIdMismatch
            | AuthCeremonyErr::NoMatchingAllowedCredential => Self::OtherCredential,
            _ => Self::Unacceptable,
        }
    }
}
