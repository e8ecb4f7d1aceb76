//! Tokens that are good once: what the links in mails carry. Only their
//! hashes are kept.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::digest::sha256_hex;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

/// Random bytes of a token.
const BYTES: usize = 32;
/// Characters of a token: its bytes in base64url.
pub const CHARS: usize = 43;

/// The operating system gave no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no randomness")]
pub struct NoRandomness;

impl From<NoRandomness> for kernel::Error {
    fn from(error: NoRandomness) -> Self {
        Self::internal(error)
    }
}

/// A fresh token of 256 bits, in letters, digits, `-` and `_`.
///
/// # Errors
/// [`NoRandomness`].
pub fn generate() -> Result<SecretString, NoRandomness> {
    let mut bytes = Zeroizing::new([0_u8; BYTES]);
    getrandom::fill(bytes.as_mut()).map_err(|_| NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes.as_slice()).into())
}

/// What is kept of a token: its SHA-256 in hex.
#[must_use]
pub fn hash(token: &SecretString) -> String {
    sha256_hex(token.expose_secret().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_safe_in_links_and_never_the_same() {
        let one = generate().expect("random");
        let other = generate().expect("random");
        assert_ne!(one.expose_secret(), other.expose_secret());
        assert_ne!(hash(&one), hash(&other));
        assert_eq!(one.expose_secret().len(), CHARS);
        let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        assert!(one.expose_secret().bytes().all(is_safe));
    }
}
