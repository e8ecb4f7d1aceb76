//! Passkeys (WebAuthn level 3): what a browser is asked for, and what its
//! answer is worth. No store, no HTTP.
//!
//! A ceremony has a start, whose [`Started::options`] go to the browser as
//! `PublicKeyCredential.parseCreationOptionsFromJSON` and
//! `parseRequestOptionsFromJSON` take them, and a finish. Between them lies a
//! [`Ceremony`], a value that whoever started it keeps and hands to the finish
//! once; the challenge in the browser's answer says which.
//!
//! Passkeys are discoverable and verify their user (a PIN, a finger, a face),
//! so that one stands for both factors and needs no name typed in. Attestation
//! is not asked for: it says which model an authenticator is, and every model
//! is welcome.
//!
//! - [`relying_party`]: who asks, and from which origins an answer may come.
//! - [`ceremony`]: what is kept between start and finish.
//! - [`registration`], [`sign_in`]: the two ceremonies.
//! - [`credential`]: a passkey, as the server knows it.
//! - [`refusal`]: why an answer is not accepted.

pub mod ceremony;
pub mod credential;
pub mod refusal;
pub mod registration;
pub mod relying_party;
pub mod sign_in;

pub use ceremony::{Ceremony, Kind, Started};
pub use credential::{Backup, Credential, TRANSPORTS};
pub use refusal::Refusal;
pub use registration::{Registrant, RegistrationResponse};
pub use relying_party::{RelyingParty, SettingError, host_of, origin_of};
pub use sign_in::SignInResponse;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The longest credential id that is taken, in bytes; it is part of a sort
/// key, which has 1,024. What authenticators make is far shorter.
pub const CREDENTIAL_ID_BYTES_MAX: usize = 512;

fn to_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn from_base64url(text: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| Refusal::Corrupt("it is not base64url"))
}
