//! What the gateway's refusals mean to us.

use kernel::error::Cause;
use kernel::time::Timestamp;
use serde::Deserialize;

/// Why a call to the gateway brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The broker refuses login or password.
    #[error("the broker refuses the login or the password")]
    Credentials,
    /// The trade server is not known, or its settings cannot be had yet: to be
    /// asked again later.
    #[error("the trade server cannot be used: {0}")]
    Server(&'static str),
    /// No place for another account at the gateway.
    #[error("the gateway has no place for another account")]
    Slots,
    /// Our own token is refused: our fault, and nobody else's.
    #[error("the gateway refuses our token")]
    OurToken,
    /// The gateway does not know this account.
    #[error("the gateway does not know this account")]
    NotFound,
    /// We ask too often.
    #[error("the gateway asks us to wait")]
    TooMany {
        /// Not before this.
        retry_at: Option<Timestamp>,
    },
    /// The terminal is not connected to the broker yet.
    #[error("the terminal is not connected yet")]
    NotConnected,
    /// The breaker is open: the gateway has been failing.
    #[error("the gateway has been failing and is left alone for {retry_after_ms} ms")]
    Resting {
        /// Milliseconds.
        retry_after_ms: i64,
    },
    /// No answer, a failure there, or an answer that makes no sense.
    #[error("the gateway failed")]
    Failed(#[source] Cause),
    /// Our store failed.
    #[error(transparent)]
    Store(#[from] platform::dynamo::StoreError),
}

impl GatewayError {
    /// Whether the same call may succeed at once.
    pub(super) fn is_worth_a_retry(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    /// Whether the gateway failed, as the breaker counts it. A refusal of our
    /// input is an answer.
    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    /// One word for logs and connection logs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Credentials => "credentials_refused",
            Self::Server(_) => "server_unusable",
            Self::Slots => "no_slots",
            Self::OurToken => "gateway_token_refused",
            Self::NotFound => "unknown_account",
            Self::TooMany { .. } => "gateway_rate_limited",
            Self::NotConnected => "not_connected",
            Self::Resting { .. } => "gateway_resting",
            Self::Failed(_) => "gateway_failed",
            Self::Store(_) => "store_failed",
        }
    }
}

impl From<GatewayError> for kernel::Error {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::Credentials | GatewayError::Server(_) => {
                Self::Unprocessable(error.to_string())
            }
            GatewayError::Store(error) => error.into(),
            GatewayError::OurToken => Self::internal(error),
            other => Self::upstream("the MT5 gateway", other),
        }
    }
}

/// The body of the gateway's errors; what it says is for our log alone.
#[derive(Debug, Deserialize)]
pub(super) struct ErrorBody {
    #[serde(default)]
    error: String,
    #[serde(default)]
    details: Option<serde_json::Value>,
    #[serde(default)]
    metadata: Option<Metadata>,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    #[serde(rename = "recommendedRetryTime", default)]
    recommended_retry_time: Option<Timestamp>,
}

/// The meaning of an answer that is not a success.
pub(super) fn of_answer(status: u16, body: &[u8]) -> GatewayError {
    let parsed: Option<ErrorBody> = serde_json::from_slice(body).ok();
    let detail = parsed.as_ref().and_then(detail_of);
    match (status, detail.as_deref()) {
        (400, Some("E_AUTH")) => GatewayError::Credentials,
        (400, Some("E_SRV_NOT_FOUND")) => GatewayError::Server("it is not known"),
        (400, Some("E_SERVER_TIMEZONE")) => {
            GatewayError::Server("its time zone could not be found yet")
        }
        (400, Some("E_RESOURCE_SLOTS")) => GatewayError::Slots,
        (401, _) => GatewayError::OurToken,
        (404, _) => GatewayError::NotFound,
        (429, _) => GatewayError::TooMany {
            retry_at: parsed
                .and_then(|body| body.metadata)
                .and_then(|metadata| metadata.recommended_retry_time),
        },
        (504, _) => GatewayError::NotConnected,
        (status, _) => {
            let name = parsed.map(|body| body.error).unwrap_or_default();
            GatewayError::Failed(format!("status {status} {name}").into())
        }
    }
}

/// `details` is a code, or an object that holds one.
fn detail_of(body: &ErrorBody) -> Option<String> {
    let details = body.details.as_ref()?;
    let code = details.as_str().or_else(|| details.get("code")?.as_str())?;
    Some(code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_refusals_have_their_meaning() {
        let auth = br#"{"id":1,"error":"ValidationError","message":"m","details":"E_AUTH"}"#;
        assert!(matches!(of_answer(400, auth), GatewayError::Credentials));
        let wait = br#"{"error":"TooManyRequestsError","metadata":{"recommendedRetryTime":"2026-01-02T03:04:05.000Z"}}"#;
        match of_answer(429, wait) {
            GatewayError::TooMany { retry_at: Some(at) } => {
                assert_eq!(at.timestamp(), 1_767_323_045);
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(of_answer(504, b""), GatewayError::NotConnected));
        assert!(matches!(of_answer(502, b"<html>"), GatewayError::Failed(_)));
    }
}
