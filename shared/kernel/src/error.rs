//! The transport-neutral error: what went wrong, in terms a caller can act on.
//!
//! Contexts have enums of their own that name their operations; each maps into
//! this one, and one place in `web` maps this one to HTTP statuses.

use std::error::Error as StdError;

/// A result with the kernel's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One field of the input that cannot be accepted, and why.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct FieldError {
    /// Path of the field in the body, query or header: `plan.daily.limit_pct`.
    pub field: String,
    /// A sentence for a person.
    pub message: String,
}

impl FieldError {
    /// Names a field and says what is wrong with it.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

/// Why an operation failed, as its caller needs to know it.
///
/// `Display` is safe to show to anybody; the cause, where there is one, is in
/// `source` and only for the log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields are missing, of the wrong type or out of range.
    #[error("{}", summary(.0))]
    Invalid(Vec<FieldError>),
    /// The caller is not known, or its proof is not good.
    #[error("authentication is required")]
    Unauthenticated,
    /// The password is right and a code of the second factor is missing.
    #[error("a code of the second factor is required")]
    SecondFactorRequired,
    /// The password is right and the address was never shown to be theirs.
    #[error("the email address is not verified; follow the link in the mail")]
    EmailNotVerified,
    /// Another system's word for who the caller is was not good.
    #[error("{0}")]
    SignInRefused(&'static str),
    /// The password is right, and the caller's organization has its members
    /// sign in through its own provider.
    #[error("your organization has its members sign in through its provider, at {path}")]
    ProviderRequired {
        /// The path of our own that leads there.
        path: String,
    },
    /// The caller is known and may not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// Nothing of that id exists for this caller.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The state of things does not allow it.
    #[error("{0}")]
    Conflict(String),
    /// The resource is there already, with other values of some fields.
    #[error("it is there already with other values of {}", .0.join(", "))]
    Differs(Vec<&'static str>),
    /// The amounts do not add up to the difference that stands.
    #[error("the difference that stands is {}", .0)]
    Unexplained(rust_decimal::Decimal),
    /// `If-Match` named a version that is no longer the newest.
    #[error("the resource has changed since the version named in If-Match")]
    StaleVersion,
    /// The input is well formed and cannot be carried out.
    #[error("{0}")]
    Unprocessable(String),
    /// Rows of a file have no ticket, so that none can be told from known ones.
    #[error("{0}")]
    TicketsMissing(String),
    /// The body's media type, or what has become of the body, is not taken.
    #[error("{0}")]
    UnsupportedMedia(&'static str),
    /// The caller must wait.
    #[error("too many requests; try again in {retry_after_s} s")]
    RateLimited {
        /// Whole seconds until a retry can succeed.
        retry_after_s: u64,
    },
    /// The body is larger than this route takes.
    #[error("the body is larger than {bytes_max} bytes")]
    TooLarge {
        /// The route's bound.
        bytes_max: usize,
    },
    /// A system outside ours failed or did not answer in time.
    #[error("{service} is not available at the moment")]
    Upstream {
        /// The system, as users know it.
        service: &'static str,
        /// What happened there, for the log.
        #[source]
        source: Cause,
    },
    /// The route is part of the interface and this deployment does not do it.
    #[error("{0}")]
    NotImplemented(&'static str),
    /// Our own fault.
    #[error("something went wrong on our side")]
    Internal(#[source] Cause),
}

/// The cause of a failure, for the log only.
pub type Cause = Box<dyn StdError + Send + Sync>;

impl Error {
    /// An invalid single field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, message)])
    }

    /// Our own fault, from whatever caused it.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal(cause.into())
    }

    /// A failure of an outside system.
    pub fn upstream(service: &'static str, cause: impl Into<Cause>) -> Self {
        Self::Upstream {
            service,
            source: cause.into(),
        }
    }

    /// Whether the fault is ours or a partner's, so that a retry may succeed
    /// and somebody has to look.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        matches!(self, Self::Internal(_) | Self::Upstream { .. })
    }
}

fn summary(fields: &[FieldError]) -> String {
    match fields {
        [] => "the request is not valid".to_owned(),
        [only] if only.field.is_empty() => only.message.clone(),
        [only] => format!("{}: {}", only.field, only.message),
        [first, rest @ ..] => format!(
            "{}: {} (and {} more)",
            first.field,
            first.message,
            rest.len()
        ),
    }
}

/// An error with its whole chain of causes in one line, for the log.
#[must_use]
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    // A chain that is longer than this is a loop or not worth reading.
    for _ in 0..16 {
        let Some(next) = cause else { break };
        let text = next.to_string();
        if !line.ends_with(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        cause = next.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_in_the_chain_and_not_in_the_message() {
        let error = Error::internal("table is on fire");
        assert_eq!(error.to_string(), "something went wrong on our side");
        assert_eq!(
            chain(&error),
            "something went wrong on our side: table is on fire"
        );
    }
}
