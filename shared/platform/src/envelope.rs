//! Envelope encryption: a data key of its own for each record, wrapped by a
//! master key that has versions.
//!
//! Sealed form, in base64: format (1 byte), master key version (4 bytes, big
//! endian), nonce (12) and wrapped data key (32 + 16 tag), nonce (12) and
//! ciphertext (+ 16 tag). The record's identity is additional data of both
//! layers, so a ciphertext that is moved to another record does not open.
//! Rotation re-wraps the data key and leaves the ciphertext as it is.

use std::collections::BTreeMap;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretBox, SecretString};

const FORMAT: u8 = 1;
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const WRAPPED_BYTES: usize = KEY_BYTES + TAG_BYTES;
const HEADER_BYTES: usize = 1 + 4 + NONCE_BYTES + WRAPPED_BYTES;

/// Why something could not be sealed or opened. Says nothing of what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not of the sealed form.
    #[error("not a sealed value")]
    Malformed,
    /// Sealed under a master key that is not at hand.
    #[error("sealed under master key version {0}, which is not known")]
    UnknownVersion(u32),
    /// Tampered with, or another record's.
    #[error("the sealed value does not belong to this record")]
    Refused,
    /// The operating system gave no randomness.
    #[error("no randomness")]
    NoRandomness,
}

/// The master keys at hand, by version; the newest seals.
pub struct MasterKeys {
    keys: BTreeMap<u32, SecretBox<[u8; KEY_BYTES]>>,
}

impl std::fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKeys(versions {:?})", self.keys.keys())
    }
}

impl MasterKeys {
    /// Reads `{"1":"<base64 of 32 bytes>", "2":…}`.
    ///
    /// # Errors
    /// [`EnvelopeError::Malformed`] where it is anything else or has no key.
    pub fn parse(secret: &SecretString) -> Result<Self, EnvelopeError> {
        let encoded: BTreeMap<u32, Zeroizing<String>> =
            serde_json::from_str::<BTreeMap<u32, String>>(secret.expose_secret())
                .map_err(|_| EnvelopeError::Malformed)?
                .into_iter()
                .map(|(version, text)| (version, Zeroizing::new(text)))
                .collect();
        let mut keys = BTreeMap::new();
        for (version, text) in encoded {
            let bytes = Zeroizing::new(
                BASE64
                    .decode(text.as_bytes())
                    .map_err(|_| EnvelopeError::Malformed)?,
            );
            let key: [u8; KEY_BYTES] = bytes
                .as_slice()
                .try_into()
                .map_err(|_| EnvelopeError::Malformed)?;
            keys.insert(version, SecretBox::new(Box::new(key)));
        }
        if keys.is_empty() {
            return Err(EnvelopeError::Malformed);
        }
        Ok(Self { keys })
    }

    /// The secret's text with one more key, a fresh one, for a rotation; from
    /// `None`, the first.
    ///
    /// # Errors
    /// [`EnvelopeError`].
    pub fn with_fresh_key(current: Option<&SecretString>) -> Result<SecretString, EnvelopeError> {
        let mut keys: BTreeMap<u32, String> = match current {
            Some(text) => {
                serde_json::from_str(text.expose_secret()).map_err(|_| EnvelopeError::Malformed)?
            }
            None => BTreeMap::new(),
        };
        let next = keys.keys().next_back().map_or(1, |last| last + 1);
        keys.insert(next, BASE64.encode(random::<KEY_BYTES>()?));
        serde_json::to_string(&keys)
            .map(SecretString::from)
            .map_err(|_| EnvelopeError::Malformed)
    }

    /// The version that seals.
    #[must_use]
    pub fn newest(&self) -> u32 {
        self.keys.keys().next_back().copied().unwrap_or(0)
    }

    /// Seals a text for the record that `identity` names.
    ///
    /// # Errors
    /// [`EnvelopeError::NoRandomness`].
    pub fn seal(&self, plain: &SecretString, identity: &str) -> Result<String, EnvelopeError> {
        let data_key = Zeroizing::new(random::<KEY_BYTES>()?);
        let mut sealed = self.wrap(&data_key, identity)?;
        let nonce = random::<NONCE_BYTES>()?;
        let body = encrypt(
            &data_key,
            &nonce,
            plain.expose_secret().as_bytes(),
            identity,
        )?;
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&body);
        Ok(BASE64.encode(sealed))
    }

    /// Opens what was sealed for the record that `identity` names.
    ///
    /// # Errors
    /// [`EnvelopeError`].
    pub fn open(&self, sealed: &str, identity: &str) -> Result<SecretString, EnvelopeError> {
        let sealed = decode(sealed)?;
        let data_key = self.unwrap(&sealed, identity)?;
        let (nonce, body) = sealed[HEADER_BYTES..].split_at(NONCE_BYTES);
        let plain = Zeroizing::new(decrypt(&data_key, nonce, body, identity)?);
        std::str::from_utf8(&plain)
            .map(SecretString::from)
            .map_err(|_| EnvelopeError::Refused)
    }

    /// The master key version a value is sealed under.
    ///
    /// # Errors
    /// [`EnvelopeError::Malformed`].
    pub fn version_of(sealed: &str) -> Result<u32, EnvelopeError> {
        decode(sealed).map(|bytes| version(&bytes))
    }

    /// The same value with its data key wrapped by the newest master key.
    ///
    /// # Errors
    /// [`EnvelopeError`].
    pub fn rewrap(&self, sealed: &str, identity: &str) -> Result<String, EnvelopeError> {
        let old = decode(sealed)?;
        let data_key = self.unwrap(&old, identity)?;
        let mut fresh = self.wrap(&data_key, identity)?;
        fresh.extend_from_slice(&old[HEADER_BYTES..]);
        Ok(BASE64.encode(fresh))
    }

    fn wrap(&self, data_key: &[u8; KEY_BYTES], identity: &str) -> Result<Vec<u8>, EnvelopeError> {
        let version = self.newest();
        let nonce = random::<NONCE_BYTES>()?;
        let wrapped = encrypt(self.key(version)?, &nonce, data_key, identity)?;
        let mut header = Vec::with_capacity(HEADER_BYTES);
        header.push(FORMAT);
        header.extend_from_slice(&version.to_be_bytes());
        header.extend_from_slice(&nonce);
        header.extend_from_slice(&wrapped);
        Ok(header)
    }

    fn unwrap(
        &self,
        sealed: &[u8],
        identity: &str,
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, EnvelopeError> {
        let master = self.key(version(sealed))?;
        let (nonce, wrapped) = sealed[5..HEADER_BYTES].split_at(NONCE_BYTES);
        let plain = Zeroizing::new(decrypt(master, nonce, wrapped, identity)?);
        plain
            .as_slice()
            .try_into()
            .map(Zeroizing::new)
            .map_err(|_| EnvelopeError::Malformed)
    }

    fn key(&self, version: u32) -> Result<&[u8; KEY_BYTES], EnvelopeError> {
        self.keys
            .get(&version)
            .map(ExposeSecret::expose_secret)
            .ok_or(EnvelopeError::UnknownVersion(version))
    }
}

