//! Why a provider could not be asked, or what it answered instead.

use kernel::Error;
use kernel::error::Cause;

use crate::domain::discovery::Fault;
use crate::domain::id_token::Refusal;

/// How users know the system.
const SERVICE: &str = "the organization's sign-in provider";
/// What somebody is told whose sign-in the provider's own word does not carry.
const NOT_GOOD: &str = "the provider's answer is not good, or not any more; sign in from the start";

/// Why a provider did not do what it was asked. Nothing that it sent is in it.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The address may not be called.
    #[error("its address {0}")]
    Address(String),
    /// No answer came in time.
    #[error("it did not answer")]
    Unreachable(#[source] Cause),
    /// It answered with a status that is no success.
    #[error("it answered with status {0}")]
    Status(u16),
    /// It answered more than is read.
    #[error("it answered more than {0} bytes")]
    TooLarge(usize),
    /// It answered something else.
    #[error("it did not answer {0}")]
    Unreadable(&'static str),
    /// It cannot sign anybody in here.
    #[error(transparent)]
    Unfit(#[from] Fault),
    /// It does not know the code, or the code was not ours.
    #[error("it did not take the code")]
    Code,
    /// It refused the client as the organization has set it.
    #[error("it refused the client: {0}")]
    Client(&'static str),
    /// Its token is not believed.
    #[error(transparent)]
    Token(#[from] Refusal),
}

impl From<ProviderError> for Error {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Code | ProviderError::Token(_) => Self::SignInRefused(NOT_GOOD),
            error => Self::upstream(SERVICE, error),
        }
    }
}
