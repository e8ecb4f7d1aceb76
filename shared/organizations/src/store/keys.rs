//! Every key of the organizations' table, in one place.
//!
//! | partition | sort key | what |
//! |---|---|---|
//! | `O#{org}` | `ORGANIZATION` | the organization and its settings |
//! | | `ROSTER` | how many have which role; every change of who may do what passes here |
//! | | `MEMBER#{usr}` | a member |
//! | | `ROLE#{name}` | a custom role |
//! | | `INVITATION#{inv}` | an open invitation |
//! | | `PROVIDER` | who signs its members in |
//! | | `KYC#{usr}` | a member's application to have their identity checked |
//! | | `KYCPAST#{usr}#{kyc}` | an application that was decided and gave way to another |
//! | | `KYCBY#{status}#{kyc}` | whose application has this status |
//! | `U#{usr}` | `MEMBER#{org}` | the same membership, from the person's side |
//! | `I#{sha256 of token}` | `INVITATION` | which invitation a token is for |
//! | `DIRECTORY` | `O#{org}` | all organizations, for platform admins alone |
//! | `DELETED` | `O#{org}` | an organization that is deleted and whose rows are to be erased |
//! | `OUTBOX#{n}` | `{ulid}` | mails on their way |

use kernel::id::{InvitationId, KycId, OrganizationId, UserId, ulid_at};
use kernel::time::Timestamp;
use platform::dynamo::{Key, Range};

use crate::domain::kyc::KycStatus;

/// Prefix of members, and of a person's memberships.
pub const MEMBER_PREFIX: &str = "MEMBER#";
/// Prefix of custom roles.
pub const ROLE_PREFIX: &str = "ROLE#";
/// Prefix of invitations.
pub const INVITATION_PREFIX: &str = "INVITATION#";
/// Prefix of applications that count.
pub const KYC_CURRENT_PREFIX: &str = "KYC#";
/// Prefix of all applications that gave way to others.
pub const KYC_PAST_PREFIX: &str = "KYCPAST#";
/// Partition of the list of all organizations.
pub const DIRECTORY: &str = "DIRECTORY";
/// Partition of the organizations that are to be erased.
pub const DELETED: &str = "DELETED";
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

/// Who signs its members in.
#[must_use]
pub fn provider(org: &OrganizationId) -> Key {
    Key::new(of(org), "PROVIDER")
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

/// A member's application.
#[must_use]
pub fn kyc(org: &OrganizationId, user: &UserId) -> Key {
    Key::new(of(org), format!("{KYC_CURRENT_PREFIX}{user}"))
}

/// An earlier application of a member.
#[must_use]
pub fn kyc_past(org: &OrganizationId, user: &UserId, id: &KycId) -> Key {
    Key::new(of(org), format!("{}{id}", kyc_past_of(user)))
}

/// Prefix of the earlier applications of a member.
#[must_use]
pub fn kyc_past_of(user: &UserId) -> String {
    format!("{KYC_PAST_PREFIX}{user}#")
}

/// An application in the list of those of its status.
#[must_use]
pub fn kyc_listed(org: &OrganizationId, status: KycStatus, id: &KycId) -> Key {
    Key::new(of(org), format!("{}{id}", kyc_with(status)))
}

/// Prefix of the list of applications of a status.
#[must_use]
pub fn kyc_with(status: KycStatus) -> String {
    format!("KYCBY#{}#", status.as_str())
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

/// An organization that is deleted and not erased yet.
#[must_use]
pub fn deleted(org: &OrganizationId) -> Key {
    Key::new(DELETED, format!("O#{org}"))
}

/// All of an organization's rows but those that belong to checks of
/// identities: what sorts before them, and what sorts after.
#[must_use]
pub fn all_but_kyc() -> [Range; 2] {
    [
        Range::Between("!".to_owned(), "KYC".to_owned()),
        Range::Between("KYC~".to_owned(), "~".to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn all_but_checks_of_identities_are_erased() {
        let now = Timestamp::UNIX_EPOCH;
        let org = OrganizationId::generate(now);
        let user = UserId::generate(now);
        let is_erased = |key: Key| {
            all_but_kyc().iter().any(|range| match range {
                Range::Between(first, last) => *first <= key.sk && key.sk <= *last,
                Range::All | Range::Prefix(_) => panic!("another range"),
            })
        };
        let (id, invitation_id) = (KycId::generate(now), InvitationId::generate(now));
        for kept in [
            kyc(&org, &user),
            kyc_past(&org, &user, &id),
            kyc_listed(&org, KycStatus::AwaitingDocuments, &id),
        ] {
            assert!(!is_erased(kept));
        }
        for erased in [
            organization(&org),
            roster(&org),
            member(&org, &user),
            role(&org, "desk"),
            invitation(&org, &invitation_id),
            provider(&org),
        ] {
            assert!(is_erased(erased));
        }
    }

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