fn decode(sealed: &str) -> Result<Vec<u8>, EnvelopeError> {
    let bytes = BASE64
        .decode(sealed)
        .map_err(|_| EnvelopeError::Malformed)?;
    let fits = bytes.len() >= HEADER_BYTES + NONCE_BYTES + TAG_BYTES && bytes[0] == FORMAT;
    fits.then_some(bytes).ok_or(EnvelopeError::Malformed)
}

fn version(sealed: &[u8]) -> u32 {
    u32::from_be_bytes([sealed[1], sealed[2], sealed[3], sealed[4]])
}

fn encrypt(
    key: &[u8; KEY_BYTES],
    nonce: &[u8; NONCE_BYTES],
    msg: &[u8],
    identity: &str,
) -> Result<Vec<u8>, EnvelopeError> {
    let payload = Payload {
        msg,
        aad: identity.as_bytes(),
    };
    Aes256Gcm::new(key.into())
        .encrypt(&Nonce::from(*nonce), payload)
        .map_err(|_| EnvelopeError::Refused)
}

fn decrypt(
    key: &[u8; KEY_BYTES],
    nonce: &[u8],
    msg: &[u8],
    identity: &str,
) -> Result<Vec<u8>, EnvelopeError> {
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| EnvelopeError::Malformed)?;
    let payload = Payload {
        msg,
        aad: identity.as_bytes(),
    };
    Aes256Gcm::new(key.into())
        .decrypt(&Nonce::from(nonce), payload)
        .map_err(|_| EnvelopeError::Refused)
}

fn random<const N: usize>() -> Result<[u8; N], EnvelopeError> {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes).map_err(|_| EnvelopeError::NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> (SecretString, MasterKeys) {
        let text = MasterKeys::with_fresh_key(None).expect("a key");
        let keys = MasterKeys::parse(&text).expect("reads");
        (text, keys)
    }

    #[test]
    fn what_is_sealed_opens_for_its_record_only() {
        let (_, keys) = keys();
        let sealed = keys.seal(&"hunter2".into(), "acc_1").expect("seals");
        let opened = keys.open(&sealed, "acc_1").expect("opens");
        assert_eq!(opened.expose_secret(), "hunter2");
        assert_eq!(
            keys.open(&sealed, "acc_2").err(),
            Some(EnvelopeError::Refused)
        );
    }

    #[test]
    fn the_same_text_never_seals_to_the_same_value() {
        let (_, keys) = keys();
        let one = keys.seal(&"x".into(), "r").expect("seals");
        assert_ne!(one, keys.seal(&"x".into(), "r").expect("seals"));
    }

    #[test]
    fn a_changed_byte_anywhere_is_refused() {
        let (_, keys) = keys();
        let sealed = keys.seal(&"hunter2".into(), "r").expect("seals");
        let bytes = BASE64.decode(&sealed).expect("base64");
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(
                keys.open(&BASE64.encode(changed), "r").is_err(),
                "byte {at}"
            );
        }
    }

    #[test]
    fn rotation_rewraps_and_the_old_key_is_no_longer_needed() {
        let (text, old) = keys();
        let sealed = old.seal(&"hunter2".into(), "r").expect("seals");
        let rotated = MasterKeys::with_fresh_key(Some(&text)).expect("rotates");
        let both = MasterKeys::parse(&rotated).expect("reads");
        let fresh = both.rewrap(&sealed, "r").expect("rewraps");
        assert_eq!(MasterKeys::version_of(&fresh), Ok(2));
        let mut only_new: BTreeMap<u32, String> =
            serde_json::from_str(rotated.expose_secret()).expect("reads");
        only_new.remove(&1);
        let only_new = serde_json::to_string(&only_new).expect("writes").into();
        let only_new = MasterKeys::parse(&only_new).expect("reads");
        assert_eq!(
            only_new.open(&fresh, "r").expect("opens").expose_secret(),
            "hunter2"
        );
        assert_eq!(
            only_new.open(&sealed, "r").err(),
            Some(EnvelopeError::UnknownVersion(1))
        );
    }
}
