//! Pairing codes: what a person types into a terminal once.
//!
//! Twelve characters of Crockford's base 32, in groups of four: 60 bits, without
//! letters that look like digits.

use chrono::TimeDelta;
use kernel::digest::sha256_hex;
use secrecy::{ExposeSecret, SecretString};

/// How long a code is good.
pub const GOOD_FOR: TimeDelta = TimeDelta::minutes(5);
/// Terminals that one person can have.
pub const TERMINALS_MAX: u32 = 20;
/// Characters of a code without its hyphens.
const CHARS: usize = 12;
/// Characters of a group.
const GROUP: usize = 4;
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The code that random bits make; the lowest 60 count.
#[must_use]
pub fn code(random: u64) -> SecretString {
    let mut text = String::with_capacity(CHARS + 2);
    for index in 0..CHARS {
        if index > 0 && index % GROUP == 0 {
            text.push('-');
        }
        let bits = (random >> (5 * index)) & 31;
        text.push(char::from(
            ALPHABET[usize::try_from(bits).unwrap_or_default()],
        ));
    }
    text.into()
}

/// What is kept of a code, however it was typed: its hash. Nothing where the
/// text can be no code.
#[must_use]
pub fn hash(typed: &SecretString) -> Option<String> {
    let typed = typed.expose_secret();
    if typed.len() > 4 * CHARS {
        return None;
    }
    let mut plain = String::with_capacity(CHARS);
    for letter in typed.chars() {
        match letter.to_ascii_uppercase() {
            '-' | ' ' => {}
            'O' => plain.push('0'),
            'I' | 'L' => plain.push('1'),
            letter if letter.is_ascii() && ALPHABET.contains(&(letter as u8)) => {
                plain.push(letter);
            }
            _ => return None,
        }
    }
    (plain.len() == CHARS).then(|| sha256_hex(plain.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hashed(text: &str) -> Option<String> {
        hash(&text.into())
    }

    #[test]
    fn a_code_is_three_groups_of_four() {
        assert_eq!(code(0).expose_secret(), "0000-0000-0000");
        assert_eq!(code(u64::MAX).expose_secret(), "ZZZZ-ZZZZ-ZZZZ");
        assert_eq!(code(31 << 55).expose_secret(), "0000-0000-000Z");
    }

    #[test]
    fn it_may_be_typed_as_people_type() {
        let code = hashed("10AB-CDEF-GHJK").expect("a code");
        for typed in ["10abcdefghjk", " 1OAB CDEF GHJK ", "lOab-cdef-ghjk"] {
            assert_eq!(hashed(typed).as_ref(), Some(&code), "{typed}");
        }
        for wrong in ["", "10AB-CDEF-GHJ", "10AB-CDEF-GHJKM", "10AB-CDEF-GHJU"] {
            assert_eq!(hashed(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn sixty_bits_are_sixty_bits(one: u64, other: u64) {
            let same = (one ^ other) << 4 == 0;
            prop_assert_eq!(hash(&code(one)) == hash(&code(other)), same);
            prop_assert!(hash(&code(one)).is_some());
        }

        #[test]
        fn no_text_is_too_odd_to_be_refused(text: String) {
            let _ = hash(&text.as_str().into());
        }
    }
}
