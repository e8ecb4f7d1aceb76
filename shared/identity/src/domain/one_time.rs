//! Tokens that are good once: what the links in mails carry. Only their
//! hashes are kept.

use kernel::digest::sha256_hex;
use kernel::random;
use secrecy::{ExposeSecret, SecretString};

pub use kernel::random::{NoRandomness, TOKEN_CHARS as CHARS};

/// A fresh token of 256 bits, in letters, digits, `-` and `_`.
///
/// # Errors
/// [`NoRandomness`].
pub fn generate() -> Result<SecretString, NoRandomness> {
    random::token()
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
