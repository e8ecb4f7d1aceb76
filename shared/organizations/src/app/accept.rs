//! Accepting an invitation.

use kernel::Error;
use kernel::id::UserId;
use platform::dynamo::Transaction;
use platform::race::{Failure, until_undisturbed};
use platform::tokens::sha256_hex;
use secrecy::{ExposeSecret, SecretString};

use super::members::standing;
use super::scene::commit;
use super::{Organizations, Request};
use crate::model::{Invitation, Member, Status};
use crate::store::MEMBERSHIPS_MAX;

/// Who accepts: a person whose address was shown to be theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// The person.
    pub user: UserId,
    /// Their verified address, in its normal form.
    pub email: String,
    /// What they are called.
    pub name: Option<String>,
}

impl Organizations {
    /// Makes a person a member by the token that was mailed to their address.
    /// The token is good once.
    ///
    /// # Errors
    /// `NotFound` where the token is for no open invitation, `Forbidden` where
    /// it is for another address, `Conflict` where they are a member already,
    /// its role is gone, or a bound is reached.
    pub async fn accept(
        &self,
        token: &SecretString,
        guest: &Guest,
        request: Request<'_>,
    ) -> kernel::Result<Member> {
        let token_sha256 = sha256_hex(token.expose_secret().as_bytes());
        until_undisturbed(|| self.try_accept(&token_sha256, guest, request)).await
    }

    async fn try_accept(
        &self,
        token_sha256: &str,
        guest: &Guest,
        request: Request<'_>,
    ) -> Result<Member, Failure> {
        let find = || self.store.invitation_of_token(token_sha256, request.now);
        let found = find().await?.ok_or(Error::NotFound("invitation"))?;
        let org = &found.organization;
        let roster = self.roster(org).await?;
        // Read again after the roster, so that a revocation in between is seen.
        let invitation = find().await?.ok_or(Error::NotFound("invitation"))?;
        self.check_guest(&invitation, guest).await?;
        let member = Member {
            organization: org.clone(),
            user: guest.user.clone(),
            role: invitation.role.clone(),
            status: Status::Active,
            email: invitation.email.clone(),
            name: guest.name.clone(),
            joined_at: request.now,
        };
        let next = roster.joined(standing(&member))?;
        let mut transaction = Transaction::new();
        self.store
            .put_roster(&mut transaction, org, Some(&roster), &next)?;
        self.store.put_member(&mut transaction, &member)?;
        self.store
            .delete_invitation(&mut transaction, &invitation)?;
        commit(transaction).await?;
        Ok(member)
    }

    async fn check_guest(&self, invitation: &Invitation, guest: &Guest) -> kernel::Result<()> {
        let conflict = |sentence: &str| Err(Error::Conflict(sentence.to_owned()));
        if guest.email != invitation.email {
            return Err(Error::Forbidden(
                "the invitation is for another address; sign in with that one",
            ));
        }
        let org = &invitation.organization;
        if self.store.member(org, &guest.user).await?.is_some() {
            return conflict("you are a member of this organization already");
        }
        let role = self.store.permissions_of(org, &invitation.role).await?;
        if role.is_none() {
            return conflict("the role of this invitation is gone; ask for another invitation");
        }
        if self.store.count_memberships(&guest.user).await? >= MEMBERSHIPS_MAX {
            return conflict("you belong to as many organizations as one person can");
        }
        Ok(())
    }
}
