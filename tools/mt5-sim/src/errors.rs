//! Error bodies as the gateway protocol has them:
//! `{id, error, message, details?, metadata?}`.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{SecondsFormat, TimeDelta};
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A result whose error is an answer of the gateway.
pub(crate) type Answer<T> = Result<T, GatewayError>;

/// Why a trading account cannot be registered, as `details` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// Wrong login or password.
    #[serde(rename = "E_AUTH")]
    Auth,
    /// No trade server of that name is known.
    #[serde(rename = "E_SRV_NOT_FOUND")]
    ServerNotFound,
    /// The time zone of the trade server could not be detected.
    #[serde(rename = "E_SERVER_TIMEZONE")]
    ServerTimezone,
    /// The account needs more resource slots than are left.
    #[serde(rename = "E_RESOURCE_SLOTS")]
    ResourceSlots,
}

impl Refusal {
    fn message(self) -> &'static str {
        match self {
            Self::Auth => {
                "We failed to authenticate to your broker using credentials provided. Please check \
                 that your MetaTrader login, password and server name are correct."
            }
            Self::ServerNotFound => {
                "We were not able to find the server file for the server name provided."
            }
            Self::ServerTimezone => {
                "We were not able to detect the time zone of the trade server. Please try again later."
            }
            Self::ResourceSlots => "The account needs more resource slots than are available.",
        }
    }
}

/// An error answer of the gateway or of the control API.
#[derive(Debug)]
pub(crate) struct GatewayError {
    status: StatusCode,
    error: &'static str,
    message: String,
    details: Option<Refusal>,
    retry_at: Option<(Timestamp, u64)>,
}

impl GatewayError {
    fn new(status: StatusCode, error: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            error,
            message: message.into(),
            details: None,
            retry_at: None,
        }
    }

    /// 400: the request cannot be accepted.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "ValidationError", message)
    }

    /// 400 with a code in `details`.
    pub(crate) fn refused(refusal: Refusal) -> Self {
        let mut error = Self::validation(refusal.message());
        error.details = Some(refusal);
        error
    }

    /// 401: the token is not the gateway's.
    pub(crate) fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "UnauthorizedError",
            "Authorization token invalid",
        )
    }

    /// 404.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFoundError", message)
    }

    /// 405.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowedError",
            "The path does not take this method",
        )
    }

    /// 409: what is to be added exists.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "ConflictError", message)
    }

    /// 413.
    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PayloadTooLargeError",
            message,
        )
    }

    /// 429 with the moment at which a retry is recommended.
    pub(crate) fn too_many_requests(now: Timestamp, retry_after_s: u32) -> Self {
        let mut error = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequestsError",
            "The API allows fewer requests to avoid overloading our servers. Please wait some time \
             and retry your request.",
        );
        let retry_at = now + TimeDelta::seconds(i64::from(retry_after_s));
        error.retry_at = Some((retry_at, u64::from(retry_after_s)));
        error
    }

    /// 500.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message)
    }

    /// 504: the terminal is not connected to its broker.
    pub(crate) fn timeout() -> Self {
        Self::new(
            StatusCode::GATEWAY_TIMEOUT,
            "TimeoutError",
            "Timed out waiting for the account to connect to broker. Please retry later.",
        )
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    recommended_retry_time: String,
}

#[derive(Serialize)]
struct Body {
    id: u64,
    error: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Refusal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
}

impl IntoResponse for GatewayError {
    fn into_response(self) -> Response {
        static ERRORS: AtomicU64 = AtomicU64::new(1);
        let body = Body {
            id: ERRORS.fetch_add(1, Ordering::Relaxed),
            error: self.error,
            message: self.message,
            details: self.details,
            metadata: self.retry_at.map(|(at, _)| Metadata {
                recommended_retry_time: rfc3339(at),
            }),
        };
        let mut response = (self.status, Json(body)).into_response();
        if let Some((_, seconds)) = self.retry_at {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// A moment as the protocol writes it: RFC 3339 with milliseconds, in UTC.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
