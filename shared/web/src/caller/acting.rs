//! People at work in whatever tenant their token names, and who stands beside
//! them there.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use http::request::Parts;
use kernel::Error;
use kernel::access::Tier;
use kernel::id::UserId;
use platform::owner::Owner;

use super::person::{Needs, Present, allows};
use super::{Principal, is_platform_admin, person_claims, principal};
use crate::problem::Problem;

/// A person who works in the token's tenant: in an organization where their
/// role has `N`'s permission, and in their own tenant always.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acting<N> {
    /// Who.
    pub user: UserId,
    /// The tenant.
    pub tenant: String,
    /// Level of service.
    pub tier: Tier,
    /// Whether they run the platform.
    pub is_platform_admin: bool,
    needs: PhantomData<N>,
}

impl<S: Send + Sync, N: Needs> FromRequestParts<S> for Acting<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let claims = person_claims(parts)?;
        let Present { person, .. } = Present::from_request_parts(parts, state).await?;
        if person.org.is_some() && !allows(&claims, N::PERMISSION) {
            return Err(Problem(Error::Forbidden("your role does not allow this")));
        }
        Ok(Self {
            tenant: person.tenant(),
            user: person.user,
            tier: person.tier,
            is_platform_admin: is_platform_admin(&claims),
            needs: PhantomData,
        })
    }
}

impl<N> Acting<N> {
    /// Whose things the call is about: the person's own in the tenant.
    #[must_use]
    pub fn owner(&self) -> Owner {
        Owner {
            org: self.tenant.clone(),
            user: self.user.clone(),
        }
    }
}

/// A person, or a terminal of theirs: the caller of what both may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonOrTerminal {
    /// The person, or whose terminal it is.
    pub user: UserId,
}

impl<S: Send + Sync> FromRequestParts<S> for PersonOrTerminal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let user = match principal(parts) {
            Principal::Terminal(device) => device.user,
            _ => {
                let Present { person, .. } = Present::from_request_parts(parts, state).await?;
                person.user
            }
        };
        Ok(Self { user })
    }
}
