//! How many members of an organization have which role: what the rules about
//! the whole organization are checked against.

use std::collections::BTreeMap;

use kernel::access::BuiltInRole;
use serde::{Deserialize, Serialize};

use super::{Refusal, role};
use crate::model::Status;

/// Members of one organization.
pub const MEMBERS_MAX: u32 = 1_000;

/// Counts of an organization. Each change gives the next roster or says which
/// rule stands against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// Grows by one with every change, so that none is made on a stale roster.
    pub revision: u64,
    /// Members by role, suspended ones too; roles that nobody has are absent.
    members: BTreeMap<String, u32>,
    /// Owners who may act.
    active_owners: u32,
    /// Roles that the organization has made.
    custom_roles: u32,
}

/// A member's part in the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing<'a> {
    /// The role's name.
    pub role: &'a str,
    /// Whether they may act.
    pub status: Status,
}

impl Standing<'_> {
    fn is_active_owner(&self) -> bool {
        self.role == BuiltInRole::Owner.as_str() && self.status == Status::Active
    }
}

impl Roster {
    /// Of a new organization: its founder alone.
    #[must_use]
    pub fn founded() -> Self {
        Self {
            revision: 1,
            members: BTreeMap::from([(BuiltInRole::Owner.as_str().to_owned(), 1)]),
            active_owners: 1,
            custom_roles: 0,
        }
    }

    /// Members, suspended ones too.
    #[must_use]
    pub fn members(&self) -> u32 {
        self.members.values().sum()
    }

    /// Members who have a role.
    #[must_use]
    pub fn members_with(&self, role: &str) -> u32 {
        self.members.get(role).copied().unwrap_or(0)
    }

    /// Roles that the organization has made.
    #[must_use]
    pub fn custom_roles(&self) -> u32 {
        self.custom_roles
    }

    /// With nothing counted anew, for a change that others must not cross.
    #[must_use]
    pub fn touched(&self) -> Self {
        Self {
            revision: self.revision + 1,
            ..self.clone()
        }
    }

    /// With another member.
    ///
    /// # Errors
    /// [`Refusal::TooManyMembers`].
    pub fn joined(&self, member: Standing<'_>) -> Result<Self, Refusal> {
        if self.members() >= MEMBERS_MAX {
            return Err(Refusal::TooManyMembers);
        }
        let mut next = self.touched();
        next.count_in(member);
        Ok(next)
    }

    /// With a member whose role or status is another.
    ///
    /// # Errors
    /// [`Refusal::LastOwner`].
    pub fn changed(&self, before: Standing<'_>, after: Standing<'_>) -> Result<Self, Refusal> {
        let mut next = self.touched();
        next.count_out(before);
        next.count_in(after);
        next.with_an_owner()
    }

    /// Without a member.
    ///
    /// # Errors
    /// [`Refusal::LastOwner`].
    pub fn left(&self, member: Standing<'_>) -> Result<Self, Refusal> {
        let mut next = self.touched();
        next.count_out(member);
        next.with_an_owner()
    }

    /// With another custom role.
    ///
    /// # Errors
    /// [`Refusal::TooManyRoles`].
    pub fn with_role(&self) -> Result<Self, Refusal> {
        if self.custom_roles >= role::CUSTOM_MAX {
            return Err(Refusal::TooManyRoles);
        }
        let mut next = self.touched();
        next.custom_roles += 1;
        Ok(next)
    }

    /// Without a custom role.
    ///
    /// # Errors
    /// [`Refusal::RoleInUse`].
    pub fn without_role(&self, name: &str) -> Result<Self, Refusal> {
        if self.members_with(name) > 0 {
            return Err(Refusal::RoleInUse);
        }
        let mut next = self.touched();
        next.custom_roles = next.custom_roles.saturating_sub(1);
        Ok(next)
    }

    fn count_in(&mut self, member: Standing<'_>) {
        *self.members.entry(member.role.to_owned()).or_default() += 1;
        self.active_owners += u32::from(member.is_active_owner());
    }

    fn count_out(&mut self, member: Standing<'_>) {
        let left = self.members_with(member.role).saturating_sub(1);
        if left == 0 {
            self.members.remove(member.role);
        } else {
            self.members.insert(member.role.to_owned(), left);
        }
        let owners = u32::from(member.is_active_owner());
        self.active_owners = self.active_owners.saturating_sub(owners);
    }

