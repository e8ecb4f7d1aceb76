//! One request, bounded.

use http::{HeaderMap, StatusCode};
use reqwest::{RequestBuilder, Response};

use super::ProviderError;

/// Bytes of an answer.
pub(super) const BYTES_MAX: usize = 64 * 1024;

/// Status, headers and body of whatever is answered.
pub(super) async fn send(
    request: RequestBuilder,
) -> Result<(StatusCode, HeaderMap, Vec<u8>), ProviderError> {
    // Without the URL: it may carry what the log must not.
    let unreachable =
        |error: reqwest::Error| ProviderError::Unreachable(error.without_url().into());
    let mut response = request.send().await.map_err(unreachable)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = read(&mut response).await?;
    Ok((status, headers, body))
}

/// The body of an answer that must be a success.
pub(super) async fn get(http: &reqwest::Client, url: url::Url) -> Result<Vec<u8>, ProviderError> {
    let request = http
        .get(url)
        .header(http::header::ACCEPT, "application/json");
    match send(request).await? {
        (StatusCode::OK, _, body) => Ok(body),
        (status, ..) => Err(ProviderError::Status(status.as_u16())),
    }
}

async fn read(response: &mut Response) -> Result<Vec<u8>, ProviderError> {
    let mut body = Vec::new();
    loop {
        let chunk = response
            .chunk()
            .await
            .map_err(|error| ProviderError::Unreachable(error.without_url().into()))?;
        let Some(chunk) = chunk else { return Ok(body) };
        if body.len() + chunk.len() > BYTES_MAX {
            return Err(ProviderError::TooLarge(BYTES_MAX));
        }
        body.extend_from_slice(&chunk);
    }
}
