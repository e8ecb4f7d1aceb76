//! Stored signals, sent again.

use kernel::Error;
use kernel::id::SignalId;
use platform::race::{Failure, until_undisturbed};

use super::{Request, Signals, Terminals};
use crate::domain::signal::Signal;
use crate::model::Owner;

impl<T: Terminals> Signals<T> {
    /// Sends a signal of a person's own again, as a signal that names it.
    /// Where their terminals may not trade, it is held.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` where it was never sent.
    pub async fn replay(
        &self,
        owner: &Owner,
        id: &SignalId,
        request: Request<'_>,
    ) -> kernel::Result<Signal> {
        until_undisturbed(|| self.try_replay(owner, id, request)).await
    }

    async fn try_replay(
        &self,
        owner: &Owner,
        id: &SignalId,
        request: Request<'_>,
    ) -> Result<Signal, Failure> {
        let first = self.own(owner, id).await?;
        let again = first.replayed(SignalId::generate(request.now), request.now)?;
        self.write_new(owner, again, request).await
    }
}

impl<T> Signals<T> {
    /// Publishes a published signal again.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn republish(&self, id: &SignalId, request: Request<'_>) -> kernel::Result<Signal> {
        let first = self.store.newest_published(id).await?;
        let first = first.ok_or(Error::NotFound("signal"))?;
        let again = first.replayed(SignalId::generate(request.now), request.now)?;
        self.publish_new(again, request).await
    }
}
