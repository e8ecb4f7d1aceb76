//! A passkey, as the server knows it.

use kernel::id::UserId;
use serde::{Deserialize, Serialize};
use webauthn_rp::bin::{Decode, Encode};
use webauthn_rp::request::PublicKeyCredentialDescriptor;
use webauthn_rp::request::register::UserHandle;
use webauthn_rp::response::register::{
    CompressedPubKey, DynamicState, StaticState, UncompressedPubKey,
};
use webauthn_rp::response::{
    AuthTransports, AuthenticatorAttachment, AuthenticatorTransport, CredentialId,
};

use crate::{CREDENTIAL_ID_BYTES_MAX, Refusal, from_base64url, to_base64url};

/// The ways to an authenticator that are known; a browser may name others,
/// which are to be left out of its answer.
pub const TRANSPORTS: [&str; 6] = ["ble", "hybrid", "internal", "nfc", "smart-card", "usb"];
/// Length of a person's id, which is the user handle.
pub(crate) const HANDLE_BYTES: usize = 30;
pub(crate) type Handle = UserHandle<HANDLE_BYTES>;
/// A public key: of Ed25519, of P-256, of P-384 or of RSA.
pub(crate) type PublicKey = StaticState<CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>>;

/// Whether a passkey outlives its device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backup {
    /// It never leaves its device.
    DeviceBound,
    /// It may be synchronized and is not at present.
    Eligible,
    /// It is synchronized between devices.
    Synced,
}

impl Backup {
    /// The word that it is kept and shown as.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeviceBound => "device_bound",
            Self::Eligible => "eligible",
            Self::Synced => "synced",
        }
    }
}

/// A passkey. Nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Its id, in base64url.
    pub id: String,
    /// Whose it is.
    pub user: UserId,
    /// The public key, in the library's form, in base64url.
    pub public_key: String,
    /// The last signature's counter; 0 where the authenticator has none.
    pub sign_count: u32,
    /// Whether it outlives its device.
    pub backup: Backup,
    /// How the authenticator can be reached, as a set of bits.
    pub transports: u8,
}

impl Credential {
    pub(crate) fn new(
        id: CredentialId<&[u8]>,
        user: &UserId,
        key: &StaticState<UncompressedPubKey<'_>>,
        state: DynamicState,
        transports: AuthTransports,
    ) -> Result<Self, Refusal> {
        let id: &[u8] = id.into_inner();
        if id.len() > CREDENTIAL_ID_BYTES_MAX {
            return Err(Refusal::IdTooLong);
        }
        let Ok(key) = key.encode();
        let Ok(transports) = transports.encode();
        Ok(Self {
            id: to_base64url(id),
            user: user.clone(),
            public_key: to_base64url(&key),
            sign_count: state.sign_count,
            backup: state.backup.into(),
            transports,
        })
    }

    /// The same after a signature.
    pub(crate) fn after(&self, state: DynamicState) -> Self {
        Self {
            sign_count: state.sign_count,
            backup: state.backup.into(),
            ..self.clone()
        }
    }

    /// How the authenticator can be reached, in the words of [`TRANSPORTS`].
    #[must_use]
    pub fn transports(&self) -> Vec<&'static str> {
        let set = AuthTransports::decode(self.transports).ok();
        let has = |one| set.is_some_and(|set| set.contains(one));
        let known = [
            AuthenticatorTransport::Ble,
            AuthenticatorTransport::Hybrid,
            AuthenticatorTransport::Internal,
            AuthenticatorTransport::Nfc,
            AuthenticatorTransport::SmartCard,
            AuthenticatorTransport::Usb,
        ];
        let named = known.into_iter().zip(TRANSPORTS);
        named
            .filter_map(|(one, name)| has(one).then_some(name))
            .collect()
    }

    /// For the list of passkeys that a browser must not make anew.
    pub(crate) fn descriptor(&self) -> Result<PublicKeyCredentialDescriptor<Vec<u8>>, Refusal> {
        Ok(PublicKeyCredentialDescriptor {
            id: CredentialId::<Vec<u8>>::decode(from_base64url(&self.id)?)
                .map_err(|_| Refusal::Corrupt("a credential id"))?,
            transports: AuthTransports::decode(self.transports)
                .map_err(|_| Refusal::Corrupt("transports"))?,
        })
    }

    pub(crate) fn key(&self) -> Result<PublicKey, Refusal> {
        let bytes = from_base64url(&self.public_key)?;
        PublicKey::decode(&bytes).map_err(|_| Refusal::Corrupt("a public key"))
    }

    /// A passkey is only registered by an authenticator that verified its
    /// user, and it is no matter by which means it is attached.
    pub(crate) fn state(&self) -> DynamicState {
        DynamicState {
            user_verified: true,
            backup: self.backup.into(),
            sign_count: self.sign_count,
            authenticator_attachment: AuthenticatorAttachment::None,
        }
    }
}

/// A person's id as the user handle.
pub(crate) fn handle(user: &UserId) -> Result<Handle, Refusal> {
    let bytes: [u8; HANDLE_BYTES] = user
        .as_str()
        .as_bytes()
        .try_into()
        .map_err(|_| Refusal::Corrupt("a person's id"))?;
    let Ok(handle) = Handle::decode(bytes);
    Ok(handle)
}

impl From<webauthn_rp::response::Backup> for Backup {
    fn from(backup: webauthn_rp::response::Backup) -> Self {
        match backup {
            webauthn_rp::response::Backup::NotEligible => Self::DeviceBound,
            webauthn_rp::response::Backup::Eligible => Self::Eligible,
            webauthn_rp::response::Backup::Exists => Self::Synced,
        }
    }
}

impl From<Backup> for webauthn_rp::response::Backup {
    fn from(backup: Backup) -> Self {
        match backup {
            Backup::DeviceBound => Self::NotEligible,
            Backup::Eligible => Self::Eligible,
            Backup::Synced => Self::Exists,
        }
    }
}
