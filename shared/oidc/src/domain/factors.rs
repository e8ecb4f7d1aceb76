//! What a provider says of how somebody signed in there: `amr`, in the words
//! of RFC 8176.

/// What somebody knows.
const KNOWN: [&str; 3] = ["kba", "pin", "pwd"];
/// What somebody has.
const HELD: [&str; 7] = ["hwk", "otp", "pop", "sc", "sms", "swk", "tel"];
/// What somebody is.
const BORNE: [&str; 6] = ["face", "fpt", "iris", "retina", "vbm", "bio"];

/// Whether these methods are more than one factor: the provider says so, or
/// they are of two kinds. A provider that says nothing has asked for one.
#[must_use]
pub fn are_two(methods: &[String]) -> bool {
    let any = |words: &[&str]| {
        methods
            .iter()
            .any(|method| words.contains(&method.as_str()))
    };
    let kinds = [any(&KNOWN), any(&HELD), any(&BORNE)];
    any(&["mfa"]) || kinds.into_iter().filter(|kind| *kind).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_methods_of_one_kind_are_one_factor() {
        let are_two = |words: &[&str]| {
            let methods: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            are_two(&methods)
        };
        for two in [
            &["mfa"][..],
            &["pwd", "otp"],
            &["face", "hwk"],
            &["x", "mfa"],
        ] {
            assert!(are_two(two), "{two:?}");
        }
        for one in [
            &[][..],
            &["pwd"],
            &["pwd", "pin"],
            &["otp", "sms"],
            &["MFA"],
        ] {
            assert!(!are_two(one), "{one:?}");
        }
    }
}
