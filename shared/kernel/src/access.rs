//! What a person may do: tiers of service, roles in an organization, and the
//! permissions that roles stand for.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A level of service; each includes those before it.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// What everybody has.
    #[default]
    Free,
    /// The first paid level.
    Pro,
    /// The second.
    Premium,
    /// The highest.
    Vip,
}

impl Tier {
    /// The tier as clients write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Pro => "pro",
            Self::Premium => "premium",
            Self::Vip => "vip",
        }
    }
}

/// One thing that a role lets its members do in their organization.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See what the organization has: members, contacts, documents, tasks.
    Read,
    /// Work with it: contacts, tasks, documents, agents, signals.
    Write,
    /// Invite, change and remove members.
    ManageMembers,
    /// Install agents, write templates and workflows.
    ManageAutomation,
    /// Pay, and change what is paid for.
    ManagePayments,
    /// Change settings and roles, and the organization itself.
    ManageOrganization,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Read,
        Self::Write,
        Self::ManageMembers,
        Self::ManageAutomation,
        Self::ManagePayments,
        Self::ManageOrganization,
    ];
}

/// A role that every organization has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BuiltInRole {
    /// May do everything; an organization always has one.
    Owner,
    /// Runs the organization, but for payments and its own settings.
    Admin,
    /// Works in it.
    Member,
    /// Looks on.
    Viewer,
}

impl BuiltInRole {
    /// All of them, the mightiest first.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Member, Self::Viewer];

    /// The role as clients write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Viewer => "viewer",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// What it stands for.
    #[must_use]
    pub fn permissions(self) -> BTreeSet<Permission> {
        use Permission::{ManageAutomation, ManageMembers, Read, Write};
        match self {
            Self::Owner => Permission::ALL.into(),
            Self::Admin => [Read, Write, ManageMembers, ManageAutomation].into(),
            Self::Member => [Read, Write].into(),
            Self::Viewer => [Read].into(),
        }
    }
}

impl fmt::Display for BuiltInRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_what_the_next_may() {
        for pair in BuiltInRole::ALL.windows(2) {
            assert!(pair[0].permissions().is_superset(&pair[1].permissions()));
            assert!(pair[0].permissions().len() > pair[1].permissions().len());
        }
    }

    #[test]
    fn tiers_are_in_order() {
        assert!(Tier::Free < Tier::Pro && Tier::Pro < Tier::Premium && Tier::Premium < Tier::Vip);
        assert_eq!(serde_json::to_value(Tier::Vip).expect("JSON"), "vip");
    }
}
