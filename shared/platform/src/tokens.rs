//! Access tokens: EdDSA (RFC 8037) JSON web tokens with the signer's key id.

use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use kernel::access::{Permission, Tier};
use kernel::time::{Clock, Timestamp};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

pub use kernel::digest::{constant_time_eq, hmac_sha256, sha256_hex};

use crate::clock::SystemClock;
use crate::dynamo::{Key, StoreError, Table, to_item};

/// Who a token is for.
pub const AUDIENCE: &str = "tradebridge";
/// Life of an access token, in seconds.
pub const LIFE_S: i64 = 900;
/// Difference between two machines' clocks that is forgiven, in seconds.
const LEEWAY_S: i64 = 5;
/// How long the public keys are believed without reading them again, in ms.
const KEYS_AGE_MS_MAX: i64 = 300_000;
/// How often a key id that is not known may cause a read, in ms.
const KEYS_REREAD_MS_MIN: i64 = 5_000;

/// What a token says of its bearer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who signed it: the deployment.
    pub iss: String,
    /// Who it is for.
    pub aud: String,
    /// Whom it names.
    pub sub: String,
    /// The tenant it is good in.
    pub org: String,
    /// Role there: of an organization, `trader` in a shop, or `platform_admin`
    /// for the operators.
    pub role: String,
    /// What a role of an organization's own stands for; the built-in roles
    /// say it by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<Permission>,
    /// Level of service.
    #[serde(default)]
    pub tier: Tier,
    /// What it may be used for: `accounts` for exchanged tokens, `user` for
    /// people who signed in.
    pub scope: String,
    /// The session it belongs to.
    pub sid: String,
    /// Issued at, in seconds since the epoch.
    pub iat: i64,
    /// Good until, in seconds since the epoch.
    pub exp: i64,
}

/// Why a token is not accepted. Callers learn only that it is not.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Not good: expired, tampered with, of another deployment or algorithm.
    #[error("the token is not good")]
    Refused(#[source] kernel::error::Cause),
    /// The keys cannot be had.
    #[error("the signing keys could not be read")]
    Keys(#[source] kernel::error::Cause),
}

impl From<TokenError> for kernel::Error {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Refused(_) => Self::Unauthenticated,
            TokenError::Keys(_) => Self::internal(error),
        }
    }
}

/// A public key, as a JSON web key (RFC 8037).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// Key type: `OKP`.
    pub kty: String,
    /// Curve: `Ed25519`.
    pub crv: String,
    /// Algorithm: `EdDSA`.
    pub alg: String,
    /// Use: `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// The key's id.
    pub kid: String,
    /// The key, base64url.
    pub x: String,
}

/// A JSON web key set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySet {
    /// The keys, the newest last.
    pub keys: Vec<PublicKey>,
}

#[derive(Serialize, Deserialize)]
struct PrivateKey {
    kid: String,
    seed: String,
}

/// The signing keys, as the secret holds them: two during a rotation, the last
/// of which signs.
pub struct SigningKeys {
    keys: Vec<(String, SigningKey)>,
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids: Vec<&str> = self.keys.iter().map(|(kid, _)| kid.as_str()).collect();
        write!(f, "SigningKeys({ids:?})")
    }
}

impl SigningKeys {
    /// Reads `[{"kid":"…","seed":"<base64 of 32 bytes>"}]`.
    ///
    /// # Errors
    /// [`TokenError::Keys`] where it is anything else or has no key.
    pub fn parse(secret: &SecretString) -> Result<Self, TokenError> {
        let kept: Vec<PrivateKey> = serde_json::from_str(secret.expose_secret())
            .map_err(|_| TokenError::Keys("the secret is not a list of keys".into()))?;
        let mut keys = Vec::with_capacity(kept.len());
        for key in kept {
            let seed = Zeroizing::new(BASE64.decode(&key.seed).unwrap_or_default());
            let seed: &[u8; 32] = seed
                .as_slice()
                .try_into()
                .map_err(|_| TokenError::Keys("a key is not 32 bytes".into()))?;
            keys.push((key.kid, SigningKey::from_bytes(seed)));
        }
        if keys.is_empty() {
            return Err(TokenError::Keys("there is no key".into()));
        }
        Ok(Self { keys })
    }

    /// The secret's text with one more key, a fresh one, of which the newest
    /// two are kept; from `None`, the first.
    ///
    /// # Errors
    /// [`TokenError::Keys`].
    pub fn with_fresh_key(
        current: Option<&SecretString>,
        now: Timestamp,
    ) -> Result<SecretString, TokenError> {
        let failed = |error: kernel::error::Cause| TokenError::Keys(error);
        let mut kept: Vec<PrivateKey> = match current {
            Some(text) => serde_json::from_str(text.expose_secret())
                .map_err(|_| failed("the secret is not a list of keys".into()))?,
            None => Vec::new(),
        };
        let mut seed = Zeroizing::new([0_u8; 32]);
        getrandom::fill(seed.as_mut()).map_err(|_| failed("no randomness".into()))?;
        kept.push(PrivateKey {
            kid: kernel::id::ulid_at(now),
            seed: BASE64.encode(seed.as_slice()),
        });
        let newest = kept.split_off(kept.len().saturating_sub(2));
        serde_json::to_string(&newest)
            .map(SecretString::from)
            .map_err(|error| failed(error.into()))
    }