    fn with_an_owner(self) -> Result<Self, Refusal> {
        if self.active_owners == 0 {
            return Err(Refusal::LastOwner);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWNER: Standing<'static> = Standing {
        role: "owner",
        status: Status::Active,
    };
    const ROLES: [&str; 5] = ["owner", "admin", "member", "viewer", "desk"];

    #[test]
    fn the_last_owner_who_may_act_stays() {
        let roster = Roster::founded();
        let suspended = Standing {
            status: Status::Suspended,
            ..OWNER
        };
        let member = Standing {
            role: "member",
            ..OWNER
        };
        assert_eq!(roster.left(OWNER), Err(Refusal::LastOwner));
        assert_eq!(roster.changed(OWNER, member), Err(Refusal::LastOwner));
        assert_eq!(roster.changed(OWNER, suspended), Err(Refusal::LastOwner));

        let asleep = roster.joined(suspended).expect("joins");
        assert_eq!(asleep.left(OWNER), Err(Refusal::LastOwner));
        let awake = asleep.changed(suspended, OWNER).expect("wakes");
        assert_eq!(awake.left(OWNER).map(|next| next.members()), Ok(1));
    }

    #[test]
    fn members_and_roles_have_a_bound() {
        let viewer = Standing {
            role: "viewer",
            status: Status::Active,
        };
        let mut roster = Roster::founded();
        for _ in 1..MEMBERS_MAX {
            roster = roster.joined(viewer).expect("has room");
        }
        assert_eq!(roster.members(), 1_000);
        assert_eq!(roster.joined(viewer), Err(Refusal::TooManyMembers));
        for _ in 0..50 {
            roster = roster.with_role().expect("has room");
        }
        assert_eq!(roster.with_role(), Err(Refusal::TooManyRoles));
        assert_eq!(roster.without_role("viewer"), Err(Refusal::RoleInUse));
        assert_eq!(
            roster.without_role("desk").map(|next| next.custom_roles()),
            Ok(49)
        );
    }

    /// A change of one of the members, by number.
    #[derive(Clone, Debug)]
    enum Step {
        Join(usize, bool),
        Change(usize, usize, bool),
        Leave(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        let role = 0..ROLES.len();
        prop_oneof![
            (role.clone(), any::<bool>()).prop_map(|(role, active)| Step::Join(role, active)),
            (any::<usize>(), role, any::<bool>())
                .prop_map(|(who, role, active)| Step::Change(who, role, active)),
            any::<usize>().prop_map(Step::Leave),
        ]
    }

    fn standing(role: usize, active: bool) -> Standing<'static> {
        let status = if active {
            Status::Active
        } else {
            Status::Suspended
        };
        Standing {
            role: ROLES[role],
            status,
        }
    }

    proptest! {
        #[test]
        fn whatever_happens_there_is_an_active_owner_and_the_counts_are_right(
            steps in proptest::collection::vec(step(), 0..60),
        ) {
            let mut members = vec![OWNER];
            let mut roster = Roster::founded();
            for step in steps {
                let revision = roster.revision;
                let (next, after) = match step {
                    Step::Join(role, active) => {
                        let member = standing(role, active);
                        (roster.joined(member), [members.clone(), vec![member]].concat())
                    }
                    Step::Change(who, role, active) => {
                        let who = who % members.len();
                        let mut after = members.clone();
                        after[who] = standing(role, active);
                        (roster.changed(members[who], after[who]), after)
                    }
                    Step::Leave(who) => {
                        let mut after = members.clone();
                        let gone = after.remove(who % members.len());
                        (roster.left(gone), after)
                    }
                };
                let has_owner = after.iter().any(Standing::is_active_owner);
                // A join takes nothing away, so it is never refused here.
                prop_assert_eq!(next.is_ok(), has_owner);
                if let Ok(next) = next {
                    (roster, members) = (next, after);
                    prop_assert_eq!(roster.revision, revision + 1);
                }
                prop_assert_eq!(roster.members() as usize, members.len());
                for role in ROLES {
                    let with = members.iter().filter(|member| member.role == role).count();
                    prop_assert_eq!(roster.members_with(role) as usize, with);
                }
            }
        }
    }
}
