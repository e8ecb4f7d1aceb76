//! Writes that hold only if nobody else was first, tried until one holds.

use std::time::Duration;

use kernel::Error;
use platform::dynamo::CommitError;
use platform::retry::backoff;

/// Attempts where somebody else writes the same at the same time.
const ATTEMPTS_MAX: u32 = 8;
/// The first pause between two of them, at most.
const PAUSE: Duration = Duration::from_millis(20);

/// Why one attempt did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Somebody else was first; the next attempt sees what they wrote.
    Raced,
    /// It cannot succeed.
    Final(Error),
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Final(error.into())
    }
}

/// Tells a race, which is where a write with one of these labels was refused,
/// from a failure.
pub(super) fn raced(error: CommitError, labels: &[&str]) -> Failure {
    match labels.iter().any(|label| error.refused(label)) {
        true => Failure::Raced,
        false => error.into(),
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
    for number in 0..ATTEMPTS_MAX {
        match attempt().await {
            Ok(done) => return Ok(done),
            Err(Failure::Final(error)) => return Err(error),
            Err(Failure::Raced) => tokio::time::sleep(backoff(number, PAUSE)).await,
        }
    }
    let sentence = "others change the same at this moment; try again";
    Err(Error::Conflict(sentence.to_owned()))
}
