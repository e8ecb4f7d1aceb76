//! What was sent: bodies, paths and queries, checked before a handler runs.

use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use garde::Validate;
use http::header::{CONTENT_TYPE, ETAG};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use kernel::time::{Clock, Timestamp};
use kernel::{Error, FieldError};
use platform::clock::SystemClock;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::PartialSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Schema, SchemaType, Type};

use crate::bound::WholeBody;
use crate::observe::RequestInfo;
use crate::problem::Problem;

/// Fields named in one answer.
const FIELDS_MAX: usize = 50;

/// A JSON body that was read and found within its bounds; as an answer, JSON.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<S, T> FromRequest<S> for Json<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate + PartialSchema,
    T::Context: Default,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let bytes = whole_body(request.extensions());
        let value: T = read_json(&bytes)?;
        value
            .validate()
            .map_err(|report| Problem(Error::Invalid(fields_of(&report))))?;
        Ok(Self(value))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => {
                let mut response = bytes.into_response();
                response
                    .headers_mut()
                    .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                response
            }
            Err(error) => Problem(Error::internal(error)).into_response(),
        }
    }
}

/// The answer of the older groups: `{"success":true,"data":…,"timestamp":…}`.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Success<T> {
    /// Always `true`; an error is a problem.
    pub success: bool,
    /// The resource.
    pub data: T,
    /// When it was answered.
    #[schema(value_type = String, format = DateTime)]
    pub timestamp: Timestamp,
}

/// Wraps a resource as the older groups answer it.
pub fn success<T>(data: T) -> Json<Success<T>> {
    Json(Success {
        success: true,
        data,
        timestamp: SystemClock.now(),
    })
}

/// JSON with status 201.
pub fn created<T: Serialize>(body: T) -> Response {
    (StatusCode::CREATED, Json(body)).into_response()
}

/// JSON with status 202.
pub fn accepted<T: Serialize>(body: T) -> Response {
    (StatusCode::ACCEPTED, Json(body)).into_response()
}

/// The body as it was sent: a file.
#[derive(Clone, Debug)]
pub struct File(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for File {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let bytes = whole_body(request.extensions());
        if bytes.is_empty() {
            return Err(Problem(Error::field("", "the body must be the file")));
        }
        Ok(Self(bytes))
    }
}

fn whole_body(extensions: &http::Extensions) -> Bytes {
    extensions.get::<WholeBody>().cloned().unwrap_or_default().0
}

/// Reads JSON. serde stops at the first fault; the body's own schema then
/// names the other top-level fields that are missing or of a wrong type.
fn read_json<T: DeserializeOwned + PartialSchema>(bytes: &[u8]) -> Result<T, Problem> {
    // No body at all is a body without fields.
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let error = match serde_path_to_error::deserialize(&mut reader) {
        Ok(value) => {
            return match reader.end() {
                Ok(()) => Ok(value),
                Err(_) => Err(Problem(Error::field("", "the body is not one JSON value"))),
            };
        }
        Err(error) => error,
    };
    // serde calls a number where a word is wanted a fault of syntax too.
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok();
    if !is_json {
        return Err(Problem(Error::field("", "the body is not JSON")));
    }
    let path = error.path().to_string();
    let mut fields = faults_by_schema(bytes, &T::schema());
    let message = plain(&error.into_inner().to_string());
    let named = fields.iter().any(|fault| {
        message.contains(&format!("`{}`", fault.field))
            || path == fault.field
            || (path == "." && message.starts_with("missing field"))
    });
    if !named {
        let field = if path == "." { String::new() } else { path };
        fields.insert(0, FieldError::new(field, message));
    }
    fields.truncate(FIELDS_MAX);
    Err(Problem(Error::Invalid(fields)))
}

/// serde's sentence without its position in the text.
fn plain(message: &str) -> String {
    let message = message.replace("expected value", "is not one of the values it may have");
    match message.rfind(" at line ") {
        Some(end) => message[..end].to_owned(),
        None => message.to_owned(),
    }
}

fn faults_by_schema(bytes: &[u8], schema: &RefOr<Schema>) -> Vec<FieldError> {
    let Ok(serde_json::Value::Object(body)) = serde_json::from_slice(bytes) else {
        return Vec::new();
    };
    let RefOr::T(Schema::Object(object)) = schema else {
        return Vec::new();
    };
    let missing = object
        .required
        .iter()
        .filter(|name| body.get(*name).is_none_or(serde_json::Value::is_null))
        .map(|name| FieldError::new(name, "is required"));
    let mistyped = object.properties.iter().filter_map(|(name, property)| {
        let value = body.get(name).filter(|value| !value.is_null())?;
        let RefOr::T(Schema::Object(property)) = property else {
            return None;
        };
        let SchemaType::Type(wanted) = &property.schema_type else {
            return None;
        };
        let (fits, word) = match wanted {
            Type::String => (value.is_string(), "a text"),
            Type::Number => (value.is_number(), "a number"),
            Type::Integer => (value.is_i64() || value.is_u64(), "a whole number"),
            Type::Boolean => (value.is_boolean(), "true or false"),
            Type::Object => (value.is_object(), "an object"),
            _ => (true, ""),
        };
        (!fits).then(|| FieldError::new(name, format!("must be {word}")))
    });
    missing.chain(mistyped).collect()
}

fn fields_of(report: &garde::Report) -> Vec<FieldError> {
    report
        .iter()
        .take(FIELDS_MAX)
        .map(|(path, error)| FieldError::new(path.to_string(), error.message().to_string()))
        .collect()
}

/// A path whose parts parse: one that cannot exist is not found.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<S, T> FromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(failure))
                if matches!(failure.kind(), ErrorKind::UnsupportedType { .. }) =>
            {
                Err(Problem(Error::internal("a path extractor of a wrong form")))
            }
            Err(_) => Err(Problem(Error::NotFound("resource"))),
        }
    }
}

/// A query that was read and found within its bounds.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate,
    T::Context: Default,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let value = axum::extract::Query::<T>::try_from_uri(&parts.uri)
            .map_err(|rejection| {
                Problem(Error::field("query", plain_query(&rejection.body_text())))
            })?
            .0;
        value
            .validate()
            .map_err(|report| Problem(Error::Invalid(fields_of(&report))))?;
        Ok(Self(value))
    }
}

fn plain_query(message: &str) -> String {
    message
        .trim_start_matches("Failed to deserialize query string: ")
        .to_owned()
}

/// The id of this request, for the messages it causes.
#[derive(Clone, Debug)]
pub struct CurrentRequest(pub String);

impl<S: Send + Sync> FromRequestParts<S> for CurrentRequest {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let info = parts.extensions.get::<RequestInfo>();
        Ok(Self(info.map(|info| info.id.clone()).unwrap_or_default()))
    }
}

/// An answer with a version of what it shows, which `If-Match` may name later,
/// as its `ETag`.
pub fn tagged(version: u64, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    if let Ok(tag) = HeaderValue::try_from(format!("\"{version}\"")) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// The version that `If-Match` names, where it is sent.
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(pub Option<u64>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(header) = parts.headers.get(http::header::IF_MATCH) else {
            return Ok(Self(None));
        };
        let text = header.to_str().unwrap_or("").trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let version = text.trim_matches('"').parse().ok();
        // A tag that was never given matches nothing.
        Ok(Self(Some(version.unwrap_or(u64::MAX))))
    }
}
