//! How far a member's own role lets them change others.

use std::collections::BTreeSet;

use kernel::access::{BuiltInRole, Permission};

use super::Refusal;

/// A role with what it stands for, of an actor or of what is acted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// The role's name.
    pub role: String,
    /// What it stands for.
    pub permissions: BTreeSet<Permission>,
}

impl Authority {
    /// Of a built-in role.
    #[must_use]
    pub fn of(role: BuiltInRole) -> Self {
        Self {
            role: role.as_str().to_owned(),
            permissions: role.permissions(),
        }
    }

    /// Whether it is an owner's.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        self.role == BuiltInRole::Owner.as_str()
    }

    /// Whether its bearer may give another role to somebody, take it from
    /// somebody, or write what it stands for. A custom role with every
    /// permission is still not an owner's.
    ///
    /// # Errors
    /// [`Refusal::OwnersOnly`], [`Refusal::BeyondOwn`].
    pub fn commands(&self, other: &Self) -> Result<(), Refusal> {
        if other.is_owner() && !self.is_owner() {
            return Err(Refusal::OwnersOnly);
        }
        if !self.permissions.is_superset(&other.permissions) {
            return Err(Refusal::BeyondOwn);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn custom(permissions: BTreeSet<Permission>) -> Authority {
        Authority {
            role: "desk".to_owned(),
            permissions,
        }
    }

    fn some_permissions() -> impl Strategy<Value = BTreeSet<Permission>> {
        proptest::sample::subsequence(Permission::ALL.to_vec(), 0..=Permission::ALL.len())
            .prop_map(|permissions| permissions.into_iter().collect())
    }

    #[test]
    fn each_built_in_role_commands_itself_and_those_below() {
        for (place, role) in BuiltInRole::ALL.into_iter().enumerate() {
            for (other_place, other) in BuiltInRole::ALL.into_iter().enumerate() {
                let answer = Authority::of(role).commands(&Authority::of(other));
                assert_eq!(answer.is_ok(), place <= other_place, "{role} {other}");
            }
        }
    }

    #[test]
    fn every_permission_does_not_make_an_owner() {
        let all = custom(Permission::ALL.into());
        let owner = Authority::of(BuiltInRole::Owner);
        assert_eq!(all.commands(&owner), Err(Refusal::OwnersOnly));
        assert_eq!(owner.commands(&all), Ok(()));
    }

    proptest! {
        #[test]
        fn nobody_reaches_beyond_their_own_by_any_chain_of_grants(
            own in some_permissions(), middle in some_permissions(), far in some_permissions(),
        ) {
            let (own, middle, far) = (custom(own), custom(middle), custom(far));
            if own.commands(&middle).is_ok() && middle.commands(&far).is_ok() {
                prop_assert!(own.commands(&far).is_ok());
            }
            if own.commands(&far).is_ok() {
                prop_assert!(far.permissions.iter().all(|one| own.permissions.contains(one)));
            }
        }
    }
}
