//! A passkey authenticator and the browser around it, in software.
//!
//! It makes real key pairs, attestation objects and signatures, and speaks the
//! JSON forms that pages exchange with servers, so it serves against a router
//! in process as well as against a deployment. It knows nothing of the house's
//! types.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const HAS_CREDENTIAL: u8 = 0x40;
/// COSE numbers of the algorithms.
const ES256: i64 = -7;
const EDDSA: i64 = -8;

/// What keys an authenticator makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA over P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// What the browser says to the page where it has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// One of the excluded passkeys is here (`InvalidStateError`).
    Excluded,
    /// There is no passkey for the relying party (`NotAllowedError`).
    NoPasskey,
    /// None of the algorithms asked for is known (`NotSupportedError`).
    NoAlgorithm,
}

#[derive(Clone)]
enum Key {
    P256(p256::ecdsa::SigningKey),
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

/// A discoverable passkey that an authenticator holds.
#[derive(Clone)]
pub struct Passkey {
    /// Its id, raw.
    pub id: Vec<u8>,
    /// The relying party it is bound to.
    pub rp_id: String,
    /// The user handle, raw.
    pub user: Vec<u8>,
    /// Signatures made, where the authenticator counts.
    pub sign_count: u32,
    key: Key,
}

impl std::fmt::Debug for Passkey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Passkey({})", URL_SAFE_NO_PAD.encode(&self.id))
    }
}

/// An authenticator in a browser on a page of one origin. What it does wrong
/// on purpose is set in its fields.
#[derive(Clone, Debug)]
pub struct Authenticator {
    /// The page's origin, as the browser reports it.
    pub origin: String,
    /// The relying party it signs for, where that is not the one asked for.
    pub rp_id: Option<String>,
    /// Whether it verifies its user.
    pub verifies_user: bool,
    /// Whether it counts its signatures; synchronized passkeys do not.
    pub counts: bool,
    /// Whether its passkeys are synchronized.
    pub is_synced: bool,
    /// What it holds, the newest last.
    pub passkeys: Vec<Passkey>,
    algorithm: Algorithm,
}

impl Authenticator {
    /// One that verifies its user and counts, with no passkeys yet.
    #[must_use]
    pub fn new(origin: &str, algorithm: Algorithm) -> Self {
        Self {
            origin: origin.to_owned(),
            rp_id: None,
            verifies_user: true,
            counts: true,
            is_synced: false,
            passkeys: Vec::new(),
            algorithm,
        }
    }

    /// `navigator.credentials.create()`: from the creation options as JSON to
    /// the registration response as JSON.
    ///
    /// # Errors
    /// [`Refused`].
    ///
    /// # Panics
    /// Where the options have not the form that browsers take.
    pub fn create(&mut self, options: &Value) -> Result<Value, Refused> {
        self.create_with_id(options, &random::<32>())
    }

