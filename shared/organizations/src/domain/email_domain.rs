//! Domains of email addresses that an organization names as its own.

use std::collections::BTreeSet;

/// Domains of one organization.
pub const DOMAINS_MAX: usize = 20;
/// Characters of a domain.
const CHARS_MAX: usize = 253;

/// The form in which a domain is kept and compared: in lower case. `None`
/// where the text is no domain of two labels or more; one of other letters is
/// named in its ASCII form.
#[must_use]
pub fn normalize(text: &str) -> Option<String> {
    let domain = text.trim().to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let fits = domain.len() <= CHARS_MAX
        && domain.contains('.')
        && domain.split('.').all(is_label)
        && !domain.ends_with(|last: char| last.is_ascii_digit());
    fits.then_some(domain)
}

/// Whether an address in its normal form is of one of these domains. One below
/// another is a domain of its own.
#[must_use]
pub fn is_of(email: &str, domains: &BTreeSet<String>) -> bool {
    email
        .rsplit_once('@')
        .is_some_and(|(_, domain)| domains.contains(domain))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_domain_is_a_name_of_two_labels_or_more() {
        assert_eq!(normalize(" Firm.Example "), Some("firm.example".to_owned()));
        let long = format!("{}.example", "a".repeat(64));
        for text in [
            "",
            "firm",
            "@firm.example",
            ".example",
            "firm..example",
            "10.0.0.1",
            "-a.b",
            "fïrm.example",
            "*.example",
            &long,
        ] {
            assert_eq!(normalize(text), None, "{text}");
        }
    }

    #[test]
    fn an_address_is_of_its_own_domain_alone() {
        let domains = BTreeSet::from(["firm.example".to_owned()]);
        assert!(is_of("ada@firm.example", &domains));
        for other in [
            "ada@sub.firm.example",
            "ada@xfirm.example",
            "firm.example",
            "ada@firm.example.org",
            "",
        ] {
            assert!(!is_of(other, &domains), "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_normal_form_is_its_own_normal_form(text in "[a-zA-Z0-9.-]{0,20}") {
            if let Some(once) = normalize(&text) {
                prop_assert_eq!(normalize(&once), Some(once));
            }
        }
    }
}
