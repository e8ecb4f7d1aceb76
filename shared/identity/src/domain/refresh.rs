//! Refresh tokens: 256 random bits that name their session and generation.
//!
//! A token's successor is derived from it by the server's key, so that the
//! same parent always has the same successor, and whoever has the one cannot
//! find the other. The server's key also puts a mark on each token: a token
//! without it was never given to anybody, and says nothing about a session.
//! The store keeps only hashes of the secrets.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD};
use kernel::digest::{constant_time_eq, hmac_sha256, sha256_hex};
use kernel::id::{SessionId, UserId};
use kernel::random::{self, NoRandomness};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretBox, SecretString};

/// What every refresh token starts with, so that one that leaks is known.
pub const PREFIX: &str = "tbr_";
/// Characters of a token.
pub const CHARS: usize = PREFIX.len() + 2 * ULID_CHARS + GENERATION_CHARS + TAIL_CHARS;
const SECRET_BYTES: usize = 32;
const MARK_BYTES: usize = 16;
const ULID_CHARS: usize = 26;
/// A generation in hex.
const GENERATION_CHARS: usize = 8;
/// Secret and mark in base64url.
const TAIL_CHARS: usize = (SECRET_BYTES + MARK_BYTES) / 3 * 4;

/// The server's key, from which successors and marks come.
pub struct RefreshKey(SecretBox<[u8; SECRET_BYTES]>);

impl std::fmt::Debug for RefreshKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshKey(…)")
    }
}

/// The key's secret is not the base64 of 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key of refresh tokens is not 32 bytes in base64")]
pub struct RefreshKeyError;

impl From<RefreshKeyError> for kernel::Error {
    fn from(error: RefreshKeyError) -> Self {
        Self::internal(error)
    }
}

impl RefreshKey {
    /// Reads the base64 of 32 bytes.
    ///
    /// # Errors
    /// [`RefreshKeyError`].
    pub fn parse(secret: &SecretString) -> Result<Self, RefreshKeyError> {
        let bytes = BASE64.decode(secret.expose_secret().trim());
        let bytes = Zeroizing::new(bytes.map_err(|_| RefreshKeyError)?);
        let key: [u8; SECRET_BYTES] = bytes.as_slice().try_into().map_err(|_| RefreshKeyError)?;
        Ok(Self(SecretBox::new(Box::new(key))))
    }

    fn hmac(&self, purpose: &[u8], token: &RefreshToken) -> Zeroizing<Vec<u8>> {
        let mut message = Zeroizing::new(purpose.to_vec());
        message.extend_from_slice(token.name().as_bytes());
        message.extend_from_slice(token.secret.as_slice());
        Zeroizing::new(hmac_sha256(self.0.expose_secret(), &message))
    }
}

/// A token that the server made: it has its mark, or was made just now.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    user: UserId,
    session: SessionId,
    generation: u32,
    secret: Zeroizing<[u8; SECRET_BYTES]>,
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RefreshToken({} {})", self.session, self.generation)
    }
}

