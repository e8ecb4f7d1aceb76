//! Names and number of custom roles.

use kernel::access::BuiltInRole;

/// Custom roles of one organization.
pub const CUSTOM_MAX: u32 = 50;
/// Characters of a custom role's name.
pub const NAME_MAX: usize = 40;

/// Words that tokens carry as roles elsewhere. A custom role of such a name
/// would be taken for what it is not.
const RESERVED: [&str; 8] = [
    "owner",
    "admin",
    "member",
    "viewer",
    "platform_admin",
    "platform",
    "system",
    "trader",
];

/// Why a custom role cannot have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// It is too short, too long, or has other characters.
    #[error("must be 2 to 40 of a-z, 0-9 and _, and begin with a letter")]
    Form,
    /// It means something else.
    #[error("is the name of a built-in role or reserved")]
    Reserved,
}

/// Checks the name of a custom role.
///
/// # Errors
/// [`NameFault`].
pub fn check_name(name: &str) -> Result<(), NameFault> {
    let begins = name.starts_with(|first: char| first.is_ascii_lowercase());
    let fits = (2..=NAME_MAX).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !begins || !fits {
        return Err(NameFault::Form);
    }
    if BuiltInRole::named(name).is_some() || RESERVED.contains(&name) {
        return Err(NameFault::Reserved);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_custom_role_is_called_like_a_role_that_means_something_else() {
        for role in BuiltInRole::ALL {
            assert_eq!(check_name(role.as_str()), Err(NameFault::Reserved));
        }
        for name in RESERVED {
            assert_eq!(check_name(name), Err(NameFault::Reserved), "{name}");
        }
        assert_eq!(check_name("Owner"), Err(NameFault::Form));
        assert_eq!(check_name("risk_desk2"), Ok(()));
    }

    proptest! {
        #[test]
        fn a_good_name_is_one_plain_word(name in ".{0,60}") {
            if check_name(&name).is_ok() {
                prop_assert!(name.len() >= 2 && name.len() <= NAME_MAX);
                prop_assert!(!name.contains(['#', '/', ' ', '-', '"']));
            }
        }
    }
}
