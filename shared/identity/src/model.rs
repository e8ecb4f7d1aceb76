//! People and what belongs to them, as values.

use kernel::access::Tier;
use kernel::id::{OrganizationId, SessionId, ShopId, UserId};
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::session::Lineage;

/// A password as it is kept: a PHC string of Argon2id, or bcrypt's own form of
/// an imported user. Never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// A hash that was computed or imported.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The hash, for checking a password.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Whether a person may sign in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PersonStatus {
    /// They may.
    #[default]
    Active,
    /// A platform admin has shut them out.
    Blocked,
}

/// A person with a verified address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their id.
    pub id: UserId,
    /// Their address, normalized.
    pub email: String,
    /// A name to sign in with, in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// What they are called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their password.
    pub password_hash: PasswordHash,
    /// When it was last set.
    pub password_changed_at: Timestamp,
    /// Whether they may sign in.
    pub status: PersonStatus,
    /// Level of service.
    #[serde(default)]
    pub tier: Tier,
    /// Whether they run the platform.
    #[serde(default)]
    pub platform_admin: bool,
    /// Whether sign-in asks for a code.
    #[serde(default)]
    pub has_totp: bool,
    /// Passkeys they have.
    #[serde(default)]
    pub passkey_count: u32,
    /// When they registered.
    pub created_at: Timestamp,
    /// When their address was shown to be theirs.
    pub verified_at: Timestamp,
    /// Counts the writes of this record, from 1.
    pub revision: u64,
}

impl Person {
    /// Somebody whose address was shown to be theirs just now, with nothing
    /// but a password.
    #[must_use]
    pub fn new(email: impl Into<String>, password_hash: PasswordHash, now: Timestamp) -> Self {
        Self {
            id: UserId::generate(now),
            email: email.into(),
            username: None,
            name: None,
            password_hash,
            password_changed_at: now,
            status: PersonStatus::Active,
            tier: Tier::Free,
            platform_admin: false,
            has_totp: false,
            passkey_count: 0,
            created_at: now,
            verified_at: now,
            revision: 1,
        }
    }

    /// Whether sign-in with their password asks for more than that.
    #[must_use]
    pub fn asks_for_code(&self) -> bool {
        self.has_totp
    }
}

/// From where somebody signed in or refreshed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// A fingerprint of the device.
    pub device: String,
    /// What the client called itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The network address.
    pub address: String,
    /// The country that the edge found, two letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// One sign-in on one device, through all its refreshes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id, the `sid` of its access tokens.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// Where its refresh tokens stand.
    pub lineage: Lineage,
    /// The organization that its tokens are for; none in the personal tenant.
    pub org: Option<OrganizationId>,
    /// Whether a second factor or a passkey began it.
    pub second_factor: bool,
    /// The connection of the organization's provider that began it; such a
    /// session is good in that organization alone. None where its person did.
    pub provider: Option<String>,
    /// From where it was used last.
    pub origin: Origin,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was refreshed last.
    pub last_used_at: Timestamp,
}

/// A registration whose address was not shown to be its maker's yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The address, normalized.
    pub email: String,
    /// The password that it will have.
    pub password_hash: PasswordHash,
    /// What they want to be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Name of an organization to be founded with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a one-time token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To show that an address is one's own. The subject is the address.
    VerifyAddress,
    /// To choose a new password. The subject is the address that it was mailed
    /// to.
    ResetPassword,
    /// To move to a new address. The subject is the person's id.
    ChangeAddress,
}

/// A change of a person's address that waits for the new one's proof. A person
/// has one at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressChange {
    /// The new address, normalized.
    pub email: String,
    /// The hash of the token that was mailed there.
    pub token_hash: String,
    /// The session that asked for it.
    pub session: SessionId,
    /// When the password had last been set: a later one voids the change.
    pub password_changed_at: Timestamp,
}

/// A WordPress user who is a person here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The shop in whose WordPress the number counts.
    pub shop: ShopId,
    /// The number there.
    pub wp_user_id: u64,
    /// Since when.
    pub linked_at: Timestamp,
}

/// What an organization's sign-in provider calls a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalIdentity {
    /// The organization: its provider's word is good there alone.
    pub organization: OrganizationId,
    /// The provider.
    pub issuer: String,
    /// The name that it never gives to anybody else.
    pub subject: String,
    /// Since when.
    pub linked_at: Timestamp,
}
