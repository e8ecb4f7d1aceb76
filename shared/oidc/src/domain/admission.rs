//! Who is let in by what a provider says of them.
//!
//! An organization chooses its provider, so the provider's word is good in that
//! organization and nowhere else. It leads to a person who is linked with it;
//! it links one who belongs to the organization already; it makes a new one
//! where the organization wants that. It never reaches a person whom the
//! organization does not have: an address alone proves nothing to us.

/// What the organization wants of those who are new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newcomers {
    /// They are made people, with a membership.
    Welcome,
    /// They must be invited.
    Unwanted,
}

impl Newcomers {
    /// By the organization's rules: whether it makes people, and whether an
    /// address is of one of its domains.
    #[must_use]
    pub fn of(provisions: bool, is_of_its_domains: bool) -> Self {
        match provisions && is_of_its_domains {
            true => Self::Welcome,
            false => Self::Unwanted,
        }
    }
}

/// Who somebody is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A person who may act in the organization.
    Member,
    /// A person whom it does not have, or has suspended.
    Stranger,
}

/// What is done with somebody whom the provider names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// They are let in.
    Enter,
    /// They are linked with what the provider calls them, and let in.
    Link,
    /// As [`Admission::Link`], and they become a member first.
    Join,
    /// They become a person and a member.
    Create,
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// They are linked and do not belong to the organization (any more).
    NoMember,
    /// The provider does not answer for their address.
    Unverified,
    /// Somebody has their address whom the organization does not have.
    Held,
    /// The organization makes nobody, or nobody of that domain.
    Uninvited,
    /// What the provider calls them is somebody else's.
    OthersLink,
}

impl Refusal {
    /// What they are told.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NoMember => {
                "you are no active member of this organization; ask for an invitation"
            }
            Self::Unverified => {
                "the provider does not say that your email address is verified; sign in with \
                 your password and link the provider from your profile"
            }
            Self::Held => {
                "there is an account with this email address already; sign in with its password \
                 and link the provider from your profile"
            }
            Self::Uninvited => {
                "this organization lets nobody in who was not invited; ask for an invitation"
            }
            Self::OthersLink => "this account of the provider is linked with somebody else",
        }
    }
}

impl From<Refusal> for kernel::Error {
    fn from(refusal: Refusal) -> Self {
        Self::Forbidden(refusal.sentence())
    }
}

/// Decides about somebody who signs in. `linked` is who is linked with what
/// the provider calls them; `holder` is who has their address, looked up only
/// where the provider says that it is verified.
///
/// # Errors
/// [`Refusal`].
pub fn admit(
    linked: Option<Standing>,
    is_verified: bool,
    holder: Option<Standing>,
    newcomers: Newcomers,
) -> Result<Admission, Refusal> {
    match (linked, holder) {
        (Some(Standing::Member), _) => Ok(Admission::Enter),
        // Somebody removed them: the provider does not undo that.
        (Some(Standing::Stranger), _) => Err(Refusal::NoMember),
        (None, _) if !is_verified => Err(Refusal::Unverified),
        (None, Some(Standing::Member)) => Ok(Admission::Link),
        (None, Some(Standing::Stranger)) => Err(Refusal::Held),
        (None, None) if newcomers == Newcomers::Welcome => Ok(Admission::Create),
        (None, None) => Err(Refusal::Uninvited),
    }
}

/// Decides about somebody who is signed in and links themselves. `linked` says
/// whether what the provider calls them is linked with themselves (`true`) or
/// with another.
///
/// # Errors
/// [`Refusal`].
pub fn link(
    linked: Option<bool>,
    own: Standing,
    is_verified: bool,
    newcomers: Newcomers,
) -> Result<Admission, Refusal> {
    match (linked, own) {
        (Some(false), _) => Err(Refusal::OthersLink),
        (Some(true), Standing::Member) => Ok(Admission::Enter),
        (Some(true), Standing::Stranger) => Err(Refusal::NoMember),
        (None, Standing::Member) => Ok(Admission::Link),
        (None, Standing::Stranger) if newcomers == Newcomers::Unwanted => Err(Refusal::Uninvited),
        (None, Standing::Stranger) if !is_verified => Err(Refusal::Unverified),
        (None, Standing::Stranger) => Ok(Admission::Join),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Newcomers::{Unwanted, Welcome};
    use Standing::{Member, Stranger};

    #[test]
    fn nobody_is_reached_by_an_address_alone_whom_the_organization_does_not_have() {
        for newcomers in [Welcome, Unwanted] {
            for is_verified in [true, false] {
                let decided = admit(None, is_verified, Some(Stranger), newcomers);
                assert!(decided.is_err(), "{newcomers:?} {is_verified}");
            }
            assert_eq!(
                admit(None, true, Some(Stranger), newcomers),
                Err(Refusal::Held)
            );
        }
    }

    #[test]
    fn an_address_that_is_not_verified_links_and_makes_nobody() {
        for holder in [None, Some(Member), Some(Stranger)] {
            let decided = admit(None, false, holder, Welcome);
            assert_eq!(decided, Err(Refusal::Unverified), "{holder:?}");
        }
    }

    #[test]
    fn who_is_linked_enters_while_they_belong_to_it() {
        for is_verified in [true, false] {
            for holder in [None, Some(Stranger)] {
                let decided = admit(Some(Member), is_verified, holder, Unwanted);
                assert_eq!(decided, Ok(Admission::Enter));
                let decided = admit(Some(Stranger), is_verified, holder, Welcome);
                assert_eq!(decided, Err(Refusal::NoMember));
            }
        }
        assert_eq!(
            admit(None, true, Some(Member), Unwanted),
            Ok(Admission::Link)
        );
    }

    #[test]
    fn people_are_made_where_the_organization_wants_it() {
        assert_eq!(admit(None, true, None, Welcome), Ok(Admission::Create));
        assert_eq!(admit(None, true, None, Unwanted), Err(Refusal::Uninvited));
        assert_eq!(Newcomers::of(true, true), Welcome);
        for (provisions, is_of_its_domains) in [(true, false), (false, true), (false, false)] {
            assert_eq!(Newcomers::of(provisions, is_of_its_domains), Unwanted);
        }
    }

    #[test]
    fn who_is_signed_in_links_themselves_and_nobody_else() {
        assert_eq!(link(None, Member, false, Unwanted), Ok(Admission::Link));
        assert_eq!(
            link(Some(true), Member, false, Unwanted),
            Ok(Admission::Enter)
        );
        assert_eq!(link(None, Stranger, true, Welcome), Ok(Admission::Join));
        for (is_verified, newcomers, refusal) in [
            (false, Welcome, Refusal::Unverified),
            (true, Unwanted, Refusal::Uninvited),
        ] {
            assert_eq!(link(None, Stranger, is_verified, newcomers), Err(refusal));
        }
        for own in [Member, Stranger] {
            let decided = link(Some(false), own, true, Welcome);
            assert_eq!(decided, Err(Refusal::OthersLink));
        }
    }
}
