//! Results, as authors give them.

use kernel::Error;
use kernel::id::SignalId;
use platform::race::until_undisturbed;

use super::news::{Happening, to_all, to_author};
use super::{Change, Request, Signals};
use crate::domain::signal::{Closing, ClosingError, Signal};
use crate::model::Owner;

impl From<ClosingError> for Error {
    fn from(error: ClosingError) -> Self {
        match error {
            ClosingError::Refused(refusal) => refusal.into(),
            ClosingError::Invalid(fault) => Self::Invalid(vec![fault]),
        }
    }
}

impl<T> Signals<T> {
    /// Gives a signal of a person's own its result.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` where the result cannot be; `Conflict` where the
    /// signal was not sent or has one.
    pub async fn close(
        &self,
        owner: &Owner,
        id: &SignalId,
        closing: &Closing,
        request: Request<'_>,
    ) -> kernel::Result<Signal> {
        until_undisturbed(|| async {
            let before = self.own(owner, id).await?;
            let after = before.closed(closing, request.now)?;
            let mut change = Change::default();
            let transaction = &mut change.transaction;
            self.store
                .put_signal(transaction, owner, Some(&before), &after)?;
            change
                .news
                .push(to_author(owner, &after, Happening::Closed)?);
            self.commit(&change, request).await?;
            Ok(after)
        })
        .await
    }

    /// Gives a published signal its result, and counts it.
    ///
    /// # Errors
    /// As [`Signals::close`].
    pub async fn close_published(
        &self,
        id: &SignalId,
        closing: &Closing,
        request: Request<'_>,
    ) -> kernel::Result<Signal> {
        until_undisturbed(|| async {
            let before = self.store.newest_published(id).await?;
            let before = before.ok_or(Error::NotFound("signal"))?;
            let after = before.closed(closing, request.now)?;
            let mut change = Change::default();
            let transaction = &mut change.transaction;
            self.store
                .put_published(transaction, Some(&before), &after)?;
            change.news.push(to_all(&after, Happening::Closed)?);
            self.commit(&change, request).await?;
            Ok(after)
        })
        .await
    }
}
