//! Inviting somebody, and taking an invitation back.

use kernel::Error;
use kernel::access::Permission;
use kernel::id::{InvitationId, OrganizationId, UserId};
use platform::dynamo::Transaction;
use platform::outbox::enqueue;
use platform::queue::Queue;
use platform::race::{Failure, until_undisturbed};
use platform::tokens::sha256_hex;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::scene::commit;
use super::{Organizations, Request};
use crate::domain::Refusal;
use crate::domain::invitation::{LIFE, OPEN_MAX};
use crate::model::Invitation;

/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;

/// An invitation before it is written: the mail that carries its token is
/// made from it and written with it.
#[derive(Debug)]
pub struct Draft {
    /// The invitation.
    pub invitation: Invitation,
    /// What lets the invited person in, once; only its hash is kept.
    pub token: SecretString,
}

impl Draft {
    /// Drafts an invitation of an address in its normal form, by the actor,
    /// in a role.
    ///
    /// # Panics
    /// Where the operating system has no random bytes.
    #[must_use]
    pub fn new(
        org: &OrganizationId,
        actor: &UserId,
        email: &str,
        role: &str,
        request: Request<'_>,
    ) -> Self {
        let mut random = [0_u8; TOKEN_BYTES];
        getrandom::fill(&mut random).expect("the operating system gives random bytes");
        let token = SecretString::from(hex::encode(random));
        Self {
            invitation: Invitation {
                id: InvitationId::generate(request.now),
                organization: org.clone(),
                email: email.to_owned(),
                role: role.to_owned(),
                invited_by: actor.clone(),
                created_at: request.now,
                expires_at: request.now + LIFE,
                token_sha256: sha256_hex(token.expose_secret().as_bytes()),
            },
            token,
        }
    }
}

impl Organizations {
    /// Writes a drafted invitation with the mail that carries its token. An
    /// open one of the same address gives way: its token is good no more.
    ///
    /// # Errors
    /// `Invalid` where there is no such role, `Forbidden` where it is beyond
    /// the inviter's own, `Conflict` where the address is a member's or too
    /// many invitations are open.
    pub async fn invite<M: Serialize>(
        &self,
        draft: &Draft,
        mail: &M,
        request: Request<'_>,
    ) -> kernel::Result<()> {
        until_undisturbed(|| self.try_invite(&draft.invitation, mail, request)).await
    }

    async fn try_invite<M: Serialize>(
        &self,
        invitation: &Invitation,
        mail: &M,
        request: Request<'_>,
    ) -> Result<(), Failure> {
        let org = &invitation.organization;
        let (roster, authority) = self
            .scene(org, &invitation.invited_by, Permission::ManageMembers)
            .await?;
        self.role_to_give(org, &authority, &invitation.role).await?;
        let members = self.store.all_members(org).await?;
        if members
            .iter()
            .any(|member| member.email == invitation.email)
        {
            return Err(Error::Conflict("this person is a member".to_owned()).into());
        }
        let open = self.store.open_invitations(org, request.now).await?;
        let replaced = open.iter().find(|other| other.email == invitation.email);
        if replaced.is_none() && open.len() >= OPEN_MAX as usize {
            return Err(Refusal::TooManyInvitations.into());
        }
        let mut transaction = Transaction::new();
        self.store
            .put_roster(&mut transaction, org, Some(&roster), &roster.touched())?;
        self.store.put_invitation(&mut transaction, invitation)?;
        if let Some(replaced) = replaced {
            self.store.delete_invitation(&mut transaction, replaced)?;
        }
        enqueue(
            &mut transaction,
            self.store.table(),
            Queue::Mail,
            mail,
            None,
            request.id,
            request.now,
        )?;
        commit(transaction).await
    }

    /// Takes an open invitation back.
    ///
    /// # Errors
    /// `NotFound` where the organization has no such open invitation.
    pub async fn revoke(
        &self,
        org: &OrganizationId,
        actor: &UserId,
        id: &InvitationId,
        request: Request<'_>,
    ) -> kernel::Result<()> {
        until_undisturbed(|| async {
            let (roster, _) = self.scene(org, actor, Permission::ManageMembers).await?;
            let invitation = self.store.invitation(org, id, request.now).await?;
            let invitation = invitation.ok_or(Error::NotFound("invitation"))?;
            let mut transaction = Transaction::new();
            self.store
                .put_roster(&mut transaction, org, Some(&roster), &roster.touched())?;
            self.store
                .delete_invitation(&mut transaction, &invitation)?;
            commit(transaction).await
        })
        .await
    }
}