    /// The public halves.
    #[must_use]
    pub fn public(&self) -> KeySet {
        let keys = self
            .keys
            .iter()
            .map(|(kid, key)| PublicKey {
                kty: "OKP".to_owned(),
                crv: "Ed25519".to_owned(),
                alg: "EdDSA".to_owned(),
                usage: "sig".to_owned(),
                kid: kid.clone(),
                x: URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes()),
            })
            .collect();
        KeySet { keys }
    }

    /// Signs a token with the newest key.
    ///
    /// # Errors
    /// [`TokenError::Keys`].
    pub fn sign(&self, claims: &Claims) -> Result<SecretString, TokenError> {
        let (kid, key) = self
            .keys
            .last()
            .ok_or_else(|| TokenError::Keys("there is no key".into()))?;
        let der = key
            .to_pkcs8_der()
            .map_err(|_| TokenError::Keys("the key has no DER form".into()))?;
        let header = Header {
            kid: Some(kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(der.as_bytes()))
            .map(SecretString::from)
            .map_err(|error| TokenError::Keys(error.into()))
    }
}

/// Checks tokens by the deployment's public keys, which it reads from the
/// store at first use.
#[derive(Debug)]
pub struct Verifier {
    table: Table,
    issuer: String,
    known: Mutex<(i64, KeySet)>,
}

impl Verifier {
    /// Over the platform's table, for tokens of this issuer.
    #[must_use]
    pub fn new(table: Table, issuer: impl Into<String>) -> Self {
        Self {
            table,
            issuer: issuer.into(),
            known: Mutex::default(),
        }
    }

    /// What a token says, where it is good now.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        let header = jsonwebtoken::decode_header(token)
            .map_err(|error| TokenError::Refused(error.into()))?;
        if header.alg != Algorithm::EdDSA {
            return Err(TokenError::Refused("another algorithm".into()));
        }
        let kid = header
            .kid
            .ok_or_else(|| TokenError::Refused("it names no key".into()))?;
        let key = self
            .key(&kid)
            .await?
            .ok_or_else(|| TokenError::Refused("its key is not known".into()))?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        // The time is a value: both comparisons follow.
        validation.validate_exp = false;
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        let key = DecodingKey::from_ed_components(&key.x)
            .map_err(|error| TokenError::Keys(error.into()))?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
            .map_err(|error| TokenError::Refused(error.into()))?
            .claims;
        let now_s = now.timestamp();
        if claims.exp < now_s.saturating_sub(LEEWAY_S) {
            return Err(TokenError::Refused("it has expired".into()));
        }
        if claims.iat > now_s.saturating_add(LEEWAY_S) {
            return Err(TokenError::Refused("it is of the future".into()));
        }
        Ok(claims)
    }

    async fn key(&self, kid: &str) -> Result<Option<PublicKey>, TokenError> {
        let now_ms = SystemClock.now().timestamp_millis();
        let find = |set: &KeySet| set.keys.iter().find(|key| key.kid == kid).cloned();
        if let Ok(known) = self.known.lock() {
            let age_ms = now_ms - known.0;
            let found = find(&known.1);
            let fresh = age_ms < KEYS_AGE_MS_MAX;
            if (found.is_some() && fresh) || age_ms < KEYS_REREAD_MS_MIN {
                return Ok(found);
            }
        }
        let set = read_keys(&self.table)
            .await
            .map_err(|error| TokenError::Keys(error.into()))?;
        let found = find(&set);
        if let Ok(mut known) = self.known.lock() {
            *known = (now_ms, set);
        }
        Ok(found)
    }
}

/// The deployment's public keys.
///
/// # Errors
/// Where the store fails.
pub async fn read_keys(platform_table: &Table) -> Result<KeySet, StoreError> {
    Ok(platform_table
        .get(&keys_key(), true)
        .await?
        .unwrap_or_default())
}

/// Publishes the deployment's public keys.
///
/// # Errors
/// Where the store fails.
pub async fn publish_keys(platform_table: &Table, keys: &KeySet) -> Result<(), StoreError> {
    platform_table.put(to_item(&keys_key(), keys)?).await
}

fn keys_key() -> Key {
    Key::new("JWKS", "JWKS")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037, appendix A.1 to A.3: the key of its example.
    #[test]
    fn the_public_key_of_rfc_8037_comes_from_its_private_key() {
        let seed = URL_SAFE_NO_PAD
            .decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
            .expect("base64");
        let text = format!(r#"[{{"kid":"k","seed":"{}"}}]"#, BASE64.encode(seed));
        let keys = SigningKeys::parse(&text.into()).expect("keys");
        assert_eq!(
            keys.public().keys[0].x,
            "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        );
    }

    #[test]
    fn a_rotation_keeps_the_newest_two_keys() {
        let now = SystemClock.now();
        let one = SigningKeys::with_fresh_key(None, now).expect("a key");
        let two = SigningKeys::with_fresh_key(Some(&one), now).expect("a key");
        let three = SigningKeys::with_fresh_key(Some(&two), now).expect("a key");
        let ids = |text: &SecretString| -> Vec<String> {
            let keys = SigningKeys::parse(text).expect("keys").public().keys;
            keys.into_iter().map(|key| key.kid).collect()
        };
        assert_eq!(ids(&two).len(), 2);
        assert_eq!(ids(&three).len(), 2);
        assert_eq!(ids(&two)[1], ids(&three)[0]);
    }
}
