//! Held signals: approved or rejected.

use kernel::Error;
use kernel::id::SignalId;
use platform::race::{Failure, until_undisturbed};

use super::news::{Happening, to_author};
use super::{Change, Request, Signals, Terminals};
use crate::domain::signal::Signal;
use crate::model::Owner;

impl<T: Terminals> Signals<T> {
    /// Sends a held signal to its author's terminals. Where they may not
    /// trade it stays held, for that reason, and can be approved again.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` where it is not held.
    pub async fn approve(
        &self,
        owner: &Owner,
        id: &SignalId,
        request: Request<'_>,
    ) -> kernel::Result<Signal> {
        until_undisturbed(|| self.try_approve(owner, id, request)).await
    }

    async fn try_approve(
        &self,
        owner: &Owner,
        id: &SignalId,
        request: Request<'_>,
    ) -> Result<Signal, Failure> {
        let before = self.own(owner, id).await?;
        let approved = before.approved(request.now)?;
        let mut change = Change::default();
        let transaction = &mut change.transaction;
        let Some(hold) = self.hold(owner, &approved).await? else {
            self.store
                .put_signal(transaction, owner, Some(&before), &approved)?;
            change
                .news
                .push(to_author(owner, &approved, Happening::Approved)?);
            self.send(owner, &approved, &change, request).await?;
            return Ok(approved);
        };
        if before.hold == Some(hold) {
            return Ok(before);
        }
        let after = before.held_for(hold)?;
        self.store
            .put_signal(transaction, owner, Some(&before), &after)?;
        self.commit(&change, request).await?;
        Ok(after)
    }

    /// Refuses a held signal for good.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` where it is not held.
    pub async fn reject(
        &self,
        owner: &Owner,
        id: &SignalId,
        reason: &str,
        request: Request<'_>,
    ) -> kernel::Result<Signal> {
        until_undisturbed(|| async {
            let before = self.own(owner, id).await?;
            let after = before.rejected(reason)?;
            let mut change = Change::default();
            let transaction = &mut change.transaction;
            self.store
                .put_signal(transaction, owner, Some(&before), &after)?;
            change
                .news
                .push(to_author(owner, &after, Happening::Rejected)?);
            self.commit(&change, request).await?;
            Ok(after)
        })
        .await
    }
}

impl<T> Signals<T> {
    /// A signal of a person's own, which must be there.
    pub(super) async fn own(&self, owner: &Owner, id: &SignalId) -> Result<Signal, Error> {
        let signal = self.store.signal(owner, id).await?;
        signal.ok_or(Error::NotFound("signal"))
    }
}
