//! Random bits from the operating system.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use crate::Error;

/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;
/// Characters of a token: its bytes in base64url.
pub const TOKEN_CHARS: usize = 43;

/// The operating system gave no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no randomness")]
pub struct NoRandomness;

impl From<NoRandomness> for Error {
    fn from(error: NoRandomness) -> Self {
        Self::internal(error)
    }
}

/// Fills a buffer.
///
/// # Errors
/// [`NoRandomness`].
pub fn fill(bytes: &mut [u8]) -> Result<(), NoRandomness> {
    getrandom::fill(bytes).map_err(|_| NoRandomness)
}

/// A fresh secret of 256 bits, in letters, digits, `-` and `_`.
///
/// # Errors
/// [`NoRandomness`].
pub fn token() -> Result<SecretString, NoRandomness> {
    let mut bytes = Zeroizing::new([0_u8; TOKEN_BYTES]);
    fill(bytes.as_mut())?;
    Ok(URL_SAFE_NO_PAD.encode(bytes.as_slice()).into())
}
