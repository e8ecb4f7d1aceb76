//! Names to sign in with, instead of an address.

/// Fewest characters of a name.
pub const CHARS_MIN: usize = 3;
/// Most characters of a name.
pub const CHARS_MAX: usize = 32;

/// The form in which a name is kept and compared: in lower case. `None` where
/// the text is none: three to thirty-two of `a-z 0-9 . _ -`, the first a
/// letter, so that no name is an address, a number or an id of ours.
#[must_use]
pub fn normalize(text: &str) -> Option<String> {
    let name = text.trim().to_ascii_lowercase();
    let fits = (CHARS_MIN..=CHARS_MAX).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.starts_with("usr_")
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    fits.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_lower_case_and_no_address() {
        assert_eq!(normalize(" Ada.L-1 "), Some("ada.l-1".to_owned()));
        let long = "a".repeat(CHARS_MAX + 1);
        for text in ["", "ab", "1ada", "ada@x", "a da", "ädä", "usr_1", &long] {
            assert_eq!(normalize(text), None, "{text}");
        }
    }
}
