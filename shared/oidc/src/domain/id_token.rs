//! ID tokens: whether one is this provider's word, said to us, now, about this
//! sign-in.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Validation;
use kernel::digest::constant_time_eq;
use kernel::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};

use super::discovery::SigningAlgorithm;
use super::factors;
use super::keys::{KID_CHARS_MAX, Key};

/// Characters of a token that is looked at.
const CHARS_MAX: usize = 16_384;
/// Difference between two machines' clocks that is forgiven, in seconds.
const SKEW_S: i64 = 60;
/// Characters of a subject, as the specification has it.
const SUBJECT_CHARS_MAX: usize = 255;
/// Characters of a name that are kept.
const NAME_CHARS_MAX: usize = 100;

/// Why a token is not believed. For the log and the record: nobody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It cannot be read.
    #[error("the ID token is malformed")]
    Malformed,
    /// It is not signed by what the provider says and we take.
    #[error("the ID token is signed by another algorithm")]
    Algorithm,
    /// The provider has no such key.
    #[error("the ID token's key is not the provider's")]
    UnknownKey,
    /// The signature is not the key's.
    #[error("the ID token's signature is not good")]
    Signature,
    /// It is another provider's.
    #[error("the ID token is of another issuer")]
    Issuer,
    /// It is for another client.
    #[error("the ID token is for another client")]
    Audience,
    /// Its time is over.
    #[error("the ID token has expired")]
    Expired,
    /// It is of the future.
    #[error("the ID token is of the future")]
    Future,
    /// It is of another sign-in.
    #[error("the ID token is of another sign-in")]
    Nonce,
    /// It came with another access token.
    #[error("the ID token goes with another access token")]
    AccessToken,
    /// It names nobody.
    #[error("the ID token names nobody")]
    Subject,
}

/// What a token's header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// How it is signed.
    pub algorithm: SigningAlgorithm,
    /// By which key.
    pub kid: Option<String>,
}

#[derive(Deserialize)]
struct HeaderDocument {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    /// Extensions that must be understood; none is.
    #[serde(default)]
    crit: Option<Value>,
}

/// What a token must be.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// The provider's name.
    pub issuer: &'a str,
    /// Our name there.
    pub client_id: &'a str,
    /// What was sent with this sign-in.
    pub nonce: &'a str,
    /// What came with the token.
    pub access_token: &'a SecretString,
    /// The present moment.
    pub now: Timestamp,
}

/// What a provider says of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// What it calls them, for ever.
    pub subject: String,
    /// Their address, where the provider says that it is verified; as it was
    /// sent.
    pub verified_email: Option<String>,
    /// What they are called, cut to a hundred printable characters.
    pub name: Option<String>,
    /// Whether they showed the provider a second factor.
    pub second_factor: bool,
}

#[derive(Deserialize)]
struct Payload {
    iss: String,
    sub: String,
    /// One text or a list of them.
    aud: Value,
    exp: i64,
    iat: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    at_hash: Option<String>,
    #[serde(default)]
    email: Option<String>,
    /// Some providers send a text.
    #[serde(default)]
    email_verified: Value,
    #[serde(default)]
    name: Option<String>,
    /// Some providers send a single text.
    #[serde(default)]
    amr: Value,
}

/// Reads a token's header, before its key is known. The algorithm is one of
/// those that the provider says it uses: never `none`, and never one whose key
/// is a secret.
///
/// # Errors
/// [`Refusal::Malformed`], [`Refusal::Algorithm`].
pub fn header(token: &SecretString, algorithms: &[SigningAlgorithm]) -> Result<Header, Refusal> {
    let token = token.expose_secret();
    if token.len() > CHARS_MAX {
        return Err(Refusal::Malformed);
    }
    let (first, _) = token.split_once('.').ok_or(Refusal::Malformed)?;
    let bytes = URL_SAFE_NO_PAD.decode(first);
    let bytes = bytes.map_err(|_| Refusal::Malformed)?;
    let header: HeaderDocument = serde_json::from_slice(&bytes).map_err(|_| Refusal::Malformed)?;
    let is_long = |kid: &String| kid.len() > KID_CHARS_MAX;
    if header.crit.is_some() || header.kid.as_ref().is_some_and(is_long) {
        return Err(Refusal::Malformed);
    }
    let algorithm = SigningAlgorithm::named(&header.alg).ok_or(Refusal::Algorithm)?;
    if !algorithms.contains(&algorithm) {
        return Err(Refusal::Algorithm);
    }
    Ok(Header {
        algorithm,
        kid: header.kid,
    })
}

