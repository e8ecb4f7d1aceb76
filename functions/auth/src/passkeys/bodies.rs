//! What is sent and answered about passkeys. What a browser makes is read into
//! types first, so that only fields that matter go on, and found within its
//! bounds when it is taken from them: by the names that browsers know.

use garde::Validate;
use identity::store::Passkey;
use kernel::time::Timestamp;
use kernel::{Error, FieldError};
use passkeys::{Refusal, RegistrationResponse, SignInResponse, TRANSPORTS};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::fields::optional_called;
use crate::tokens::Transport;

/// Characters of a credential id that are looked at.
const ID_CHARS_MAX: usize = 1_400;
/// Characters of the other parts at most: RSA keys and signatures are the
/// longest, and a device's attestation is longer than both.
const PART_CHARS_MAX: usize = 4_096;
const ATTESTATION_CHARS_MAX: usize = 16_384;
const WORD_CHARS_MAX: usize = 20;
/// What a passkey is called that nobody named.
const NAME_DEFAULT: &str = "Passkey";

/// `RegistrationResponseJSON` of WebAuthn, as a browser makes it, and a name.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegistrationBody {
    /// What its person calls it; `Passkey` where it is not said.
    #[garde(custom(optional_called))]
    #[serde(default, skip_serializing)]
    name: Option<String>,
    #[garde(skip)]
    id: String,
    #[garde(skip)]
    raw_id: String,
    /// `public-key`.
    #[garde(skip)]
    #[serde(rename = "type")]
    kind: String,
    #[garde(skip)]
    response: AttestationBody,
    #[garde(skip)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authenticator_attachment: Option<String>,
    #[garde(skip)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_extension_results: Option<ExtensionResults>,
}

/// `AuthenticatorAttestationResponseJSON`.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttestationBody {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    attestation_object: String,
    /// How the authenticator can be reached.
    #[serde(default)]
    transports: Vec<String>,
}

/// What the browser says of extensions; those that matter.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExtensionResults {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cred_props: Option<CredentialProperties>,
    #[serde(default, skip_serializing_if = "PseudoRandomFunction::is_unsaid")]
    prf: Option<PseudoRandomFunction>,
}

/// What the browser says of the passkey.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub(crate) struct CredentialProperties {
    /// Whether it is discoverable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rk: Option<bool>,
}

/// Whether the passkey has a pseudo-random function.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub(crate) struct PseudoRandomFunction {
    #[serde(default)]
    enabled: Option<bool>,
}

impl PseudoRandomFunction {
    #[expect(clippy::ref_option, reason = "the form that serde asks for")]
    fn is_unsaid(prf: &Option<Self>) -> bool {
        prf.as_ref().is_none_or(|prf| prf.enabled.is_none())
    }
}

impl RegistrationBody {
    /// The browser's answer, and what the passkey is called.
    pub(super) fn read(mut self) -> Result<(RegistrationResponse, String), Error> {
        let response = &self.response;
        let attachment = self.authenticator_attachment.as_deref();
        check(&[
            ("id", &self.id, ID_CHARS_MAX),
            ("rawId", &self.raw_id, ID_CHARS_MAX),
            ("type", &self.kind, WORD_CHARS_MAX),
            (
                "authenticatorAttachment",
                attachment.unwrap_or("none"),
                WORD_CHARS_MAX,
            ),
            (
                "response.clientDataJSON",
                &response.client_data_json,
                PART_CHARS_MAX,
            ),
            (
                "response.attestationObject",
                &response.attestation_object,
                ATTESTATION_CHARS_MAX,
            ),
        ])?;
        let is_known = |name: &String| TRANSPORTS.contains(&name.as_str());
        self.response.transports.retain(is_known);
        let json = serde_json::to_vec(&self).map_err(Error::internal)?;
        let response = RegistrationResponse::parse(&json).map_err(unreadable)?;
        let name = self.name.as_deref().map_or(NAME_DEFAULT, str::trim);
        Ok((response, name.to_owned()))
    }
}

/// `AuthenticationResponseJSON` of WebAuthn, as a browser makes it.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignInBody {
    #[garde(skip)]
    id: String,
    #[garde(skip)]
    raw_id: String,
    /// `public-key`.
    #[garde(skip)]
    #[serde(rename = "type")]
    kind: String,
    #[garde(skip)]
    response: AssertionBody,
    /// Where the refresh token goes; `cookie` by default.
    #[garde(skip)]
    #[serde(default, skip_serializing)]
    pub(super) transport: Option<Transport>,
}

/// `AuthenticatorAssertionResponseJSON`.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssertionBody {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    authenticator_data: String,
    signature: String,
    user_handle: String,
}

impl SignInBody {
    /// The browser's answer.
    pub(super) fn read(&self) -> Result<SignInResponse, Error> {
        let response = &self.response;
        check(&[
            ("id", &self.id, ID_CHARS_MAX),
            ("rawId", &self.raw_id, ID_CHARS_MAX),
            ("type", &self.kind, WORD_CHARS_MAX),
            (
                "response.clientDataJSON",
                &response.client_data_json,
                PART_CHARS_MAX,
            ),
            (
                "response.authenticatorData",
                &response.authenticator_data,
                PART_CHARS_MAX,
            ),
            ("response.signature", &response.signature, PART_CHARS_MAX),
            ("response.userHandle", &response.user_handle, PART_CHARS_MAX),
        ])?;
        let json = serde_json::to_vec(self).map_err(Error::internal)?;
        SignInResponse::parse(&json).map_err(unreadable)
    }
}

/// Refuses texts that are empty or longer than their field may be.
fn check(fields: &[(&'static str, &str, usize)]) -> Result<(), Error> {
    let faults: Vec<FieldError> = fields
        .iter()
        .filter(|(_, text, chars_max)| !(1..=*chars_max).contains(&text.len()))
        .map(|(name, _, chars_max)| {
            FieldError::new(*name, format!("must have 1 to {chars_max} characters"))
        })
        .collect();
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Error::Invalid(faults)),
    }
}

fn unreadable(refusal: Refusal) -> Error {
    Error::field("response", refusal.to_string())
}

/// Whoever wants to sign in may say who they are; it changes nothing.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct SignInStart {
    #[garde(inner(length(max = 254)))]
    #[serde(default)]
    email: Option<String>,
}

/// A passkey.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasskeyAnswer {
    /// Its credential id, in base64url.
    pub(super) id: String,
    name: String,
    /// Whether it is synchronized between devices: `device_bound`, `eligible`
    /// (not at present) or `synced`.
    backup: &'static str,
    /// How the authenticator can be reached, as browsers name it.
    transports: Vec<&'static str>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
}

impl From<Passkey> for PasskeyAnswer {
    fn from(passkey: Passkey) -> Self {
        Self {
            backup: passkey.credential.backup.as_str(),
            transports: passkey.credential.transports(),
            id: passkey.credential.id,
            name: passkey.name,
            created_at: passkey.created_at,
            last_used_at: passkey.last_used_at,
        }
    }
}
