//! People who signed in, and what they may do in their organization.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use http::request::Parts;
use kernel::Error;
use kernel::access::{BuiltInRole, Permission, Tier};
use kernel::id::{OrganizationId, SessionId, UserId};
use platform::tokens::Claims;

use super::{SCOPE_MEMBER, SCOPE_USER, person_claims};
use crate::problem::Problem;

/// A person who signed in by themselves, in whatever tenant their token names.
/// One whom an organization's provider signed in is none: that organization
/// must not reach what is the person's own, such as how they sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub user: UserId,
    /// The session that the token belongs to.
    pub session: SessionId,
    /// The organization that the token is for; none in the personal tenant.
    pub org: Option<OrganizationId>,
    /// Role there.
    pub role: String,
    /// Level of service.
    pub tier: Tier,
}

impl SignedIn {
    fn of(claims: &Claims) -> Result<Self, Error> {
        match claims.scope.as_str() {
            SCOPE_USER => Self::read(claims),
            SCOPE_MEMBER => Err(Error::Forbidden(
                "your organization's provider signed you in; this asks for your own sign-in",
            )),
            _ => Err(Error::Forbidden("only for people who signed in")),
        }
    }

    /// The same of whoever is there, by themselves or through a provider.
    fn present(claims: &Claims) -> Result<Self, Error> {
        match claims.scope.as_str() {
            SCOPE_MEMBER => Self::read(claims),
            _ => Self::of(claims),
        }
    }

    /// The tenant that the token is for: the organization, or the person's own.
    #[must_use]
    pub fn tenant(&self) -> String {
        match &self.org {
            Some(org) => org.to_string(),
            None => self.user.to_string(),
        }
    }

    fn read(claims: &Claims) -> Result<Self, Error> {
        let odd = |_| Error::Unauthenticated;
        Ok(Self {
            user: claims.sub.parse().map_err(odd)?,
            session: claims.sid.parse().map_err(odd)?,
            org: claims.org.parse().ok(),
            role: claims.role.clone(),
            tier: claims.tier,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&*person_claims(parts)?).map_err(Problem)
    }
}

/// A person who is there, by themselves or through their organization's
/// provider: for what touches nothing but the session and its organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// Who, and where.
    pub person: SignedIn,
    /// Whether they signed in by themselves.
    pub is_themselves: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Present {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let claims = person_claims(parts)?;
        Ok(Self {
            person: SignedIn::present(&claims).map_err(Problem)?,
            is_themselves: claims.scope == SCOPE_USER,
        })
    }
}

/// What a handler needs its caller to be allowed.
pub trait Needs: Send + Sync + 'static {
    /// The permission.
    const PERMISSION: Permission;
}

macro_rules! needs {
    ($($(#[$doc:meta])* $name:ident => $permission:ident,)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name;

        impl Needs for $name {
            const PERMISSION: Permission = Permission::$permission;
        }
    )+};
}

needs! {
    /// Sees what the organization has.
    Reading => Read,
    /// Works with it.
    Writing => Write,
    /// Invites, changes and removes members.
    ManagingMembers => ManageMembers,
    /// Installs agents, writes templates and workflows.
    ManagingAutomation => ManageAutomation,
    /// Pays, and changes what is paid for.
    ManagingPayments => ManagePayments,
    /// Changes settings and roles.
    ManagingOrganization => ManageOrganization,
}

/// A member of an organization whose role has `N`'s permission. A handler
/// without it as an argument has no organization to act in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Can<N> {
    /// Who.
    pub user: UserId,
    /// The tenant.
    pub org: OrganizationId,
    /// Role there.
    pub role: String,
    /// All that the role stands for.
    pub permissions: BTreeSet<Permission>,
    needs: PhantomData<N>,
}

impl<S: Send + Sync, N: Needs> FromRequestParts<S> for Can<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let claims = person_claims(parts)?;
        let person = SignedIn::present(&claims).map_err(Problem)?;
        let Some(org) = person.org else {
            let sentence = "the token is for no organization; switch to one first";
            return Err(Problem(Error::Forbidden(sentence)));
        };
        if !allows(&claims, N::PERMISSION) {
            return Err(Problem(Error::Forbidden("your role does not allow this")));
        }
        Ok(Self {
            user: person.user,
            org,
            role: person.role,
            permissions: permissions(&claims),
            needs: PhantomData,
        })
    }
}

/// All that a token's role stands for.
fn permissions(claims: &Claims) -> BTreeSet<Permission> {
    match BuiltInRole::named(&claims.role) {
        Some(role) => role.permissions(),
        None => claims.permissions.iter().copied().collect(),
    }
}

/// Whether a token's role has a permission in its organization.
pub(super) fn allows(claims: &Claims, permission: Permission) -> bool {
    permissions(claims).contains(&permission)
}
