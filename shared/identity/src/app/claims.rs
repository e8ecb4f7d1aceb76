//! What an access token says of a person.

use kernel::access::{BuiltInRole, Permission, Tier};
use kernel::id::OrganizationId;
use kernel::time::Timestamp;
use platform::tokens::{AUDIENCE, Claims, LIFE_S};

use crate::model::{Person, Session};

/// The scope of people's tokens.
const SCOPE: &str = "user";
/// The scope of tokens of those whom their organization's provider signed in.
const SCOPE_OF_PROVIDER: &str = "member";
/// The role of those who run the platform.
const PLATFORM_ADMIN: &str = "platform_admin";

/// The tenant that a token is for, and what its bearer may do there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// The organization; none in the personal tenant.
    pub org: Option<OrganizationId>,
    /// Role there.
    pub role: String,
    /// What a role of the organization's own stands for; empty for the
    /// built-in ones.
    pub permissions: Vec<Permission>,
    /// What the tenant has paid for.
    pub plan: Tier,
}

impl Tenant {
    /// A person's own tenant, where they alone are; those who run the platform
    /// do so from there.
    #[must_use]
    pub fn personal(person: &Person) -> Self {
        let role = match person.platform_admin {
            true => PLATFORM_ADMIN,
            false => BuiltInRole::Owner.as_str(),
        };
        Self {
            org: None,
            role: role.to_owned(),
            permissions: Vec::new(),
            plan: Tier::Free,
        }
    }
}

/// The claims of a token for a person in a tenant, from now on.
#[must_use]
pub fn claims(
    person: &Person,
    session: &Session,
    tenant: &Tenant,
    issuer: &str,
    now: Timestamp,
) -> Claims {
    let org = tenant.org.as_ref();
    Claims {
        iss: issuer.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: person.id.to_string(),
        org: org.map_or_else(|| person.id.to_string(), ToString::to_string),
        role: tenant.role.clone(),
        permissions: tenant.permissions.clone(),
        tier: person.tier.max(tenant.plan),
        scope: match session.provider {
            Some(_) => SCOPE_OF_PROVIDER.to_owned(),
            None => SCOPE.to_owned(),
        },
        sid: session.id.to_string(),
        iat: now.timestamp(),
        exp: now.timestamp() + LIFE_S,
    }
}
