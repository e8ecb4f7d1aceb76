//! What is kept of organizations.

use std::collections::BTreeSet;

use kernel::access::{Permission, Tier};
use kernel::id::{InvitationId, KycDocumentId, KycId, OrganizationId, UserId};
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::kyc::{ContentType, DocumentType, KycStatus};

/// An organization and its settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its id, and the tenant of all that belongs to it.
    pub id: OrganizationId,
    /// How people call it.
    pub name: String,
    /// Whether its members must have a second factor to work in it.
    pub require_second_factor: bool,
    /// Domains whose addresses enter it through its sign-in provider alone.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub provider_domains: BTreeSet<String>,
    /// What it has paid for.
    pub plan: Tier,
    /// Version of the settings, from 1.
    pub version: u64,
    /// Since when it exists.
    pub created_at: Timestamp,
}

/// Whether a member may act in the organization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = MemberStatus)]
pub enum Status {
    /// May act as the role says.
    #[default]
    Active,
    /// Keeps the role and gets no token.
    Suspended,
}

impl Status {
    /// The status as clients write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }
}

/// A person in an organization, as the organization's list shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The organization.
    pub organization: OrganizationId,
    /// The person.
    pub user: UserId,
    /// Name of a built-in or custom role.
    pub role: String,
    /// Whether they may act.
    pub status: Status,
    /// The address they joined with.
    pub email: String,
    /// The name they had then.
    pub name: Option<String>,
    /// Since when they belong to it.
    pub joined_at: Timestamp,
}

/// What a person may do in an organization: what a token is made from. Only
/// active members have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The organization.
    pub organization: OrganizationId,
    /// How people call it.
    pub organization_name: String,
    /// The person.
    pub user: UserId,
    /// Name of a built-in or custom role.
    pub role: String,
    /// What the role stands for.
    pub permissions: BTreeSet<Permission>,
    /// Whether the organization demands a second factor.
    pub requires_second_factor: bool,
    /// Domains whose addresses enter it through its sign-in provider alone.
    pub provider_domains: BTreeSet<String>,
    /// What the organization has paid for.
    pub plan: Tier,
    /// The address they joined with.
    pub joined_email: String,
    /// Since when they belong to it.
    pub joined_at: Timestamp,
}

/// A role that an organization has made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its name, as tokens carry it.
    pub name: String,
    /// What it stands for.
    pub permissions: BTreeSet<Permission>,
    /// Since when it exists.
    pub created_at: Timestamp,
}

/// An invitation that nobody has accepted yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Into which organization.
    pub organization: OrganizationId,
    /// Whom: an address in its normal form.
    pub email: String,
    /// In which role.
    pub role: String,
    /// Who invites.
    pub invited_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// SHA-256 of its token, in hex.
    pub token_sha256: String,
}

/// A member's application to have their identity checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KycApplication {
    /// Its id.
    pub id: KycId,
    /// Who checks.
    pub organization: OrganizationId,
    /// Who is checked.
    pub user: UserId,
    /// Where it stands.
    pub status: KycStatus,
    /// Grows by one with every change, so that none is made on a stale one.
    pub revision: u64,
    /// Who the member says they are, sealed.
    pub sealed_applicant: String,
    /// What shows it.
    pub documents: Vec<KycDocument>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when its documents are there.
    pub submitted_at: Option<Timestamp>,
    /// The last decision.
    pub decision: Option<KycDecision>,
    /// Until when it is kept, and counts.
    pub kept_until: Timestamp,
}

impl KycApplication {
    /// Whether it still counts at a moment.
    #[must_use]
    pub fn is_kept(&self, now: Timestamp) -> bool {
        now < self.kept_until
    }
}

/// A document of an application; the file is in the bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KycDocument {
    /// Its id.
    pub id: KycDocumentId,
    /// What it shows.
    #[serde(rename = "type")]
    pub document_type: DocumentType,
    /// What kind of file it is.
    pub content_type: ContentType,
    /// Length of the file in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the file, in lower-case hex.
    pub sha256: String,
}

/// What somebody has decided about an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KycDecision {
    /// Who.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// Why, in words for the applicant.
    pub reason: Option<String>,
}

/// The OpenID Connect provider that signs an organization's members in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInProvider {
    /// The organization.
    pub organization: OrganizationId,
    /// Names this provider with this client: another issuer or client is
    /// another connection, and sessions that began through the one before end.
    pub connection: String,
    /// The provider's name, as its tokens carry it.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// What we show it, sealed for [`secret_identity`](Self::secret_identity).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_client_secret: Option<String>,
    /// Domains of addresses whose bearers may be made people, in lower case.
    pub email_domains: BTreeSet<String>,
    /// Whether they are.
    pub provision: bool,
    /// The role that they get.
    pub role: String,
    /// Whether members with such addresses enter through the provider alone.
    pub enforced: bool,
    /// Counts the changes, from 1.
    pub version: u64,
    /// When it was changed last.
    pub changed_at: Timestamp,
}

impl SignInProvider {
    /// The record that the client's secret is sealed for.
    #[must_use]
    pub fn secret_identity(&self) -> String {
        format!("sign-in-provider:{}:{}", self.organization, self.connection)
    }
}
