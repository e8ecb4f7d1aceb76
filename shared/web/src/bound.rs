//! Bodies are read whole, up to their route's bound, before anything else: a
//! signature is over all of it, and API Gateway hands it over in one piece.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::Method;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kernel::Error;

use crate::problem::Problem;

/// Bytes of a JSON body.
const JSON_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of an imported file: base64 and Lambda's 6 MB leave no more.
const IMPORT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The request's body, for all who need it.
#[derive(Clone, Debug, Default)]
pub(crate) struct WholeBody(pub(crate) Bytes);

pub(crate) async fn bound(request: Request, next: Next) -> Response {
    let bytes_max = bytes_max(request.method(), request.uri().path());
    let (mut parts, body) = request.into_parts();
    let bytes = match Limited::new(body, bytes_max).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => {
            return Problem(Error::TooLarge { bytes_max }).into_response();
        }
        Err(_) => {
            return Problem(Error::field("", "the body could not be read")).into_response();
        }
    };
    parts.extensions.insert(WholeBody(bytes.clone()));
    next.run(Request::from_parts(parts, Body::from(bytes)))
        .await
}

fn bytes_max(method: &Method, path: &str) -> usize {
    if method == Method::POST && path.ends_with("/import") {
        IMPORT_BYTES_MAX
    } else {
        JSON_BYTES_MAX
    }
}
