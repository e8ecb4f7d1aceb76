//! Why a message was not carried out, as its sender is told.

use kernel::Error;
use serde::Serialize;

/// The data of an `error` frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// A stable word, the same as the HTTP API's.
    pub code: &'static str,
    /// A sentence for a person.
    pub message: String,
    /// The channels that it is about, where it is about channels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<String>,
}

impl Refusal {
    /// The same, about these channels.
    #[must_use]
    pub fn about(mut self, channels: Vec<String>) -> Self {
        self.channels = channels;
        self
    }
}

impl From<&Error> for Refusal {
    fn from(error: &Error) -> Self {
        let code = match error {
            Error::Invalid(_) | Error::Unprocessable(_) => "validation-failed",
            Error::TicketsMissing(_) => "tickets-missing",
            Error::UnsupportedMedia(_) => "unsupported-media-type",
            Error::Unauthenticated
            | Error::SecondFactorRequired
            | Error::EmailNotVerified
            | Error::SignInRefused(_)
            | Error::ProviderRequired { .. } => "unauthenticated",
            Error::Forbidden(_) => "forbidden",
            Error::NotFound(_) | Error::NotImplemented(_) => "not-found",
            Error::Conflict(_) | Error::Differs(_) | Error::Unexplained(_) => "conflict",
            Error::StaleVersion => "stale-version",
            Error::RateLimited { .. } => "rate-limited",
            Error::TooLarge { .. } => "payload-too-large",
            Error::Upstream { .. } => "upstream-unavailable",
            Error::Internal(_) => "internal",
        };
        Self {
            code,
            message: error.to_string(),
            channels: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_ours_is_told_without_its_cause() {
        let refusal = Refusal::from(&Error::internal("table x is gone"));
        let json = serde_json::to_string(&refusal).expect("JSON");
        assert_eq!(
            json,
            r#"{"code":"internal","message":"something went wrong on our side"}"#
        );
    }
}