    /// The same with an id that is chosen, where an honest authenticator draws
    /// one.
    ///
    /// # Errors
    /// [`Refused`].
    ///
    /// # Panics
    /// Where the options have not the form that browsers take, or the id is
    /// longer than 64 bytes.
    pub fn create_with_id(&mut self, options: &Value, id: &[u8]) -> Result<Value, Refused> {
        let asked: Vec<i64> = list(options, "pubKeyCredParams")
            .filter_map(|one| one["alg"].as_i64())
            .collect();
        let (alg, key) = fresh_key(self.algorithm);
        if !asked.contains(&alg) {
            return Err(Refused::NoAlgorithm);
        }
        let holds = |one: &Value| {
            let id = decode(&one["id"]);
            self.passkeys.iter().any(|passkey| passkey.id == id)
        };
        if list(options, "excludeCredentials").any(holds) {
            return Err(Refused::Excluded);
        }
        let passkey = Passkey {
            id: id.to_vec(),
            rp_id: text(&options["rp"]["id"]),
            user: decode(&options["user"]["id"]),
            sign_count: u32::from(self.counts),
            key,
        };
        let client_data = self.client_data("webauthn.create", options);
        let auth_data = self.authenticator_data(&passkey, true);
        let id = URL_SAFE_NO_PAD.encode(&passkey.id);
        self.passkeys.push(passkey);
        Ok(json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {"credProps": {"rk": true}},
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
                "attestationObject": URL_SAFE_NO_PAD.encode(attestation_object(&auth_data)),
                "authenticatorData": URL_SAFE_NO_PAD.encode(auth_data),
                "transports": ["hybrid", "internal"],
                "publicKeyAlgorithm": alg,
            },
        }))
    }

    /// `navigator.credentials.get()` with the newest passkey of the relying
    /// party: from the request options as JSON to the authentication response
    /// as JSON.
    ///
    /// # Errors
    /// [`Refused::NoPasskey`].
    ///
    /// # Panics
    /// Where the options have not the form that browsers take.
    pub fn get(&mut self, options: &Value) -> Result<Value, Refused> {
        let rp_id = text(&options["rpId"]);
        let counts = self.counts;
        let passkey = self
            .passkeys
            .iter_mut()
            .rev()
            .find(|passkey| passkey.rp_id == rp_id)
            .ok_or(Refused::NoPasskey)?;
        passkey.sign_count += u32::from(counts);
        let passkey = passkey.clone();
        let client_data = self.client_data("webauthn.get", options);
        let auth_data = self.authenticator_data(&passkey, false);
        let mut message = auth_data.clone();
        message.extend_from_slice(&Sha256::digest(&client_data));
        let id = URL_SAFE_NO_PAD.encode(&passkey.id);
        Ok(json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
                "authenticatorData": URL_SAFE_NO_PAD.encode(auth_data),
                "signature": URL_SAFE_NO_PAD.encode(passkey.key.sign(&message)),
                "userHandle": URL_SAFE_NO_PAD.encode(&passkey.user),
            },
        }))
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = text(&options["challenge"]);
        // The order of the fields is the specification's.
        format!(
            r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{}","crossOrigin":false}}"#,
            self.origin
        )
        .into_bytes()
    }

    fn authenticator_data(&self, passkey: &Passkey, is_new: bool) -> Vec<u8> {
        let rp_id = self.rp_id.as_deref().unwrap_or(&passkey.rp_id);
        let flag = |is_set: bool, bits: u8| if is_set { bits } else { 0 };
        let flags = USER_PRESENT
            | flag(self.verifies_user, USER_VERIFIED)
            | flag(self.is_synced, BACKUP_ELIGIBLE | BACKED_UP)
            | flag(is_new, HAS_CREDENTIAL);
        let mut data = Sha256::digest(rp_id.as_bytes()).to_vec();
        data.push(flags);
        data.extend_from_slice(&passkey.sign_count.to_be_bytes());
        if is_new {
            let length = u16::try_from(passkey.id.len()).expect("a short id");
            // The model of an authenticator that says none.
            data.extend_from_slice(&[0; 16]);
            data.extend_from_slice(&length.to_be_bytes());
            data.extend_from_slice(&passkey.id);
            data.extend_from_slice(&passkey.key.cose());
        }
        data
    }
}

impl Key {
    /// The public key in COSE's form (RFC 9053), canonical CBOR.
    fn cose(&self) -> Vec<u8> {
        match self {
            Self::P256(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                let point = point.as_bytes();
                // {1: 2 (EC2), 3: -7, -1: 1 (P-256), -2: x, -3: y}
                let mut bytes = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
                bytes.extend_from_slice(&point[1..33]);
                bytes.extend_from_slice(&[0x22, 0x58, 0x20]);
                bytes.extend_from_slice(&point[33..]);
                bytes
            }
            Self::Ed25519(key) => {
                // {1: 1 (OKP), 3: -8, -1: 6 (Ed25519), -2: x}
                let mut bytes = vec![0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20];
                bytes.extend_from_slice(key.verifying_key().as_bytes());
                bytes
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Self::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
        }
    }
}

fn fresh_key(algorithm: Algorithm) -> (i64, Key) {
    match algorithm {
        // Nearly every 32 bytes are a key of P-256.
        Algorithm::Es256 => loop {
            if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&random::<32>()) {
                return (ES256, Key::P256(key));
            }
        },
        Algorithm::EdDsa => {
            let key = ed25519_dalek::SigningKey::from_bytes(&random::<32>());
            (EDDSA, Key::Ed25519(Box::new(key)))
        }
    }
}

/// `{"fmt": "none", "attStmt": {}, "authData": …}` in canonical CBOR.
fn attestation_object(auth_data: &[u8]) -> Vec<u8> {
    let length = u8::try_from(auth_data.len()).expect("less than 256 bytes");
    let mut bytes = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
    bytes.push(length);
    bytes.extend_from_slice(auth_data);
    bytes
}

fn list<'a>(options: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    options[name].as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn decode(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text(value)).expect("base64url")
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("randomness");
    bytes
}
