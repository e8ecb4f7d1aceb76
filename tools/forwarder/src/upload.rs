//! Reading a request's body whole, within bounds, as API Gateway does.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::BodyExt as _;

use crate::problem::problem;

/// Largest request body, that of API Gateway: 10 MB.
pub const BODY_BYTES_MAX: usize = 10 * 1024 * 1024;

/// How much of a larger body is read and thrown away, so that its sender is
/// still there to read the refusal; beyond it the connection just ends.
const DRAINED_BYTES_MAX: usize = 4 * BODY_BYTES_MAX;

const UPLOAD_WAIT_MAX: Duration = Duration::from_secs(30);

/// The whole body, or the answer that refuses it.
pub(crate) async fn read(body: Body) -> Result<Bytes, Response> {
    match tokio::time::timeout(UPLOAD_WAIT_MAX, collect(body)).await {
        Ok(collected) => collected,
        Err(_) => Err(problem(
            StatusCode::REQUEST_TIMEOUT,
            "The body took too long to arrive.",
        )),
    }
}

async fn collect(mut body: Body) -> Result<Bytes, Response> {
    let mut collected = BytesMut::new();
    let mut length: usize = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(problem(
                StatusCode::BAD_REQUEST,
                "The body ended before it was whole.",
            ));
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        length = length.saturating_add(data.len());
        if length <= BODY_BYTES_MAX {
            collected.extend_from_slice(&data);
        } else if length > DRAINED_BYTES_MAX {
            break;
        }
    }
    if length > BODY_BYTES_MAX {
        return Err(problem(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The body is larger than 10 MB.",
        ));
    }
    Ok(collected.freeze())
}
