//! RFC 9457 answers: the one place that maps errors to statuses.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use kernel::time::Clock;
use kernel::{Error, FieldError, Number};
use platform::clock::SystemClock;
use serde::Serialize;

/// What a handler returns.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

/// Where the kinds of problems are described; a kind's word follows.
pub const TYPE_BASE: &str = "https://tradebridge.dev/problems/";

/// An error on its way to a client.
#[derive(Debug)]
pub struct Problem(pub Error);

impl<E: Into<Error>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// The body of every error, for OpenAPI and for writing.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// A URI whose last part is the kind's stable word: `validation-failed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind, for a person.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, for a person.
    pub detail: String,
    /// The path that was asked for.
    pub instance: String,
    /// Always `false`, for older clients.
    pub success: bool,
    /// As `detail`, for older clients.
    pub error: String,
    /// As `detail`, for older clients.
    pub message: String,
    /// The fields that cannot be accepted.
    pub details: Vec<FieldError>,
    /// The fields in which a known resource differs from what was sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differs: Vec<&'static str>,
    /// The difference that stands, where the amounts sent add up to another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unexplained: Option<Number>,
    /// The request's id, also in `X-Request-Id` and in the logs.
    pub request_id: String,
    /// When it happened.
    pub timestamp: String,
}

struct Kind {
    status: StatusCode,
    word: &'static str,
    title: &'static str,
}

fn kind(error: &Error) -> Kind {
    let (status, word, title) = match error {
        Error::Invalid(_) => (400, "validation-failed", "The request is not valid"),
        Error::Unauthenticated => (401, "unauthenticated", "Authentication is required"),
        Error::SecondFactorRequired => {
            (401, "second-factor-required", "A second factor is required")
        }
        Error::EmailNotVerified => (
            403,
            "email-not-verified",
            "The email address is not verified",
        ),
        Error::SignInRefused(_) => (401, "unauthenticated", "The sign-in is not good"),
        Error::ProviderRequired { .. } => (
            403,
            "provider-required",
            "The organization's provider signs its members in",
        ),
        Error::Forbidden(_) => (403, "forbidden", "Not allowed"),
        Error::NotFound(_) => (404, "not-found", "Not found"),
        Error::Conflict(_) | Error::Differs(_) | Error::Unexplained(_) => {
            (409, "conflict", "Conflict")
        }
        Error::StaleVersion => (412, "stale-version", "The resource has changed"),
        Error::TooLarge { .. } => (413, "payload-too-large", "The body is too large"),
        Error::Unprocessable(_) => (
            422,
            "validation-failed",
            "The request cannot be carried out",
        ),
        Error::TicketsMissing(_) => (422, "tickets-missing", "Rows without tickets"),
        Error::UnsupportedMedia(_) => (
            415,
            "unsupported-media-type",
            "The media type is not supported",
        ),
        Error::RateLimited { .. } => (429, "rate-limited", "Too many requests"),
        Error::Upstream { .. } => (503, "upstream-unavailable", "A partner is not available"),
        Error::NotImplemented(_) => (501, "not-implemented", "Not implemented"),
        Error::Internal(_) => (500, "internal", "Something went wrong"),
    };
    Kind {
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        word,
        title,
    }
}

impl IntoResponse for Problem {
    /// The status, with the error kept beside it: the observing layer knows
    /// the request's path and id, writes the body and logs the cause.
    fn into_response(self) -> Response {
        let mut response = kind(&self.0).status.into_response();
        if let Error::RateLimited { retry_after_s } = &self.0 {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(*retry_after_s));
        }
        response
            .extensions_mut()
            .insert(Failure(std::sync::Arc::new(self.0)));
        response
    }
}

/// An error that a response carries until its body is written.
#[derive(Clone, Debug)]
pub struct Failure(pub std::sync::Arc<Error>);

/// Writes the body of an error.
pub(crate) fn write_body(error: &Error, path: &str, request_id: &str) -> (HeaderValue, Vec<u8>) {
    let body = body(error, path, request_id);
    let bytes = serde_json::to_vec(&body).unwrap_or_default();
    (HeaderValue::from_static("application/problem+json"), bytes)
}

/// Returns the body of an error, for answers that have one inside.
#[must_use]
pub fn body(error: &Error, path: &str, request_id: &str) -> ProblemBody {
    let kind = kind(error);
    let sentence = error.to_string();
    ProblemBody {
        kind: format!("{TYPE_BASE}{}", kind.word),
        title: kind.title.to_owned(),
        status: kind.status.as_u16(),
        detail: sentence.clone(),
        instance: path.to_owned(),
        success: false,
        error: sentence.clone(),
        message: sentence,
        details: match error {
            Error::Invalid(fields) => fields.clone(),
            _ => Vec::new(),
        },
        differs: match error {
            Error::Differs(fields) => fields.clone(),
            _ => Vec::new(),
        },
        unexplained: match error {
            Error::Unexplained(standing) => Some(Number::exact(*standing)),
            _ => None,
        },
        request_id: request_id.to_owned(),
        timestamp: SystemClock
            .now()
            .to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
    }
}

/// Statuses that came without a body of ours: a path nobody has, a method a
/// path does not take, a body axum could not read.
pub(crate) fn of_bare_status(status: StatusCode) -> Option<Error> {
    match status {
        StatusCode::NOT_FOUND => Some(Error::NotFound("path")),
        StatusCode::METHOD_NOT_ALLOWED => Some(Error::NotFound("method on this path")),
        status if status.is_client_error() => {
            Some(Error::field("", "the request could not be read"))
        }
        status if status.is_server_error() => Some(Error::internal("a bare server error")),
        _ => None,
    }
}

/// The content type of problems.
pub(crate) fn is_problem(response: &Response) -> bool {
    response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind == "application/problem+json")
}
