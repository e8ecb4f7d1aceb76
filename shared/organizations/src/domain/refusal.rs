//! Why a rule does not allow something.

use kernel::Error;

use super::{invitation, role, roster};

/// A rule that stands against a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It would give or take what the actor does not have.
    #[error("this is beyond your own role")]
    BeyondOwn,
    /// An owner is made, changed or removed by somebody who is none.
    #[error("only owners change owners")]
    OwnersOnly,
    /// Nobody who may act would own the organization.
    #[error("an organization always has an active owner; make another member one first")]
    LastOwner,
    /// There are as many members as there can be.
    #[error(
        "the organization has {} members, the most that it can have",
        roster::MEMBERS_MAX
    )]
    TooManyMembers,
    /// There are as many custom roles as there can be.
    #[error(
        "the organization has {} custom roles, the most that it can have",
        role::CUSTOM_MAX
    )]
    TooManyRoles,
    /// As many invitations are open as can be.
    #[error("{} invitations are open, the most that can be", invitation::OPEN_MAX)]
    TooManyInvitations,
    /// The role is still somebody's.
    #[error("members have this role; give them another one first")]
    RoleInUse,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::BeyondOwn => Self::Forbidden("this is beyond your own role"),
            Refusal::OwnersOnly => Self::Forbidden("only owners change owners"),
            other => Self::Conflict(other.to_string()),
        }
    }
}
