//! One attempt at a change.

use kernel::Error;
use platform::dynamo::CommitError;
use platform::race::Failure;

use super::{Change, Request, Signals, Terminals};
use crate::domain::signal::Signal;
use crate::model::Owner;

impl<T> Signals<T> {
    /// Carries out a change together with the news of it. Every condition in
    /// it is that something is still as it was read.
    pub(super) async fn commit(
        &self,
        change: &Change,
        request: Request<'_>,
    ) -> Result<(), Failure> {
        let (transaction, news) = (&change.transaction, &change.news);
        match self
            .live
            .commit(transaction, news, request.id, request.now)
            .await
        {
            Ok(()) => Ok(()),
            Err(CommitError::Refused(_)) => Err(Failure::raced()),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }
}

impl<T: Terminals> Signals<T> {
    /// Carries out a change with which a signal is sent to its author's
    /// terminals. What stands against it may have ended by the next attempt,
    /// and is found again by its checks where it has not.
    pub(super) async fn send(
        &self,
        owner: &Owner,
        signal: &Signal,
        change: &Change,
        request: Request<'_>,
    ) -> Result<(), Failure> {
        match self.terminals.open(owner, signal, change, request).await {
            Ok(()) => Ok(()),
            Err(Error::Conflict(sentence)) => Err(Failure::Raced(sentence)),
            Err(error) => Err(error.into()),
        }
    }
}
