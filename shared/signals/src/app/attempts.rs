//! Writes that hold only if nobody else was first, tried until one holds.

use std::time::Duration;

use kernel::Error;
use platform::dynamo::CommitError;
use platform::retry::backoff;

use super::{Change, Request, Signals, Terminals};
use crate::domain::signal::Signal;
use crate::model::Owner;

/// Attempts where somebody else writes the same at the same time.
const ATTEMPTS_MAX: u32 = 8;
/// The first pause between two of them, at most.
const PAUSE: Duration = Duration::from_millis(20);

/// Why one attempt did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Somebody else was first; the next attempt sees what they wrote. What is
    /// said where they always are.
    Raced(String),
    /// It cannot succeed.
    Final(Error),
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Final(error.into())
    }
}

/// Tries until nobody else was in between.
///
/// # Errors
/// What an attempt says, and `Conflict` where others are always first.
pub(super) async fn until_undisturbed<T, F, Fut>(attempt: F) -> kernel::Result<T>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<T, Failure>>,
{
    let mut sentence = String::new();
    for number in 0..ATTEMPTS_MAX {
        match attempt().await {
            Ok(done) => return Ok(done),
            Err(Failure::Final(error)) => return Err(error),
            Err(Failure::Raced(said)) => {
                sentence = said;
                tokio::time::sleep(backoff(number, PAUSE)).await;
            }
        }
    }
    Err(Error::Conflict(sentence))
}

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
            Err(CommitError::Refused(_)) => {
                let sentence = "others change the same at this moment; try again";
                Err(Failure::Raced(sentence.to_owned()))
            }
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
