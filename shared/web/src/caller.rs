//! Who is calling, as an argument of the handler: a handler that does not name
//! its caller does not see one, and one that does is never run without.

mod acting;
mod client;
mod person;
mod terminal;

pub use acting::{Acting, PersonOrTerminal};
pub use client::Client;
pub(crate) use client::ClientHeaders;
pub use person::{
    Can, ManagingAutomation, ManagingMembers, ManagingOrganization, ManagingPayments, Needs,
    Present, Reading, SignedIn, Writing,
};
pub use terminal::TerminalCaller;

use axum::extract::FromRequestParts;
use http::request::Parts;
use kernel::Error;
use kernel::id::ShopId;
use platform::devices::Device;
use platform::tokens::Claims;

use crate::problem::Problem;

/// The scope of exchanged tokens.
pub const SCOPE_ACCOUNTS: &str = "accounts";
/// The scope of tokens that the operator makes.
pub const SCOPE_PLATFORM: &str = "platform";
/// The scope of tokens of people who signed in.
pub const SCOPE_USER: &str = "user";
/// The scope of tokens of people whom an organization's provider signed in:
/// good in that organization alone.
pub const SCOPE_MEMBER: &str = "member";
/// The role of those who run the platform.
pub const ROLE_PLATFORM_ADMIN: &str = "platform_admin";

/// Whom the authenticating layer found; handlers ask for one of the kinds
/// below instead.
#[derive(Clone, Debug)]
pub enum Principal {
    /// Nobody has signed in.
    Anonymous,
    /// A shop's server, by its signature.
    Shop(ShopCaller),
    /// A person, by an access token.
    Person(Box<Claims>),
    /// A desktop terminal, by its device token.
    Terminal(Box<Device>),
}

impl Principal {
    /// A stable name, for limits and idempotency.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Self::Anonymous => None,
            Self::Shop(shop) => Some(format!("shop:{}", shop.key_id)),
            Self::Person(claims) => Some(format!("user:{}:{}", claims.org, claims.sub)),
            Self::Terminal(device) => Some(format!("device:{}:{}", device.org, device.id)),
        }
    }
}

fn principal(parts: &Parts) -> Principal {
    parts
        .extensions
        .get::<Principal>()
        .cloned()
        .unwrap_or(Principal::Anonymous)
}

/// What the token of a person says; a terminal is known and is no person.
fn person_claims(parts: &Parts) -> Result<Box<Claims>, Problem> {
    match principal(parts) {
        Principal::Person(claims) => Ok(claims),
        Principal::Terminal(_) => Err(Problem(Error::Forbidden("not for terminals"))),
        Principal::Anonymous | Principal::Shop(_) => Err(Problem(Error::Unauthenticated)),
    }
}

/// A shop's server: the caller of every `hmac` route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopCaller {
    /// The shop, which is the tenant.
    pub shop: ShopId,
    /// The key it signed with.
    pub key_id: String,
}

impl<S: Send + Sync> FromRequestParts<S> for ShopCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match principal(parts) {
            Principal::Shop(shop) => Ok(shop),
            _ => Err(Problem(Error::Unauthenticated)),
        }
    }
}

/// A person who reads trading accounts: the caller of the accounts' `jwt`
/// routes. The tenant always comes from the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trader {
    /// The tenant.
    pub shop: ShopId,
    /// The person, as accounts name their owner.
    pub owner: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Trader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let claims = person_claims(parts)?;
        // A token of another kind of tenant names no shop and has no accounts.
        let shop = claims
            .org
            .parse()
            .map_err(|_| Problem(Error::Forbidden("the token has no accounts")))?;
        Ok(Self {
            shop,
            owner: claims.sub,
        })
    }
}

/// Whether a token is of one who runs the platform: the operator's own, or a
/// person's in their own tenant. What an organization calls its roles never
/// makes one.
pub(crate) fn is_platform_admin(claims: &Claims) -> bool {
    let in_own_tenant = claims.scope == SCOPE_USER && claims.org == claims.sub;
    claims.role == ROLE_PLATFORM_ADMIN && (claims.scope == SCOPE_PLATFORM || in_own_tenant)
}

/// One who runs the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformAdmin {
    /// Whom the token names.
    pub subject: String,
}

impl<S: Send + Sync> FromRequestParts<S> for PlatformAdmin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let claims = person_claims(parts)?;
        if !is_platform_admin(&claims) {
            return Err(Problem(Error::Forbidden("only for platform admins")));
        }
        Ok(Self {
            subject: claims.sub,
        })
    }
}
