//! Every key of the organizations' table, in one place.
//!
//! | partition | sort key | what |
//! |---|---|---|
//! | `O#{org}` | `ORGANIZATION` | the organization and its settings |
//! | | `ROSTER` | how many have which role; every change of who may do what passes here |
//! | | `MEMBER#{usr}` | a member |
//! | | `ROLE#{name}` | a custom role |
//! | | `INVITATION#{inv}` | an open invitation |
//! | `U#{usr}` | `MEMBER#{org}` | the same membership, from the person's side |
//! | `I#{sha256 of token}` | `INVITATION` | which invitation a token is for |
//! | `DIRECTORY` | `O#{org}` | all organizations, for platform admins alone |
//! | `OUTBOX#{n}` | `{ulid}` | mails on their way |

use kernel::id::{InvitationId, OrganizationId, UserId, ulid_at};
use kernel::time::Timestamp;
use platform::dynamo::Key;

/// Prefix of members, and of a person's memberships.
pub const MEMBER_PREFIX: &str = "MEMBER#";
/// Prefix of custom roles.
pub const ROLE_PREFIX: &str = "ROLE#";
/// Prefix of invitations.
pub const INVITATION_PREFIX: &str = "INVITATION#";
/// Partition of the list of all organizations.
pub const DIRECTORY: &str = "DIRECTORY";
/// Characters of a ULID that are its time.
const ULID_TIME_LEN: usize = 10;

/// An organization's partition.
#[must_use]
pub fn of(org: &OrganizationId) -> String {
    format!("O#{org}")
}

/// A person's partition.
#[must_use]
pub fn person(user: &UserId) -> String {
    format!("U#{user}")
}

/// The organization itself.
#[must_use]
pub fn organization(org: &OrganizationId) -> Key {
    Key::new(of(org), "ORGANIZATION")
}

/// Its counts.
#[must_use]
pub fn roster(org: &OrganizationId) -> Key {
    Key::new(of(org), "ROSTER")
}

/// A member of it.
#[must_use]
pub fn member(org: &OrganizationId, user: &UserId) -> Key {
    Key::new(of(org), format!("{MEMBER_PREFIX}{user}"))
}

/// A membership of a person.
#[must_use]
pub fn membership(user: &UserId, org: &OrganizationId) -> Key {
    Key::new(person(user), format!("{MEMBER_PREFIX}{org}"))
}

/// A custom role.
#[must_use]
pub fn role(org: &OrganizationId, name: &str) -> Key {
    Key::new(of(org), format!("{ROLE_PREFIX}{name}"))
}

/// An invitation.
#[must_use]
pub fn invitation(org: &OrganizationId, id: &InvitationId) -> Key {
    Key::new(of(org), format!("{INVITATION_PREFIX}{id}"))
}

/// The first and last sort key of invitations made at a moment or later.
#[must_use]
pub fn invitations_since(moment: Timestamp) -> (String, String) {
    let ulid = ulid_at(moment);
    let time = &ulid[..ULID_TIME_LEN];
    (
        format!("{INVITATION_PREFIX}{}_{time}", InvitationId::PREFIX),
        format!("{INVITATION_PREFIX}~"),
    )
}

/// The invitation of a token.
#[must_use]
pub fn invitation_token(token_sha256: &str) -> Key {
    Key::new(format!("I#{token_sha256}"), "INVITATION")
}

/// An organization in the list of all.
#[must_use]
pub fn listed(org: &OrganizationId) -> Key {
    Key::new(DIRECTORY, format!("O#{org}"))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn invitations_since_a_moment_are_those_of_it_and_after() {
        let org = OrganizationId::generate(Timestamp::UNIX_EPOCH);
        let moment = Timestamp::UNIX_EPOCH + TimeDelta::days(20_000);
        let (first, last) = invitations_since(moment);
        let sk = |ms| {
            let at = moment + TimeDelta::milliseconds(ms);
            invitation(&org, &InvitationId::generate(at)).sk
        };
        assert!(first <= sk(0) && sk(0) <= last);
        assert!(first <= sk(5) && sk(5) <= last);
        assert!(sk(-1) < first);
    }
}
