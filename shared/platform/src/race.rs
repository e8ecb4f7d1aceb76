//! Writes that hold only if nobody else was first, tried until one holds.

use std::time::Duration;

use kernel::Error;

use crate::dynamo::CommitError;
use crate::retry::backoff;

/// Attempts where somebody else writes the same at the same time.
const ATTEMPTS_MAX: u32 = 8;
/// The first pause between two of them, at most.
const PAUSE: Duration = Duration::from_millis(20);

/// Why one attempt did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// Somebody else was first; the next attempt sees what they wrote. With
    /// what is said where they always are.
    Raced(String),
    /// It cannot succeed.
    Final(Error),
}

impl Failure {
    /// A race over something that the caller need not know of.
    #[must_use]
    pub fn raced() -> Self {
        Self::Raced("others change the same at this moment; try again".to_owned())
    }

    /// Tells a race, which is where a write with one of these labels was
    /// refused, from an end.
    #[must_use]
    pub fn of(error: CommitError, labels: &[&str]) -> Self {
        match labels.iter().any(|label| error.refused(label)) {
            true => Self::raced(),
            false => error.into(),
        }
    }
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
pub async fn until_undisturbed<T, F, Fut>(attempt: F) -> kernel::Result<T>
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn who_is_overtaken_tries_again_and_no_more_than_the_bound() {
        let tried = &AtomicU32::new(0);
        let tries = |wins_at: u32| {
            tried.store(0, Ordering::Relaxed);
            until_undisturbed(move || {
                let number = tried.fetch_add(1, Ordering::Relaxed) + 1;
                async move {
                    match number >= wins_at {
                        true => Ok(number),
                        false => Err(Failure::Raced(format!("lost {number} times"))),
                    }
                }
            })
        };
        assert_eq!(tries(3).await.expect("wins"), 3);
        let lost = tries(ATTEMPTS_MAX + 1).await.expect_err("always late");
        assert_eq!(lost.to_string(), "lost 8 times");
    }

    #[tokio::test]
    async fn what_cannot_succeed_is_tried_once() {
        let tried = AtomicU32::new(0);
        let done: kernel::Result<()> = until_undisturbed(|| {
            tried.fetch_add(1, Ordering::Relaxed);
            async { Err(Error::NotFound("signal").into()) }
        })
        .await;
        assert!(matches!(done, Err(Error::NotFound("signal"))));
        assert_eq!(tried.load(Ordering::Relaxed), 1);
    }
}