/// Checks a token by the key that its header names.
///
/// # Errors
/// [`Refusal`].
pub fn check(token: &SecretString, key: &Key, expected: &Expected<'_>) -> Result<Claims, Refusal> {
    let payload = signed_payload(token, key)?;
    if payload.iss != expected.issuer {
        return Err(Refusal::Issuer);
    }
    check_audience(&payload, expected.client_id)?;
    let now_s = expected.now.timestamp();
    if payload.exp.saturating_add(SKEW_S) <= now_s {
        return Err(Refusal::Expired);
    }
    let begins = payload.nbf.unwrap_or(payload.iat).max(payload.iat);
    if begins > now_s + SKEW_S {
        return Err(Refusal::Future);
    }
    let nonce = payload.nonce.unwrap_or_default();
    if !constant_time_eq(nonce.as_bytes(), expected.nonce.as_bytes()) {
        return Err(Refusal::Nonce);
    }
    if let Some(told) = &payload.at_hash
        && *told != access_token_hash(expected.access_token, key.algorithm)
    {
        return Err(Refusal::AccessToken);
    }
    if !(1..=SUBJECT_CHARS_MAX).contains(&payload.sub.len()) {
        return Err(Refusal::Subject);
    }
    let is_verified = is_true(&payload.email_verified);
    Ok(Claims {
        subject: payload.sub,
        verified_email: payload.email.filter(|_| is_verified),
        name: payload.name.and_then(printable),
        second_factor: factors::are_two(&texts(&payload.amr)),
    })
}

/// The claims of a token that the key signed. Their times are checked here and
/// not by the library, which would ask the system for the present one.
fn signed_payload(token: &SecretString, key: &Key) -> Result<Payload, Refusal> {
    let mut validation = Validation::new(key.algorithm.of_library());
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let decoded =
        jsonwebtoken::decode::<Payload>(token.expose_secret(), &key.material, &validation);
    let decoded = decoded.map_err(|error| match error.kind() {
        jsonwebtoken::errors::ErrorKind::Json(_) => Refusal::Malformed,
        _ => Refusal::Signature,
    })?;
    Ok(decoded.claims)
}

/// The token is for us; where it is for others too, or says for whom it was
/// made, it was made for us.
fn check_audience(payload: &Payload, client_id: &str) -> Result<(), Refusal> {
    let audiences = texts(&payload.aud);
    let is_ours = audiences.iter().any(|audience| audience == client_id);
    let made_for_us = match &payload.azp {
        Some(party) => party == client_id,
        None => audiences.len() == 1,
    };
    match is_ours && made_for_us {
        true => Ok(()),
        false => Err(Refusal::Audience),
    }
}

/// One text or a list of texts; anything else is none.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list
            .iter()
            .filter_map(|one| one.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

fn is_true(value: &Value) -> bool {
    value == &Value::Bool(true) || value.as_str() == Some("true")
}

fn printable(name: String) -> Option<String> {
    let kept: String = name
        .trim()
        .chars()
        .filter(|char| !char.is_control())
        .take(NAME_CHARS_MAX)
        .collect();
    let kept = kept.trim().to_owned();
    (!kept.is_empty()).then_some(kept)
}

/// The left half of the access token's digest, by the hash of the algorithm.
fn access_token_hash(token: &SecretString, algorithm: SigningAlgorithm) -> String {
    let bytes = token.expose_secret().as_bytes();
    let digest = match algorithm {
        SigningAlgorithm::Rs256 | SigningAlgorithm::Es256 => Sha256::digest(bytes).to_vec(),
        SigningAlgorithm::EdDsa => Sha512::digest(bytes).to_vec(),
    };
    URL_SAFE_NO_PAD.encode(&digest[..digest.len() / 2])
}

#[cfg(test)]
mod tests;
