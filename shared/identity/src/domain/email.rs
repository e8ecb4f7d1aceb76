//! Email addresses, as people are found by them.

/// Characters of an address; RFC 5321's own bound.
pub const CHARS_MAX: usize = 254;
/// Characters before the `@`; RFC 5321's own bound.
const LOCAL_CHARS_MAX: usize = 64;
/// Characters of one part of a domain; RFC 1035's own bound.
const LABEL_CHARS_MAX: usize = 63;

/// The form in which an address is kept and compared: without outer blanks, in
/// lower case, so that nobody can have an address twice. `None` where the text
/// cannot be an address that takes mail from anybody.
#[must_use]
pub fn normalize(text: &str) -> Option<String> {
    let email = text.trim().to_ascii_lowercase();
    let (local, domain) = email.split_once('@')?;
    let fits = email.len() <= CHARS_MAX && is_local(local) && is_domain(domain);
    fits.then_some(email)
}

/// RFC 5321's dot-string: no quotes, no comments.
fn is_local(local: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
    };
    local.len() <= LOCAL_CHARS_MAX && local.split('.').all(is_part)
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LABEL_CHARS_MAX).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    // The last part is a name: an address of digits takes no mail from us.
    let has_name = domain
        .rsplit('.')
        .next()
        .is_some_and(|last| !last.bytes().all(|byte| byte.is_ascii_digit()));
    domain.contains('.') && has_name && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_and_outer_blanks_make_no_other_person() {
        assert_eq!(
            normalize("  Ada.Lovelace+X@Example.ORG "),
            Some("ada.lovelace+x@example.org".to_owned())
        );
    }

    #[test]
    fn what_takes_no_mail_is_no_address() {
        let long = format!("{}@example.org", "a".repeat(65));
        let longer = format!("a@{}.org", "b.".repeat(130));
        for text in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@localhost",
            "ada@example..org",
            "ada@-example.org",
            "ada@127.0.0.1",
            ".ada@example.org",
            "ada.@example.org",
            "a..da@example.org",
            "ada@bob@example.org",
            "ada lovelace@example.org",
            "ada@example.org\r\nBcc: eve@example.org",
            "\"ada\"@example.org",
            "ädä@example.org",
            &long,
            &longer,
        ] {
            assert_eq!(normalize(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_normal_form_is_its_own_normal_form(text in ".{0,80}|[A-Za-z.+]{1,9}@[a-zA-Z.]{1,12}") {
            if let Some(once) = normalize(&text) {
                prop_assert_eq!(normalize(&once), Some(once));
            }
        }
    }
}
