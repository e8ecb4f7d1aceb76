//! Passwords that guessers try first, so that nobody takes one of them.

/// The list, one a line, in lower case and byte order. `data/README.md` says
/// where it is from.
const LIST: &str = include_str!("../../data/common-passwords.txt");

/// Whether a password is on the list, in whatever case.
#[must_use]
pub fn is_common(password: &str) -> bool {
    let wanted = password.to_lowercase();
    let list = LIST.as_bytes();
    // The line looked for starts in `from..to`; both are starts of lines or
    // the end.
    let (mut from, mut to) = (0, list.len());
    while from < to {
        let start = start_of_line(list, from, from + (to - from) / 2);
        let end = end_of_line(list, start);
        match list[start..end].cmp(wanted.as_bytes()) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => from = end + 1,
            std::cmp::Ordering::Greater => to = start,
        }
    }
    false
}

fn start_of_line(list: &[u8], from: usize, at: usize) -> usize {
    let before = list[from..at].iter().rposition(|byte| *byte == b'\n');
    before.map_or(from, |newline| from + newline + 1)
}

fn end_of_line(list: &[u8], from: usize) -> usize {
    let newline = list[from..].iter().position(|byte| *byte == b'\n');
    newline.map_or(list.len(), |length| from + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn the_list_is_long_sorted_and_small() {
        let lines: Vec<&str> = LIST.lines().collect();
        assert!(lines.len() >= 10_000, "{}", lines.len());
        assert!(LIST.len() < 120_000, "{}", LIST.len());
        assert!(lines.is_sorted_by(|one, next| one.as_bytes() < next.as_bytes()));
        for line in lines {
            assert!(line.len() >= 8, "{line}");
            assert_eq!(line, line.to_lowercase());
        }
    }

    #[test]
    fn each_of_the_list_is_found_and_its_neighbours_are_not() {
        let all: HashSet<&str> = LIST.lines().collect();
        for line in LIST.lines() {
            assert!(is_common(line), "{line}");
            for near in [format!("{line}~"), line[..7].to_owned(), format!("!{line}")] {
                assert_eq!(is_common(&near), all.contains(near.as_str()), "{near}");
            }
        }
    }

    #[test]
    fn case_does_not_matter_and_passwords_of_ones_own_are_not_common() {
        for common in [
            "password1",
            "PassWord1",
            "QWERTYUIOP",
            "1234567890",
            "iloveyou",
        ] {
            assert!(is_common(common), "{common}");
        }
        for own in [
            "",
            "\n",
            "a",
            "correct horse battery staple",
            "zzzzzzzz~~~",
            "İİİİİİİİ",
        ] {
            assert!(!is_common(own), "{own}");
        }
    }

    proptest! {
        #[test]
        fn the_answer_is_that_of_a_plain_search(text in "[a-z0-9]{8,10}|\\PC{0,12}") {
            let wanted = text.to_lowercase();
            prop_assert_eq!(is_common(&text), LIST.lines().any(|line| line == wanted));
        }
    }
}
