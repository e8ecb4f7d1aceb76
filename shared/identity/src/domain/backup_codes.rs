//! Backup codes: for who does not have the authenticator app at hand.

use kernel::digest::{constant_time_eq, hmac_sha256};
use kernel::random::{self, NoRandomness};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

/// Codes of a set.
pub const CODES: usize = 10;
/// Characters of a code without its hyphens: 60 bits.
const CODE_CHARS: usize = 12;
/// Characters between two hyphens.
const GROUP_CHARS: usize = 4;
/// What codes are made of: Crockford's base32, in which nothing looks like
/// something else.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Bytes of the key that codes are hashed under.
const KEY_BYTES: usize = 32;

/// A fresh set, as it is shown once: `k3xq-07mz-9wd2`.
///
/// # Errors
/// [`NoRandomness`].
pub fn generate() -> Result<Vec<SecretString>, NoRandomness> {
    (0..CODES).map(|_| generate_one()).collect()
}

fn generate_one() -> Result<SecretString, NoRandomness> {
    let mut bytes = Zeroizing::new([0_u8; CODE_CHARS]);
    random::fill(bytes.as_mut())?;
    let mut code = String::with_capacity(CODE_CHARS + CODE_CHARS / GROUP_CHARS);
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 && index % GROUP_CHARS == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    Ok(code.into())
}

/// A code as somebody typed it, in the one form that is hashed; `None` where
/// it cannot be a code. Upper case, spaces, missing hyphens and letters that
/// look like digits are forgiven.
#[must_use]
pub fn normalize(typed: &str) -> Option<SecretString> {
    let mut code = String::with_capacity(CODE_CHARS);
    for character in typed.chars() {
        let read = match character.to_ascii_lowercase() {
            '-' | ' ' => continue,
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        };
        let known = u8::try_from(read).is_ok_and(|byte| ALPHABET.contains(&byte));
        if !known || code.len() == CODE_CHARS {
            return None;
        }
        code.push(read);
    }
    (code.len() == CODE_CHARS).then(|| code.into())
}

/// A key to hash a set under, as hex: without it the hashes tell nothing of
/// the codes, however many are guessed.
///
/// # Errors
/// [`NoRandomness`].
pub fn generate_key() -> Result<SecretString, NoRandomness> {
    let mut bytes = Zeroizing::new([0_u8; KEY_BYTES]);
    random::fill(bytes.as_mut())?;
    Ok(hex::encode(bytes.as_slice()).into())
}

/// What is kept of a code: its HMAC-SHA-256, in hex.
#[must_use]
pub fn hash(key: &SecretString, normalized: &SecretString) -> String {
    hex::encode(hmac_sha256(
        key.expose_secret().as_bytes(),
        normalized.expose_secret().as_bytes(),
    ))
}

/// Which of the hashes is this one.
#[must_use]
pub fn position(hashes: &[String], hash: &str) -> Option<usize> {
    let mut found = None;
    for (index, kept) in hashes.iter().enumerate() {
        if constant_time_eq(kept.as_bytes(), hash.as_bytes()) {
            found = Some(index);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn a_set_is_ten_different_codes_of_sixty_bits() {
        let codes = generate().expect("codes");
        let texts: HashSet<&str> = codes.iter().map(ExposeSecret::expose_secret).collect();
        assert_eq!(texts.len(), 10);
        for text in texts {
            let groups: Vec<&str> = text.split('-').collect();
            assert_eq!(groups.len(), 3, "{text}");
            assert!(groups.iter().all(|group| group.len() == 4), "{text}");
        }
    }

    #[test]
    fn a_code_is_taken_as_people_type_it() {
        for typed in ["0a1b-2c3d-4e5f", "OAIB 2C3D 4E5F", "0alb2c3d4e5f"] {
            let code = normalize(typed).expect(typed);
            assert_eq!(code.expose_secret(), "0a1b2c3d4e5f");
        }
        for typed in [
            "",
            "0a1b-2c3d-4e5",
            "0a1b-2c3d-4e5f-6",
            "0a1b-2c3d-4e5u",
            "é",
            "123456",
        ] {
            assert!(normalize(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn a_hash_is_of_its_key() {
        let code = SecretString::from("0a1b2c3d4e5f");
        let key = generate_key().expect("a key");
        let kept = hash(&key, &code);
        assert_eq!(kept.len(), 64);
        assert_eq!(kept, hash(&key, &code));
        assert_ne!(kept, hash(&generate_key().expect("a key"), &code));
        let hashes = vec!["0".repeat(64), kept.clone()];
        assert_eq!(position(&hashes, &kept), Some(1));
        assert_eq!(position(&hashes[..1], &kept), None);
    }

    proptest! {
        #[test]
        fn what_is_shown_is_what_is_taken(typed in "\\PC{0,40}") {
            let code = generate_one().expect("a code");
            let shown = code.expose_secret();
            let taken = normalize(shown).expect("taken");
            prop_assert_eq!(taken.expose_secret(), shown.replace('-', ""));
            // Whatever else is typed, what is taken has the form of a code.
            if let Some(taken) = normalize(&typed) {
                prop_assert_eq!(taken.expose_secret().len(), CODE_CHARS);
            }
        }
    }
}
