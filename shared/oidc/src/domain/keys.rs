//! A provider's public keys, as JSON web keys (RFC 7517).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

use super::discovery::SigningAlgorithm;

/// Keys of one provider that are looked at.
const KEYS_MAX: usize = 100;
/// Bytes of an RSA modulus: 2,048 to 4,096 bits.
const MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=512;
/// Characters of a key id.
pub(super) const KID_CHARS_MAX: usize = 256;

/// What was sent is no set of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a set of JSON web keys")]
pub struct NoKeySet;

#[derive(Deserialize)]
struct KeySetDocument {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct KeyDocument {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default, rename = "use")]
    usage: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
}

/// A key by which ID tokens can be checked, for one algorithm.
#[derive(Clone, Debug)]
pub struct Key {
    kid: Option<String>,
    pub(super) algorithm: SigningAlgorithm,
    pub(super) material: DecodingKey,
}

/// The keys of a provider that are of use here.
#[derive(Clone, Debug, Default)]
pub struct KeySet(Vec<Key>);

impl KeySet {
    /// Reads a key set. Keys of other kinds, for other uses, or too weak are
    /// not of it.
    ///
    /// # Errors
    /// [`NoKeySet`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoKeySet> {
        let document: KeySetDocument = serde_json::from_slice(bytes).map_err(|_| NoKeySet)?;
        let keys = document.keys.into_iter().take(KEYS_MAX);
        Ok(Self(keys.filter_map(Key::read).collect()))
    }

    /// The key that a token names. A token that names none has one where no
    /// other could be meant.
    #[must_use]
    pub fn find(&self, kid: Option<&str>, algorithm: SigningAlgorithm) -> Option<&Key> {
        let mut fitting = self
            .0
            .iter()
            .filter(|key| key.algorithm == algorithm)
            .filter(|key| kid.is_none() || key.kid.as_deref() == kid);
        let first = fitting.next();
        match (kid, fitting.next()) {
            (None, Some(_)) => None,
            _ => first,
        }
    }
}

impl Key {
    fn read(value: Value) -> Option<Self> {
        let key: KeyDocument = serde_json::from_value(value).ok()?;
        if key.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return None;
        }
        let curve = key.crv.as_deref();
        let (algorithm, material) = match (key.kty.as_str(), curve) {
            ("RSA", _) => {
                let (n, e) = (key.n?, key.e?);
                let modulus = URL_SAFE_NO_PAD.decode(&n).ok()?;
                let bytes = modulus.iter().skip_while(|byte| **byte == 0).count();
                let key = DecodingKey::from_rsa_components(&n, &e).ok()?;
                let fits = MODULUS_BYTES.contains(&bytes);
                (SigningAlgorithm::Rs256, fits.then_some(key)?)
            }
            ("EC", Some("P-256")) => {
                let key = DecodingKey::from_ec_components(&key.x?, &key.y?).ok()?;
                (SigningAlgorithm::Es256, key)
            }
            ("OKP", Some("Ed25519")) => {
                let key = DecodingKey::from_ed_components(&key.x?).ok()?;
                (SigningAlgorithm::EdDsa, key)
            }
            _ => return None,
        };
        let is_for_another = key.alg.is_some_and(|alg| alg != algorithm.name());
        (!is_for_another).then_some(Self {
            kid: key.kid,
            algorithm,
            material,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A modulus of so many bits.
    fn modulus(bits: usize) -> String {
        URL_SAFE_NO_PAD.encode(vec![0xc1; bits / 8])
    }

    fn set(keys: Value) -> KeySet {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).expect("a set")
    }

    fn rsa(bits: usize, more: Value) -> Value {
        let mut key = json!({"kty": "RSA", "kid": "r", "n": modulus(bits), "e": "AQAB"});
        for (name, value) in more.as_object().expect("fields") {
            key[name] = value.clone();
        }
        key
    }

    #[test]
    fn keys_that_are_of_no_use_here_are_passed_over() {
        let symmetric = json!({"kty": "oct", "kid": "s", "k": "c2VjcmV0"});
        let set = set(json!([
            symmetric,
            "no key",
            {"kty": "EC", "crv": "P-521", "kid": "p", "x": "AA", "y": "AA"},
            rsa(1_024, json!({})),
            rsa(2_048, json!({"use": "enc"})),
            rsa(2_048, json!({"alg": "PS256"})),
            {"kty": "OKP", "crv": "X25519", "kid": "x", "x": "AA"},
        ]));
        assert_eq!(set.0.len(), 0);
        assert!(KeySet::parse(b"{}").is_err());
        assert!(KeySet::parse(b"[]").is_err());
    }

    #[test]
    fn a_key_is_found_by_its_id_and_for_its_own_algorithm_alone() {
        let ed = json!({"kty": "OKP", "crv": "Ed25519", "kid": "e", "use": "sig", "x": "AA"});
        let set = set(json!([rsa(2_048, json!({"alg": "RS256"})), ed]));
        let find = |kid, algorithm| set.find(kid, algorithm).is_some();
        assert!(find(Some("r"), SigningAlgorithm::Rs256));
        assert!(find(Some("e"), SigningAlgorithm::EdDsa));
        assert!(!find(Some("r"), SigningAlgorithm::EdDsa));
        assert!(!find(Some("z"), SigningAlgorithm::Rs256));
        assert!(find(None, SigningAlgorithm::Rs256));
    }

    #[test]
    fn a_token_without_a_key_id_is_no_guess_among_many() {
        let set = set(json!([
            rsa(2_048, json!({"kid": "one"})),
            rsa(2_048, json!({"kid": "two"}))
        ]));
        assert!(set.find(None, SigningAlgorithm::Rs256).is_none());
        assert!(set.find(Some("two"), SigningAlgorithm::Rs256).is_some());
    }
}
