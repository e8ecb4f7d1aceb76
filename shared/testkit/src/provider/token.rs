//! ID tokens of the provider, and the keys that sign them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

/// A key pair of RSA, which take long to make. It is used nowhere else.
const RSA_KEY: &[u8] = include_bytes!("../../data/rsa-2048.der");

/// An ID token before it is signed.
#[derive(Clone, Debug)]
pub struct Token {
    /// Its header.
    pub header: Value,
    /// What it says.
    pub claims: Value,
    /// Who signs it.
    pub signing: Signing,
}

/// Who signs an ID token.
#[derive(Clone, Debug)]
pub enum Signing {
    /// The provider.
    Own,
    /// Somebody else, in its name.
    Strange,
    /// Whoever knows the public key, as if it were a shared secret.
    PublicKeyAsSecret,
    /// Nobody.
    Nobody,
    /// The provider, and then the claims are changed.
    ThenChanged(Value),
}

/// The provider's keys.
pub(super) struct Keys {
    algorithm: Algorithm,
    number: u32,
    own: EncodingKey,
    /// The public half, as a JSON web key.
    public: Value,
    strange: EncodingKey,
}

impl Keys {
    pub(super) fn fresh(algorithm: &str) -> Self {
        let algorithm = algorithm.parse().expect("an algorithm");
        let (own, public) = pair(algorithm);
        Self {
            algorithm,
            number: 1,
            own,
            public,
            strange: pair(strange(algorithm)).0,
        }
    }

    pub(super) fn rotated(&self) -> Self {
        Self {
            number: self.number + 1,
            ..Self::fresh(self.algorithm())
        }
    }

    pub(super) fn algorithm(&self) -> &'static str {
        match self.algorithm {
            Algorithm::RS256 => "RS256",
            Algorithm::EdDSA => "EdDSA",
            _ => "ES256",
        }
    }

    pub(super) fn header(&self) -> Value {
        json!({"alg": self.algorithm(), "typ": "JWT", "kid": self.kid()})
    }

    /// The key set that is published.
    pub(super) fn published(&self) -> Value {
        let mut key = self.public.clone();
        key["kid"] = json!(self.kid());
        key["use"] = json!("sig");
        json!({"keys": [{"kty": "oct", "kid": "other", "k": "AA"}, key]})
    }

    pub(super) fn sign(&self, token: &Token) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&token.header), part(&token.claims));
        let by = |key: &EncodingKey, algorithm| {
            let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), key, algorithm);
            signature.expect("signs")
        };
        let signature = match &token.signing {
            Signing::Nobody => String::new(),
            Signing::Strange => by(&self.strange, strange(self.algorithm)),
            Signing::PublicKeyAsSecret => {
                let public = self.public.to_string();
                by(
                    &EncodingKey::from_secret(public.as_bytes()),
                    Algorithm::HS256,
                )
            }
            Signing::Own | Signing::ThenChanged(_) => by(&self.own, self.algorithm),
        };
        match &token.signing {
            Signing::ThenChanged(claims) => {
                format!("{}.{}.{signature}", part(&token.header), part(claims))
            }
            _ => format!("{signed}.{signature}"),
        }
    }

    fn kid(&self) -> String {
        format!("key-{}", self.number)
    }
}

/// What somebody else signs by: there is one key of RSA, so another kind
/// serves as a strange one.
fn strange(algorithm: Algorithm) -> Algorithm {
    match algorithm {
        Algorithm::RS256 => Algorithm::ES256,
        other => other,
    }
}

fn pair(algorithm: Algorithm) -> (EncodingKey, Value) {
    let mut seed = [0_u8; 32];
    getrandom::fill(&mut seed).expect("random");
    let public = |key: &EncodingKey| {
        let key = Jwk::from_encoding_key(key, algorithm).expect("a public key");
        serde_json::to_value(key).expect("JSON")
    };
    match algorithm {
        Algorithm::RS256 => {
            let key = EncodingKey::from_rsa_der(RSA_KEY);
            let public = public(&key);
            (key, public)
        }
        Algorithm::EdDSA => {
            let key = ed25519_dalek::SigningKey::from_bytes(&seed);
            let der = key.to_pkcs8_der().expect("a key");
            let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
            let public = json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": x});
            (EncodingKey::from_ed_der(der.as_bytes()), public)
        }
        _ => {
            // Nearly every 32 bytes are a key; the first that cannot be would
            // be the first that anybody met.
            let key = p256::SecretKey::from_slice(&seed).expect("a key");
            let der = p256::pkcs8::EncodePrivateKey::to_pkcs8_der(&key).expect("a key");
            let key = EncodingKey::from_ec_der(der.as_bytes());
            let public = public(&key);
            (key, public)
        }
    }
}
