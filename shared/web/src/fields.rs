//! What bodies of several functions have in common.

/// Characters of what people and organizations are called at most.
const NAME_CHARS_MAX: usize = 100;

/// What somebody or something is called; outer blanks are no part of it.
///
/// # Errors
/// Where the text is empty, too long or not printable.
pub fn called(text: &str, (): &()) -> garde::Result {
    let chars = text.trim().chars().count();
    let fits = (1..=NAME_CHARS_MAX).contains(&chars) && !text.chars().any(char::is_control);
    match fits {
        true => Ok(()),
        false => Err(garde::Error::new("must have 1 to 100 printable characters")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_to_a_hundred_printable_characters_between_its_blanks() {
        let long = format!(" {} ", "é".repeat(100));
        for name in ["Ada", " Ada Lovelace ", long.as_str()] {
            assert!(called(name, &()).is_ok(), "{name:?}");
        }
        let longer = "é".repeat(101);
        for name in ["", "  ", "Ada\nLovelace", "\tAda", longer.as_str()] {
            assert!(called(name, &()).is_err(), "{name:?}");
        }
    }
}
