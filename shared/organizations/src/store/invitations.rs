//! Open invitations. A token is found by its hash alone.

use kernel::id::{InvitationId, OrganizationId};
use kernel::time::Timestamp;
use platform::dynamo::{Query, Range, StoreError, Transaction};
use serde::{Deserialize, Serialize};

use super::{Store, keys};
use crate::domain::invitation::{LIFE, OPEN_MAX, is_open};
use crate::model::Invitation;

#[derive(Serialize)]
struct InvitationRow<'a> {
    #[serde(flatten)]
    invitation: &'a Invitation,
    ttl: i64,
}

#[derive(Serialize, Deserialize)]
struct TokenRow {
    organization: OrganizationId,
    invitation: InvitationId,
    ttl: i64,
}

impl Store {
    /// An invitation of an organization that is open at a moment.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn invitation(
        &self,
        org: &OrganizationId,
        id: &InvitationId,
        now: Timestamp,
    ) -> Result<Option<Invitation>, StoreError> {
        let key = keys::invitation(org, id);
        let row: Option<Invitation> = self.table.get(&key, true).await?;
        Ok(row.filter(|invitation| is_open(invitation.expires_at, now)))
    }

    /// The open invitation that a token is for, by the token's SHA-256 in hex.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn invitation_of_token(
        &self,
        token_sha256: &str,
        now: Timestamp,
    ) -> Result<Option<Invitation>, StoreError> {
        let key = keys::invitation_token(token_sha256);
        let Some(row) = self.table.get::<TokenRow>(&key, true).await? else {
            return Ok(None);
        };
        self.invitation(&row.organization, &row.invitation, now)
            .await
    }

    /// A page of the invitations of an organization that are open at a
    /// moment, the oldest first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn invitations(
        &self,
        org: &OrganizationId,
        now: Timestamp,
        limit: u32,
        after: Option<String>,
    ) -> Result<(Vec<Invitation>, Option<String>), StoreError> {
        // An id begins with its time, and all are open for the same time, so
        // those that have expired are not read.
        let (first, last) = keys::invitations_since(now - LIFE);
        let query = Query::new(keys::of(org), Range::Between(first, last), limit)
            .consistent()
            .after(after);
        let page = self.table.query::<Invitation>(&query).await?;
        let open = page
            .rows
            .into_iter()
            .map(|(_, invitation)| invitation)
            .filter(|invitation| is_open(invitation.expires_at, now))
            .collect();
        Ok((open, page.next))
    }

    /// All open invitations of an organization; their number is bounded.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn open_invitations(
        &self,
        org: &OrganizationId,
        now: Timestamp,
    ) -> Result<Vec<Invitation>, StoreError> {
        Ok(self.invitations(org, now, OPEN_MAX, None).await?.0)
    }

    pub(crate) fn put_invitation(
        &self,
        transaction: &mut Transaction,
        invitation: &Invitation,
    ) -> Result<(), StoreError> {
        let ttl = invitation.expires_at.timestamp();
        let token = TokenRow {
            organization: invitation.organization.clone(),
            invitation: invitation.id.clone(),
            ttl,
        };
        let row = InvitationRow { invitation, ttl };
        let key = keys::invitation(&invitation.organization, &invitation.id);
        let by_token = keys::invitation_token(&invitation.token_sha256);
        transaction.put("invitation", &self.table, &key, &row, None)?;
        transaction.put("token", &self.table, &by_token, &token, None)?;
        Ok(())
    }

    pub(crate) fn delete_invitation(
        &self,
        transaction: &mut Transaction,
        invitation: &Invitation,
    ) -> Result<(), StoreError> {
        let key = keys::invitation(&invitation.organization, &invitation.id);
        let by_token = keys::invitation_token(&invitation.token_sha256);
        transaction.delete("invitation", &self.table, &key)?;
        transaction.delete("token", &self.table, &by_token)?;
        Ok(())
    }
}