impl RefreshToken {
    /// The first token of a session.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn first(user: &UserId, session: &SessionId) -> Result<Self, NoRandomness> {
        let mut secret = Zeroizing::new([0_u8; SECRET_BYTES]);
        random::fill(secret.as_mut())?;
        Ok(Self {
            user: user.clone(),
            session: session.clone(),
            generation: 1,
            secret,
        })
    }

    /// The token that comes after this one.
    #[must_use]
    pub fn successor(&self, key: &RefreshKey) -> Self {
        let derived = key.hmac(b"successor:", self);
        let mut secret = Zeroizing::new([0_u8; SECRET_BYTES]);
        secret.copy_from_slice(&derived);
        Self {
            user: self.user.clone(),
            session: self.session.clone(),
            generation: self.generation.saturating_add(1),
            secret,
        }
    }

    /// The token as clients keep it.
    #[must_use]
    pub fn encode(&self, key: &RefreshKey) -> SecretString {
        let mut tail = Zeroizing::new(self.secret.to_vec());
        tail.extend_from_slice(&key.hmac(b"mark:", self)[..MARK_BYTES]);
        let tail = Zeroizing::new(URL_SAFE_NO_PAD.encode(tail.as_slice()));
        format!("{PREFIX}{}{}", self.name(), tail.as_str()).into()
    }

    /// Reads a token. `None` where the server has not made it.
    #[must_use]
    pub fn parse(text: &SecretString, key: &RefreshKey) -> Option<Self> {
        let text = text.expose_secret();
        if text.len() != CHARS || !text.is_ascii() {
            return None;
        }
        let rest = text.strip_prefix(PREFIX)?;
        let (user, rest) = rest.split_at(ULID_CHARS);
        let (session, rest) = rest.split_at(ULID_CHARS);
        let (generation, tail) = rest.split_at(GENERATION_CHARS);
        let tail = Zeroizing::new(URL_SAFE_NO_PAD.decode(tail).ok()?);
        let (secret, mark) = tail.split_at_checked(SECRET_BYTES)?;
        let token = Self {
            user: format!("{}_{user}", UserId::PREFIX).parse().ok()?,
            session: format!("{}_{session}", SessionId::PREFIX).parse().ok()?,
            generation: u32::from_str_radix(generation, 16).ok()?,
            secret: Zeroizing::new(secret.try_into().ok()?),
        };
        // Of all ways to write a token, one is its own.
        let is_made_here = constant_time_eq(mark, &key.hmac(b"mark:", &token)[..MARK_BYTES]);
        let is_canonical = token.encode(key).expose_secret() == text;
        (is_made_here && is_canonical).then_some(token)
    }

    /// Whose it is.
    #[must_use]
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// Of which session.
    #[must_use]
    pub fn session(&self) -> &SessionId {
        &self.session
    }

    /// Which one of the session's it is, from 1.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// What is kept of it: the SHA-256 of its secret, in hex.
    #[must_use]
    pub fn hash(&self) -> String {
        sha256_hex(self.secret.as_slice())
    }

    fn name(&self) -> String {
        let ulid = |id: &str| id.rsplit('_').next().unwrap_or_default().to_owned();
        let user = ulid(self.user.as_str());
        let session = ulid(self.session.as_str());
        format!("{user}{session}{:08x}", self.generation)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use kernel::time::Timestamp;
    use proptest::prelude::*;

    pub(crate) fn key(byte: u8) -> RefreshKey {
        RefreshKey::parse(&BASE64.encode([byte; 32]).into()).expect("a key")
    }

    pub(crate) fn first() -> RefreshToken {
        let now = Timestamp::UNIX_EPOCH;
        RefreshToken::first(&UserId::generate(now), &SessionId::generate(now)).expect("random")
    }

    #[test]
    fn a_token_reads_as_it_was_written() {
        let (key, token) = (key(1), first());
        let text = token.encode(&key);
        assert_eq!(text.expose_secret().len(), CHARS);
        assert!(text.expose_secret().starts_with(PREFIX));
        assert_eq!(RefreshToken::parse(&text, &key), Some(token.clone()));
        let next = token.successor(&key);
        assert_eq!(next.generation(), 2);
        assert_eq!(RefreshToken::parse(&next.encode(&key), &key), Some(next));
    }

    #[test]
    fn a_parent_has_one_successor_and_another_key_makes_another() {
        let token = first();
        assert_eq!(token.successor(&key(1)), token.successor(&key(1)));
        assert_ne!(token.successor(&key(1)), token.successor(&key(2)));
        assert_ne!(token.successor(&key(1)).hash(), token.hash());
    }

    #[test]
    fn a_token_of_another_key_was_never_made() {
        let text = first().encode(&key(1));
        assert_eq!(RefreshToken::parse(&text, &key(2)), None);
    }

    #[test]
    fn a_key_is_thirty_two_bytes() {
        for text in ["", "short", "AAAA", &BASE64.encode([0_u8; 31])] {
            assert!(
                RefreshKey::parse(&text.to_owned().into()).is_err(),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn whoever_changes_a_token_makes_none(at in 0..CHARS, to in "[ -~é]") {
            let (key, token) = (key(1), first());
            let mut text = token.encode(&key).expose_secret().to_owned();
            prop_assume!(text[at..=at] != to);
            text.replace_range(at..=at, &to);
            prop_assert_eq!(RefreshToken::parse(&text.into(), &key), None);
        }

        #[test]
        fn no_text_stops_the_reader(text in "\\PC{0,200}|tbr_[0-9a-z]{60}[A-Za-z0-9_-]{64}") {
            prop_assert_eq!(RefreshToken::parse(&text.into(), &key(1)), None);
        }
    }
}
